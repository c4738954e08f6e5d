"""Background jobs: enqueued in the transaction of their cause, done by the worker at least once, and some made once by a key.

One row is one job. A worker leases the row (its `run_at` moves on) and marks it done; if the worker dies the
lease runs out and another takes it, so every kind of job must bear being done twice. Those with one ordering key are done one
after the other, the oldest first: while that one waits, so do the others. How one takes two transactions, or one:
`Delivery`; its end and the beginning of the next share one. docs/decisions/0003-background-jobs.md
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
    update,
)

from store import tables
from store.db import sweeping
from store.db.statements import INSERTS, Prepared
from store.db.transaction import Transaction

LEASE: Final = 120_000  # ms; whoever takes longer finds the job taken by another, who does it again
# ms; then every hour, until it is given up (failed_jobs.py)
BACK_OFF: Final = (5_000, 15_000, 60_000, 300_000, 1_800_000, 3_600_000)
LONGEST: Final = 2 * 3_600_000  # ms; nothing is put off for longer but by a clock that has been put right since
KEPT: Final = 3 * 24 * 3_600_000  # how long a job that is done is kept, so that its key still refuses a repeat
GIVEN_UP_KEPT: Final = 30 * 24 * 3_600_000  # ms; until then the operator may have it tried again
# Jobs that send somebody a code or a link, or show it: each with the ordering key of its person, so that it can be withdrawn.
PROVING_ON_AN_ACCOUNT: Final = ("slack.code", "text_code")
PROVING_STAFF: Final = ("staff_invitation",)  # the same for the staff
_KIND: Final = re.compile(r"[a-z_.]+")
PROVING: Final = ("proof_code", "pin_page", "invitation", *PROVING_ON_AN_ACCOUNT)


class RetryLaterError(Exception):
    """Raised by whoever does a job: put it back for `seconds`, or with the usual back-off. The words are for the
    operator: no secrets, one line."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class PermanentError(Exception):
    """It can never be done: nothing waits for it any longer, and the operator and the desk see it. The words as above."""


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int  # this one included
    created_at: int
    retried_at: int | None = None  # when the operator last had it tried anew
    # What is to be written down with the end of this try, however it ends: what was posted stands, whatever came after.
    then: list[Callable[[Transaction], object]] = field(default_factory=list, compare=False, repr=False)


Delivery = Callable[[Transaction, Job], Iterator[None] | None]
"""How a kind of job is done. It is called in the transaction that leases the job, and reads and writes in that. If it has to ask
another company it yields, once: the transaction ends there, and what follows is done outside any. What came of that goes into
`then`. Without a `yield` all is done in the one transaction, which also marks it done."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is pending: how many jobs, how many of them have failed, the age of the oldest in ms, an error of those; and how
    many were given up in the last 30 days and neither retried nor dropped."""

    pending: int
    failing: int
    oldest: int
    error: str | None
    given_up: int


def enqueue(
    tx: Transaction,
    kind: str,
    about: str,
    payload: Mapping[str, Any],
    *,
    after: int = 0,
    ordering_key: str | None = None,
) -> None:
    """Adds a job, to be done `after` milliseconds. What it is `about` begins its key, for whoever reads it; the rest is drawn, so that two
    of one moment, or two rows that were given one number, are two jobs."""
    tx.write(tables.jobs, _row(tx, kind, f"{about}:{secrets.token_hex(8)}", payload, after, ordering_key))


def enqueue_once(
    tx: Transaction, kind: str, key: str, payload: Mapping[str, Any], *, after: int = 0, ordering_key: str | None = None
) -> bool:
    """Adds the one job that there is under a key, for causes that may come twice. Whether it was new."""
    return _ONCE[tx.dialect].first(tx, **_row(tx, kind, key, payload, after, ordering_key)) is not None


def enqueue_each_once(tx: Transaction, kind: str, jobs: Sequence[tuple[str, Mapping[str, Any], str]]) -> None:
    """The same for several of a kind, each a (key, payload, ordering key), in this order and with one statement."""
    if jobs:
        rows = [_row(tx, kind, key, payload, 0, ordering_key) for key, payload, ordering_key in jobs]
        values = {f"{name}_{n}": row[name] for n, row in enumerate(rows) for name in _COLUMNS}
        _several(len(rows), tx.dialect).run(tx, **values)


def _row(
    tx: Transaction, kind: str, key: str, payload: Mapping[str, Any], after: int, ordering_key: str | None
) -> dict[str, object]:
    if after == 0:
        tx.wakes_worker = True
    return {
        "kind": kind,
        "key": key,
        "ordering_key": ordering_key,
        "payload": json.dumps(payload),
        "run_at": tx.now + after,
        "attempts": 0,
        "created_at": tx.now,
        "given_up": False,
    }


