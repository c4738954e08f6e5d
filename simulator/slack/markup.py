"""Words on their way into Slack and out of it: what people type becomes mrkdwn with entities, and can be read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulator.slack.message import Json

_TYPED = re.compile(
    r"<@(?P<id>[UW]\w+)>"
    r"|(?P<url>https?://[^\s<>|]+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<!\w)@(?P<name>\w[\w.]*)"
    r"|(?<!\w)#(?P<channel>[a-z0-9][\w-]*)"
)
_LINK = re.compile(r"<([^<>]+)>")


def escape(text: str) -> str:
    """The three characters that mean something in mrkdwn (2.5), and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, names: Mapping[str, str], channels: Mapping[str, str]) -> tuple[str, list[Json]]:
    """What somebody typed, as a message's `text` and as the rich_text block that Slack makes of it.

    `names` gives user ids for @names (in lower case), `channels` ids for #names. Addresses become links, as Slack does.
    """
    parts: list[str] = []
    rich: list[Json] = []
    end = 0

    def plain(words: str) -> None:
        if words:
            parts.append(escape(words))
            rich.append({"type": "text", "text": words})

    for match in _TYPED.finditer(text):
        made = _entity(match, names, channels)
        if made is None:
            continue
        plain(text[end : match.start()])
        parts.append(made[0])
        rich.append(made[1])
        end = match.end()
    plain(text[end:])
    return "".join(parts), [{"type": "rich_text_section", "elements": rich}]


def _entity(match: re.Match[str], names: Mapping[str, str], channels: Mapping[str, str]) -> tuple[str, Json] | None:
    found = match.groupdict()
    if user := found["id"] or names.get((found["name"] or "").lower().rstrip(".")):
        return f"<@{user}>", {"type": "user", "user_id": user}
    if channel := channels.get(found["channel"] or ""):
        return f"<#{channel}|{found['channel']}>", {"type": "channel", "channel_id": channel}
    if url := found["url"]:
        return f"<{escape(url)}>", {"type": "link", "url": url}
    if mail := found["mail"]:
        return f"<mailto:{mail}|{mail}>", {"type": "link", "url": f"mailto:{mail}", "text": mail}
    return None


def spoken(text: str, name_of: Callable[[str], str]) -> str:
    """mrkdwn as somebody would read it out: mentions by name, links with their words, no entities.

    `name_of` gives the name for a user's or a channel's id.
    """

    def link(match: re.Match[str]) -> str:
        target, bar, words = match[1].partition("|")
        if target.startswith("@"):
            return "@" + (words or name_of(target[1:]))
        if target.startswith("#"):
            return "#" + (words or name_of(target[1:]))
        if target.startswith("!date^"):
            return words
        if target.startswith("!"):
            return "@" + (words or target[1:].partition("^")[0])
        target = target.removeprefix("mailto:")
        return f"{words} ({target})" if bar and words != target else target

    return unescape(_LINK.sub(link, text))


def rich_words(block: Json, name_of: Callable[[str], str]) -> str:
    """A rich_text block as plain words, its parts on lines of their own."""
    lines = []
    for part in block.get("elements", []):
        if part["type"] == "rich_text_list":
            lines += ["• " + _run(item, name_of) for item in part["elements"]]
        else:
            lines.append(("> " if part["type"] == "rich_text_quote" else "") + _run(part, name_of))
    return "\n".join(lines)


def _run(part: Json, name_of: Callable[[str], str]) -> str:
    return "".join(_rich(piece, name_of) for piece in part.get("elements", []))


def _rich(piece: dict[str, Any], name_of: Callable[[str], str]) -> str:
    match piece["type"]:
        case "text":
            return str(piece["text"])
        case "link":
            words = piece.get("text", "")
            return f"{words} ({piece['url']})" if words and words not in piece["url"] else str(piece["url"])
        case "user":
            return "@" + name_of(piece["user_id"])
        case "channel":
            return "#" + name_of(piece["channel_id"])
        case "emoji":
            return f":{piece['name']}:"
        case _:
            return ""
