"""What many writers, killed processes and lost connections do to the ledger: nothing that a verifier could hold against it.

T25
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text

from authz import Action, Ask, Grant, Proof, Subject, Topic, load_schemes
from store import ConnectionLostError, Keys, Store, open_store
from store.db.ledger_chain import SEGMENT_LIFE, Segments
from store.db.transaction import Transaction
from store.imports.file_format import read
from store.imports.import_run import run
from store.ledger.verify import verify
from store.tables import ledger, segments
from store.tables import tickets as ticket_table
from store.tickets import customer_tickets

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = with_olivia(store_url)
    yield store
    store.close()


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Store]:
    store = with_olivia(postgres_url)
    yield store
    store.close()


def with_olivia(url: str) -> Store:
    """Where person 1 owns account 1."""
    store = open_store(url, Keys([KEY]), load_schemes())
    sample = json.loads((ROOT / "deskgate" / "sample-accounts.json").read_bytes())
    people = [{k: v for k, v in person.items() if k != "pin"} for person in sample["people"]]
    run(store, read(json.dumps({"people": people, "accounts": sample["accounts"]}).encode()))
    return store


def open_ticket(tx: Transaction) -> int:
    grant = tx.ask(Ask(Subject("person:1"), Action.TICKET_OPEN, 1, Topic.TECHNICAL, Proof.VERIFIED))
    assert isinstance(grant, Grant)
    return customer_tickets.open(tx, grant, title="s", body="b")


def every_lane_writes(store: Store) -> None:
    for _ in range(4):  # as many as there are, one after the other
        with store.transaction("phone") as tx:
            open_ticket(tx)


def count(store: Store, column: Any) -> int:
    with store.engine.connect().execution_options(reads_only=True) as connection:
        found: int = connection.execute(select(func.count(column))).scalar_one()
    return found


def tickets_told(store: Store) -> set[int]:
    """The numbers of the tickets that the ledger says were opened."""
    with store.engine.connect().execution_options(reads_only=True) as connection:
        rows = connection.execute(select(ledger.c.fields).where(ledger.c.action == "ticket.open:technical")).scalars()
        return {int(fields.removeprefix("ticket.number:")) for fields in rows}


def all_at_once(works: list[Callable[[], None]]) -> list[BaseException]:
    faults: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 — told to the test, which fails on any
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_whoever_waits_for_a_lane_longest_is_next(store: Store) -> None:
    one, served = Segments(store.engine, store.gate, store.keys, store.clock, 1, store._retired), list[str]()

    def write(name: str) -> None:
        segment = one.take()
        served.append(name)
        one.give(segment)

    mine, threads = one.take(), [threading.Thread(target=write, args=(name,)) for name in ("first", "second", "third")]
    for waiting, thread in enumerate(threads, 1):
        thread.start()
        while one.turns.waiting < waiting:
            os.sched_yield()
    one.give(mine)
    write("whoever had it")
    for thread in threads:
        thread.join()
    assert served == ["first", "second", "third", "whoever had it"]


def test_eight_writers_leave_a_clean_ledger_and_so_it_looks_meanwhile(store: Store) -> None:
    before = verify(store).entries
    writing = threading.Semaphore(0)

    def writer() -> None:
        for i in range(12):
            try:
                with store.transaction("phone") as tx:
                    open_ticket(tx)
                    for extra in range(i % 3):
                        tx.record(Subject("person:1"), 1, "extra", f"{extra}")
                    if i % 4 == 3:
                        raise ZeroDivisionError  # rolls back
            except ZeroDivisionError:
                pass
            writing.release()

    def looker() -> None:
        for _ in range(4):
            for _ in range(8):
                assert writing.acquire(timeout=30), "the writers have stopped"
            store.checkpoint()
            assert verify(store).broken is None

    assert all_at_once([writer] * 8 + [looker]) == []
    kept = [i for i in range(12) if i % 4 != 3]
    expected = 8 * sum(1 + i % 3 for i in kept)
    found = verify(store)
    assert (found.broken, found.entries - before) == (None, expected)
    assert count(store, ticket_table.c.number) == 8 * len(kept) == len(tickets_told(store))


def test_a_rolled_back_transaction_leaves_no_gap(sqlite_url: str) -> None:
    store = open_store(sqlite_url, Keys([KEY]), load_schemes(), pool_size=1)
    for fails in (False, True, True, False):
        try:
            with store.transaction("phone") as tx:
                tx.record(Subject("nobody"), None, "one", "kept")
                tx.record(Subject("nobody"), None, "two", "kept")
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    with store.engine.connect() as connection:
        assert connection.execute(select(ledger.c.n).order_by(ledger.c.n)).scalars().all() == [1, 2, 3, 4]
    assert verify(store).ok
    store.close()


def test_a_lane_is_left_after_an_hour(sqlite_url: str) -> None:
    now = 1_795_000_000_000
    store = open_store(sqlite_url, Keys([KEY]), load_schemes(), lambda: now, 1)
    for _ in range(4):
        with store.transaction("phone") as tx:
            tx.record(Subject("nobody"), None, "one", "kept")
        now += SEGMENT_LIFE // 2
    assert count(store, segments.c.id) == 2
    assert verify(store).broken is None
    store.close()


# --- processes that are killed

NURSERY = """
import os, sys
from authz import load_schemes
from store import Keys, open_store
sys.path.insert(0, sys.argv[2])
from test_ledger_writers import KEY, open_ticket
for _ in range(int(sys.argv[3])):
    if os.fork() == 0:
        store = open_store(sys.argv[1], Keys([KEY]), load_schemes())
        while True:
            with store.transaction("phone") as tx:
                number = open_ticket(tx)
            os.write(1, b"%d %d\\n" % (os.getpid(), number))
