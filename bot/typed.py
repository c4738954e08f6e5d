"""What people type in Slack, as plain words: mentions, links and entities are turned back. Pure."""

from __future__ import annotations

import re

from bot.phrases import unescaped

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^<>]*)?>")
_LINKED = re.compile(r"<((?:https?|mailto):[^|<>]+)(?:\|([^<>]+))?>")
_NAMED = re.compile(r"<[#!@][^|<>]*\|([^<>]*)>")

LONGEST = 40_000  # characters; Slack has no longer messages


def typed(text: str, bot_user: str) -> str:
    """What somebody typed, as words: our own mention goes, links and names are spelt out, entities are characters."""
    text = text[:LONGEST]
    text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", " ", text) if bot_user else text
    text = _LINKED.sub(lambda found: found[2] if found[2] and found[2] in found[1] else found[1], text)
    text = _NAMED.sub(lambda found: found[1], text)
    return unescaped(_MENTION.sub("@…", text)).strip()
