"""Threads and places for requests, apart for those who are known, those with a one-time link, and strangers.

So whatever strangers keep busy is their own. One address has a few places, the network around it some more, and one of the staff
a few wherever they are; who finds none is told at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Full(Exception):
    """No place is left for this caller; or for anybody near, or of this kind: then `network` is the one that has the most."""

    def __init__(self, network: str = "") -> None:
        super().__init__(network)
        self.network = network


class Whose(NamedTuple):
    """`one` is an address or one of the staff, `network` what is around it."""

    one: str
    network: str


class RequestPool:
    """`threads` work at once; `places` may be at work or wait, of one address, or one of the staff, `each`, of a network `near`."""

    def __init__(self, name: str, *, threads: int, places: int, each: int, near: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"portal-{name}")
        self._places, self._each, self._most_near = places, each, near
        self._taken: Counter[str] = Counter()  # also by those whose form still comes
        self._near: Counter[str] = Counter()
        self._busy = 0
        self._lock = Lock()

    @contextmanager
    def reading(self, whose: Whose) -> Iterator[None]:
        """While their form comes, which takes none of the places. Raises `Full`, so that what is refused is not read."""
        self._take(whose)
        try:
            yield
        finally:
            self._leave(whose)

    async def do(self, whose: Whose, work: Callable[..., T], *given: Any) -> T:
        """Raises `Full`. A place is free again when the work is done, whether or not somebody still waits for it."""
        self._take(whose, 1)
        try:
            done = self._threads.submit(work, *given)
        except BaseException:
            self._leave(whose, 1)
            raise
        done.add_done_callback(lambda _: self._leave(whose, 1))
        return await asyncio.wrap_future(done)

    def _take(self, whose: Whose, places: int = 0) -> None:
        with self._lock:
            if self._taken[whose.one] >= self._each:
                raise Full
            if self._busy >= self._places or self._near[whose.network] >= self._most_near:
                raise Full(self._near.most_common(1)[0][0] if self._near else whose.network)
            self._count(whose, 1)
            self._busy += places

    def _leave(self, whose: Whose, places: int = 0) -> None:
        with self._lock:
            self._busy -= places
            self._count(whose, -1)

    def _count(self, whose: Whose, step: int) -> None:
        for counter, name in ((self._taken, whose.one), (self._near, whose.network)):
            counter[name] += step
            if not counter[name]:
                del counter[name]


class RequestPools:
    def __init__(self) -> None:
        self.known = RequestPool("known", threads=6, places=200, each=20, near=200)
        self.links = RequestPool("links", threads=2, places=32, each=8, near=16)
        self.strangers = RequestPool("strangers", threads=2, places=32, each=4, near=12)
