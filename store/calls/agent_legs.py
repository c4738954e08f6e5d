"""The desk's own phones as they ring and talk: each has one call at a time, and goes to whoever has waited for longest.

A phone that is suspended staff's, and nobody else's, neither rings nor takes a call. One that rings for nobody any more is
stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, insert, or_, select, update

from store import tables
from store.db.transaction import Transaction
from store.jobs import job_queue

RINGS_FOR: Final = 60_000  # ms from ringing to pressing 1, or to Twilio telling that nobody answered


@dataclass(frozen=True, slots=True)
class NextRing:
    """Whether a phone is to be rung now, later, or never; `number` where it is now. `closed`: whose it was is suspended, or away."""

    number: str = ""
    later: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the ringing has come. `rung_at`: when the last phone began to; `busy_elsewhere`: one of them is busy with another."""

    rung_at: int
    busy_elsewhere: bool


def add(tx: Transaction, support_call: int, numbers: Sequence[str]) -> None:
    rows = [{"support_call": support_call, "leg": leg, "number": number} for leg, number in enumerate(numbers)]
    if rows:
        tx.connection.execute(insert(tables.agent_legs), rows)


def next_ring(tx: Transaction, support_call: int, leg: int) -> NextRing:
    """Whether it is this phone's turn to ring for this caller: then it counts as ringing from now on."""
    # Or it might ring for a caller who leaves, or is taken, meanwhile, and nothing would stop it.
    tx.connection.execute(_LOCK_CALL, {"id": support_call})
    mine = _find(tx, support_call, leg)
    if mine is None or mine.rung_at is not None or mine.call_ended_at is not None or mine.taken_by is not None:
        return NextRing()
    if not open_phones(tx, [mine.number], emergency=mine.emergency):
        return NextRing(closed=True)
    if any(_is_busy(tx, other) or _is_before(other, mine) for other in _others(tx, mine)):
        return NextRing(later=True)
    _set(tx, support_call, leg, rung_at=tx.now)
    return NextRing(mine.number)


def not_rung(tx: Transaction, support_call: int, leg: int) -> None:
    """Twilio would not: it is tried again."""
    _set(tx, support_call, leg, rung_at=None)


def rung(tx: Transaction, support_call: int, leg: int, call: str) -> None:
    """Twilio rings it, and calls it so."""
    _set(tx, support_call, leg, call=call)


def open_phones(tx: Transaction, numbers: Sequence[str], *, emergency: bool = False) -> tuple[str, ...]:
    """Those of these that may ring at all, and whose people are not away; in an emergency those too, where no other is left."""
    owners = _owners(tx, numbers)
    may_ring = tuple(number for number in numbers if number not in _without(owners, _is_suspended))
    away = _without(owners, lambda row: _is_suspended(row) or is_away(row, tx.now))
    return tuple(number for number in may_ring if number not in away) or (may_ring if emergency else ())


def is_closed(tx: Transaction, support_call: int, leg: int) -> bool:
    """Whether whose phone it is was suspended. They are not before this transaction ends."""
    mine = _find(tx, support_call, leg)
    return mine is None or bool(_closed(tx, [mine.number]))


def stop(tx: Transaction, support_call: int) -> None:
    """Nobody waits any more for those that still ring for this caller, or listen to what is offered."""
    lg = tables.agent_legs.c
    rung = select(lg.leg).where(
        lg.support_call == support_call, lg.rung_at.is_not(None), lg.ended_at.is_(None), ~lg.accepted
    )
    for leg in tx.connection.execute(rung).scalars().all():
        job_queue.enqueue_once(
            tx, "stop_agent_leg", f"{support_call}:{leg}", {"support_call": support_call, "leg": leg, "cut": False}
        )


def over(tx: Transaction, support_call: int) -> None:
    """The caller waits and talks no more: what has not rung for them never will, and what rings is stopped."""
    lg = tables.agent_legs.c
    unrung = update(tables.agent_legs).where(
        lg.support_call == support_call, lg.rung_at.is_(None), lg.ended_at.is_(None)
    )
    tx.connection.execute(unrung.values(ended_at=tx.now))
    stop(tx, support_call)


