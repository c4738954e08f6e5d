"""The calls that somebody had with the desk before: when, what they were about and which tickets came of them, for whoever of the desk deals with them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from authz import Grant, Proof, Subject
from store import tables
from store.db.transaction import Transaction
from store.messages.timeline import NOT_THE_DESKS

SHOWN: Final = 10  # the newest so many
COUNTED: Final = 100  # and no more are counted

_r, _l, _t = tables.support_calls.c, tables.call_tickets.c, tables.tickets.c


@dataclass(frozen=True, slots=True)
class PastCall:
    """`at`: when they rang (ms); `met`: somebody of the desk talked with them. `about`: what a call without a ticket was about, in the agent's words, or empty."""

    id: int
    at: int
    met: bool
    emergency: bool
    about: str
    tickets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PastCalls:
    """`many`: how many there were, COUNTED at most; `newest` the last of them, the newest first."""

    many: int
    newest: tuple[PastCall, ...]


def of_person(tx: Transaction, grant: Grant, person: int, *, now: int | None = None) -> PastCalls:
    """Of a person (id) about the grant's account, but for the call of `now`. Not those in which nobody had proved who they were, nor what was
    said or left under a threat."""
    tx.require(grant, "desk.card.view", "desk.ticket.work")
    if grant.account is None:
        return PastCalls(0, ())
    theirs = select(_r.id, _r.started_at, _r.joined_at, _r.emergency, _r.about).where(
        _r.subject == Subject.of_person(person),
        _r.account_id == grant.account,
        _r.ended_at.is_not(None),
        _r.proof >= int(Proof.VERIFIED),
        _r.threatened.is_(False),
    )
    if now is not None:
        theirs = theirs.where(_r.id != now)
    newest = theirs.order_by(_r.id.desc())
    counted = select(func.count()).select_from(newest.limit(COUNTED).subquery())
    rows = tx.connection.execute(newest.limit(SHOWN)).all()
    of_call = (
        select(_l.support_call, _l.ticket)
        .join(tables.tickets, _t.number == _l.ticket)
        .where(
            _l.support_call.in_([row.id for row in rows]),
            _t.account_id == grant.account,
            _t.status.not_in(NOT_THE_DESKS),
            _t.customer_status.is_(None),
        )
        .order_by(_l.ticket)
    )
    tickets = tx.connection.execute(of_call).all() if rows else []
    many = int(tx.connection.execute(counted).scalar_one()) if rows else 0
    tx.told(grant, *(("contact.calls",) if rows else ()))
    return PastCalls(
        many,
        tuple(
            PastCall(
                row.id,
                row.started_at,
                row.joined_at is not None,
                row.emergency,
                row.about,
                tuple(one.ticket for one in tickets if one.support_call == row.id),
            )
            for row in rows
        ),
    )
