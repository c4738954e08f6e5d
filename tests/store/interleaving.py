"""Two transactions of one PostgreSQL database, of which the first stands still before any statement while the second goes ahead.

`check` plays two deeds one after the other, in both orders, and then interleaved before the first statement of the first that
writes and, where a deed meets itself, before its COMMIT; with `everything` before each of its statements, whatever it meets. What they answered and what stands in the tables afterwards must be what one of the two orders gives.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Engine, LargeBinary, Table
from sqlalchemy.engine import make_url

from authz import load_schemes
from store import CollidedError, Keys, Store, Transaction, open_store, tables
from store.db.ledger_chain import Segments
from tests.desk import NOON, SECRET
from tests.postgres import Server
from tests.statements import watched

SCHEMES: Final = load_schemes()
SOON: Final = 20.0  # seconds in which what is waited for has happened, on a busy machine too
# Made by chance, counted by a sequence, or counting how often a row was touched: no part of what came of it.
BY_CHANCE: Final = {
    "digest",
    "id",
    "mac",
    "n",
    "segment",
    "prev",
    "words",
    "pepper",
    "salt",
    "token",
    "room",
    "generation",
    "message",
}
KEYS_BY_CHANCE: Final = {"jobs": {"key"}}
SEALED: Final = """regexp_replace(payload, '[0-9a-f]{60,}', 'sealed')"""  # another time each time it is sealed
NOT_OF_IT: Final = {"ledger_segments", "ledger_checkpoints"}
FAULT: Final = "raised"
READS: Final = ("SELECT", "WITH")
COMMIT: Final = "COMMIT"
DEADLOCK: Final = "deadlock detected"

Deed = Callable[[Transaction, dict[str, Any]], object]


class RefusedError(Exception):
    """The deed was not allowed: an outcome like another."""


@dataclass(frozen=True)
class Outcome:
    """What each answered (or how it failed), and what stands in the tables."""

    first: str
    second: str
    left: tuple[str, ...]


class Interleaving:
    """Two processes on one database, which is as new as the sample for every two deeds."""

    def __init__(
        self, server: Server, template: str, url: str, prepare: Callable[[Transaction], dict[str, Any]]
    ) -> None:
        self.server, self.template, self.url, self.prepare = server, template, url, prepare
        self.one, self.other = (open_store(url, Keys.parse(SECRET), SCHEMES, lambda: NOON) for _ in range(2))
        self.played: dict[tuple[Deed, Deed], tuple[Outcome, int]] = {}
        self.came_to_something = set[Deed]()  # in some order: else it meets nobody, and finds nothing
        self.monitor = server.connect(str(make_url(url).database))

    def close(self) -> None:
        self.monitor.close()
        for store in (self.one, self.other):
            store.engine.dispose()

    def in_turn(self, first: Deed, second: Deed, *, everything: bool) -> tuple[Outcome, int]:
        """One after the other, and at how many places the first could stand still. Played once, for it comes in two pairs."""
        if (first, second) not in self.played:
            given, places = self._anew(), []
            with _noticing(self.one.engine, everything, lambda: places.append(1)):
                answers = self._played(self.one, first, given), self._played(self.other, second, given)
            self.played[first, second] = Outcome(*answers, _left(self.monitor)), len(places)
        return self.played[first, second]

    def at(self, place: int, first: Deed, second: Deed, *, everything: bool) -> Outcome:
        """The first stands still at its place number `place` until the second has ended or waits for a lock."""
        given = self._anew()
        with _stopping(self.one.engine, place, everything) as (reached, go_on):
            answers = ["", ""]

            def does(number: int, store: Store, deed: Deed) -> threading.Thread:
                def run() -> None:
                    answers[number] = _did(store, deed, given)

                thread = threading.Thread(target=run, daemon=True)
                thread.start()
                return thread

            ahead = does(0, self.one, first)
            assert reached.wait(SOON), "the first has no such place"
            behind = does(1, self.other, second)
            behind.join(0.005)
            while behind.is_alive() and not _waits(self.monitor):
                behind.join(0.005)
            go_on.set()
            for thread in (ahead, behind):
                thread.join(SOON)
                assert not thread.is_alive(), "two transactions wait for each other"
            return Outcome(answers[0], answers[1], _left(self.monitor))

    def _played(self, store: Store, deed: Deed, given: dict[str, Any]) -> str:
        if deed in self.came_to_something:
            return _did(store, deed, given)
        before = _left(self.monitor)
        answer = _did(store, deed, given)
        if _left(self.monitor) != before:
            self.came_to_something.add(deed)
        return answer

    def _anew(self) -> dict[str, Any]:
        self.server.renew(self.url, self.template)
        for store in (self.one, self.other):
            store._segments = Segments(
                store.engine, store.gate, store.keys, store.clock, 1, store._retired
            )  # theirs are gone with the rows
        with self.one.transaction("test") as tx:
            given = self.prepare(tx)
        with self.other.transaction("test"):  # a connection and a segment of the ledger, so that they are no part of it
            pass
        return given


def check(interleaving: Interleaving, first: Deed, second: Deed, *, everything: bool) -> int:
    """Plays two deeds interleaved at every place of the first. Fails where what came of it is neither order's. Gives how many
    places there were."""
    alone, places = interleaving.in_turn(first, second, everything=everything)
    swapped, _ = interleaving.in_turn(second, first, everything=everything)
    orders = {alone, Outcome(swapped.second, swapped.first, swapped.left)}
    for order in orders:
        assert FAULT not in (order.first + order.second), f"{order.first}, {order.second}"
    for place in range(places if everything or first is second else min(places, 1)):
        outcome = interleaving.at(place, first, second, everything=everything)
        if outcome not in orders:
            pytest.fail(f"at place {place}: {_differs(outcome, orders)}")
    return places


def _differs(outcome: Outcome, orders: set[Outcome]) -> str:
    said = [f"they answered {outcome.first} and {outcome.second}"]
    for order in orders:
        said.append(f"in an order: {order.first} and {order.second}")
        here, there = Counter(outcome.left), Counter(order.left)
        said += [f"  only interleaved: {row}" for row in (here - there).elements()]
        said += [f"  only in that order: {row}" for row in (there - here).elements()]
    return "\n".join(said)


@contextmanager
def _stopping(engine: Engine, place: int, everything: bool) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Holds whoever comes to place number `place`, until told to go on."""
    reached, go_on, places = threading.Event(), threading.Event(), itertools.count()

    def come() -> None:
        if next(places) == place:
            reached.set()
            assert go_on.wait(SOON)

    with _noticing(engine, everything, come):
        yield reached, go_on


