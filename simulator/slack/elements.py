"""Interactive elements in blocks: where they are, what they hold, and what a click on one says in a payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.slack.message import Json

ONE_OF = ("static_select", "external_select", "radio_buttons", "overflow")
SEVERAL_OF = ("checkboxes", "multi_static_select", "multi_external_select")
PICKED = {  # elements whose value is one plain thing: the name of its field in state and in actions
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}


_FEEDBACK = ("positive_button", "negative_button")


class NoSuchElementError(ValueError):
    """Something was done with a button, a field or a choice that is not there, or not once."""


def inputs(blocks: list[Json]) -> Iterator[Json]:
    return (block for block in blocks if block["type"] == "input")


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with the block it is in."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or ())]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def find(blocks: list[Json], action_id: str, block_id: str | None, value: Any) -> tuple[Json, Json]:
    """The one element that is meant. Several buttons of one action_id are told apart by their block or their value."""
    found = [
        (block, element)
        for block, element in elements(blocks)
        if element["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if len(found) > 1 and value is not None:
        found = [(block, element) for block, element in found if value in _values(element)]
    if len(found) != 1:
        there = sorted({element["action_id"] for _, element in elements(blocks)})
        raise NoSuchElementError(
            f"{len(found)} elements fit {action_id!r} (block {block_id}, value {value!r}); there: {there}"
        )
    return found[0]


def options(element: Json) -> list[Json]:
    """All options of a select, those in groups as well."""
    grouped = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def _values(element: Json) -> list[Any]:
    return [element.get("value"), *(option["value"] for option in options(element))]


def chosen(element: Json, value: Any, offered: list[Json] | None = None) -> Json:
    """What state.values says when `value` is filled in: text, an option's value or text, several, or None for nothing."""
    kind = element["type"]
    if kind in PICKED:
        return {"type": kind, PICKED[kind]: value if value not in ("", None) else None}
    among = options(element) if offered is None else offered
    if kind in SEVERAL_OF:
        wanted = [] if value is None else [value] if isinstance(value, str) else list(value)
        return {"type": kind, "selected_options": [_option(among, one, element) for one in wanted]}
    if kind in ONE_OF:
        return {"type": kind, "selected_option": None if value is None else _option(among, value, element)}
    raise NoSuchElementError(f"nothing can be filled into a {kind}")


def _option(among: list[Json], value: Any, element: Json) -> Json:
    for option in among:
        if value in (option["value"], option["text"]["text"]):
            return option
    raise NoSuchElementError(f"{element['action_id']} has no option {value!r}; there: {[o['value'] for o in among]}")


def initial_state(blocks: list[Json]) -> Json:
    """state.values of blocks nobody has touched."""
    state: Json = {}
    for block, element in elements(blocks):
        kind = element["type"]
        if kind == "overflow":
            continue
        if kind in PICKED:
            first = element.get("initial_" + PICKED[kind].removeprefix("selected_"))
            value: Json = {"type": kind, PICKED[kind]: first if first not in ("", None) else None}
        elif kind in SEVERAL_OF:
            value = {"type": kind, "selected_options": element.get("initial_options") or []}
        elif kind in ONE_OF:
            value = {"type": kind, "selected_option": element.get("initial_option")}
        else:
            continue
        state.setdefault(block["block_id"], {})[element["action_id"]] = value
    return state


def is_empty(value: Json) -> bool:
    """Is nothing filled in?"""
    return all(not part for name, part in value.items() if name != "type")


def action(block: Json, element: Json, value: Any, at: str, offered: list[Json] | None = None) -> Json:
    """The one entry of a payload's `actions`."""
    kind = element["type"]
    said: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": at,
    }
    if kind == "button":
        said["text"] = element["text"]
        for name in ("value", "style", "url"):
            if name in element:
                said[name] = element[name]
        return said
    if kind == "feedback_buttons":
        pressed = next(element[name] for name in _FEEDBACK if element[name]["value"] == value)
        return said | {"text": pressed["text"], "value": value}
    if "placeholder" in element:
        said["placeholder"] = element["placeholder"]
    if "initial_option" in element:
        said["initial_option"] = element["initial_option"]
    return said | chosen(element, value, offered)
