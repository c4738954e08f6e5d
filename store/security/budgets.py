"""Whatever may be done only so often: budgets that fill again by the clock, taken from the nearest to the widest in one go.

A budget allows `most` at once, and one more comes back every `every` ms, from the moment each was taken and never by the
calendar: in any time t no more than `most` + t / `every` are let through, however many come at once. So whatever a stranger
spends, the next place is never further off than `every`.

Take them nearest first: this caller, this address, this class of callers, the desk. All are charged or none is, so that whoever
has spent their own does not spend anybody else's. What is refused and what is let through costs the same two statements.

    spent = budgets.take(tx, (Limit("signin:address:…", 10, 60_000), Limit("signin:new", 100, 20_000, "signin_budget")))
    if spent is not None: ...        # the nearest that is used up; nothing was charged, and the desk is told where it says so
    budgets.give_back(tx, limits)    # it was right after all

A budget is kept as one moment: when it will be whole again. Rows are locked in the order of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Executable,
    Text,
    bindparam,
    case,
    cast,
    delete,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite

from store import tables
from store.db.statements import INSERTS
from store.db.transaction import Transaction
from store.security import alerts

MINUTE, HOUR, DAY = 60_000, 3_600_000, 24 * 3_600_000  # ms
SWEPT_AT_ONCE: Final = 10_000
TOLD_AGAIN: Final = HOUR  # ms until the desk is told once more of a budget that is still being spent


@dataclass(frozen=True, slots=True)
class Limit:
    """`name` says whose budget it is and what of: digest in it what nobody is to read. `alert` is the kind of alert raised when
    it is spent (store/security/alerts.py), `detail` its words; without a kind nobody is told."""

    name: str
    most: int
    every: int
    alert: str = ""
    detail: str = ""

    def within(self, span: int) -> int:
        """No more than so many are let through in any `span` ms."""
        return self.most + span // self.every


def at_most(name: str, many: int, span: int, alert: str = "", detail: str = "") -> Limit:
    """No more than `many` (two or more) in any `span` ms: half of them at once, half as time passes."""
    return Limit(name, many - many // 2, span // (many // 2), alert, detail)


@dataclass(frozen=True, slots=True)
class Locked:
    """Budgets that are locked until the transaction is over: `spent` is the nearest that has nothing left."""

    limits: tuple[Limit, ...]
    spent: Limit | None
    rows: dict[str, Any]


def take(tx: Transaction, limits: Sequence[Limit]) -> Limit | None:
    """One of each, or where one has nothing left none of any: the nearest such. Commit before doing what was counted."""
    locked = lock(tx, limits)
    settle(tx, locked, () if locked.spent is not None else limits)
    return locked.spent


def charge(tx: Transaction, limits: Sequence[Limit]) -> None:
    """One of each of what has been done already: whether anything is left or not."""
    settle(tx, lock(tx, limits), limits)


def lock(tx: Transaction, limits: Sequence[Limit]) -> Locked:
    """Locks budgets and looks at them, for whoever has something else to look at before `settle`."""
    names = sorted({limit.name for limit in limits})
    assert len(names) == len(limits), "two budgets of one name"
    values = {f"name_{place}": name for place, name in enumerate(names)}
    rows = {row.name: row for row in tx.connection.execute(_lock(len(names), tx.dialect), {**values, "now": tx.now})}
    spent = next((limit for limit in limits if _left(tx, limit, rows[limit.name].full_at) < 1), None)
    return Locked(tuple(limits), spent, rows)


def settle(tx: Transaction, locked: Locked, charged: Sequence[Limit]) -> None:
    """Charges these of the locked budgets. The desk is told of a budget that has nothing left."""
    values: dict[str, object] = {}
    for place, limit in enumerate(sorted(locked.limits, key=lambda one: one.name)):
        row, charge = locked.rows[limit.name], limit in charged
        full_at = _bounded(tx, limit, row.full_at) + (limit.every if charge else 0)
        alerted_at = row.alerted_at
        empty = limit is locked.spent or (charge and _left(tx, limit, full_at) < 1)
        if empty and limit.alert and (alerted_at is None or not tx.now - TOLD_AGAIN < alerted_at <= tx.now):
            alerts.alert(tx, limit.alert, f"{limit.name}:{tx.now}", detail=limit.detail)
            alerted_at = tx.now
        values |= {f"name_{place}": limit.name, f"full_at_{place}": full_at, f"alerted_at_{place}": alerted_at}
    tx.connection.execute(_settle(len(locked.limits), tx.dialect), values)


def give_back(tx: Transaction, limits: Sequence[Limit], *, really: bool = True) -> None:
    """One of each, after `take`: what was tried was right. Not `really`: the same statements, and nothing is given back."""
    if not limits:
        return
    by_name = sorted((limit.name, limit.every) for limit in limits)
    names: dict[str, object] = {
        f"name_{place}": name if really else f"{_NOTHING}{place}" for place, (name, _) in enumerate(by_name)
    }
    every = {f"every_{place}": every for place, (_, every) in enumerate(by_name)}
    lock, give = _give_back(len(by_name))
    tx.connection.execute(lock, names)
    tx.connection.execute(give, {**names, **every})


def has(tx: Transaction, locked: Locked, limit: Limit) -> bool:
    """Whether it had something left when it was locked."""
    return _left(tx, limit, locked.rows[limit.name].full_at) >= 1


def left(tx: Transaction, locked: Locked, limit: Limit) -> int:
    """How many could be taken of one of the locked budgets when it was locked."""
    return _left(tx, limit, locked.rows[limit.name].full_at)


def free_at(tx: Transaction, locked: Locked, limits: Sequence[Limit]) -> int:
    """From when, in ms, each of these of the locked budgets has something left."""
    return max(
        tx.now, *(_bounded(tx, one, locked.rows[one.name].full_at) - (one.most - 1) * one.every for one in limits)
    )


def used(tx: Transaction, limit: Limit) -> int:
    """How many have been taken and have not come back yet."""
    full_at = tx.connection.execute(select(_b.full_at).where(_b.name == limit.name)).scalar()
    return 0 if full_at is None else limit.most - _left(tx, limit, full_at)


def make_whole(tx: Transaction, name: str) -> None:
    """As if nothing had been taken."""
    tx.connection.execute(delete(tables.budgets).where(_b.name == name))


def sweep(tx: Transaction) -> bool:
    """A budget that is whole again need not be kept. Waits for no lock, so that nobody waits for it in a circle."""
    old = (
        select(_b.name).where(_b.full_at <= tx.now - TOLD_AGAIN).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    )
    names = tx.connection.execute(old).scalars().all()
    tx.connection.execute(delete(tables.budgets).where(_b.name.in_(names)))
    return len(names) == SWEPT_AT_ONCE


def _bounded(tx: Transaction, limit: Limit, full_at: int) -> int:
    """From now until it is whole: never longer than from nothing, whatever the clock did or the limit was before."""
    return max(tx.now, min(full_at, tx.now + limit.most * limit.every))


def _left(tx: Transaction, limit: Limit, full_at: int) -> int:
    return (tx.now + limit.most * limit.every - _bounded(tx, limit, full_at)) // limit.every


_NOTHING: Final = "-"  # no budget has a name like this: a statement that is to change nothing
_b = tables.budgets.c


def _rows(many: int, **columns: str) -> CompoundSelect[Any]:
    """So many rows: column → the name of what goes there, numbered where it ends in an underscore. Not VALUES, which SQLAlchemy compiles
    anew each time (0.4 ms); with a WHERE, or SQLite takes ON CONFLICT for the condition of a join."""
    rows = []
    for place in range(many):
        names = [f"{word}{place}" if word.endswith("_") else word for word in columns.values()]
        types = [Text if column == "name" else BigInteger for column in columns]
        values = (cast(bindparam(name), type_) for name, type_ in zip(names, types, strict=True))
        rows.append(select(*values).where(true()))
    return union_all(*rows)


def _insert(many: int, dialect: str, **columns: str) -> sqlite.Insert:
    return INSERTS[dialect](tables.budgets).from_select(list(columns), _rows(many, **columns))


@lru_cache(maxsize=16)
def _lock(many: int, dialect: str) -> Executable:
    """Locks the rows in the order of their names, makes those that are not there, and gives them all."""
    new = _insert(many, dialect, name="name_", full_at="now")
    same = new.on_conflict_do_update(index_elements=["name"], set_={"full_at": _b.full_at})
    return same.returning(_b.name, _b.full_at, _b.alerted_at)


@lru_cache(maxsize=16)
def _settle(many: int, dialect: str) -> Executable:
    new = _insert(many, dialect, name="name_", full_at="full_at_", alerted_at="alerted_at_")
    set_ = {"full_at": new.excluded.full_at, "alerted_at": new.excluded.alerted_at}
    return new.on_conflict_do_update(index_elements=["name"], set_=set_)


@lru_cache(maxsize=16)
def _give_back(many: int) -> tuple[Executable, Executable]:
    """The first locks in order: an UPDATE of several rows alone would lock them as it finds them."""
    names = [bindparam(f"name_{place}", type_=_b.name.type) for place in range(many)]
    every = [bindparam(f"every_{place}", type_=BigInteger()) for place in range(many)]
    step = case(*((_b.name == name, step) for name, step in zip(names, every, strict=True)), else_=0)
    theirs = _b.name.in_(names)
    return (
        select(_b.name).where(theirs).order_by(_b.name).with_for_update(),
        update(tables.budgets).where(theirs).values(full_at=_b.full_at - step),
    )
