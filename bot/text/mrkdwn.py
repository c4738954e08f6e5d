"""What people say in Slack, as plain words: mentions, links, numbers and entities are turned back, wherever the words are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.text.phrases import unescaped

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^<>]*)?>")
_LINKED = re.compile(r"<((?:https?|mailto):[^|<>]+)(?:\|([^<>]+))?>")
# <tel:12345678|1234 5678>: what the app has made of what was typed
_OTHER = re.compile(r"<[a-z][a-z0-9+.-]*:([^|<>]+)(?:\|([^<>]+))?>")
_ADDRESS = re.compile(r"\S[.:]\S")
_NAMED = re.compile(r"<[#!@][^|<>]*\|([^<>]*)>")
_UNNAMED = re.compile(r"<(?:!(here|channel|everyone)|!subteam\^[A-Z0-9]+|#[CGD][A-Z0-9]+)>")

_ASIDE: Final = frozenset(
    {"type", "style", "block_id", "action_id", "url", "image_url", "thumb_url", "fallback", "value"}
)


def plain_text(text: str, bot_user: str) -> str:
    """What somebody typed, as they saw it: our own mention goes, links and names are spelt out, entities are characters."""
    text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", " ", text) if bot_user else text
    text = _LINKED.sub(lambda found: _link(found[1], found[2] or ""), text)
    text = _OTHER.sub(lambda found: found[2] or found[1], text)
    text = _NAMED.sub(lambda found: found[1] or f"{found[0][1]}…".replace("!", "@"), text)
    text = _UNNAMED.sub(lambda found: f"@{found[1]}" if found[1] else f"{found[0][1]}…".replace("!", "@"), text)
    return unescaped(_MENTION.sub("@…", text)).strip()


def _link(url: str, text: str) -> str:
    """Its words, and where it leads where they do not say so. An address that leads elsewhere is none of its words."""
    if text and text in url:
        return text
    return f"{text} ({url})" if text and not _ADDRESS.search(text) else url


def words_of(text: str, attachments: object, blocks: object, bot_user: str) -> str:
    """All the words of a message: its text, and what it brings along; a message that was forwarded, or that a program has sent, may have
    nothing but that. Links that Slack shows more of are only links."""
    said = [plain_text(text, bot_user)]
    attached = [one for each in _several(attachments) for one in (each, *_several(each.get("attachments")))]
    said += [plain_text(_attached(one), bot_user) for one in attached if _is_brought(one) or not text]
    if not text and not any(said):
        said = [plain_text(_in_blocks(blocks), bot_user)]
    return "\n\n".join(filter(None, said))


def _is_brought(attachment: Mapping[str, Any]) -> bool:
    """Whether it came with the message, and is no preview of a link in it."""
    return attachment.get("is_share") is True or not any(attachment.get(name) for name in ("from_url", "original_url"))


def _attached(attachment: Mapping[str, Any]) -> str:
    lines = [attachment.get(name) for name in ("pretext", "title", "text")]
    for field in _several(attachment.get("fields")):
        lines.append(": ".join(str(field[name]) for name in ("title", "value") if field.get(name)))
    found = "\n".join(str(line) for line in lines if line)
    inside = found or _in_blocks(attachment.get("blocks")) or _in_blocks(attachment.get("message_blocks"))
    return inside or str(attachment.get("fallback") or "")


def _several(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _in_blocks(blocks: object) -> str:
    return "\n".join(line for line in _lines(blocks) if line.strip())


def _lines(part: object) -> Iterator[str]:
    """Every piece of text in blocks. What stands in one line of rich text is one line."""
    left = [part]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(reversed(one))
        elif isinstance(one, Mapping):
            elements = one.get("elements")
            if (
                isinstance(elements, list)
                and str(one.get("type")).startswith("rich_text_")
                and one["type"] != "rich_text_list"
            ):
                yield "".join(_piece(each) for each in elements if isinstance(each, Mapping))
                continue
            text = one.get("text")
            if isinstance(text, str):
                yield text
            left.extend(
                reversed([value for name, value in one.items() if name not in _ASIDE and not isinstance(value, str)])
            )
            if isinstance(alt := one.get("alt_text"), str):
                yield alt


def _piece(element: Mapping[str, Any]) -> str:
    """One piece of a line, of whatever kind."""
    kind = element.get("type")
    if kind == "emoji":
        return f":{element.get('name')}:"
    if kind in ("user", "usergroup"):
        return "@…"
    if kind == "channel":
        return "#…"
    if kind == "broadcast":
        return f"@{element.get('range')}"
    if kind == "link":
        return _link(str(element.get("url") or ""), str(element.get("text") or ""))
    return str(element.get("text") or element.get("fallback") or "")
