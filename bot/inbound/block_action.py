"""A click: who clicked, once, judged as who they are, and told beside what they clicked. For customers and the desk alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.outbound import outbox
from bot.outbound.outbox import Where
from bot.platform.context import SlackContext
from bot.platform.identity import Who, known, of_interaction
from bot.platform.payloads import Click, Pressed
from bot.text.replies import STRANGER, YOU_ARE_STAFF, AboutTicket, Fixed, Reply
from store import Transaction
from store.calls import call_state
from store.slack import ticket_threads
from store.text import numbers

_INSTEAD: Final = ("became", "added", "drafted")  # stands where it was clicked
MINUTE: Final = 60_000  # ms between two answers to a stranger
Do = Callable[[Transaction, Who, Click, Pressed], Reply | None]
"""Returns what to tell whoever clicked, if anything: see outbox.tell."""


def a_customer(who: Who | None) -> Reply | None:
    """What whoever is none is told."""
    if who is None:
        return STRANGER
    return None if who.is_person else YOU_ARE_STAFF


def one_of_the_desk(who: Who | None) -> Reply | None:
    """What whoever is none is told."""
    return None if who is not None and not who.is_person else Fixed("not_yours")


def clicked(do: Do, refused: Callable[[Who | None], Reply | None]) -> Callable[[SlackContext, Click], None]:
    """A listener for an action. `refused` is what somebody is told whose action it is not."""

    def listener(context: SlackContext, body: Click) -> None:
        via = context.via(body)
        user = of_interaction(body, via.team) if via is not None else None
        action = body.actions[0]
        if user is None:
            return
        key = f"act:{body.trigger_id or action.action_ts}:{action.action_id}"
        with context.store.transaction("slack") as tx:
            if not call_state.first_delivery(tx, f"slack:{key}"):
                return
            who = known(tx, user)
            what = refused(who)
            if what is None:
                assert who is not None
                what = do(tx, who, body, action)
            if who is None:
                key = f"stranger:{user.team}:{user.user}:{body.channel.id}:{tx.now // MINUTE}"
            if what is not None:
                instead = {"replace": True} if isinstance(what, AboutTicket) and what.key in _INSTEAD else {}
                outbox.tell(tx, user, what, key, where={**where(body), **instead, "message": body.container.message_ts})

    return listener


def where(body: Click) -> Where:
    """Where an answer to a click belongs: beside it in direct messages, elsewhere for the eyes of whoever clicked."""
    container, channel = body.container, body.channel.id
    if not channel or container.type != "message":
        return {}
    thread = container.thread_ts
    there = {"channel": channel, **({"thread": thread} if thread else {})}
    return there if channel.startswith("D") and not container.is_ephemeral else {**there, "only": True}


def stands_there(tx: Transaction, who: Who, body: Click) -> bool:
    """Whether it was clicked in the ticket's own thread, where its first message says what is so now."""
    channel, thread = body.channel.id, body.container.thread_ts or body.container.message_ts
    return bool(channel and thread) and ticket_threads.at(tx, who.user.via, channel, thread) is not None


def value_of(action: Pressed) -> str:
    """What a button or a select says."""
    return action.selected_option.value or action.value


def number(said: str) -> int:
    """A number that we wrote into a button; 0, which is none, for anything else."""
    return numbers.parse_int(said) or 0


def number_of(action: Pressed) -> int:
    return number(value_of(action))
