"""Blocks of Slack as lines one can read: all their words, none of their ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from simulator.slack import View
from simulator.slack.elements import options
from simulator.slack.markup import rich_words

Json = dict[str, Any]
Names = Callable[[str], str]
_MOMENT: Final = re.compile(r"<!date\^[0-9]+\^([^|>]*)\|([^>]*)>")
_USUAL: Final = "{date_short_pretty} at {time}"


def view(shown: View, names: Names) -> list[str]:
    body = shown.body
    ends = [f"[{body[end]['text']}]" for end in ("submit", "close") if body.get(end)]
    title = [f"*{shown.title}* {' '.join(ends)}"] if shown.title else []
    errors = [f"! {words}" for words in shown.errors.values()]
    return [timed(line) for line in (*title, *blocks(shown.blocks, names), *errors)]


def blocks(found: list[Json], names: Names) -> list[str]:
    return [line for block in found for whole in _block(block, names) for line in whole.split("\n")]


def _block(block: Json, names: Names) -> Iterator[str]:
    match block["type"]:
        case "divider":
            yield "---"
        case "rich_text":
            yield rich_words(block, names)
        case "input":
            optional = " (optional)" if block.get("optional") else ""
            yield f"{block['label']['text']}{optional}: {_element(block['element'])}"
            if block.get("hint"):
                yield f"  hint: {block['hint']['text']}"
        case "actions":
            yield " ".join(map(_element, block["elements"]))
        case "context":
            yield "~ " + " ".join(one.get("text") or one.get("alt_text", "") for one in block["elements"])
        case kind if kind in ("section", "header"):
            if block.get("text"):
                yield ("# " if kind == "header" else "") + block["text"]["text"]
            yield from (f"| {one['text']}" for one in block.get("fields", ()))
            if block.get("accessory"):
                yield _element(block["accessory"])
        case kind:
            yield f"{kind}: {sorted(_texts(block))}"


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "button":
        url = f" -> {element['url']}" if element.get("url") else ""
        words = f"[{element['text']['text']}{url}]{_style(element)}"
    elif kind in ("static_select", "overflow", "radio_buttons", "checkboxes", "multi_static_select"):
        like = element.get("placeholder", {}).get("text", "")
        grouped = [f"{one['label']['text']}:" for one in element.get("option_groups") or ()]
        chosen = [
            one["text"]["text"] for one in (*element.get("initial_options", ()), element.get("initial_option")) if one
        ]
        offered = " / ".join([*grouped, *(one["text"]["text"] for one in options(element))])
        words = f"<{like}{': ' if like else ''}{offered}>" + (f" chosen: {', '.join(chosen)}" if chosen else "")
    else:
        like = element.get("placeholder", {}).get("text", "")
        initial = element.get("initial_value") or ""
        words = f"<{kind.replace('_', ' ')}{': ' if like else ''}{like}>" + (f" {initial!r}" if initial else "")
    ask = element.get("confirm")
    if ask:
        said = [ask[part]["text"] for part in ("title", "text", "confirm", "deny") if ask.get(part)]
        words += f" (asks: {' | '.join(said)})"
    return words


def _style(element: Json) -> str:
    return f" {element['style']}" if element.get("style") else ""


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        if isinstance(found.get("text"), str):
            yield found["text"]
        for one in found.values():
            yield from _texts(one)
    elif isinstance(found, list):
        for one in found:
            yield from _texts(one)


def words_of(drawn: list[str]) -> set[str]:
    """The lines without what this file puts before them."""
    return {re.sub(r"^(?:~|\||#) ", "", line) for line in drawn}


def timed(line: str) -> str:
    """A moment as Slack says it where it cannot do better, and in which other form it was to be said."""
    return _MOMENT.sub(lambda found: f"<{found[2]}{'' if found[1] == _USUAL else f', as {found[1]}'}>", line)
