"""How the service stands, for whoever watches over it: counts and ages, of nobody in particular. Asked every few seconds, so none of it goes through a table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, func, select, text

from store import PATIENCE, ConnectionLostError, DatabaseFault, Store, tables
from store.db.engine import OccupiedError, connect_by, sqlite_file
from store.security.threat_mode import RECONCILE, THREAT

MOST: Final = 1_000  # tickets and locked PINs are counted up to here, however many there are
# What is quarantined waits for somebody as well. Left out, a ticket that was opened and is not open would say that a caller is threatened.
_OPEN: Final = ("open", "quarantined")
LOOKED_INTO: Final = ("restored", "clock", "ledger")  # alerts that wait for a supervisor's *Mark as checked*


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one kind of job: how many are not done yet, how many of these have failed at least once, how old the oldest of each is in ms."""

    pending: int
    failing: int
    oldest: int
    oldest_failing: int


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """`jobs` and `given_up` by kind of job. `unlooked`: which of LOOKED_INTO nobody has looked into. `without_checkpoint`: ms since the oldest entry of the ledger that
    no checkpoint has. `size`: bytes of the database, None where it says nothing."""

    jobs: Mapping[str, Backlog]
    given_up: Mapping[str, int]
    tickets_open: int
    tickets_late: int
    calls_waiting: int
    calls_talking: int
    pins_locked: int
    threat: bool
    reconciling: bool
    unlooked: frozenset[str]
    without_checkpoint: int
    size: int | None


def read(store: Store) -> ServiceFigures:
    """A read, which keeps no writer waiting. Raises `ConnectionLostError`, also where all our connections are taken for longer than a second."""
    try:
        with connect_by(store.engine, time.monotonic() + PATIENCE).execution_options(reads_only=True) as connection:
            return _read(connection, store.clock(), store.url)
    except OccupiedError as taken:
        raise ConnectionLostError("all our connections are taken") from taken
    except DatabaseFault as lost:
        raise ConnectionLostError(str(lost.orig)) from lost


def _read(connection: Connection, now: int, url: str) -> ServiceFigures:
    t, r, g, a = tables.tickets.c, tables.support_calls.c, tables.pin_guards.c, tables.alerts.c
    on = set(connection.execute(select(tables.switches.c.name).where(tables.switches.c.on)).scalars())
    unlooked = select(a.kind).where(a.kind.in_(LOOKED_INTO), a.seen_at.is_(None)).distinct()
    live = select(func.count(), func.count(r.taken_by)).where(r.ended_at.is_(None))
    calls, talking = connection.execute(live).one()
    return ServiceFigures(
        jobs=_jobs(connection, now),
        given_up=_given_up(connection),
        tickets_open=_open(connection),
        tickets_late=_open(connection, t.due_at < now),
        calls_waiting=calls - talking,
        calls_talking=talking,
        pins_locked=_up_to_most(connection, select(g.counter_key).where(g.locked_until > now)),
        threat=THREAT in on,
        reconciling=RECONCILE in on,
        unlooked=frozenset(connection.execute(unlooked).scalars()),
        without_checkpoint=_without_checkpoint(connection, now),
        size=_size(connection, url),
    )


def _jobs(connection: Connection, now: int) -> dict[str, Backlog]:
    w = tables.jobs.c
    failing = func.min(w.created_at).filter(w.error.is_not(None))
    query = select(w.kind, func.count(), func.count(w.error), func.min(w.created_at), failing)
    rows = connection.execute(query.where(w.done_at.is_(None)).group_by(w.kind))
    return {
        kind: Backlog(pending, failed, now - oldest, now - failed_since if failed_since is not None else 0)
        for kind, pending, failed, oldest, failed_since in rows
    }


def _given_up(connection: Connection) -> dict[str, int]:
    w = tables.jobs.c
    gone = select(w.kind).where(w.given_up).limit(MOST * 10).subquery()
    rows = connection.execute(select(gone.c.kind, func.count().label("many")).group_by(gone.c.kind))
    return {row.kind: row.many for row in rows}


def _open(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Of each status by itself, as the index has them."""
    t = tables.tickets.c
    each = (_up_to_most(connection, select(t.number).where(t.status == status, *which)) for status in _OPEN)
    return min(MOST, sum(each))


def _up_to_most(connection: Connection, which: Select[tuple[object]]) -> int:
    found: int = connection.execute(select(func.count()).select_from(which.limit(MOST).subquery())).scalar_one()
    return found


def _without_checkpoint(connection: Connection, now: int) -> int:
    e, c = tables.ledger.c, tables.checkpoints.c
    sealed = connection.execute(select(c.at).where(c.n == select(func.max(c.n)).scalar_subquery())).scalar()
    first = select(e.at).where(e.at > (sealed if sealed is not None else -1)).order_by(e.at).limit(1)
    since = connection.execute(first).scalar()
    return max(now - since, 0) if since is not None else 0


def _size(connection: Connection, url: str) -> int | None:
    file = sqlite_file(url)
    if file is None:
        size: int | None = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
        return size
    beside = (Path(f"{file}{ending}") for ending in ("", "-wal"))
    return sum(path.stat().st_size for path in beside if path.exists())
