"""Requests that wait together on SQLite, for the tests of the queue: what they do, what each comes to, and what is there then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event, func, select

from authz import Subject
from store import Store, Transaction, tables
from tests.store.test_ledger_writers import every_lane_writes, open_ticket, with_olivia

THREADS: Final = ThreadPoolExecutor(1)  # as on PostgreSQL, where there is no queue: never used here
WAIT: Final = 10.0  # seconds, at most


def opened(url: str) -> Store:
    store = with_olivia(url)
    every_lane_writes(store)  # a new segment has a COMMIT of its own
    return store


def all_of(store: Store, *requests: Callable[[], Any]) -> list[Any]:
    """What each comes to, in their order; all wait together."""

    async def ask() -> list[Any]:
        each = [asyncio.ensure_future(store.do(request, THREADS)) for request in requests]
        return list(await asyncio.wait_for(asyncio.gather(*each, return_exceptions=True), WAIT))

    return asyncio.run(ask())


@contextmanager
def commits(store: Store) -> Iterator[list[str]]:
    seen = list[str]()

    def commit(_connection: Any) -> None:
        seen.append("COMMIT")

    event.listen(store.engine, "commit", commit)
    yield seen
    event.remove(store.engine, "commit", commit)


def entries(store: Store) -> list[str]:
    """What `said` has written, in the order of the ledger: in each segment that of their time."""
    e = tables.ledger.c
    with store.transaction("test") as tx:
        query = select(e.decision).where(e.action == "said").order_by(e.segment, e.n)
        return list(tx.connection.execute(query).scalars())


def said(store: Store, word: str, then: Callable[[Transaction], object] | None = None) -> Callable[[], str]:
    """A request of one transaction, with an entry, a ticket and whatever comes `then`."""

    def request() -> str:
        with store.transaction("phone") as tx:
            tx.record(Subject("person:1"), 1, "said", word)
            open_ticket(tx)
            if then is not None:
                then(tx)
        return word

    return request


def how_many(store: Store, table: Any) -> int:
    with store.transaction("test") as tx:
        found: int = tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
        return found
