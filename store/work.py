"""Later work: enqueued in the transaction of its cause, done by the worker at least once, made once by a key.

One row is one piece of work. A worker leases the row (its `run_at` moves on) and marks it done; if the worker dies the
lease runs out and another takes it, so every kind of work must bear being done twice. docs/decisions/0003-later-work.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Update, delete, func, select, update

from store import tables
from store.transaction import Transaction, upsert

LEASE: Final = 120_000  # ms; whoever takes longer finds the piece taken by another, who does it again
BACK_OFF: Final = (
    5_000,
    15_000,
    60_000,
    300_000,
    1_800_000,
    3_600_000,
)  # then every hour: nothing is given up silently
KEPT: Final = 3 * 24 * 3_600_000  # how long done work is kept, so that its key still refuses a repeat


@dataclass(frozen=True, slots=True)
class Work:
    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int  # this one included


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is owed: how many pieces, how many of them have failed, the age of the oldest in ms, the last error."""

    owed: int
    failing: int
    oldest: int
    error: str | None


def enqueue(tx: Transaction, kind: str, key: str, payload: Mapping[str, Any], *, after: int = 0) -> None:
    """Adds a piece of work, to be done `after` milliseconds. The key is new by construction: a repeat is a fault."""
    row = {"kind": kind, "key": key, "payload": json.dumps(payload), "run_at": tx.now + after, "created_at": tx.now}
    tx.write(tables.work, {**row, "attempts": 0})


def enqueue_once(tx: Transaction, kind: str, key: str, payload: Mapping[str, Any], *, after: int = 0) -> bool:
    """Like `enqueue`, for causes that may come twice. Whether it was new."""
    row = {"kind": kind, "key": key, "payload": json.dumps(payload), "run_at": tx.now + after, "created_at": tx.now}
    new = upsert(tx, tables.work).values(**row, attempts=0).on_conflict_do_nothing().returning(tables.work.c.id)
    return tx.connection.execute(new).first() is not None


def lease(tx: Transaction, kinds: list[str]) -> Work | None:
    """The oldest piece of work that is due, taken for `LEASE` milliseconds."""
    w = tables.work.c
    due = (
        select(w.id)
        .where(w.done_at.is_(None), w.run_at <= tx.now, w.kind.in_(kinds))
        .order_by(w.run_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(tables.work).where(w.id == due.scalar_subquery()).values(run_at=tx.now + LEASE, attempts=w.attempts + 1)
    )
    row = tx.connection.execute(taken.returning(w.id, w.kind, w.key, w.payload, w.attempts)).first()
    return Work(row.id, row.kind, row.key, json.loads(row.payload), row.attempts) if row else None


def done(tx: Transaction, work: Work) -> None:
    tx.connection.execute(_still_leased(work).values(done_at=tx.now, error=None, payload="{}"))


def failed(tx: Transaction, work: Work, error: str, *, retry_after: int | None = None) -> None:
    """Puts it back, later and later. `error` is shown to the operator: no secrets, one line."""
    wait = retry_after if retry_after is not None else BACK_OFF[min(work.attempts, len(BACK_OFF)) - 1]
    tx.connection.execute(_still_leased(work).values(run_at=tx.now + wait, error=error[:300]))


def _still_leased(work: Work) -> Update:
    """Nothing, once the lease ran out and another worker has taken it."""
    w = tables.work.c
    return update(tables.work).where(w.id == work.id, w.attempts == work.attempts, w.done_at.is_(None))


def backlog(tx: Transaction) -> Backlog:
    w = tables.work.c
    owed = select(func.count(), func.count(w.error), func.min(w.created_at), func.max(w.error)).where(
        w.done_at.is_(None)
    )
    count, failing, oldest, error = tx.connection.execute(owed).one()
    return Backlog(count, failing, tx.now - oldest if oldest is not None else 0, error)


def sweep(tx: Transaction) -> None:
    tx.connection.execute(delete(tables.work).where(tables.work.c.done_at < tx.now - KEPT))
