"""Answers of ours that hold somebody's words are made anew when these change or go: which they are, and having it done.

What a ticket says in its own places is brought there by follow.py. Here is what was answered besides: lists, one ticket shown to whoever
asked, the question what a message is about, the home tab, and cards of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot import owed
from bot.actor import Actor
from bot.blocks import Message
from bot.posting import Posting
from store import quotes, work
from store.work import Work

_OF_A_TICKET: Final = frozenset({"prove", "withdraw", "solved", "reopen", "reply"})  # buttons that say a number


def keep(posting: Posting, post: str, asked: Mapping[str, Any], made: Message | Mapping[str, Any]) -> None:
    """What a post holds from now on."""
    blocks = made.blocks if isinstance(made, Message) else made.get("blocks", ())
    about = [f"ticket:{number}" for block in blocks for number in _numbers(block)]
    if origin := owed.source_of(str(asked.get("from") or "")):
        about.append(f"source:{origin}")
    what = str(asked.get("what") or "")
    if what.startswith("ticket:"):
        about.append(what)
    if about:
        named = ("what", "from", "team", "user", "via", "page", "ring")
        with posting.door.store.transaction("slack") as tx:
            quotes.keep(tx, post, {name: asked[name] for name in named if name in asked}, about)


def _numbers(block: Mapping[str, Any]) -> Iterator[str]:
    for element in (*(block.get("elements") or ()), block.get("accessory")):
        if isinstance(element, Mapping) and element.get("type") == "button":
            value, action = str(element.get("value") or ""), str(element.get("action_id"))
            found = re.fullmatch(r"(ticket:)?([0-9]{1,15})", value)
            if found and (found[1] or action in _OF_A_TICKET):
                yield found[2]


def again(posting: Posting, piece: Work) -> None:
    """Words of a ticket or of a message have changed: each answer that holds them is a piece of work of its own."""
    with posting.door.store.transaction("worker") as tx:
        for one in quotes.holding(tx, str(piece.payload["about"])):
            key = f"{one.post}:{piece.key}"
            if one.post.startswith("home:"):
                owed.home(tx, _actor(one.asked), int(one.asked.get("page") or 0), key)
            elif one.post.startswith("case:"):
                work.enqueue_once(tx, "case", key, {"ring": one.asked["ring"]})
            else:
                asked = {"post": one.post, "asked": one.asked}
                work.enqueue_once(tx, "slack.answer_anew", key, asked, lane=f"answer:{one.post}")


def _actor(asked: Mapping[str, Any]) -> Actor:
    return Actor(str(asked["team"]), str(asked["user"]), str(asked["via"]))
