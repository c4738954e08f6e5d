"""What Slack checks in blocks before it takes them: kinds, required fields, lengths and counts.

A problem is said as Slack says it, with a pointer: `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.slack.element_limits import check as check_element
from simulator.slack.message import Json
from simulator.slack.problems import MRKDWN, Problems

MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100
LONGEST_MESSAGE = 40_000
LONGEST_MARKDOWN = 12_000


def check_blocks(blocks: Any, surface: str, at: str = "/blocks") -> Problems:
    """The problems of a list of blocks on a surface: message, modal or home. Gives ids where none are given, as Slack does."""
    found = Problems()
    most = MOST_IN_MESSAGE if surface == "message" else MOST_IN_VIEW
    listed = found.listed(blocks, 0, most, at)
    ids: set[str] = set()
    markdown = 0
    for number, block in enumerate(listed):
        here = f"{at}/{number}"
        check = BLOCKS.get(str(block.get("type")))
        if check is None or (surface != "message" and block["type"] in ("markdown", "context_actions")):
            found.add(f"unsupported type: {block.get('type')}", f"{here}/type")
            continue
        found.optional(block, "block_id", 255, here, least=1)
        if block.get("block_id") in ids:
            found.add("`block_id` already exists for another block", f"{here}/block_id")
        ids.add(str(block.get("block_id")))
        check(block, here, found)
        markdown += len(str(block.get("text"))) if block["type"] == "markdown" else 0
    if markdown > LONGEST_MARKDOWN:
        found.add(f"must be less than {LONGEST_MARKDOWN + 1} characters", at)
    return found


def check_view(view: Any) -> Problems:
    """The problems of a modal or a home tab."""
    found = Problems()
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        found.add("unsupported type: must be modal or home", "/view/type")
        return found
    if view["type"] == "modal":
        found.text(view.get("title"), 24, "/view/title")
        found.optional_text(view, "submit", 24, "/view")
        found.optional_text(view, "close", 24, "/view")
    found.optional(view, "private_metadata", 3000, "/view")
    found.optional(view, "callback_id", 255, "/view")
    found.optional(view, "external_id", 255, "/view")
    found += check_blocks(view.get("blocks"), view["type"], "/view/blocks")
    kinds = [block.get("type") for block in view.get("blocks") or () if isinstance(block, dict)]
    if view["type"] == "modal" and "input" in kinds and not view.get("submit"):
        found.add("missing required field: submit, as there are input blocks", "/view")
    return found


# --- the blocks


def _section(block: Json, at: str, found: Problems) -> None:
    if block.get("text") is None and not block.get("fields"):
        found.add("missing required field: text or fields", at)
    if block.get("text") is not None:
        found.text(block["text"], 3000, f"{at}/text", MRKDWN)
    if block.get("fields"):
        for number, field in enumerate(found.listed(block["fields"], 1, 10, f"{at}/fields")):
            found.text(field, 2000, f"{at}/fields/{number}", MRKDWN)
    if block.get("accessory") is not None:
        check_element(block["accessory"], f"{at}/accessory", found, "section")


def _header(block: Json, at: str, found: Problems) -> None:
    found.text(block.get("text"), 150, f"{at}/text")


def _context(block: Json, at: str, found: Problems) -> None:
    for number, element in enumerate(found.listed(block.get("elements"), 1, 10, f"{at}/elements")):
        if element.get("type") == "image":
            _image(element, f"{at}/elements/{number}", found)
        else:
            found.text(element, 3000, f"{at}/elements/{number}", MRKDWN)


def _elements(most: int, place: str) -> Callable[[Json, str, Problems], None]:
    def check(block: Json, at: str, found: Problems) -> None:
        ids: set[str] = set()
        for number, element in enumerate(found.listed(block.get("elements"), 1, most, f"{at}/elements")):
            here = f"{at}/elements/{number}"
            check_element(element, here, found, place)
            if element.get("action_id") in ids:
                found.add("`action_id` already exists for another element", f"{here}/action_id")
            ids.add(str(element.get("action_id", here)))

    return check


def _input(block: Json, at: str, found: Problems) -> None:
    found.text(block.get("label"), 2000, f"{at}/label")
    found.optional_text(block, "hint", 2000, at)
    if block.get("element") is None:
        found.add("missing required field: element", at)
    else:
        check_element(block["element"], f"{at}/element", found, "input")


def _image(block: Json, at: str, found: Problems) -> None:
    if not block.get("slack_file"):
        found.longest(block.get("image_url"), 3000, f"{at}/image_url")
    found.longest(block.get("alt_text"), 2000, f"{at}/alt_text")


def _rich_text(block: Json, at: str, found: Problems) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")
    for number, part in enumerate(found.listed(block.get("elements"), 1, 1000, f"{at}/elements")):
        if part.get("type") not in kinds:
            found.add(f"unsupported type: {part.get('type')}", f"{at}/elements/{number}/type")
        found.listed(part.get("elements"), 0, 10_000, f"{at}/elements/{number}/elements")


def _markdown(block: Json, at: str, found: Problems) -> None:
    found.longest(block.get("text"), LONGEST_MARKDOWN, f"{at}/text")


BLOCKS: dict[str, Callable[[Json, str, Problems], None]] = {
    "section": _section,
    "header": _header,
    "divider": lambda block, at, found: None,
    "context": _context,
    "actions": _elements(25, "actions"),
    "context_actions": _elements(5, "context_actions"),
    "input": _input,
    "image": _image,
    "rich_text": _rich_text,
    "markdown": _markdown,
}
