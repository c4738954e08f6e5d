"""Block Kit in a few functions, each within Slack's limits. Pure.

What people wrote is cut rather than refused, with a mark that says so; a list that is too long is paged by whoever makes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.text.button_values import Value, dump
from bot.text.phrases import escaped
from bot.text.replies import Offered, to_value

Block = dict[str, Any]
SECTION, BUTTON, OPTION, TITLE, FALLBACK = 3_000, 75, 75, 24, 3_500
MOST_BLOCKS, MOST_OPTIONS = 50, 100
MOST_WORDS: Final = 3_000  # characters of a field in a form
CUT: Final = " …"
_HALF: Final = re.compile(r"(?:&[a-z]{0,3}|<[^>]*)$")


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: `text` says all of it to whoever cannot see the blocks."""

    text: str
    blocks: tuple[Block, ...] = ()

    def sent(self) -> dict[str, Any]:
        """Arguments of chat.postMessage and chat.update: nothing unfurls, nothing is parsed."""
        return {**self.shown(), "unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}

    @property
    def version(self) -> str:
        """What it says, in short: the same for the same words."""
        return digest(json.dumps(self.shown(), sort_keys=True))

    def shown(self) -> dict[str, Any]:
        """What it says, for an answer."""
        return {"text": cut_mrkdwn(self.text, FALLBACK), "blocks": list(self.blocks)[:MOST_BLOCKS]}


def message(*blocks: Block | Sequence[Block]) -> Message:
    """A message whose text says what its blocks say, for notifications and whoever cannot see them."""
    flat: list[Block] = []
    for block in blocks:
        flat += [block] if isinstance(block, dict) else block
    return Message("\n".join(filter(None, map(_said, flat))), tuple(flat))


def _said(block: Block) -> str:
    parts = block.get("elements", []) if block["type"] == "context" else [block.get("text")]
    return "\n".join(
        escaped(part["text"]) if part["type"] == "plain_text" else part["text"]
        for part in parts
        if isinstance(part, dict)
    )


def digest(text: str) -> str:
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def cut_mrkdwn(text: str, most: int) -> str:
    """Likewise, and neither half an escape nor half of one of our dates is left at the end."""
    return text if len(text) <= most else _HALF.sub("", text[: most - len(CUT)]) + CUT


def cut_within(text: str, most: int) -> str:
    """Cut in the middle: what people choose by is told apart by its end as often as by its beginning."""
    end = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - end - 1]}…{text[len(text) - end :]}"


def chosen_by(text: str, most: int) -> Block:
    return plain(cut_within(text, most), most)


def plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": cut(text, most) or "-", "emoji": False}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": cut_mrkdwn(text, SECTION) or "-", "verbatim": True}


def section(text: str, accessory: Block | None = None) -> Block:
    made: Block = {"type": "section", "text": mrkdwn(text)}
    return made if accessory is None else {**made, "accessory": accessory}


def quoted(text: str) -> Block:
    """Somebody's own words, as plain text: nothing in them comes alive."""
    return {"type": "section", "text": plain(text, SECTION)}


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Block | None, block_id: str = "") -> tuple[Block, ...]:
    """A row of buttons and selects; none where there is nothing to press."""
    there = [element for element in elements if element is not None]
    if not there:
        return ()
    made: Block = {"type": "actions", "elements": there}
    return ({**made, "block_id": block_id} if block_id else made,)


def button(text: str, action: str, value: str | Value = "", *, style: str = "", url: str = "") -> Block:
    made: Block = {"type": "button", "text": chosen_by(text, BUTTON), "action_id": action}
    extra = {"value": dump(value), "style": style, "url": url}
    return made | {name: said for name, said in extra.items() if said}


def tell(text: str, reply: Offered) -> Block:
    """A button that asks for an answer (answers.py). Its id says what, for ids are unique within their block."""
    what = to_value(reply)
    return button(text, f"tell_{what.replace(':', '_')}", what)


def option(text: str, value: str | Value, description: str = "") -> Block:
    made: Block = {"text": chosen_by(text, OPTION), "value": dump(value)}
    return made if not description else {**made, "description": plain(description, OPTION)}


def select(placeholder: str, action: str, options: Sequence[Block]) -> Block:
    return {
        "type": "static_select",
        "placeholder": plain(placeholder, 150),
        "action_id": action,
        "options": list(options)[:MOST_OPTIONS],
    }


def grouped(placeholder: str, action: str, groups: Sequence[tuple[str, Sequence[Block]]]) -> Block:
    """A select whose options stand under headings."""
    return select_of(placeholder, action, option_groups(groups))


def select_of(placeholder: str, action: str, groups: Sequence[Block]) -> Block:
    made = {"type": "static_select", "placeholder": plain(placeholder, 150), "action_id": action}
    return {**made, "option_groups": list(groups)}


def option_groups(groups: Sequence[tuple[str, Sequence[Block]]]) -> list[Block]:
    made = [{"label": chosen_by(label, OPTION), "options": list(options)[:MOST_OPTIONS]} for label, options in groups]
    return made[:MOST_OPTIONS]


def search(placeholder: str, action: str) -> Block:
    """A select whose options we are asked for as somebody types."""
    made = {"type": "external_select", "placeholder": plain(placeholder, 150), "action_id": action}
    return {**made, "min_query_length": 0}


def ask(label: str, block_id: str, element: Block, *, optional: bool = False, hint: str = "") -> Block:
    """An input of a form."""
    made: Block = {"type": "input", "block_id": block_id, "label": plain(label, 2_000), "element": element}
    if hint:
        made["hint"] = plain(hint, 2_000)
    return {**made, "optional": optional}


def words(action: str, *, initial: str = "", placeholder: str = "", most: int = MOST_WORDS) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action, "multiline": True, "max_length": most}
    if initial:
        made["initial_value"] = initial[:most]
    if placeholder:
        made["placeholder"] = plain(placeholder, 150)
    return made


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    close: str = "",
    metadata: str | Value = "",
) -> Block:
    made: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE),
        "blocks": list(blocks)[:100],
        "private_metadata": dump(metadata),
    }
    if close:
        made["close"] = plain(close, TITLE)
    return {**made, "submit": plain(submit, TITLE)} if submit else made


def home(blocks: Sequence[Block]) -> Block:
    return {"type": "home", "blocks": list(blocks)[:100]}