def is_due(connection: Connection, now: int, kinds: Collection[str]) -> bool:
    """Whether any of these kinds is due, those that wait behind another with their ordering key included."""
    with closing(_due(tuple(kinds)).on(connection, {"now": now})) as cursor:
        return bool(cursor.fetchone()[0])


def lease(tx: Transaction, kinds: list[str]) -> Job | None:
    """The job that has been due for longest and is the oldest with its ordering key, taken for `LEASE` milliseconds."""
    row = _lease(tuple(kinds)).first(tx, now=tx.now, until=tx.now + LEASE) if kinds else None
    if row is None:
        return None
    return Job(
        row.id, row.kind, row.key, json.loads(row.payload), row.attempts, row.created_at, retried_at=row.retried_at
    )


def ordering_key_of(kind: str, person: int) -> str:
    """The ordering key of jobs of this kind for one person."""
    return f"{kind}:{person}"


def withdraw(tx: Transaction, ordering_keys: Collection[str]) -> list[str]:
    """What is pending with these ordering keys is done no more, nor can the operator have what was given up tried again: those of the keys
    with which there was anything."""
    return _withdrawn(tx, tables.jobs.c.ordering_key.in_(ordering_keys))


def hasten(tx: Transaction, ordering_key: str) -> None:
    """What was put off with this ordering key is due now, unless it has been begun."""
    w = tables.jobs.c
    put_off = update(tables.jobs).where(w.ordering_key == ordering_key, w.done_at.is_(None), w.attempts == 0)
    tx.connection.execute(put_off.values(run_at=tx.now))
    tx.wakes_worker = True


def withdraw_proving(tx: Transaction) -> int:
    """The same for whatever sends anybody a code or a link: how many."""
    return len(_withdrawn(tx, tables.jobs.c.kind.in_((*PROVING, *PROVING_STAFF))))


def _withdrawn(tx: Transaction, which: ColumnElement[bool]) -> list[str]:
    w = tables.jobs.c
    gone = {"done_at": tx.now, "given_up": False, "payload": "{}"}
    found: list[str] = []
    for there in (w.done_at.is_(None), w.given_up):  # each has an index of its own
        pending = update(tables.jobs).where(which, there).values(gone).returning(w.ordering_key)
        found += tx.connection.execute(pending).scalars()
    return found


def waits(tx: Transaction, ordering_key: str) -> bool:
    """Whether a job with this ordering key has not been begun: what is so now, it will find when it is done."""
    w = tables.jobs.c
    unbegun = select(w.id).where(w.ordering_key == ordering_key, w.done_at.is_(None), w.attempts == 0).limit(1)
    return tx.connection.execute(unbegun).first() is not None


def outside(do: Callable[[], object]) -> Iterator[None]:
    """A delivery that has nothing to do in the transaction that leases the job."""
    yield
    do()


def lease_again(tx: Transaction, job: Job) -> bool:
    """After the transaction that leased it was rolled back: so that the try counts. False: somebody else has it by now."""
    w = tables.jobs.c
    before = update(tables.jobs).where(w.id == job.id, w.attempts == job.attempts - 1, w.done_at.is_(None))
    taken = before.values(run_at=tx.now + LEASE, attempts=job.attempts).returning(w.id)
    return tx.connection.execute(taken).first() is not None


def done(tx: Transaction, job: Job) -> None:
    write_down(tx, job)
    _DONE.run(tx, job=job.id, tried=job.attempts, now=tx.now)


def write_down(tx: Transaction, job: Job) -> None:
    """What this try leaves behind."""
    for write in job.then:
        write(tx)


def failed(tx: Transaction, job: Job, error: str, *, retry_after: int | None = None) -> None:
    """Puts it back, later and later, or as they say who refused it; never by more than the longest. `error` is shown to the
    operator: no secrets, one line."""
    wait = BACK_OFF[min(job.attempts, len(BACK_OFF)) - 1] if retry_after is None else min(retry_after, BACK_OFF[-1])
    tx.connection.execute(_still_leased(job).values(run_at=tx.now + wait, error=error[:300]))


def give_up(tx: Transaction, job: Job, error: str) -> bool:
    """It can never be done; it is kept as it is, for the operator. False: another worker has it by now."""
    w = tables.jobs.c
    gone = _still_leased(job).values(done_at=tx.now, error=error[:300], given_up=True)
    return tx.connection.execute(gone.returning(w.id)).first() is not None


