"""A click: who clicked, once, judged as who they are, and told beside what they clicked. For customers and the desk alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.outbound import outbox
from bot.outbound.outbox import Where
from bot.platform.context import SlackContext
from bot.platform.identity import Who, known, of_interaction
from bot.text.replies import STRANGER, YOU_ARE_STAFF, AboutTicket, Fixed, Reply
from store import Transaction
from store.calls import call_state
from store.slack import ticket_threads
from store.text import numbers

_INSTEAD: Final = ("became", "added", "drafted")  # stands where it was clicked
MINUTE: Final = 60_000  # ms between two answers to a stranger
Body = Mapping[str, Any]
Action = Mapping[str, Any]
Click = Callable[[Transaction, Who, Body, Action], Reply | None]
"""Returns what to tell whoever clicked, if anything: see outbox.tell."""


def a_customer(who: Who | None) -> Reply | None:
    """What whoever is none is told."""
    if who is None:
        return STRANGER
    return None if who.is_person else YOU_ARE_STAFF


def one_of_the_desk(who: Who | None) -> Reply | None:
    """What whoever is none is told."""
    return None if who is not None and not who.is_person else Fixed("not_yours")


def clicked(do: Click, refused: Callable[[Who | None], Reply | None]) -> Callable[[SlackContext, Body], None]:
    """A listener for an action. `refused` is what somebody is told whose action it is not."""

    def listener(context: SlackContext, body: Body) -> None:
        via = context.via(body)
        user = of_interaction(body, via.team) if via is not None else None
        action = body["actions"][0]
        if user is None:
            return
        key = f"act:{body.get('trigger_id') or action.get('action_ts')}:{action['action_id']}"
        with context.store.transaction("slack") as tx:
            if not call_state.first_delivery(tx, f"slack:{key}"):
                return
            who = known(tx, user)
            what = refused(who)
            if what is None:
                assert who is not None
                what = do(tx, who, body, action)
            if who is None:
                key = f"stranger:{user.team}:{user.user}:{_place(body)}:{tx.now // MINUTE}"
            if what is not None:
                instead = {"replace": True} if isinstance(what, AboutTicket) and what.key in _INSTEAD else {}
                outbox.tell(tx, user, what, key, where={**where(body), **instead, "message": _message(body)})

    return listener


def where(body: Body) -> Where:
    """Where an answer to a click belongs: beside it in direct messages, elsewhere for the eyes of whoever clicked."""
    container, channel = body.get("container") or {}, (body.get("channel") or {}).get("id")
    if not channel or container.get("type") != "message":
        return {}
    thread = container.get("thread_ts")
    there = {"channel": channel, **({"thread": thread} if thread else {})}
    return there if channel.startswith("D") and not container.get("is_ephemeral") else {**there, "only": True}


def stands_there(tx: Transaction, who: Who, body: Body) -> bool:
    """Whether it was clicked in the ticket's own thread, where its first message says what is so now."""
    container, channel = body.get("container") or {}, (body.get("channel") or {}).get("id")
    thread = container.get("thread_ts") or container.get("message_ts")
    return bool(channel and thread) and ticket_threads.at(tx, who.user.via, str(channel), str(thread)) is not None


def _place(body: Body) -> str:
    return str((body.get("channel") or {}).get("id") or "")


def _message(body: Body) -> str:
    return str((body.get("container") or {}).get("message_ts") or "")


def value_of(action: Action) -> str:
    """What a button or a select says."""
    chosen = action.get("selected_option") or {}
    return str(chosen.get("value") or action.get("value") or "")


def number(said: str) -> int:
    """A number that we wrote into a button; 0, which is none, for anything else."""
    return numbers.parse_int(said) or 0


def number_of(action: Action) -> int:
    return number(value_of(action))
