"""How the worker does a background job: in the transaction that leases it, then outside any, then with the end of the try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
import structlog.testing
from sqlalchemy import select

from store import Transaction, tables
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from tests.desk import Desk
from tests.statements import watched


@pytest.fixture(autouse=True)
def _logged() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def owes(desk: Desk, delivery: Delivery) -> None:
    desk.container.deliveries["mail"] = delivery
    with desk.store.transaction("test") as tx:
        job_queue.enqueue(tx, "mail", "a piece of this test", {})


def writes(tx: Transaction, key: str) -> None:
    job_queue.enqueue_once(tx, "slack.check_token", key, {}, after=job_queue.LONGEST)


def written(desk: Desk) -> set[str]:
    with desk.store.transaction("test") as tx:
        w = tables.jobs.c
        return set(tx.connection.execute(select(w.key).where(w.kind == "slack.check_token")).scalars())


def the_piece(desk: Desk) -> Any:
    with desk.store.transaction("test") as tx:
        return tx.connection.execute(select(tables.jobs).where(tables.jobs.c.kind == "mail")).one()


def test_what_asks_nobody_is_done_in_the_transaction_that_leases_it(desk: Desk) -> None:
    owes(desk, lambda tx, _piece: writes(tx, "inside"))
    assert desk.work() == 1
    assert the_piece(desk).done_at == desk.now
    assert written(desk) == {"inside"}


@pytest.mark.parametrize("fault", [RetryLaterError("not now", 60), ZeroDivisionError()])
def test_what_fails_in_that_transaction_leaves_nothing_and_counts_as_a_try(desk: Desk, fault: Exception) -> None:
    def fails(tx: Transaction, job: Job) -> None:
        writes(tx, f"inside {job.attempts}")
        if job.attempts < 3:
            raise fault

    owes(desk, fails)
    for tries in (1, 2):
        assert desk.work() == 1
        left = the_piece(desk)
        assert (left.attempts, left.done_at, written(desk)) == (tries, None, set())
        assert left.run_at > desk.now
        desk.now = left.run_at
    desk.work()
    assert (the_piece(desk).attempts, written(desk)) == (3, {"inside 3"})


@pytest.mark.parametrize("fault", [RetryLaterError("not now"), PermanentError("at no time"), ZeroDivisionError()])
def test_what_was_sent_is_written_down_whatever_comes_after(desk: Desk, fault: Exception) -> None:
    def sends(tx: Transaction, job: Job) -> Iterator[None]:
        writes(tx, "inside")
        yield
        assert written(desk) == {"inside"}, "another may see it while it is being sent"
        job.then.append(lambda tx: writes(tx, "sent"))
        raise fault

    owes(desk, sends)
    desk.work()
    assert written(desk) == {"inside", "sent"}
    assert the_piece(desk).given_up is isinstance(fault, PermanentError)


def test_what_cannot_be_written_down_is_put_back_with_the_reason(desk: Desk) -> None:
    def sends(_tx: Transaction, job: Job) -> Iterator[None]:
        yield
        job.then.append(lambda _tx: 1 // 0)

    owes(desk, sends)
    assert desk.work() == 1
    left = the_piece(desk)
    assert (left.done_at, left.error) == (None, "ZeroDivisionError")


def test_whoever_yields_twice_has_made_a_mistake(desk: Desk) -> None:
    def twice(_tx: Transaction, _piece: Job) -> Iterator[None]:
        yield
        yield

    owes(desk, twice)
    desk.work()
    assert the_piece(desk).error == "RuntimeError"


def test_a_transaction_inside_one_is_a_mistake_that_is_seen(sample_sqlite: str) -> None:
    """On SQLite it would wait for itself for ever."""
    desk = Desk(sample_sqlite)

    def nested(_tx: Transaction, _piece: Job) -> None:
        desk.store.transaction("worker").__enter__()

    owes(desk, nested)
    desk.work()
    assert the_piece(desk).error == "RuntimeError"
    desk.close()


# --- the end of one and the beginning of the next


def several(desk: Desk, many: int) -> None:
    """Jobs of one ordering key: each may begin when the one before it has ended."""
    with desk.store.transaction("test") as tx:
        for n in range(many):
            job_queue.enqueue_once(tx, "mail", f"several {n}", {}, ordering_key="several")


def transactions(seen: list[str]) -> int:
    """Without those that begin a segment of the ledger."""
    return seen.count("BEGIN IMMEDIATE") - sum(one.startswith("INSERT INTO ledger_segments") for one in seen)


def pieces(desk: Desk) -> list[Any]:
    with desk.store.transaction("test") as tx:
        return list(tx.connection.execute(select(tables.jobs).where(tables.jobs.c.kind == "mail")).all())


class Sent(list[str]):
    """A delivery that notes what is sent; `begin` and `leave` are called in the transaction before it, and in the one after."""

    def __init__(self, begin: Callable[[Job], object] = str, leave: Callable[[Job], object] = str) -> None:
        super().__init__()
        self._begin, self._leave = begin, leave

    def __call__(self, tx: Transaction, job: Job) -> Iterator[None]:
        writes(tx, f"begun {job.key}")
        self._begin(job)
        yield
        self.append(job.key)
        job.then.append(lambda tx: writes(tx, f"ended {job.key}"))
        job.then.append(lambda _tx: self._leave(job))


def but(key: str, times: int) -> Callable[[Job], object]:
    """Fails so often for one job."""
    left = [ZeroDivisionError() for _ in range(times)]

    def may_fail(job: Job) -> None:
        if job.key == key and left:
            raise left.pop()

    return may_fail


def test_the_end_of_one_and_the_beginning_of_the_next_are_one_transaction(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent()
    several(desk, 5)
    seen = list[str]()
    with watched(desk.store.engine, seen.append):
        assert desk.work() == 5
    assert sent == [f"several {n}" for n in range(5)]
    assert all(one.done_at == desk.now for one in pieces(desk))
    assert transactions(seen) == 6


def test_jobs_that_ask_nobody_are_done_two_in_a_transaction(desk: Desk) -> None:
    desk.container.deliveries["mail"] = lambda tx, job: writes(tx, job.key)
    several(desk, 6)
    seen = list[str]()
    with watched(desk.store.engine, seen.append):
        assert desk.work() == 6
    assert transactions(seen) == 4  # and one in which nothing was left
    assert len(written(desk)) == 6


def test_what_fails_at_its_beginning_undoes_nothing_of_the_one_before(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent(begin=but("several 1", 2))
    several(desk, 3)
    assert desk.work() == 2
    first, second, third = pieces(desk)
    assert (first.done_at, second.done_at, third.done_at) == (desk.now, None, None)
    assert (second.attempts, second.error, third.attempts) == (1, "ZeroDivisionError", 0)
    assert sent == ["several 0"]
    assert written(desk) == {"begun several 0", "ended several 0"}
    desk.now = second.run_at
    assert desk.work() == 2
    assert sent == ["several 0", "several 1", "several 2"]


def test_what_fails_beside_another_is_tried_alone_before_it_counts(desk: Desk) -> None:
    """Two transactions met, as it may be: neither job has anything to do with that."""
    desk.container.deliveries["mail"] = sent = Sent(begin=but("several 1", 1))
    several(desk, 3)
    assert desk.work() == 3
    assert sent == ["several 0", "several 1", "several 2"]
    assert [one.attempts for one in pieces(desk)] == [1, 1, 1]


def test_what_cannot_be_written_down_keeps_the_next_from_nothing_but_its_turn(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent(leave=but("several 0", 9))
    several(desk, 2)
    desk.work()
    first, second = pieces(desk)
    assert (first.done_at, first.error, first.attempts) == (None, "ZeroDivisionError", 1)
    assert (second.attempts, sent) == (0, ["several 0"])  # its turn has not come


def test_what_asks_nobody_is_done_again_alone_where_the_next_fails_beside_it(desk: Desk) -> None:
    def first_whole(tx: Transaction, job: Job) -> None:
        writes(tx, f"{job.key}, try {job.attempts}")
        if job.key != "several 0":
            raise ZeroDivisionError

    desk.container.deliveries["mail"] = first_whole
    several(desk, 2)
    desk.work()
    first, second = pieces(desk)
    assert (first.done_at, first.attempts) == (desk.now, 1)
    assert (second.done_at, second.attempts, second.error) == (None, 1, "ZeroDivisionError")
    assert written(desk) == {"several 0, try 1"}


def test_what_the_end_of_one_owes_is_done_as_well(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent(leave=lambda _job: None)
    desk.container.deliveries["notice"] = enqueues = Sent()

    def owes_more(tx: Transaction, job: Job) -> Iterator[None]:
        yield
        job.then.append(lambda tx: job_queue.enqueue(tx, "notice", "of the end", {}))

    desk.container.deliveries["mail"] = owes_more
    several(desk, 1)
    assert desk.work() == 2
    assert len(enqueues) == 1
    assert sent == []


def test_whoever_stops_ends_what_is_sent_and_begins_nothing(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent(begin=lambda _job: desk.container.worker.stop())
    several(desk, 2)
    desk.work()
    first, second = pieces(desk)
    assert (sent, first.done_at) == (["several 0"], desk.now)
    assert (second.attempts, second.run_at) == (0, desk.now)


def test_one_at_a_time_leaves_nothing_leased(desk: Desk) -> None:
    desk.container.deliveries["mail"] = sent = Sent()
    several(desk, 2)
    assert desk.container.worker.do_one()
    assert (sent, [one.attempts for one in pieces(desk)]) == (["several 0"], [1, 0])
