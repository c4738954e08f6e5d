"""Everything kept, and the only code that speaks SQL. `open_store` gives the one thing channels hold on to: a `Store`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, select

from authz import Scheme
from store import tables
from store.db import holdings, spans, write_probe
from store.db.commit import CollidedError, Commit, ConnectionLostError, Part
from store.db.commit_queue import CommitQueue
from store.db.engine import (
    POOL_SIZE,
    DatabaseFault,
    DatabaseUrlError,
    OccupiedError,
    connect_by,
    make_engine,
    read_url,
    sqlite_file,
)
from store.db.keys import Keys, SecretKeysError
from store.db.last_seen import Memory
from store.db.ledger_chain import Segments
from store.db.retrying import retried
from store.db.schema import OtherVersionError, is_ahead, is_current, migrate
from store.db.transaction import (
    LINE,
    NOBODY,
    OPERATOR,
    WORKER,
    Committed,
    Due,
    GrantRequiredError,
    Transaction,
)
from store.jobs import job_queue
from store.jobs.wakeup import Wakeup
from store.ledger.checkpoints import Checkpoints, Seal, Trouble, first, holds
from store.ledger.retired_keys import KeyRetiredError, Retired
from store.messages.opening_exceptions import Exceptions
from store.security.budgets import MINUTE
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.staff import change_stamp, wall_displays
from store.verification import slack_members
from store.verification.hash_pool import HashPool

__all__ = [
    "LINE",
    "NOBODY",
    "OPERATOR",
    "WORKER",
    "CollidedError",
    "ConnectionLostError",
    "DatabaseFault",
    "DatabaseUrlError",
    "GrantRequiredError",
    "HashPool",
    "KeyRetiredError",
    "Keys",
    "OccupiedError",
    "OtherVersionError",
    "SecretKeysError",
    "Store",
    "Transaction",
    "Trouble",
    "migrate",
    "now_ms",
    "open_store",
    "read_url",
    "retried",
    "sqlite_file",
]


T = TypeVar("T")
WRITTEN: Final = 15.0  # seconds for which a write shows that the next will do: nobody on the telephone waits longer
PATIENCE: Final = 1.0  # seconds that whoever asks whether we are ready waits for others: their own patience is short


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _at_once(since: int, _priority: int, _kind: str, _covered: bool, _other: Exceptions) -> int:
    return since


def _uncounted(_channel: str, _decisions: Iterable[str], _opened: int) -> None:
    pass


class Store:
    """A database, its keys and the schemes its accounts live under. Safe for threads."""

    def __init__(
        self,
        url: str,
        keys: Keys,
        schemes: Mapping[str, Scheme],
        clock: Callable[[], int] = now_ms,
        pool_size: int | None = None,
        due: Due = _at_once,
    ) -> None:
        self.url, self.keys, self.schemes, self.clock, self._due = url, keys, schemes, clock, due
        self.engine, self.gate = make_engine(url, pool_size)
        holdings.forget_what_changes(self.engine)
        size = pool_size or POOL_SIZE[self.engine.dialect.name]
        self.wakeup = Wakeup()
        self._retired = Retired(keys)
        self._segments = Segments(self.engine, self.gate, keys, clock, size, self._retired)
        self._queue = None if self.gate.is_open else CommitQueue(self.gate, self._commit)
        self._checkpoints = Checkpoints(self.engine, self.gate, keys, clock, self._segments, self._retired)
        self.memory = Memory(url)
        self.committed: Committed = _uncounted

    def transaction(self, channel: str, call: str | None = None) -> Transaction:
        """One transaction of one channel (`phone`, `shell`, `worker`), of one call if there is one."""
        shared = self._queue.shared if self._queue is not None else None
        return Transaction(
            self._commit() if shared is None else Part(shared),
            self.keys,
            self.schemes,
            self.clock,
            channel,
            call,
            self.wakeup.notify,
            self._due,
            self.committed,
        )

    def _commit(self) -> Commit:
        return Commit(self.engine, self.gate, self._segments)

    async def do(self, request: Callable[[], T], threads: Executor) -> T:
        """What a request comes to, or raises, once its transactions are committed: on PostgreSQL in one of these threads, on SQLite
        in the queue, where it is done again if a COMMIT failed (commit_queue.py). It waits for nothing but the database."""
        request = spans.carried(request)
        if self._queue is None:
            return await asyncio.get_running_loop().run_in_executor(threads, request)
        return await self._queue.do(request)

    def checkpoint(self) -> tuple[int, str] | None:
        """Signs the heads of all segments: (number, digest) of the newest checkpoint, for the log outside."""
        return self._checkpoints.make()

    def retire(self, seal: Seal) -> None:
        """A checkpoint that retires keys (key_retirement.py). Raises `StillInUseError`."""
        self._checkpoints.make(seal)

    def retired_keys(self) -> set[str]:
        """The ids of the ledger's keys that are no longer valid."""
        self._checkpoints.read_retired()
        return set(self._retired.keys)

    def why_not_write(self) -> str | None:
        """Whether the key that signs was retired: which, and what to write in SECRET_KEYS. None: it is good."""
        self._checkpoints.read_retired()
        return self._retired.why_not()

    def why_not_begin(self) -> str | None:
        """Whether nothing in the database was written with these keys: what to do. The service begins a new key here, because
        somebody may have lost the old one (`begin_key`); a command that meets this had other settings."""
        if not self._checkpoints.is_strange():
            return None
        return (
            "SECRET_KEYS: this database was written with another key: set that one, the way the service has it; "
            "if it is lost, start `deskgate serve` with the new one first"
        )

    def begin_key(self) -> bool:
        """Says in the ledger that from here on it is written with another key, where that is so."""
        if not self._checkpoints.is_strange():
            return False
        with self.transaction("worker") as tx:
            tx.record(WORKER, None, "ledger.key", "begun", fields=[f"key:{self.keys.newest('ledger').id}"])
        return True

    def ledger_troubles(self) -> list[Trouble]:
        """What the last checkpoints came upon that is wrong, and entries that wait for one too long: each once. Asks no database."""
        return self._checkpoints.troubles()

    def look_at_checkpoints(self) -> list[Trouble]:
        """What is wrong with them as they stand in the database."""
        return self._checkpoints.look()

    def holds(self, checkpoint: int, digest: str) -> bool:
        """Whether the database has this checkpoint."""
        with self._reading() as connection:
            return holds(connection, checkpoint, digest)

    def origin(self) -> str:
        """The digest of its first checkpoint, which its copies have as well; empty: it has none."""
        with self._reading() as connection:
            return first(connection)

    def suspended(self) -> tuple[str, ...]:
        """The usernames of the staff who are suspended."""
        s = tables.staff.c
        query = select(s.username).where(s.suspended_at.is_not(None)).order_by(s.username)
        with self._reading() as connection:
            return tuple(connection.execute(query).scalars())

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(reads_only=True) as connection:
                yield connection
        except DatabaseFault as lost:
            raise ConnectionLostError(str(lost.orig)) from lost

    def is_work_due(self, kinds: Collection[str]) -> bool:
        """Whether a look at the background jobs is worth a transaction: a read, which keeps no writer waiting."""
        with self._reading() as connection:
            return job_queue.is_due(connection, self.clock(), kinds)

    def backlog(self, kinds: str = "%") -> job_queue.Backlog:
        """Of background jobs, all of it or kinds like a pattern: a read as well."""
        with self._reading() as connection:
            return job_queue.backlog(connection, self.clock(), kinds)

    def unfit_links(self, home: str) -> list[int]:
        """The people whose Slack links do not fit any more: a read as well."""
        with self._reading() as connection:
            return slack_members.unfit(connection, home)

    def watch(self, token: str) -> str | None:
        """What the page of somebody signed in compares to know whether anything changed; None: they are not signed in any more."""
        now = self.clock()
        with self._reading() as connection:
            if not sessions.is_good(connection, self.keys, STAFF, token, now):
                return None
            return change_stamp.stamp(connection, self.keys, now)

    def watch_display(self, token: str) -> str | None:
        """The same for a display that shows the wall (wall_displays.py): each minute at least, or the ledger would grow for a page that nobody looks at."""
        now = self.clock()
        with self._reading() as connection:
            good = wall_displays.is_good(connection, self.keys, token, now)
            return change_stamp.stamp(connection, self.keys, now, MINUTE) if good else None

    def watch_all(self, tokens: Collection[str]) -> tuple[str, set[str]]:
        """The same for many pages at once, and which of these sessions have ended."""
        now = self.clock()
        with self._reading() as connection:
            ended = {token for token in tokens if not sessions.is_good(connection, self.keys, STAFF, token, now)}
            return change_stamp.stamp(connection, self.keys, now), ended

    def is_ready(self) -> bool:
        """Whether the database answers, is migrated, and has a connection for us."""
        try:
            with connect_by(self.engine, time.monotonic() + PATIENCE).execution_options(reads_only=True) as connection:
                return is_current(connection)
        except (DatabaseFault, OccupiedError):
            return False

    def is_ahead(self) -> bool:
        """Whether a newer version has migrated it."""
        with self._reading() as connection:
            return is_ahead(connection)

    def can_write(self) -> bool:
        """Whether it keeps what it is given: by what was written lately, or else by a word written for that, and soon."""
        if self._retired.why_not() is not None:
            return False
        if time.monotonic() - self._segments.wrote_at < WRITTEN:
            return True
        until = time.monotonic() + PATIENCE
        try:
            with (
                self.gate.within(PATIENCE),
                self.gate.locked(),
                connect_by(self.engine, until) as connection,
                connection.begin(),
            ):
                write_probe.beat(connection, self.clock(), PATIENCE)
        except (DatabaseFault, OccupiedError):
            return False
        self._segments.wrote_at = time.monotonic()
        return True

    def close(self) -> None:
        """A clean stop: one last checkpoint over the segments, then the connections are given up."""
        try:
            self.checkpoint()
        finally:
            self.engine.dispose()


def open_store(
    url: str,
    keys: Keys,
    schemes: Mapping[str, Scheme],
    clock: Callable[[], int] = now_ms,
    pool_size: int | None = None,
    due: Due = _at_once,
) -> Store:
    """Opens a migrated database. Raises `DatabaseUrlError` for a URL that names none. `due` as in a `Transaction`."""
    return Store(url, keys, schemes, clock, pool_size, due)
