"""Somebody changes or deletes what they have said in Slack: what we have of it becomes what it says now, or goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authz import Action, Topic
from bot import desk_thread
from bot.actor import Actor, Who, known
from bot.door import Door
from bot.typed import words_of
from store import Transaction, edits, places, tickets, timeline
from store.installations import Installation
from store.timeline import About

Body = Mapping[str, Any]


def before_and_now(event: Body) -> tuple[Body, Body | None]:
    """What a message said, and what it says now: None where it is gone. One with a thread leaves a stone behind that is not its
    author's (`tombstone`); whose it was says the message before."""
    now, before = event.get("message"), event.get("previous_message")
    if event.get("subtype") == "message_deleted":
        return before or {}, None
    assert isinstance(now, Mapping)
    if now.get("subtype") == "tombstone":
        return before or now, None
    return before or now, now


def changed(door: Door, event: Body, actor: Actor, via: Installation) -> None:
    """It may overtake the message itself. Slack says that its author did it, whoever they stand for by now and whatever they may: the old
    words go in any case, and the new ones come instead where they may be added."""
    before, now = before_and_now(event)
    said = now or before
    source, stamp = f"{event['channel']}:{said['ts']}", _stamp(event, now)
    thread = said.get("thread_ts") if said.get("thread_ts") != said["ts"] else None
    mentioned = any(f"<@{via.bot_user}>" in str(one.get("text") or "") for one in (before, said))
    ours = event.get("channel_type") == "im" or mentioned
    words = words_of(now, via.bot_user) if now is not None else None
    if before is not now and words == words_of(before, via.bot_user):
        return  # Slack shows more of a link in it
    with door.store.transaction("slack") as tx:
        edits.hold(tx, source)
        about, whose = timeline.of_source(tx, source), edits.whose(tx, source)
        who = known(tx, actor) if about is not None or whose is not None or ours or thread else None
        if about is not None:
            if words is None or not _edited(tx, who, about, source, words, stamp):
                edits.withdraw(tx, source)
        elif whose is not None:
            theirs = who is not None and who.subject == whose
            edits.early(tx, whose, source, words if theirs else None, stamp)
        elif who is not None and (
            ours or (thread and places.at(tx, via.team, str(event["channel"]), str(thread)) is not None)
        ):
            edits.early(tx, who.subject, source, words, stamp)


def _edited(tx: Transaction, who: Who | None, about: About, source: str, words: str, stamp: str) -> bool:
    """Whether what they say now is theirs to say on that ticket."""
    if who is None or about.account is None:
        return False
    if not who.is_person:
        return desk_thread.changed(tx, who, about.account, source, words, stamp)
    return tickets.edited(tx, who.ask(tx, Action.TICKET_REPLY, about.account, Topic(about.topic)), source, words, stamp)


def _stamp(event: Body, now: Body | None) -> str:
    """When it was edited, or deleted: Slack's stamps of one length, which sort as they follow each other."""
    edited = now.get("edited") if now is not None else None
    found = edited.get("ts") if isinstance(edited, Mapping) else None
    return str(found or event.get("event_ts") or event.get("ts") or "")[:32]
