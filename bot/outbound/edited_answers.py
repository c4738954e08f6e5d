"""Answers of ours that hold somebody's words are made anew when these change or go: which they are, and having it done.

What a ticket says in its own places is brought there by ticket_updates.py. Here is what was answered besides: lists, one ticket shown to whoever
asked, the question what a message is about, the home tab, and cards of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.outbound import outbox
from bot.outbound.posting import Posting
from bot.platform.identity import SlackUser
from bot.text import replies
from bot.text.replies import OneTicket
from bot.views.blocks import Message
from store import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.messages import edits
from store.slack import quotes
from store.slack.quotes import Quote

AT_ONCE: Final = 20  # answers; Slack takes some 50 changes a minute, and others wait for theirs
APART: Final = 30_000  # ms until the next of them
_OF_A_TICKET: Final = frozenset({"prove", "withdraw", "solved", "reopen", "reply"})  # buttons that say a number


def keep(job: Job, post: str, asked: Mapping[str, Any], made: Message | Mapping[str, Any]) -> None:
    """What a post holds from now on."""
    blocks = made.blocks if isinstance(made, Message) else made.get("blocks", ())
    about = [f"ticket:{number}" for block in blocks for number in _numbers(block)]
    if origin := source(asked):
        about.append(f"source:{origin}")
    reply = replies.from_payload(asked["what"]) if "what" in asked else None
    if isinstance(reply, OneTicket):
        about.append(f"ticket:{reply.number}")
    if about:
        named = ("what", "from", "source", "team", "user", "via", "page", "support_call")
        known = {name: asked[name] for name in named if name in asked}
        job.then.append(lambda tx: quotes.keep(tx, post, known, about))


def source(asked: Mapping[str, Any]) -> str:
    """Which message's words an answer holds that are on no ticket: under the name its channel has now, should that have changed."""
    return str(asked.get("source") or "") or outbox.source_of(str(asked.get("from") or ""))


def _numbers(block: Mapping[str, Any]) -> Iterator[str]:
    for element in (*(block.get("elements") or ()), block.get("accessory")):
        if isinstance(element, Mapping) and element.get("type") == "button":
            value, action = str(element.get("value") or ""), str(element.get("action_id"))
            found = re.fullmatch(r"(ticket:)?([0-9]{1,15})", value)
            if found and (found[1] or action in _OF_A_TICKET):
                yield found[2]


def again(_posting: Posting, tx: Transaction, job: Job) -> None:
    """Words of a ticket or of a message have changed: each answer that holds them is a job of its own, a few at once, the
    newest first. One that waits to be made anew already will show what is so then."""
    about, before = str(job.payload["about"]), job.payload.get("before")
    found = quotes.holding(tx, about, AT_ONCE, before)
    for one in found:
        _anew(tx, one, about, f"{one.post}:{job.key}")
    if len(found) == AT_ONCE:  # with no ordering key: a newer change does not wait for the rest of this one
        rest = {"about": about, "before": found[-1].id}
        job_queue.enqueue_once(tx, edits.SAYS, f"{job.key}:{found[-1].id}", rest, after=APART)


def _anew(tx: Transaction, one: Quote, about: str, key: str) -> None:
    if one.post.startswith("case:"):
        job_queue.enqueue_once(tx, "call_card", key, {"support_call": one.asked["support_call"]})
    elif one.post.startswith("home:"):
        user = SlackUser(str(one.asked["team"]), str(one.asked["user"]), str(one.asked["via"]))
        if not job_queue.waits(tx, outbox.home_ordering_key(user)):
            outbox.home(tx, user, int(one.asked.get("page") or 0), key)
    elif not job_queue.waits(tx, ordering_key := f"answer:{one.post}"):
        kind, _, its = about.partition(":")
        asked = {**one.asked, "source": its} if kind == "source" else one.asked
        job_queue.enqueue_once(
            tx, "slack.refresh_answer", key, {"post": one.post, "asked": asked}, ordering_key=ordering_key
        )