for _ in range(int(sys.argv[3])):
    os.wait()
"""


def test_killed_processes_break_nothing(store: Store) -> None:
    """Each of five writers is killed at a moment of its own; what it had said was stored is stored, and the chain holds."""
    lives = [1, 3, 7, 13, 20]
    left: dict[int, int] = {}
    said: set[int] = set()
    url = store.url
    command = [sys.executable, "-c", NURSERY, url, str(Path(__file__).parent), str(len(lives))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as nursery:
        assert nursery.stdout
        for line in nursery.stdout:
            pid, number = map(int, line.split())
            said.add(number)
            if pid not in left:
                left[pid] = lives[len(left)]
            left[pid] -= 1
            if left[pid] == 0:
                os.kill(pid, signal.SIGKILL)
    assert nursery.returncode == 0
    assert len(said) >= sum(lives)
    assert said <= tickets_told(store)
    assert count(store, ticket_table.c.number) == len(tickets_told(store))
    with store.transaction("phone") as tx:
        open_ticket(tx)
    assert store.checkpoint()
    found = verify(store)
    assert (found.broken, found.after) == (None, 0)


# --- connections that are lost


@pytest.fixture
def terminate(on_postgres: Store) -> Iterator[Callable[[int | None], int]]:
    """Ends one backend of the test's database, or all others; how many."""
    with psycopg.connect(on_postgres.url.replace("+psycopg", ""), autocommit=True) as admin:

        def end(pid: int | None = None) -> int:
            others = "datname = current_database() AND pid <> pg_backend_pid() AND (%s::int IS NULL OR pid = %s)"
            query = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"
            return len(admin.execute(query.encode(), (pid, pid)).fetchall())

        yield end


def test_terminated_backends_break_nothing(on_postgres: Store, terminate: Callable[[int | None], int]) -> None:
    stored: Counter[str] = Counter()
    written, over = threading.Semaphore(0), threading.Event()

    def writer() -> None:
        while not over.is_set():
            try:
                with on_postgres.transaction("phone") as tx:
                    open_ticket(tx)
                stored["known"] += 1
            except ConnectionLostError:
                stored["lost"] += 1
            written.release()

    def killer() -> None:
        try:
            for _ in range(6):
                for _ in range(25):
                    assert written.acquire(timeout=30), "the writers have stopped"
                terminate(None)
        finally:
            over.set()

    assert all_at_once([writer] * 4 + [killer]) == []
    assert stored["lost"] >= 6
    told = tickets_told(on_postgres)
    assert stored["known"] <= len(told) == count(on_postgres, ticket_table.c.number) <= stored["known"] + stored["lost"]
    assert verify(on_postgres).broken is None


@pytest.mark.parametrize("stands", [False, True], ids=["before COMMIT", "after COMMIT"])
def test_a_lane_whose_commit_got_no_answer_is_replaced(
    on_postgres: Store, terminate: Callable[[int | None], int], monkeypatch: pytest.MonkeyPatch, stands: bool
) -> None:
    """Whether the entries stand is unknown to the writer, so that segment is never written to again, and nobody waits."""
    every_lane_writes(on_postgres)
    before, segments_before = len(tickets_told(on_postgres)), count(on_postgres, segments.c.id)
    commit = on_postgres.engine.dialect.do_commit

    def without_answer(connection: Any) -> None:
        pid = connection.driver_connection.info.backend_pid
        if stands:
            commit(connection)
        assert terminate(pid) == 1
        connection.execute("SELECT 1")  # fails, as the answer to COMMIT would

    monkeypatch.setattr(on_postgres.engine.dialect, "do_commit", without_answer)
    with pytest.raises(ConnectionLostError), on_postgres.transaction("phone") as tx:
        open_ticket(tx)
    monkeypatch.undo()
    assert len(tickets_told(on_postgres)) == before + stands
    every_lane_writes(on_postgres)
    assert count(on_postgres, segments.c.id) == segments_before + 1
    assert verify(on_postgres).broken is None


def test_a_lane_whose_writer_was_interrupted_in_commit_is_replaced(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_lane_writes(store)
    before, commit = len(tickets_told(store)), store.engine.dialect.do_commit

    def interrupted(connection: Any) -> None:
        commit(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(store.engine.dialect, "do_commit", interrupted)
    with pytest.raises(KeyboardInterrupt), store.transaction("phone") as tx:
        open_ticket(tx)
    monkeypatch.undo()
    every_lane_writes(store)
    assert len(tickets_told(store)) == before + 5, "the one that was interrupted stands"
    assert verify(store).broken is None


def test_a_connection_lost_in_the_middle_stores_nothing(
    on_postgres: Store, terminate: Callable[[int | None], int]
) -> None:
    before = verify(on_postgres).entries

    def cut_in_two() -> None:
        with on_postgres.transaction("phone") as tx:
            open_ticket(tx)
            terminate(tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            open_ticket(tx)

    with pytest.raises(ConnectionLostError):
        cut_in_two()
    found = verify(on_postgres)
    assert (found.broken, found.entries) == (None, before)


def test_a_lost_connection_is_called_so_when_a_lane_is_to_be_opened(
    on_postgres: Store, terminate: Callable[[int | None], int]
) -> None:
    assert terminate(None), "the connection in the pool, and most segments are not open yet"
    with pytest.raises(ConnectionLostError):
        every_lane_writes(on_postgres)
    every_lane_writes(on_postgres)
    assert verify(on_postgres).broken is None
