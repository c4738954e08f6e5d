"""Blocks read out as plain text, so that a test or a person can see at a glance what a message says and offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simulator.slack.elements import options
from simulator.slack.markup import rich_words, spoken
from simulator.slack.message import Json

Names = Callable[[str], str]


def read_blocks(blocks: list[Json], name_of: Names) -> str:
    """The blocks as lines: text as it is, buttons as [Button], selects as [Label ▾], fields as `Label: what is in it`."""
    return "\n".join(line for block in blocks for line in _block(block, name_of) if line)


def _block(block: Json, name_of: Names) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield _text(block["text"], name_of)
        case "section":
            said = [_text(text, name_of) for text in (block.get("text"), *(block.get("fields") or ())) if text]
            if block.get("accessory"):
                said[-1] += "  " + _element(block["accessory"], name_of)
            yield from said
        case "context":
            yield " · ".join(_element(element, name_of) for element in block["elements"])
        case "actions" | "context_actions":
            yield " ".join(_element(element, name_of) for element in block["elements"])
        case "divider":
            yield "———"
        case "input":
            optional = " (optional)" if block.get("optional") else ""
            yield f"{_text(block['label'], name_of)}{optional}: {_element(block['element'], name_of)}"
            if block.get("hint"):
                yield f"({_text(block['hint'], name_of)})"
        case "rich_text":
            yield rich_words(block, name_of)
        case "markdown":
            yield block["text"]
        case "image":
            yield f"[image: {block['alt_text']}]"
        case other:
            yield f"[{other}]"


def _element(element: Json, name_of: Names) -> str:
    match element["type"]:
        case "mrkdwn" | "plain_text":
            return _text(element, name_of)
        case "button":
            return f"[{_text(element['text'], name_of)}]"
        case "image":
            return f"[image: {element['alt_text']}]"
        case "overflow":
            return "[⋯ " + " | ".join(_text(option["text"], name_of) for option in element["options"]) + "]"
        case "radio_buttons" | "checkboxes":
            first = element.get("initial_options") or [element.get("initial_option")]
            mark = "◉" if element["type"] == "radio_buttons" else "☑"
            blank = "◯" if element["type"] == "radio_buttons" else "☐"
            return "  ".join(
                f"{mark if option in first else blank} {_text(option['text'], name_of)}" for option in options(element)
            )
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return f"[{element.get('initial_value') or _placeholder(element, name_of) or '        '}]"
        case "feedback_buttons":
            return " ".join(
                f"[{_text(element[name]['text'], name_of)}]" for name in ("positive_button", "negative_button")
            )
        case _:
            first = (element.get("initial_option") or {}).get("text")
            return f"[{_text(first, name_of) if first else _placeholder(element, name_of) or 'Select'} ▾]"


def _placeholder(element: Json, name_of: Names) -> str:
    return _text(element["placeholder"], name_of) if element.get("placeholder") else ""


def _text(text: Json, name_of: Names) -> str:
    """Only mrkdwn has entities and mentions; plain_text says what it says."""
    return spoken(text["text"], name_of) if text["type"] == "mrkdwn" else str(text["text"])
