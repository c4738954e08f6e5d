"""Background jobs: enqueued with its cause or not at all, leased to one worker at a time, put back later and later, done once.

T27
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from store import Keys, tables
from store.jobs import job_queue
from store.jobs.job_queue import BACK_OFF, KEPT, LEASE, Backlog, Job
from tests.store.clocked import HOUR, NOON, OLD, Clocked


class Queue(Clocked):
    def add(self, key: str, kind: str = "support_call", after: int = 0) -> None:
        """The key is the test's own, so that it can be told which job was taken."""
        assert self.do(job_queue.enqueue_once, kind, key, {"leg": key}, after=after)

    def lease(self, *kinds: str) -> Job | None:
        return self.do(job_queue.lease, list(kinds or ("support_call",)))

    def taken(self) -> Job:
        leased = self.lease()
        assert leased is not None
        return leased

    def backlog(self) -> Backlog:
        return self.store.backlog()


@pytest.fixture
def queue(store_url: str) -> Iterator[Queue]:
    queue = Queue(store_url)
    yield queue
    queue.close()


def test_work_comes_back_as_it_was_given(queue: Queue) -> None:
    given = {"to": "+441632960101", "words": "naïve ☎\n", "n": 7, "none": None}
    queue.do(job_queue.enqueue, "support_call", "k", given)
    leased = queue.taken()
    assert (leased.kind, leased.key[:2], leased.payload, leased.attempts) == ("support_call", "k:", given, 1)


