"""How far the help desk's transactions were read: each is seen once, and one that turns up late among earlier ones is not missed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import delete, func, select, update

from store import tables
from store.db.transaction import Transaction, upsert

LATE: Final = (
    120_000  # ms: a transaction of theirs that was begun before a later one may be committed that much after it
)
LEASE: Final = 60_000  # ms
_NAME: Final = "transactions"


def position(tx: Transaction) -> int | None:
    """Up to which all were seen. None: nobody has looked yet."""
    p = tables.help_desk_positions.c
    found: int | None = tx.connection.execute(select(p.seen).where(p.name == _NAME)).scalar()
    return found


def begin(tx: Transaction, newest: int) -> None:
    """What is there before the first look is nothing of ours."""
    row = upsert(tx, tables.help_desk_positions).values(name=_NAME, seen=newest, leased_until=0)
    tx.connection.execute(row.on_conflict_do_nothing())


def lease(tx: Transaction) -> bool:
    """Whether whoever asks looks now, and nobody else for as long as LEASE."""
    p = tables.help_desk_positions
    free = update(p).where(p.c.name == _NAME, p.c.leased_until <= tx.now).values(leased_until=tx.now + LEASE)
    return tx.connection.execute(free.returning(p.c.name)).first() is not None


def see(tx: Transaction, transactions: Iterable[int]) -> set[int]:
    """Those that are new. The lease ends, and the position moves to where nothing can turn up any more."""
    t, p = tables.help_desk_transactions, tables.help_desk_positions
    ids = sorted(set(transactions))
    there = set(tx.connection.execute(select(t.c.theirs).where(t.c.theirs.in_(ids))).scalars()) if ids else set()
    new = [id for id in ids if id not in there]
    for id in new:
        tx.write(t, {"theirs": id, "at": tx.now})
    settled = tx.connection.execute(select(func.max(t.c.theirs)).where(t.c.at <= tx.now - LATE)).scalar()
    values = {"leased_until": 0} | ({"seen": settled} if settled is not None else {})
    tx.connection.execute(update(p).where(p.c.name == _NAME).values(**values))
    if settled is not None:
        tx.connection.execute(delete(t).where(t.c.theirs <= settled))
    return set(new)
