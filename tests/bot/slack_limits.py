"""Slack's limits on what is posted and shown, checked by Slack's own models, and by hand where those are silent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.views.blocks import Message

Json = dict[str, Any]
DATE = re.compile(r"<!date\^[0-9]+\^[^|<>^]+\|(?:[0-9]{2} [A-Z][a-z]+ [0-9]{4}, )?[0-9]{2}:[0-9]{2} UTC>")
NO_ENTITY = re.compile(r"&(?!(amp|lt|gt);)")
LENGTHS = {"section": 3_000, "context": 3_000, "header": 150, "label": 2_000, "hint": 2_000}


def check_message(message: Message) -> None:
    """Everything of a message, as it would be sent."""
    assert len(message.blocks) <= 50, "what is more would be cut off, buttons first"
    sent = message.sent()
    assert 0 < len(sent["text"]) <= 4_000
    assert sent["text"].strip(), "for whoever cannot see the blocks"
    check_mrkdwn(sent["text"])
    assert (sent["unfurl_links"], sent["unfurl_media"], sent["parse"], sent["link_names"]) == (
        False,
        False,
        "none",
        False,
    )
    if sent["blocks"]:
        check_blocks(sent["blocks"])


def check_view(view: Json) -> None:
    """A modal or the home tab."""
    checked = View(**view)
    checked.validate_json()
    assert len(view["blocks"]) <= 100
    check_blocks(view["blocks"])
    assert len(view.get("private_metadata", "")) <= 3_000
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            if name in view:
                _plain(view[name], 24)
        asks = any(block["type"] == "input" for block in view["blocks"])
        assert not asks or "submit" in view
        assert len(view["callback_id"]) <= 255
    else:
        assert not {"title", "submit", "close"} & view.keys()


def check_blocks(blocks: list[Json]) -> None:
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None, block["type"]
        parsed.to_dict()  # raises where a length or a count is wrong
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids)), "a block_id comes twice"
    assert all(0 < len(id) <= 255 for id in ids)
    for block in blocks:
        CHECKS[block["type"]](block)
        actions = [element["action_id"] for element in elements(block) if "action_id" in element]
        assert len(actions) == len(set(actions)), "an action_id comes twice in a block"
        assert all(0 < len(id) <= 255 for id in actions)


def elements(block: Json) -> Iterator[Json]:
    yield from (block.get("elements", ()) if block["type"] == "actions" else ())
    yield from (block[name] for name in ("accessory", "element") if name in block)


def check_mrkdwn(text: str) -> None:
    """Nothing in it is alive but our own dates."""
    bare = DATE.sub("", text)
    assert not re.search("[<>]", bare), bare
    assert not NO_ENTITY.search(bare), bare


def _text(text: Json, most: int) -> None:
    assert 0 < len(text["text"]) <= most
    if text["type"] == "mrkdwn":
        check_mrkdwn(text["text"])
        assert text["verbatim"], "or Slack would make links and mentions of plain words"
    else:
        _plain(text, most)


def _plain(text: Json, most: int) -> None:
    assert text["type"] == "plain_text"
    assert 0 < len(text["text"]) <= most
    assert text["emoji"] is False, "nobody's words become pictures"


def _section(block: Json) -> None:
    _text(block["text"], 3_000)
    for element in elements(block):
        _element(element)


def _context(block: Json) -> None:
    assert 1 <= len(block["elements"]) <= 10
    for text in block["elements"]:
        _text(text, 3_000)


def _actions(block: Json) -> None:
    assert 1 <= len(block["elements"]) <= 5, "25 may, but who reads them"
    for element in block["elements"]:
        _element(element)


def _input(block: Json) -> None:
    _plain(block["label"], 2_000)
    if "hint" in block:
        _plain(block["hint"], 2_000)
    _element(block["element"])


def _element(element: Json) -> None:
    if "placeholder" in element:
        _plain(element["placeholder"], 150)
    match element["type"]:
        case "button":
            _plain(element["text"], 75)
            assert len(element.get("value", "")) <= 2_000
            assert len(element.get("url", "")) <= 3_000
            assert element.get("style", "primary") in ("primary", "danger")
            if "confirm" in element:
                for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                    _plain(element["confirm"][name], most)
        case "static_select" if "option_groups" in element:
            assert "options" not in element
            assert 1 <= len(element["option_groups"]) <= 100
            for group in element["option_groups"]:
                _plain(group["label"], 75)
                _options(group["options"])
        case "static_select":
            _options(element["options"])
        case "external_select":
            assert element["min_query_length"] >= 0
        case "plain_text_input":
            assert 1 <= element["max_length"] <= 3_000
            assert len(element.get("initial_value", "")) <= element["max_length"]
        case other:
            raise AssertionError(f"what are the limits of {other}?")


def _options(options: list[Json]) -> None:
    assert 1 <= len(options) <= 100
    values = [option["value"] for option in options]
    assert len(values) == len(set(values))
    for option in options:
        _plain(option["text"], 75)
        assert 1 <= len(option["value"]) <= 150


CHECKS: Final[dict[str, Callable[[Json], None]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "header": lambda block: _plain(block["text"], 150),
    "divider": lambda block: None,
}
