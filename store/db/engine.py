"""How the database is reached: one engine, and on SQLite the gate that writers pass one by one.

WAL with full synchronous, BEGIN IMMEDIATE for every writer, and
a lock inside the process round a file lock between processes, because SQLite's own waiting is unfair (seconds, not ms).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.characteristics import ConnectionCharacteristic
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTaken
from sqlalchemy.pool import QueuePool

from store.db.fair import Fair
from store.db.fair import OccupiedError as OccupiedError

POOL_SIZE = {"sqlite": 2, "postgresql": 4}  # measured: more of them are not faster
# Seconds that a writer waits for SQLite's own lock, which a program that does not use the gate may hold; and one of its tries, which
# cannot be ended sooner.
LONGEST, LOCK = 30.0, 0.25
LOOK: Final = 0.005  # seconds between two looks at a gate, or at a pool, for which somebody does not wait for ever

DatabaseFault = DBAPIError  # what a driver raises, under a name that channels may know


class DatabaseUrlError(ValueError):
    """DATABASE_URL names no database Deskgate can use."""


class Gate:
    """One writer at a time on SQLite, over all threads and processes, and of the threads the one that came first. Open to everyone on
    PostgreSQL."""

    def __init__(self, path: Path | None) -> None:
        self._turns = Fair([None])
        self._path = path
        self._fd: int | None = None
        self._pid = 0
        self._own = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Until it ends this thread waits no longer than that, for the gate and then for SQLite's own lock. Raises `OccupiedError`."""
        self._own.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._own.until = None

    @property
    def until(self) -> float | None:
        """How long this thread may wait, by the monotonic clock."""
        return getattr(self._own, "until", None)

    @property
    def is_open(self) -> bool:
        """Whether everyone may write at once."""
        return self._path is None

    def acquire(self) -> None:
        if self._path is None:
            return
        if getattr(self._own, "locked", False):
            raise RuntimeError("a transaction inside a transaction would wait for itself")
        until = self.until
        self._turns.take(until)
        try:
            if until is None:
                fcntl.flock(self._file(), fcntl.LOCK_EX)
            else:
                self._lock_file(until)
        except BaseException:
            self._turns.give(None)
            raise
        self._own.locked = True

    def _lock_file(self, until: float) -> None:
        while True:
            try:
                return fcntl.flock(self._file(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise OccupiedError from None
                time.sleep(LOOK)

    def _file(self) -> int:
        """Each process opens the file for itself: a lock belongs to the process that opened it."""
        assert self._path is not None
        if self._fd is None or self._pid != os.getpid():
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._pid = os.getpid()
        return self._fd

    def release(self) -> None:
        if self._path is None:
            return
        assert self._fd is not None
        self._own.locked = False
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        self._turns.give(None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()


def _for_its_owner_alone(path: Path) -> None:
    """Sets the mode to 0600, whoever made the file: tickets, names and bills in it are not encrypted."""
    for one in (path, *(path.with_name(path.name + more) for more in ("-wal", "-shm"))):
        with suppress(OSError):  # not there yet, or somebody else's: `deskgate doctor` says so
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def read_url(url: str) -> URL:
    """DATABASE_URL with the names we know databases by. Hosts of databases write `postgres://`. Raises `DatabaseUrlError`,
    which quotes no password."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):  # a port that is no number, too
        raise DatabaseUrlError(
            "DATABASE_URL is not a database URL: write sqlite:///deskgate.db or postgresql://user:password@host/name"
        ) from None
    name = parsed.drivername.lower()
    parsed = parsed.set(drivername={"postgres": "postgresql", "postgresql+psycopg": "postgresql"}.get(name, name))
    kind, driver, _ = parsed.drivername.partition("+")
    if driver and kind in ("sqlite", "postgres", "postgresql"):
        written = "sqlite:///" if kind == "sqlite" else "postgresql://"
        raise DatabaseUrlError(f"DATABASE_URL names a driver of its own: write {written}… in place of {name}://…")
    if kind != "postgresql" and (kind != "sqlite" or parsed.database in (None, "", ":memory:")):
        raise DatabaseUrlError(
            "DATABASE_URL must be a SQLite file (sqlite:///deskgate.db) or PostgreSQL (postgresql://user:password@host/name)"
        )
    return parsed


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL, or None for anything else."""
    try:
        parsed = read_url(url)
    except DatabaseUrlError:
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def make_engine(url: str, pool_size: int | None = None) -> tuple[Engine, Gate]:
    """The engine and its gate. Raises `DatabaseUrlError` for anything but a SQLite file or PostgreSQL."""
    parsed = read_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        size = pool_size or POOL_SIZE["postgresql"]
        return create_engine(parsed, pool_size=size, max_overflow=0, pool_timeout=10, hide_parameters=True), Gate(None)
    assert parsed.database is not None
    gate = Gate(Path(parsed.database + ".gate"))
    registry.register("sqlite.deskgate", __name__, _SQLiteFile.__name__)
    engine = create_engine(
        parsed.set(drivername="sqlite+deskgate"),
        gate=gate,
        pool_size=pool_size or POOL_SIZE["sqlite"],
        max_overflow=0,
        pool_timeout=10,
        connect_args={"check_same_thread": False, "factory": _SQLiteConnection},
        hide_parameters=True,
    )

    @event.listens_for(engine.pool, "connect")
    def _settings(raw: sqlite3.Connection, _record: Any) -> None:
        # Before WAL: SQLite gives its other files the rights of this one.
        _for_its_owner_alone(Path(parsed.database or ""))
        raw.isolation_level = None  # or pysqlite would begin transactions of its own
        for pragma in (
            f"busy_timeout={LONGEST * 1000:.0f}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={LOCK * 1000:.0f}",
        ):
            raw.execute("PRAGMA " + pragma)

    return engine, gate


class _SQLiteConnection(sqlite3.Connection):
    begins = "BEGIN IMMEDIATE"


class _ReadsOnly(ConnectionCharacteristic):
    """The execution option `reads_only`: transactions of the connection keep no writer waiting."""

    transactional = True

    def set_characteristic(self, dialect: Dialect, dbapi_conn: Any, value: bool) -> None:
        dbapi_conn.begins = "BEGIN" if value else "BEGIN IMMEDIATE"

    def reset_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> None:
        dbapi_conn.begins = "BEGIN IMMEDIATE"

    def get_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> bool:
        return bool(dbapi_conn.begins == "BEGIN")


class _SQLiteFile(SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect, but for how a transaction begins. An engine that listens to the event of that looks for listeners ten
    times a statement: 8 % of a page."""

    supports_statement_cache = True
    connection_characteristics = SQLiteDialect_pysqlite.connection_characteristics.union({"reads_only": _ReadsOnly()})

    def __init__(self, gate: Gate | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._gate = gate

    def do_begin(self, dbapi_connection: Any) -> None:
        began, cursor = time.monotonic(), dbapi_connection.cursor()
        until = None if self._gate is None else self._gate.until
        while True:
            try:
                self.do_execute(cursor, dbapi_connection.begins, ())  # type: ignore[no-untyped-call]
                return
            except sqlite3.OperationalError as fault:
                if (
                    getattr(fault, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY
                    or dbapi_connection.begins == "BEGIN"
                ):
                    raise
                if until is not None and time.monotonic() >= until:
                    raise OccupiedError from fault
                if time.monotonic() >= began + LONGEST:
                    raise

    def do_commit(self, dbapi_connection: Any) -> None:
        """Python's driver takes it for a COMMIT that has nothing to do when SQLite itself has rolled everything back."""
        if not dbapi_connection.in_transaction:
            raise sqlite3.OperationalError("the transaction was rolled back before its COMMIT")
        dbapi_connection.commit()


def connect_by(engine: Engine, until: float | None) -> Connection:
    """A connection, if one is free by then: the pool itself waits longer. Raises `OccupiedError`."""
    if until is None:
        return engine.connect()
    pool = cast(QueuePool, engine.pool)
    while pool.checkedout() >= pool.size():
        if time.monotonic() >= until:
            raise OccupiedError
        time.sleep(LOOK)
    try:
        return engine.connect()
    except PoolTaken as taken:  # others were quicker
        raise OccupiedError from taken
