"""What goes under one COMMIT: a segment of the ledger, a place among those who write and a connection. Or a part of that, in a savepoint.

The ledger's head moves with what is chained and, for everybody else, when COMMIT has returned: a part that is taken back takes the head
back with it. What is to happen outside the database waits for the COMMIT as well (`when_kept`), or for the end without one (`when_undone`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from store.db.engine import Gate, connect_by
from store.db.ledger_chain import Entry, Place, Segment, Segments, chained

_COLLIDED: Final = ("40P01", "40001")  # PostgreSQL: deadlock detected, could not serialize


class ConnectionLostError(RuntimeError):
    """The database went away. Nothing is known to be stored; the same turn may be tried again."""


class CollidedError(ConnectionLostError):
    """Two transactions met: they waited for each other, or the other one has just taken away what this one's grant rests on.
    Nothing is stored, and it may be tried again: then the judge sees the new state."""


def may_be_tried_again(fault: DBAPIError) -> None:
    """Turns a database error into `ConnectionLostError` or `CollidedError`, where it is one of them."""
    if fault.connection_invalidated:
        raise ConnectionLostError(str(fault.orig)) from fault
    if getattr(fault.orig, "sqlstate", "") in _COLLIDED:
        raise CollidedError(str(fault.orig)) from fault


class Commit:
    """`begin`, then `finish` or `undo`, and `close` whatever became of it. Or `take` first, and `start` with the first part that needs it: who asks
    for nothing of the database is not kept waiting by it."""

    connection: Connection

    def __init__(self, engine: Engine, gate: Gate, segments: Segments) -> None:
        self._engine, self._gate, self._segments = engine, gate, segments
        self.when_kept: list[Callable[[], None]] = []
        self.when_undone: list[Callable[[], None]] = []
        self.is_kept, self.is_broken = False, False  # broken: SQLite has taken back more than it was told to
        self.has_part = False  # that has begun and not ended
        self.place: Place
        self.written_at: int | None = None  # the first entry
        self._segment: Segment | None = None
        self._known = True  # whether the entries stand: not while a COMMIT is under way
        self._gate_locked = False
        self._transaction: RootTransaction | None = None

    def begin(self) -> None:
        """Raises `ConnectionLostError`; `OccupiedError` within `Gate.within`."""
        self.take()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def take(self) -> None:
        """A segment and the place among those who write. Raises the same."""
        try:
            self._segment = self._segments.take()
        except DBAPIError as fault:  # a new segment is a row of the database
            raise ConnectionLostError(str(fault.orig)) from fault
        self.place = self._segment.n, self._segment.mac
        try:
            self._gate.acquire()
            self._gate_locked = True
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """BEGIN, once. Raises the same, and is broken then."""
        if self._transaction is not None:
            return
        self.is_broken = True
        try:
            self.connection = connect_by(self._engine, self._gate.until)
            self._transaction = self.connection.begin()
        except DBAPIError as fault:
            raise ConnectionLostError(str(fault.orig)) from fault
        self.is_broken = False

    def chained(self, entries: Sequence[Entry], at: int) -> list[dict[str, object]]:
        """The rows of the ledger for these entries. Raises `ConnectionLostError` where SQLite has rolled back everything, as it may: rows
        written now would be kept one by one."""
        assert self._segment is not None
        if not self._gate.is_open and not self.driver.in_transaction:
            self.is_broken = True
            raise ConnectionLostError("the database has rolled back what was done")
        rows, self.place = chained(self._segment, self.place, entries)
        if rows and self.written_at is None:
            self.written_at = at
        return rows

    @property
    def driver(self) -> Any:
        return self.connection.connection.driver_connection

    def finish(self) -> None:
        """COMMIT."""
        assert self._segment is not None
        if self._transaction is None:
            self.is_kept = True
            return
        self._known = False
        self._transaction.commit()
        self._known = self.is_kept = True
        if self.written_at is not None:
            self._segments.moved(self._segment, *self.place, self.written_at)
        for do in self.when_kept:
            do()

    def undo(self) -> None:
        assert self._transaction is not None
        self._transaction.rollback()

    def close(self) -> None:
        """Gives everything back; of a COMMIT whose outcome is not known, not the segment."""
        try:
            if self._transaction is not None:
                self._known = self._known and not self.connection.invalidated
                self._transaction.close()  # or after a COMMIT that failed the pool would keep it open, and on SQLite the lock
                self.connection.close()
            elif hasattr(self, "connection"):
                self.connection.close()
        finally:
            if self._gate_locked:
                self._gate.release()
            self._segments.give(self._segment if self._known else None)
            if not self.is_kept:
                for do in self.when_undone:
                    do()


class Part:
    """One transaction of several under a COMMIT, on SQLite: a savepoint. Taken back alone, unless SQLite takes back everything."""

    def __init__(self, whole: Commit) -> None:
        self._whole = whole
        self.when_kept: list[Callable[[], None]] = []
        self.when_undone: list[Callable[[], None]] = []
        self._is_open = False

    @property
    def connection(self) -> Connection:
        return self._whole.connection

    def begin(self) -> None:
        whole = self._whole
        if whole.has_part:
            raise RuntimeError("a transaction inside a transaction would be kept or taken back with it")
        self._before = whole.place, whole.written_at
        if whole.is_broken:  # a SAVEPOINT would begin a transaction that nobody knows of
            raise ConnectionLostError("what it was a part of was rolled back")
        whole.start()
        self._whole.driver.execute("SAVEPOINT part")
        self._is_open = whole.has_part = True

    def chained(self, entries: Sequence[Entry], at: int) -> list[dict[str, object]]:
        return self._whole.chained(entries, at)

    def finish(self) -> None:
        try:
            self._whole.driver.execute("RELEASE part")
        except sqlite3.Error as fault:
            raise ConnectionLostError("what it was a part of was rolled back") from fault
        self._is_open = self._whole.has_part = False
        self._whole.when_kept += self.when_kept
        self._whole.when_undone += self.when_undone
        self.when_undone = []

    def undo(self) -> None:
        self._is_open = self._whole.has_part = False
        self._whole.place, self._whole.written_at = self._before
        try:
            self._whole.driver.execute("ROLLBACK TO part")
            self._whole.driver.execute("RELEASE part")
        except sqlite3.Error:
            self._whole.is_broken = True

    def close(self) -> None:
        if self._is_open:
            self.undo()
        for do in self.when_undone:
            do()
