"""What fails among requests that wait together on SQLite takes nobody with it, and nobody is told what is not kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authz import Subject
from store import ConnectionLostError, Store, Transaction, tables
from store.ledger.verify import verify
from tests.store.queueing import all_of, commits, entries, how_many, opened, said

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = opened(sqlite_url)
    yield store
    store.close()


def fails(_tx: Transaction) -> None:
    raise ZeroDivisionError


def fails_at_last(tx: Transaction) -> None:
    """When its entries have their place in the ledger already: no account is numbered so."""
    tx.write(tables.account_teams, {"account_id": 4242, "team": "T"})


@pytest.mark.parametrize(("fault", "raised"), [(fails, ZeroDivisionError), (fails_at_last, IntegrityError)])
def test_one_that_fails_takes_back_what_is_its_own(
    store: Store, fault: Callable[[Transaction], None], raised: type[Exception]
) -> None:
    """Its entries as well, and with them the ledger's head: what comes after is chained to what came before."""
    before = how_many(store, tables.tickets)
    with commits(store) as seen:
        first, failed, last = all_of(store, said(store, "first"), said(store, "failed", fault), said(store, "last"))
    assert (first, type(failed), last) == ("first", raised, "last")
    assert len(seen) == 1
    assert entries(store) == ["first", "last"]
    assert how_many(store, tables.tickets) == before + 2
    assert verify(store).ok


def test_a_refusal_that_is_raised_is_kept(store: Store) -> None:
    class LeftError(Exception):
        commits = True

    def leaves(_tx: Transaction) -> None:
        raise LeftError

    assert [type(one) for one in all_of(store, said(store, "left", leaves))] == [LeftError]
    assert entries(store) == ["left"]


def orphan(tx: Transaction) -> None:
    """No fault until COMMIT."""
    tx.connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    tx.connection.execute(text("INSERT INTO account_teams (account_id, team) VALUES (4242, 'T')"))


def test_where_the_commit_fails_each_is_done_alone(store: Store) -> None:
    before, taken, done = how_many(store, tables.tickets), list[str](), list[str]()

    def counted(word: str, then: Callable[[Transaction], object] | None = None) -> Callable[[], str]:
        def more(tx: Transaction) -> None:
            done.append(word)
            tx.if_undone(lambda: taken.append(word))
            if then is not None:
                then(tx)

        return said(store, word, more)

    first, failed, last = all_of(store, counted("first"), counted("failed", orphan), counted("last"))
    assert (first, type(failed), last) == ("first", IntegrityError, "last")
    assert done == ["first", "failed", "last"] * 2, "all once together, and then each alone"
    assert taken == ["first", "failed", "last", "failed"]
    assert sorted(entries(store)) == ["first", "last"]
    assert how_many(store, tables.tickets) == before + 2
    assert verify(store).ok
    assert all_of(store, said(store, "on")) == ["on"], "and so it goes on"


@pytest.fixture
def rolling_back(store: Store) -> Callable[[Transaction], None]:
    """At this SQLite rolls back the whole transaction, as it may where a disk is full: then there is no savepoint any more, either."""
    with store.transaction("test") as tx:
        tx.connection.execute(
            text("CREATE TRIGGER all_gone BEFORE INSERT ON account_teams BEGIN SELECT RAISE(ROLLBACK, 'full'); END")
        )

    def meets_it(tx: Transaction) -> None:
        tx.connection.execute(text("INSERT INTO account_teams (account_id, team) VALUES (1, 'T')"))

    return meets_it


def test_where_sqlite_takes_back_everything_each_is_done_alone(
    store: Store, rolling_back: Callable[[Transaction], None]
) -> None:
    def goes_on() -> str:
        with pytest.raises(IntegrityError):
            said(store, "failed", rolling_back)()
        return said(store, "again")()

    first, again, failed, last = all_of(
        store, said(store, "first"), goes_on, said(store, "failed", rolling_back), said(store, "last")
    )
    assert (first, type(failed), again, last) == ("first", IntegrityError, "again", "last")
    assert sorted(entries(store)) == ["again", "first", "last"]
    assert verify(store).ok


def test_whoever_does_not_notice_that_is_told(store: Store, rolling_back: Callable[[Transaction], None]) -> None:
    """Or what they wrote afterwards would be there, and nothing of before."""

    def unnoticed() -> str:
        with store.transaction("phone") as tx:
            with pytest.raises(IntegrityError):
                rolling_back(tx)
            tx.record(Subject("person:1"), 1, "said", "unnoticed")
        return "unnoticed"

    first, failed, last = all_of(store, said(store, "first"), unnoticed, said(store, "last"))
    assert (first, type(failed), last) == ("first", ConnectionLostError, "last")
    assert sorted(entries(store)) == ["first", "last"]
    assert verify(store).ok


KILLED = """
import asyncio, os, signal, sys, threading
sys.path.insert(0, {root!r})
from concurrent.futures import ThreadPoolExecutor
from authz import Subject, load_schemes
from store import Keys, open_store
from store.db.engine import make_engine
from sqlalchemy import event

store = open_store({url!r}, Keys([bytes(range(32))]), load_schemes())
answered = threading.Event()

def said(word):
    def request():
        with store.transaction("phone") as tx:
            tx.record(Subject("person:1"), 1, "said", word)
        if word == "last" and {at!r} == "within":
            killed()
        return word
    return request

def killed(*_):
    answered.wait(0.3)
    os.kill(os.getpid(), signal.SIGKILL)

async def one(word):
    print(await store.do(said(word), None), flush=True)
    answered.set()

async def main():
    await one("before")
    answered.clear()
    engine, gate = make_engine(store.url)
    gate.acquire()  # somebody else's: so they wait in a thread, and an answer that leaves too early does leave
    each = [asyncio.ensure_future(one(word)) for word in ("first", "second", "last")]
    await asyncio.sleep(0.05)
    if {at!r} == "COMMIT":
        event.listen(store.engine, "commit", killed)
    gate.release()
    await asyncio.gather(*each)

asyncio.run(main())
"""


@pytest.mark.parametrize("at", ["within", "COMMIT"])
def test_an_answer_never_leaves_before_its_commit(store: Store, at: str) -> None:
    """The process is killed while the last of three is under way, or at the COMMIT of all: nobody was told anything, and nothing is there."""
    program = KILLED.format(root=str(ROOT), url=store.url, at=at)
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.split() == ["before"]
    assert entries(store) == ["before"]
    assert verify(store).ok