def cut_off(tx: Transaction, staff: int) -> None:
    """They were suspended: their phone rings no more, and whatever they are talking in ends."""
    s, lg, r = tables.staff.c, tables.agent_legs.c, tables.support_calls.c
    number = tx.connection.execute(select(s.phone).where(s.id == staff)).scalar()
    theirs = and_(lg.accepted, r.staff_id == staff, r.ended_at.is_(None))
    if number is not None and _closed(tx, [number]):
        theirs = or_(theirs, lg.number == number)
    live = (
        select(lg.support_call, lg.leg)
        .join(tables.support_calls, r.id == lg.support_call)
        .where(lg.rung_at.is_not(None), lg.ended_at.is_(None))
    )
    for row in tx.connection.execute(live.where(theirs)).all():
        about = {"support_call": row.support_call, "leg": row.leg, "cut": True}
        job_queue.enqueue_once(tx, "stop_agent_leg", f"{row.support_call}:{row.leg}:cut", about)


def stop_ringing(tx: Transaction, staff: int) -> None:
    """They went away: their phone rings no more, where it is theirs alone."""
    s, lg, r = tables.staff.c, tables.agent_legs.c, tables.support_calls.c
    number = tx.connection.execute(select(s.phone).where(s.id == staff)).scalar()
    if number is None or open_phones(tx, [number]):
        return
    live = (
        select(lg.support_call, lg.leg)
        .join(tables.support_calls, r.id == lg.support_call)
        .where(lg.number == number, lg.rung_at.is_not(None), lg.ended_at.is_(None), ~lg.accepted, ~r.emergency)
    )
    for row in tx.connection.execute(live).all():
        about = {"support_call": row.support_call, "leg": row.leg, "cut": True}
        job_queue.enqueue_once(tx, "stop_agent_leg", f"{row.support_call}:{row.leg}:away", about)


def join(tx: Transaction, staff: int, desk: Sequence[str], emergency: Sequence[str]) -> None:
    """They are back: their phone rings for those who wait already, where it is one of those that ring for them. A caller whom another
    of the staff had called back is that one's."""
    s, lg, r, c = tables.staff.c, tables.agent_legs.c, tables.support_calls.c, tables.callbacks.c
    number = tx.connection.execute(select(s.phone).where(s.id == staff)).scalar()
    if number is None or not open_phones(tx, [number]):
        return
    rings = exists().where(lg.support_call == r.id, lg.number == number, lg.ended_at.is_(None))
    theirs = or_(r.callback.is_(None), exists().where(c.id == r.callback, c.staff_id == staff))
    waiting = select(r.id, r.legs, r.emergency, r.callback).where(r.ended_at.is_(None), r.taken_by.is_(None))
    for row in tx.connection.execute(
        waiting.where(theirs, ~rings).order_by(r.id).with_for_update(of=tables.support_calls)
    ).all():
        if row.callback is None and number not in (emergency if row.emergency else desk):
            continue
        new = {"support_call": row.id, "leg": row.legs}
        tx.connection.execute(insert(tables.agent_legs).values(number=number, **new))
        tx.connection.execute(update(tables.support_calls).where(r.id == row.id).values(legs=row.legs + 1))
        job_queue.enqueue(tx, "ring_agent", f"{row.id}:{row.legs}", new)


def to_stop(tx: Transaction, support_call: int, leg: int) -> str | None:
    """What Twilio calls a leg that is to be stopped; empty while it has not told us; None where nothing rings any more."""
    mine = _find(tx, support_call, leg)
    if mine is None or mine.rung_at is None or mine.ended_at is not None:
        return None
    return mine.call or ("" if mine.rung_at > tx.now - RINGS_FOR else None)


def accepted(tx: Transaction, support_call: int, leg: int) -> None:
    _set(tx, support_call, leg, accepted=True)


def ended(tx: Transaction, support_call: int, leg: int) -> None:
    """It rings and talks no more: whoever waits for this phone has it now, and not only at the next look."""
    _set(tx, support_call, leg, ended_at=tx.now)
    lg, r, mine = tables.agent_legs.c, tables.support_calls.c, _find(tx, support_call, leg)
    if mine is None:
        return
    waiting = (
        select(lg.support_call, lg.leg)
        .join(tables.support_calls, r.id == lg.support_call)
        .where(lg.number == mine.number, lg.rung_at.is_(None), lg.ended_at.is_(None), r.ended_at.is_(None))
    )
    for row in tx.connection.execute(waiting.where(r.taken_by.is_(None))).all():
        now = {"support_call": row.support_call, "leg": row.leg, "once": True}
        job_queue.enqueue_once(tx, "ring_agent", f"{row.support_call}:{row.leg}:after:{support_call}:{leg}", now)


