"""Requests that wait together on SQLite go under one COMMIT: in their order, each by itself, and nobody hears of it before it has returned."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from authz import Subject
from store import Store, Transaction
from store.db import commit_queue
from store.db.commit_queue import MOST
from store.jobs import job_queue
from store.ledger.verify import verify
from tests.store.queueing import THREADS, WAIT, all_of, commits, entries, opened, said


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = opened(sqlite_url)
    yield store
    store.close()


def test_who_waits_together_goes_under_one_commit_in_the_order_they_came(store: Store) -> None:
    words = [f"w{n}" for n in range(10)]
    with commits(store) as seen:
        assert all_of(store, *(said(store, word) for word in words)) == words
    assert len(seen) == 1
    assert entries(store) == words
    assert verify(store).ok


def test_so_many_and_no_more_go_under_one_commit(store: Store) -> None:
    words = [f"w{n}" for n in range(MOST + 1)]
    with commits(store) as seen:
        assert all_of(store, *(said(store, word) for word in words)) == words
    assert len(seen) == 2
    assert sorted(entries(store)) == sorted(words)


def test_what_takes_long_shares_its_commit_with_nobody_after_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the event loop wait for all of it at once: whatever else waits there has its turn in between."""
    monkeypatch.setattr(commit_queue, "LONGEST", 0.0)
    between, done = list[int](), list[str]()

    def request(word: str) -> Callable[[], None]:
        def do() -> None:
            said(store, word)()
            done.append(word)

        return do

    async def ask() -> None:
        each = [asyncio.ensure_future(store.do(request(word), THREADS)) for word in ("a", "b", "c")]
        while not all(one.done() for one in each):
            between.append(len(done))
            await asyncio.sleep(0)

    with commits(store) as seen:
        asyncio.run(asyncio.wait_for(ask(), WAIT))
    assert (done, len(seen)) == (["a", "b", "c"], 3)
    assert {1, 2} <= set(between)


def test_a_request_may_have_two_transactions_and_none_within_another(store: Store) -> None:
    def twice() -> int:
        said(store, "one")()
        with pytest.raises(ZeroDivisionError):
            said(store, "lost", lambda _tx: 1 // 0)()
        said(store, "two")()
        return len(entries(store))

    def within() -> None:
        with store.transaction("phone"):
            said(store, "inside")()

    with commits(store) as seen:
        many, nested, last = all_of(store, twice, within, said(store, "last"))
        assert (many, type(nested), last) == (2, RuntimeError, "last")
        assert entries(store) == ["one", "two", "last"]
    assert len(seen) == 2, "one more of who looks here"
    assert verify(store).ok


def test_work_is_seen_by_the_worker_once_it_is_kept(store: Store) -> None:
    heard = store.wakeup.wait(-1, 0)

    def enqueues(tx: Transaction) -> None:
        job_queue.enqueue(tx, "notice", "same", {})

    def asks() -> int:
        said(store, "work", enqueues)()
        return store.wakeup.wait(-1, 0)

    assert all_of(store, asks) == [heard], "not before"
    assert store.wakeup.wait(heard, 0) > heard


def test_whoever_waits_no_more_is_left_out(store: Store) -> None:
    async def ask() -> str:
        gone = asyncio.ensure_future(store.do(said(store, "gone"), THREADS))
        stays = asyncio.ensure_future(store.do(said(store, "stays"), THREADS))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(ask()) == "stays"
    assert entries(store) == ["stays"]


def test_threads_and_requests_have_one_order(store: Store) -> None:
    """While somebody else writes for long the event loop is free, and who came first is next."""
    order, ready = list[str](), threading.Event()

    def thread() -> None:
        with store.transaction("portal") as tx:
            order.append("thread")
            tx.record(Subject("person:1"), 1, "said", "thread")

    def request(word: str) -> Callable[[], None]:
        def do() -> None:
            order.append(word)
            said(store, word)()

        return do

    async def ask() -> None:
        ticks = 0
        each = [asyncio.ensure_future(store.do(request(word), THREADS)) for word in ("a", "b")]
        while not ready.is_set():
            await asyncio.sleep(0)
            ticks += 1
            if ticks == 50:
                assert order == []
                ready.set()
        await asyncio.wait_for(asyncio.gather(*each), WAIT)

    store.gate.acquire()
    waits = threading.Thread(target=thread)
    waits.start()
    while store._segments.turns.free and store.gate._turns.waiting == 0:
        os.sched_yield()
    asked = threading.Thread(target=asyncio.run, args=(ask(),))
    asked.start()
    assert ready.wait(WAIT), "the event loop waited with them"
    store.gate.release()
    waits.join(WAIT)
    asked.join(WAIT)
    assert order == ["thread", "a", "b"]
    assert sorted(entries(store)) == ["a", "b", "thread"]


def test_who_asks_nothing_of_the_database_is_not_kept_waiting_by_it(store: Store) -> None:
    """Neither is it locked for them, nor is anything written: a message of a stranger."""
    with commits(store) as seen:
        assert all_of(store, lambda: "nothing") == ["nothing"]
    assert seen == []


def test_whatever_a_request_raises_those_after_it_are_told(store: Store) -> None:
    """A StopIteration fits into no Future: everybody behind it under the COMMIT would have waited for ever."""

    def runs_out() -> str:
        return next(iter(list[str]()))

    fault, other = all_of(store, runs_out, said(store, "other"))
    assert (type(fault), type(fault.__cause__), other) == (RuntimeError, StopIteration, "other")
    assert entries(store) == ["other"]
