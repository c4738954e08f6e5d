"""How the worker does a background job: in the transaction that leases it, then outside any, then with the end of the try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import structlog.testing
from sqlalchemy import select

from store import Transaction, tables
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from tests.desk import Desk


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
