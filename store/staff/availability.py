"""Who of the staff is away, and until when; and whether their pages sound, and take single keys. Whoever is away comes back by themselves, or by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from authz import Grant
from store import tables
from store.calls import agent_legs
from store.db.transaction import Transaction
from store.jobs import job_queue

_s = tables.staff.c


@dataclass(frozen=True, slots=True)
class Away:
    """`back_at` in ms; None: until they say so."""

    name: str
    back_at: int | None


@dataclass(frozen=True, slots=True)
class Availability:
    """Of one of the staff, and which colleagues of theirs are away."""

    away: Away | None
    sound: bool
    colleagues: tuple[Away, ...]


def look(tx: Transaction, grant: Grant) -> Availability:
    tx.require(grant, "desk.proof.ask")
    mine = _s.id == grant.subject.staff
    query = select(_s.id, _s.name, _s.away_since, _s.back_at, _s.sound).where(
        or_(mine, and_(_s.suspended_at.is_(None), _away(tx.now)))
    )
    rows = tx.connection.execute(query.order_by(_s.name)).all()
    own = next(row for row in rows if row.id == grant.subject.staff)
    return Availability(
        Away(own.name, own.back_at) if agent_legs.is_away(own, tx.now) else None,
        own.sound,
        tuple(Away(row.name, row.back_at) for row in rows if row is not own),
    )


def set_away(tx: Transaction, grant: Grant, until: int | None) -> None:
    """Their own phone rings no more, and stops where it does; `until` in ms, None: until they are back."""
    _set(tx, grant, away_since=tx.now, back_at=until)
    tx.told(grant, f"away:{grant.subject}")
    agent_legs.stop_ringing(tx, grant.subject.staff)
    if until is not None:
        _rings_again(tx, grant.subject.staff, until - tx.now)


def set_back(tx: Transaction, grant: Grant) -> None:
    _set(tx, grant, away_since=None, back_at=None)
    tx.told(grant, f"back:{grant.subject}")
    _rings_again(tx, grant.subject.staff)


def set_sound(tx: Transaction, grant: Grant, *, on: bool) -> None:
    _set(tx, grant, sound=on)


def set_shortcuts(tx: Transaction, grant: Grant, *, on: bool) -> None:
    _set(tx, grant, shortcuts=on)


def _rings_again(tx: Transaction, staff: int, after: int = 0) -> None:
    """For callers who wait by then. Where they are away again, or still, nothing comes of it."""
    job_queue.enqueue(tx, "ring_returned", f"{staff}", {"staff": staff}, after=after)


def _set(tx: Transaction, grant: Grant, **values: Any) -> None:
    tx.require(grant, "desk.proof.ask")
    tx.connection.execute(update(tables.staff).where(_s.id == grant.subject.staff).values(**values))


def _away(now: int) -> ColumnElement[bool]:
    return and_(_s.away_since.is_not(None), or_(_s.back_at.is_(None), _s.back_at > now))