def whose(tx: Transaction, support_call: int, leg: int) -> int | None:
    """Whose of the staff the phone it is; None: nobody's, or it is shared."""
    s, lg = tables.staff.c, tables.agent_legs.c
    theirs = (
        select(s.id)
        .join(tables.agent_legs, lg.number == s.phone)
        .where(lg.support_call == support_call, lg.leg == leg, s.suspended_at.is_(None))
        .limit(2)
    )
    found = tx.connection.execute(theirs).scalars().all()
    return found[0] if len(found) == 1 else None


def progress(tx: Transaction, support_call: int) -> Progress:
    lg = tables.agent_legs.c
    mine = tx.connection.execute(select(tables.agent_legs).where(lg.support_call == support_call)).all()
    waiting = [_find(tx, support_call, one.leg) for one in mine if one.rung_at is None and one.ended_at is None]
    busy_elsewhere = any(_is_busy(tx, other) for one in waiting if one is not None for other in _others(tx, one))
    return Progress(max((one.rung_at or 0 for one in mine), default=0), busy_elsewhere)


def is_away(row: Any, now: int) -> bool:
    """Whether that one of the staff is away, until the clock or they themselves say that they are back."""
    return row.away_since is not None and (row.back_at is None or row.back_at > now)


def _closed(tx: Transaction, numbers: Sequence[str]) -> set[str]:
    """Of these numbers, those that belong to suspended staff and to nobody who works here."""
    return _without(_owners(tx, numbers), _is_suspended)


def _owners(tx: Transaction, numbers: Sequence[str]) -> Sequence[Any]:
    """Whose of the staff these are. Locked: whoever is suspended or goes away meanwhile is so after this transaction, and finds what it did."""
    s = tables.staff.c
    theirs = select(s.phone, s.suspended_at, s.away_since, s.back_at).where(s.phone.in_(numbers))
    return tx.connection.execute(theirs.order_by(s.id).with_for_update(read=True)).all() if numbers else []


def _without(owners: Sequence[Any], gone: Callable[[Any], bool]) -> set[str]:
    """The numbers of whose owners all have gone."""
    return {row.phone for row in owners} - {row.phone for row in owners if not gone(row)}


def _is_suspended(row: Any) -> bool:
    return row.suspended_at is not None


def _find(tx: Transaction, support_call: int, leg: int) -> Any:
    return tx.connection.execute(
        _LEGS.where(tables.agent_legs.c.support_call == support_call, tables.agent_legs.c.leg == leg)
    ).first()


def _others(tx: Transaction, mine: Any) -> Sequence[Any]:
    """The other legs of the same phone that may matter. Not locked: of callers who wait for it one is before all others."""
    lg, r = tables.agent_legs.c, tables.support_calls.c
    live = or_(r.ended_at.is_(None), lg.rung_at > tx.now - RINGS_FOR)
    same = and_(lg.number == mine.number, lg.support_call != mine.support_call, lg.ended_at.is_(None), live)
    return tx.connection.execute(_LEGS.where(same)).all()


def _is_busy(tx: Transaction, other: Any) -> bool:
    if other.rung_at is None:
        return False
    talks = other.accepted and other.call_ended_at is None and other.taken_by is not None
    return talks or other.rung_at > tx.now - RINGS_FOR


def _is_before(other: Any, mine: Any) -> bool:
    """It waits for the phone as well, and came first or in an emergency."""
    waits = other.rung_at is None and other.call_ended_at is None and other.taken_by is None
    return waits and (not other.emergency, other.support_call) < (not mine.emergency, mine.support_call)


def _set(tx: Transaction, support_call: int, leg: int, **values: object) -> None:
    lg = tables.agent_legs.c
    tx.connection.execute(
        update(tables.agent_legs).where(lg.support_call == support_call, lg.leg == leg).values(**values)
    )


_LOCK_CALL: Final = (
    select(tables.support_calls.c.id)
    .where(tables.support_calls.c.id == bindparam("id"))
    .with_for_update(key_share=True)
)
_LEGS: Final = select(
    tables.agent_legs,
    tables.support_calls.c.emergency,
    tables.support_calls.c.ended_at.label("call_ended_at"),
    tables.support_calls.c.taken_by,
).join(tables.support_calls, tables.support_calls.c.id == tables.agent_legs.c.support_call)