def test_what_is_rolled_back_was_never_owed(queue: Queue) -> None:
    def cause_that_fails() -> None:
        with queue.transaction() as tx:
            job_queue.enqueue(tx, "support_call", "k", {})
            assert job_queue.enqueue_once(tx, "support_call", "k2", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cause_that_fails()
    assert queue.lease() is None
    assert queue.backlog() == Backlog(0, 0, 0, None, 0)
    queue.add("k")
    assert queue.taken().key == "k"


def test_the_oldest_that_is_due_and_of_these_kinds(queue: Queue) -> None:
    queue.add("later", after=10_000)
    queue.add("second", after=2_000)
    queue.add("first", after=1_000)
    queue.add("other", kind="notice")
    assert queue.lease() is None
    queue.now += 999
    assert queue.lease() is None
    queue.now += 1_001
    assert [queue.taken().key, queue.taken().key, queue.lease()] == ["first", "second", None]
    assert queue.do(job_queue.lease, []) is None
    leased = queue.lease("support_call", "notice")
    assert leased is not None
    assert leased.key == "other"


def test_a_lease_runs_out_when_its_worker_dies(queue: Queue) -> None:
    queue.add("k")
    assert queue.taken().attempts == 1
    queue.now += LEASE - 1
    assert queue.lease() is None
    queue.now += 1
    assert queue.taken().attempts == 2


def test_what_failed_comes_back_later_and_later_and_is_never_given_up(queue: Queue) -> None:
    queue.add("k")
    for attempt, wait in enumerate([*BACK_OFF, *[HOUR] * 4], 1):
        leased = queue.taken()
        assert leased.attempts == attempt
        queue.do(job_queue.failed, leased, "Twilio answered 503")
        queue.now += wait - 1
        assert queue.lease() is None
        queue.now += 1
    assert list(BACK_OFF) == sorted(BACK_OFF)


def test_whoever_failed_may_say_when(queue: Queue) -> None:
    queue.add("k")
    queue.do(job_queue.failed, queue.taken(), "429", retry_after=42_000)
    queue.now += 41_999
    assert queue.lease() is None
    queue.now += 1
    assert queue.taken().attempts == 2


def test_whoever_refuses_puts_it_off_for_an_hour_at_most(queue: Queue) -> None:
    """What is due later than any wait of ours was put off by a clock that ran ahead, and a sweep has it done at once."""
    queue.add("k")
    queue.do(job_queue.failed, queue.taken(), "429", retry_after=24 * HOUR)
    queue.do(job_queue.sweep)
    queue.now += HOUR - 1
    assert queue.lease() is None
    queue.now += 1
    assert queue.taken().attempts == 2


def test_what_is_done_is_not_done_again_and_keeps_its_key_but_not_its_contents(queue: Queue) -> None:
    queue.add("k")
    queue.do(job_queue.done, queue.taken())
    queue.now += 2 * LEASE
    assert queue.lease() is None
    assert queue.rows(select(tables.jobs.c.payload)) == [("{}",)]
    assert not queue.do(job_queue.enqueue_once, "support_call", "k", {})
    queue.do(job_queue.sweep)
    assert not queue.do(job_queue.enqueue_once, "support_call", "k", {})
    queue.now += KEPT
    queue.do(job_queue.sweep)
    assert queue.do(job_queue.enqueue_once, "support_call", "k", {})


def test_what_is_owed_is_never_swept(queue: Queue) -> None:
    queue.add("k")
    queue.now += 100 * KEPT
    queue.do(job_queue.sweep)
    assert queue.taken().key == "k"


def test_a_key_is_taken_once_for_each_kind(queue: Queue) -> None:
    queue.add("k")
    queue.add("k", kind="notice")
    assert not queue.do(job_queue.enqueue_once, "support_call", "k", {"leg": "another"})
    assert queue.backlog().pending == 2
    assert queue.taken().payload == {"leg": "k"}


def test_two_of_one_moment_are_two_jobs_and_are_no_fault(queue: Queue) -> None:
    with queue.transaction() as tx:
        for _ in range(2):
            job_queue.enqueue(tx, "support_call", "k", {})
    queue.do(job_queue.enqueue, "support_call", "k", {})
    assert queue.backlog().pending == 3


def test_the_backlog_says_what_is_stuck(queue: Queue) -> None:
    queue.add("a")
    queue.now += 5_000
    queue.add("b")
    leased = queue.taken()
    queue.do(job_queue.failed, leased, "x" * 1_000)
    owed = queue.backlog()
    assert (owed.pending, owed.failing, owed.oldest, owed.error) == (2, 1, 5_000, "x" * 300)
    queue.now += BACK_OFF[0]
    for _ in range(2):
        queue.do(job_queue.done, queue.taken())
    assert queue.backlog() == Backlog(0, 0, 0, None, 0)


@pytest.mark.parametrize("workers", [2, 8])
def test_no_two_workers_have_the_same_piece_at_once(queue: Queue, workers: int) -> None:
    """Some die: their leases run out, and somebody else has the job then, never before."""
    pieces = 60
    for n in range(pieces):
        queue.add(str(n))
    store = queue.opened(Keys([OLD]), pool_size=workers)
    start, guard, held = threading.Barrier(workers), threading.Lock(), set[int]()
    done, died = Counter[str](), Counter[str]()

    def worker(_: int) -> None:
        start.wait()
        while True:
            with store.transaction("worker") as tx:
                leased = job_queue.lease(tx, ["support_call"])
            if leased is None:
                return
            with guard:
                assert leased.id not in held, "two have it at once"
                held.add(leased.id)
            if leased.attempts == 1 and int(leased.key) % 5 == 0:
                died[leased.key] += 1
                continue
            with guard:
                held.discard(leased.id)
            with store.transaction("worker") as tx:
                job_queue.done(tx, leased)
            done[leased.key] += 1

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(worker, range(workers)))
        assert len(done) == pieces - pieces // 5
        queue.now += LEASE
        held.clear()
        list(threads.map(worker, range(workers)))
    assert done == Counter({str(n): 1 for n in range(pieces)})
    assert died == Counter({str(n): 1 for n in range(0, pieces, 5)})


def test_a_payload_is_json_and_nothing_else(queue: Queue) -> None:
    with pytest.raises(TypeError):
        queue.do(job_queue.enqueue, "support_call", "k", {"pin": object()})
    queue.add("k")
    assert json.loads(queue.rows(select(tables.jobs.c.payload))[0][0]) == {"leg": "k"}
    assert queue.rows(select(tables.jobs.c.created_at)) == [(NOON,)]
