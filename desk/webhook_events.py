"""What a webhook says of an event: facts of this moment, read when it is sent and in the ledger as told. None: nothing may be told of it, or it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from authz import Grant, Proof
from desk import proof_statements
from store import Transaction
from store.calls import call_summaries
from store.contacts import contact_changes
from store.messages import timeline, visible_messages
from store.messages.timeline import Said
from store.security import alerts
from store.tickets import ticket_summary
from store.verification import verification_requests
from store.webhooks.webhook_messages import Message

Facts = Mapping[str, Any]
EVENT_OF: Final = {
    "opened": "ticket.opened",
    "left": "ticket.opened",
    "replied": "ticket.replied",
    "answered": "ticket.answered",
    "solved": "ticket.closed",
    "closed": "ticket.closed",
    "reopened": "ticket.reopened",
}
"""What became of a ticket (timeline.py) → the event that other systems are told of."""
_SAYS: Final = ("ticket.opened", "ticket.replied", "ticket.answered", "ticket.closed")
_STEPS: Final = timeline.TOLD.keys()


def facts(tx: Transaction, grant: Grant, message: Message, desk: str, minutes: int) -> Facts | None:
    """For the worker. `desk` is PUBLIC_URL; `minutes` how long a statement of proof is good."""
    match message.event.partition(".")[0]:
        case "ticket":
            return _ticket(tx, grant, message, desk, minutes)
        case "call":
            return _call(tx, grant, message.number)
        case "verification":
            return _verification(tx, grant, message.number)
        case "contact":
            return _contacts(tx, grant, message)
        case _:
            return _alert(tx, grant, message.number)


def utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ticket(tx: Transaction, grant: Grant, message: Message, desk: str, minutes: int) -> Facts | None:
    card = ticket_summary.card(tx, grant, message.number)
    if card is None:
        return None
    who = card.requester
    then = [one for one in visible_messages.said(tx, grant, card.number) if one.at == message.happened_at]
    said = [one for one in then if _is_it(one, message)]
    return {
        "ticket": {
            "number": card.number,
            "url": f"{desk}/desk/tickets/{card.number}",
            "account": who.account_number if who is not None else None,
            "opened_by": {"name": who.name} if who is not None else None,
            "topic": card.topic,
            "kind": card.kind,
            "title": card.title,
            "status": card.status,
            "channel": card.channel,
            "opened_at": utc(card.opened_at),
            "service": card.service or None,
            "assigned_to": card.taken_by or None,
        },
        "by": _by(said or [one for one in then if one.event in _STEPS]),
        "message": _message(said),
        "proof": proof_statements.make(tx, grant, card.number, desk, minutes),
    }


def _is_it(one: Said, message: Message) -> bool:
    """What was said when it happened: a note of the desk's own never leaves it."""
    by_desk = message.event in ("ticket.answered", "ticket.closed")
    return (
        message.event in _SAYS
        and not (one.internal or one.event or one.withdrawn)
        and (one.by_desk == by_desk or message.event == "ticket.opened")
    )


def _by(done: list[Said]) -> Facts | None:
    """Who did it, in the kinds of the change feed. `key`: which of the operator's keys, so that whoever has that knows what is their own."""
    if not done:
        return None
    one = done[-1]
    kind = "key" if one.by_system else "desk" if one.by_desk else "person"
    return {"kind": kind, "name": one.name or None, "key": one.author.key if one.by_system else None}


def _message(said: list[Said]) -> Facts | None:
    if not said:
        return None
    one = said[-1]
    return {
        "id": one.id,
        "words": one.body,
        "spoken": bool(one.recording),
        "files": [file.name for file in one.files],
        "at": utc(one.at),
    }


def _call(tx: Transaction, grant: Grant, id: int) -> Facts | None:
    call = call_summaries.look(tx, grant, id)
    if call is None:
        return None
    return {
        "call": {
            "id": call.id,
            "account": call.account or None,
            "caller": {"username": call.username} if call.username else None,
            "proof": call.proof.word if call.username else Proof.NONE.word,
            "emergency": call.emergency,
            "started_at": utc(call.started_at),
            "ended_at": utc(call.ended_at),
            "ending": call.ending,
            "answered_by": call.agent or None,
            "tickets": list(call.tickets),
        }
    }


def _verification(tx: Transaction, grant: Grant, id: int) -> Facts | None:
    """What came of it, by its number: whether they may then do it is read by the key that asked."""
    found = verification_requests.to_tell(tx, grant, id)
    if found is None:
        return None
    username, account = verification_requests.names(tx, grant, found)
    return {
        "verification": {
            "id": found.id,
            "person": username,
            "account": account,
            "action": found.action,
            "way": found.way,
            "state": found.state,
            "why": found.why or None,
            "asked_at": utc(found.made_at),
            "ended_at": None if found.ended_at is None else utc(found.ended_at),
        }
    }


def _contacts(tx: Transaction, grant: Grant, message: Message) -> Facts | None:
    made = contact_changes.at(tx, grant, message.number, message.happened_at)
    if not made:
        return None
    return {
        "account": made[0].account,
        "changes": [
            {
                "id": one.id,
                "username": one.username,
                "before": None if one.before is None else list(one.before),
                "after": None if one.after is None else list(one.after),
            }
            for one in made
        ],
    }


def _alert(tx: Transaction, grant: Grant, id: int) -> Facts | None:
    """Of what is for supervisors alone no more than that there is something: as by mail and in the log."""
    found = alerts.to_deliver(tx, grant, id)
    if found is None:
        return None
    open_ = found.audience != alerts.SUPERVISORS
    return {
        "alert": {
            "id": found.id,
            "audience": found.audience,
            "kind": found.kind if open_ else None,
            "detail": found.detail if open_ else None,
            "at": utc(found.at),
        }
    }