@contextmanager
def _noticing(engine: Engine, everything: bool, come: Callable[[], None]) -> Iterator[None]:
    """`come` is called at each place where a transaction may stand still: its first write and its COMMIT, or all with `everything`."""
    commit, has_written = engine.dialect.do_commit, False

    def seen(statement: str) -> None:
        nonlocal has_written
        if not everything and statement != COMMIT:
            if has_written or statement.lstrip().startswith(READS):
                return
            has_written = True
        come()

    def committing(connection: Any) -> None:
        seen(COMMIT)
        commit(connection)

    with watched(engine, seen), pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", committing)
        yield


def _did(store: Store, deed: Deed, given: dict[str, Any], *, again: bool = True) -> str:
    """What it came to. Once more where it met another, as the doors do."""
    try:
        with store.transaction("test") as tx:
            return repr(deed(tx, given))
    except CollidedError as met:
        if DEADLOCK in str(met):  # rows that several lock are locked in one order
            return f"{FAULT} {DEADLOCK}"
        return _did(store, deed, given, again=False) if again else f"{FAULT} {met}"
    except RefusedError as why:
        return f"refused: {why}"
    except Exception as fault:  # noqa: BLE001 - no order of two deeds comes to a fault, so the pair has failed
        return f"{FAULT} {type(fault).__name__}: {fault}"


def _left(monitor: psycopg.Connection[Any]) -> tuple[str, ...]:
    return tuple(sorted(row for (row,) in monitor.execute(_ROWS)))


def _rows(table: Table) -> str:
    chance = BY_CHANCE | KEYS_BY_CHANCE.get(table.name, set())
    columns = [
        SEALED if c.name == "payload" else f'"{c.name}"'
        for c in table.c
        if c.name not in chance and not isinstance(c.type, LargeBinary)
    ]
    return f"SELECT '{table.name} ' || json_build_array({', '.join(columns)}) FROM \"{table.name}\""


_TABLES: Final = [table for table in tables.Base.metadata.sorted_tables if table.name not in NOT_OF_IT]
_ROWS: Final = " UNION ALL ".join(map(_rows, _TABLES)).encode()  # in one journey, for it is asked a thousand times


def _waits(monitor: psycopg.Connection[Any]) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return monitor.execute(query).fetchone() is not None