def _still_leased(job: Job) -> Update:
    """Nothing, once the lease ran out and another worker has taken it."""
    w = tables.jobs.c
    return update(tables.jobs).where(w.id == job.id, w.attempts == job.attempts, w.done_at.is_(None))


def backlog(connection: Connection, now: int, kinds: str = "%") -> Backlog:
    """Of all jobs, or of kinds like a pattern: `slack.%`. For whoever only looks."""
    w = tables.jobs.c
    pending = select(func.count(), func.count(w.error), func.min(w.created_at), func.max(w.error)).where(
        w.done_at.is_(None), w.kind.like(kinds)
    )
    count, failing, oldest, error = connection.execute(pending).one()
    gone = select(func.count(), func.max(w.error)).where(w.given_up, w.kind.like(kinds))
    given_up, why = connection.execute(gone).one()
    return Backlog(count, failing, now - oldest if oldest is not None else 0, error or why, given_up)


def clock_set_back(tx: Transaction, by: int) -> None:
    """What was leased, or put off, by a clock that was so many milliseconds ahead is due as much earlier."""
    w = tables.jobs.c
    earlier = case((w.run_at - by < tx.now, tx.now), else_=w.run_at - by)
    tx.connection.execute(update(tables.jobs).where(w.done_at.is_(None), w.run_at > tx.now).values(run_at=earlier))
    tx.wakes_worker = True


def sweep(tx: Transaction) -> bool:
    w = tables.jobs.c
    ahead = w.done_at.is_(None), w.run_at > tx.now + LONGEST  # a lease of the future is no lease
    more = (
        sweeping.changed(tx, tables.jobs, {"run_at": tx.now}, *ahead),
        sweeping.some(tx, tables.jobs, w.done_at < tx.now - KEPT, ~w.given_up),
        sweeping.some(tx, tables.jobs, w.done_at < tx.now - GIVEN_UP_KEPT, w.given_up),
    )
    return any(more)


_w, _before = tables.jobs.c, tables.jobs.alias("before").c
_NOW: Final = bindparam("now", type_=_w.run_at.type)


def _of(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    """The kinds stand in the statement: they are names of ours, and psycopg remembers no statement of more than fifty values."""
    assert all(map(_KIND.fullmatch, kinds)), "a kind is a plain name"
    return _w.kind.in_([literal_column(f"'{kind}'", _w.kind.type) for kind in kinds]) if kinds else false()


# A thread of a worker asks for the same kinds each time.
@lru_cache(maxsize=64)
def _due(kinds: tuple[str, ...]) -> Prepared:
    some = exists().where(_w.done_at.is_(None), _w.run_at <= _NOW, _of(kinds))
    # Prepared: 15 µs less for each thread of a worker, twice a second and before each job; and no transaction is begun for it.
    return Prepared(select(some.label("some")))


@lru_cache(maxsize=64)
def _lease(kinds: tuple[str, ...]) -> Prepared:
    # Not as NOT EXISTS: PostgreSQL, with figures of a time when little was pending, would look through all that is for each that is due.
    of_its_key = select(_before.id).where(_before.ordering_key == _w.ordering_key, _before.done_at.is_(None))
    oldest = of_its_key.order_by(_before.id).limit(1).scalar_subquery()
    due = (
        select(_w.id)
        .where(_w.done_at.is_(None), _w.run_at <= _NOW, _of(kinds), func.coalesce(oldest, _w.id) == _w.id)
        .order_by(_w.run_at, _w.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = update(tables.jobs).where(_w.id == due.scalar_subquery())
    # Prepared, with how a job ends and begins (below): 0.3 ms less a Slack ticket on SQLite.
    return Prepared(taken.values(run_at=bindparam("until"), attempts=_w.attempts + 1).returning(*_w))


_DONE = Prepared(
    update(tables.jobs)
    .where(_w.id == bindparam("job"), _w.attempts == bindparam("tried"), _w.done_at.is_(None))
    .values(done_at=_NOW, error=null(), payload=literal_column("'{}'"))
)
_COLUMNS: Final = ("kind", "key", "ordering_key", "payload", "run_at", "attempts", "created_at", "given_up")


@lru_cache(maxsize=32)
def _several(many: int, dialect: str) -> Prepared:
    rows = [{name: bindparam(f"{name}_{n}", type_=_w[name].type) for name in _COLUMNS} for n in range(many)]
    return Prepared(INSERTS[dialect](tables.jobs).values(rows).on_conflict_do_nothing())


_ONCE = {
    name: Prepared(
        insert(tables.jobs)
        .values({column: bindparam(column) for column in _COLUMNS})
        .on_conflict_do_nothing()
        .returning(tables.jobs.c.id)
    )
    for name, insert in INSERTS.items()
}
