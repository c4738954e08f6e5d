"""Threads and places for the requests of keys: what one key waits for, no other does. T52"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Final

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.v1.context import KeyPool
from api.v1.problems import ProblemError
from tests.api.asking import operators
from tests.desk import Desk
from tests.postgres import Server

SOON: Final = 20.0  # seconds in which what is waited for has happened, on a busy machine too
_WAITS: Final = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_BUDGET: Final = text("SELECT FROM budgets WHERE name = :name FOR UPDATE")


@pytest.fixture
def postgres_desk(sample_postgres: str) -> Iterator[Desk]:
    opened = Desk(sample_postgres)
    yield opened
    opened.close()


def test_a_key_that_waits_for_itself_keeps_no_other_waiting(postgres_desk: Desk, postgres: Server) -> None:
    one, other = operators(postgres_desk, "accounts:read"), operators(postgres_desk, "accounts:read")
    for program in (one, other):
        program.read("/key")
    database = str(make_url(postgres_desk.settings.database_url).database)
    with (
        postgres.connect(database) as monitor,
        ThreadPoolExecutor(10) as threads,
        postgres_desk.store.engine.connect() as elsewhere,
    ):
        elsewhere.execute(_BUDGET, {"name": f"api:{one.id}"})
        waiting = [threads.submit(one.get, "/key") for _ in range(9)]
        while monitor.execute(_WAITS).fetchone() is None:
            wait(waiting, 0.005)
        beside = threads.submit(other.get, "/key")
        try:
            assert beside.result(SOON).status_code == 200
            assert len(monitor.execute(_WAITS).fetchall()) == 1
        finally:
            elsewhere.rollback()
        assert [one.result(SOON).status_code for one in waiting] == [200] * 9


class Waits:
    """Work that waits until it is told to go on."""

    def __init__(self) -> None:
        self.go_on, self.done = threading.Event(), list[str]()

    def __call__(self, name: str) -> str:
        assert self.go_on.wait(SOON)
        self.done.append(name)
        return name


async def begun(pool: KeyPool, waits: Waits, *names: str) -> list[asyncio.Task[str]]:
    """Each has its place, or was refused."""
    tasks = [asyncio.create_task(pool.do(name[:1].encode(), partial(waits, name))) for name in names]
    await asyncio.sleep(0)
    return tasks


def what(task: asyncio.Task[str]) -> str:
    """The name, or the kind of the problem."""
    fault = task.exception()
    return fault.kind if isinstance(fault, ProblemError) else task.result()


def test_the_requests_of_a_key_are_done_in_their_order_and_so_many_may_wait() -> None:
    async def asks() -> None:
        pool, waits = KeyPool("test", threads=2, places=10, each=3), Waits()
        tasks = await begun(pool, waits, "a1", "a2", "a3", "a4")
        assert await pool.do(b"b", lambda: "b1") == "b1", "the other thread is nobody's"
        assert what(tasks[3]) == "full"
        waits.go_on.set()
        await asyncio.wait(tasks)
        assert waits.done == ["a1", "a2", "a3"]
        assert await pool.do(b"a", lambda: "again") == "again"

    asyncio.run(asks())


def test_where_no_place_is_left_the_key_that_has_most_gives_one_up() -> None:
    async def asks() -> None:
        pool, waits = KeyPool("test", threads=1, places=4, each=4), Waits()
        tasks = await begun(pool, waits, "a1", "a2", "a3", "b1", "c1", "d1", "e1")
        waits.go_on.set()
        await asyncio.wait(tasks)
        assert [what(task) for task in tasks] == ["a1", "full", "full", "b1", "c1", "d1", "full"]

    asyncio.run(asks())


def test_what_goes_wrong_is_told_and_the_next_is_done() -> None:
    async def asks() -> None:
        pool = KeyPool("test", threads=1, places=4, each=4)
        with pytest.raises(ZeroDivisionError):
            await pool.do(b"a", lambda: 1 // 0)
        assert await pool.do(b"a", lambda: 1) == 1

    asyncio.run(asks())
