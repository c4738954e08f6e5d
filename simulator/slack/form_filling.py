"""Filling in a form: what people type goes into view.state, and what Slack's own client refuses before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.slack.elements import NoSuchElementError, chosen, elements, is_empty
from simulator.slack.message import Json
from simulator.slack.view import View

Offers = Mapping[tuple[str, str, str], list[Json]]
"""What was offered last to a person (first of the key) in an external select (its block_id and action_id)."""


def fill(view: View, values: Mapping[str, Any], offers: Offers) -> None:
    """Put values into the fields they name, by block_id, by action_id or by label; all are checked before any is kept."""
    filled = [(*_field(view, name), value) for name, value in values.items()]
    settled = [
        (block["block_id"], element["action_id"], _value(view, block, element, value, offers))
        for block, element, value in filled
    ]
    for block_id, action_id, value in settled:
        view.values.setdefault(block_id, {})[action_id] = value


def _value(view: View, block: Json, element: Json, value: Any, offers: Offers) -> Json:
    if not element["type"].endswith("external_select"):
        return chosen(element, value)
    kept = view.values.get(block["block_id"], {}).get(element["action_id"], {}).get("selected_option")
    offered = offers.get((view.user, block["block_id"], element["action_id"]), [])
    return chosen(element, value, [*offered, *([kept] if kept else [])])


def _field(view: View, name: str) -> tuple[Json, Json]:
    found = [
        (block, element)
        for block, element in elements(view.blocks)
        if name in (block["block_id"], element["action_id"], block.get("label", {}).get("text"))
        and element["type"] not in ("button", "overflow")
    ]
    if len(found) != 1:
        there = [f"{block['block_id']}/{element['action_id']}" for block, element in elements(view.blocks)]
        raise NoSuchElementError(f"{len(found)} fields are called {name!r}; there: {there}")
    return found[0]


def missing(view: View) -> dict[str, str]:
    """What Slack's client minds in the input blocks: nothing where something has to be, too little, too much."""
    errors = {}
    for block_id, block in view.input_blocks().items():
        element = block["element"]
        value = view.values.get(block_id, {}).get(element["action_id"], {})
        if is_empty(value):
            if not block.get("optional"):
                errors[block_id] = "Please complete this required field."
            continue
        if element["type"] != "plain_text_input":
            continue
        length = len(value["value"])
        least, most = int(element.get("min_length") or 0), int(element.get("max_length") or 3000)
        if length < least:
            errors[block_id] = f"Please use at least {least} characters."
        elif length > most:
            errors[block_id] = f"Please use at most {most} characters."
    return errors
