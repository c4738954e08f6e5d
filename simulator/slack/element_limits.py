"""What Slack checks in the elements inside blocks: buttons, selects, fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.slack.elements import options
from simulator.slack.message import Json
from simulator.slack.problems import MRKDWN, PLAIN, Problems

Check = Callable[[Json, str, Problems], None]
EVERYWHERE = ("section", "actions", "input")


def check(element: Any, at: str, found: Problems, place: str) -> None:
    """The problems of an element in a section, an actions block, an input or context_actions."""
    kind = element.get("type") if isinstance(element, dict) else None
    known = ELEMENTS.get(str(kind))
    if known is None or place not in known[0]:
        found.add(f"unsupported type: {kind}", f"{at}/type")
        return
    found.optional(element, "action_id", 255, at, least=1)
    if element.get("confirm") is not None:
        _confirm(element["confirm"], f"{at}/confirm", found)
    found.optional_text(element, "placeholder", 150, at)
    known[1](element, at, found)


def _confirm(confirm: Any, at: str, found: Problems) -> None:
    if not isinstance(confirm, dict):
        found.add("must provide an object", at)
        return
    found.text(confirm.get("title"), 100, f"{at}/title")
    found.text(confirm.get("text"), 300, f"{at}/text", MRKDWN)
    found.optional_text(confirm, "confirm", 30, at)
    found.optional_text(confirm, "deny", 30, at)


def _button(element: Json, at: str, found: Problems) -> None:
    found.text(element.get("text"), 75, f"{at}/text")
    found.optional(element, "value", 2000, at)
    found.optional(element, "url", 3000, at)
    if element.get("style") not in (None, "primary", "danger"):
        found.add("must be primary or danger", f"{at}/style")


def _options(given: Any, most: int, at: str, found: Problems, kinds: tuple[str, ...] = PLAIN) -> list[Json]:
    listed = found.listed(given, 1, most, at)
    for number, option in enumerate(listed):
        here = f"{at}/{number}"
        found.text(option.get("text"), 75, f"{here}/text", kinds)
        found.longest(option.get("value"), 150, f"{here}/value")
        if option.get("description") is not None:
            found.text(option["description"], 75, f"{here}/description", kinds)
        found.optional(option, "url", 3000, here)
    return listed


def check_options(response: Json, at: str, found: Problems) -> None:
    """`options`, or `option_groups`, and not both: of a static select, or of a response for an external one."""
    groups, alone = response.get("option_groups"), response.get("options")
    if (groups is None) == (alone is None):
        found.add("must define either `options` or `option_groups`", at)
    elif groups is None:
        _options(alone, 100, f"{at}/options", found)
    else:
        for number, group in enumerate(found.listed(groups, 1, 100, f"{at}/option_groups")):
            here = f"{at}/option_groups/{number}"
            found.text(group.get("label"), 75, f"{here}/label")
            _options(group.get("options"), 100, f"{here}/options", found)


def _static_select(element: Json, at: str, found: Problems) -> None:
    check_options(element, at, found)
    if not found:
        _initial(element, options(element), at, found)


def _initial(element: Json, offered: list[Json], at: str, found: Problems) -> None:
    first = element.get("initial_option")
    for option in [*([first] if first is not None else ()), *(element.get("initial_options") or ())]:
        if option not in offered:
            found.add("must exactly match one of the options", f"{at}/initial_option")


def _few(most: int, kinds: tuple[str, ...] = PLAIN) -> Check:
    def check(element: Json, at: str, found: Problems) -> None:
        offered = _options(element.get("options"), most, f"{at}/options", found, kinds)
        _initial(element, offered, at, found)

    return check


def _external_select(element: Json, at: str, found: Problems) -> None:
    least = element.get("min_query_length", 3)
    if not isinstance(least, int) or least < 0:
        found.add("must provide a number", f"{at}/min_query_length")


def _text_input(element: Json, at: str, found: Problems) -> None:
    for name, least in (("min_length", 0), ("max_length", 1)):
        length = element.get(name)
        if length is not None and not (isinstance(length, int) and least <= length <= 3000):
            found.add(f"must be between {least} and 3000", f"{at}/{name}")
    most = element.get("max_length")
    found.optional(element, "initial_value", most if isinstance(most, int) else 3000, at)


def _feedback(element: Json, at: str, found: Problems) -> None:
    for name in ("positive_button", "negative_button"):
        button = element.get(name)
        if not isinstance(button, dict):
            found.add(f"missing required field: {name}", at)
        else:
            found.text(button.get("text"), 75, f"{at}/{name}/text")
            found.longest(button.get("value"), 2000, f"{at}/{name}/value")


def _picture(element: Json, at: str, found: Problems) -> None:
    found.longest(element.get("alt_text"), 2000, f"{at}/alt_text")


def _nothing(element: Json, at: str, found: Problems) -> None:
    """Nothing of its own to check."""


ELEMENTS: dict[str, tuple[tuple[str, ...], Check]] = {
    "button": (("section", "actions"), _button),
    "overflow": (("section", "actions"), _few(5)),
    "static_select": (EVERYWHERE, _static_select),
    "external_select": (EVERYWHERE, _external_select),
    "multi_static_select": (("section", "input"), _static_select),
    "multi_external_select": (("section", "input"), _external_select),
    "users_select": (EVERYWHERE, _nothing),
    "conversations_select": (EVERYWHERE, _nothing),
    "channels_select": (EVERYWHERE, _nothing),
    "radio_buttons": (EVERYWHERE, _few(10, MRKDWN)),
    "checkboxes": (EVERYWHERE, _few(10, MRKDWN)),
    "datepicker": (EVERYWHERE, _nothing),
    "timepicker": (EVERYWHERE, _nothing),
    "plain_text_input": (("input",), _text_input),
    "email_text_input": (("input",), _text_input),
    "url_text_input": (("input",), _text_input),
    "number_input": (("input",), _nothing),
    "image": (("section",), _picture),
    "feedback_buttons": (("context_actions",), _feedback),
    "icon_button": (("context_actions",), _nothing),
}
