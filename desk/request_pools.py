"""Threads and places for requests to pages and by keys, apart for those who are known and for strangers.

So whatever strangers keep busy is their own. One address has a few places, the network around it some more, and one who is known
a few wherever they are; who finds none is told at once. Where all are taken whoever comes takes the place of the last to come
from the network that has the most waiting, if it has two more than theirs: a few networks that ask without end wait for each
other, and for nobody else.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from store.db import spans

T = TypeVar("T")


class FullError(Exception):
    """No place is left for this caller; or for anybody near: then `network` is theirs; or of this kind: then it is the one that has the
    most waiting."""

    def __init__(self, network: str = "") -> None:
        super().__init__(network)
        self.network = network


class Whose(NamedTuple):
    """`one` is an address or somebody who is known, `network` what is around it."""

    one: str
    network: str


class RequestPool:
    """`threads` work at once; `places` may be at work or wait, of one address, or one who is known, `each`, of a network `near`."""

    def __init__(self, name: str, *, threads: int, places: int, each: int, near: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places, self._each, self._most_near = places, each, near
        self._taken: Counter[str] = Counter()  # also by those whose form still comes
        self._near: Counter[str] = Counter()
        self._waiting: dict[str, list[Future[Any]]] = {}  # by network, the last to come last; those at work as well
        self._put_out: set[Future[Any]] = set()
        self._busy = 0
        self._lock = RLock()  # whoever is put out leaves while it is held

    @contextmanager
    def reading(self, whose: Whose) -> Iterator[None]:
        """While their form comes, which takes none of the places. Raises `FullError`, so that what is refused is not read."""
        self._take(whose)
        try:
            yield
        finally:
            self._leave(whose)

    async def do(self, whose: Whose, work: Callable[..., T], *given: Any) -> T:
        """Raises `Full`. A place is free again when the work is done, whether or not somebody still waits for it."""
        with self._lock:
            self._take(whose, 1)
            try:
                done = self._threads.submit(spans.carried(work), *given)
            except BaseException:
                self._leave(whose, 1)
                raise
            self._waiting.setdefault(whose.network, []).append(done)
        done.add_done_callback(lambda _: self._done(whose, done))
        try:
            return await asyncio.wrap_future(done)
        except asyncio.CancelledError:
            if done in self._put_out:
                self._put_out.discard(done)
                raise FullError(whose.network) from None
            raise

    def _take(self, whose: Whose, places: int = 0) -> None:
        with self._lock:
            if self._taken[whose.one] >= self._each:
                raise FullError
            if self._near[whose.network] >= self._most_near:
                raise FullError(whose.network)
            if self._busy >= self._places:
                crowd = max(self._waiting, key=lambda network: len(self._waiting[network]))
                few = len(self._waiting[crowd]) < self._near[whose.network] + 2
                if few or (places and not self._make_room(self._waiting[crowd])):
                    raise FullError(crowd)
            self._count(whose, 1)
            self._busy += places

    def _make_room(self, crowd: list[Future[Any]]) -> bool:
        """The last to come goes, if it has not begun."""
        for last in reversed(crowd):
            self._put_out.add(last)
            if last.cancel():
                return True
            self._put_out.discard(last)
        return False

    def _done(self, whose: Whose, done: Future[Any]) -> None:
        with self._lock:
            self._waiting[whose.network].remove(done)
            if not self._waiting[whose.network]:
                del self._waiting[whose.network]
            self._leave(whose, 1)

    def _leave(self, whose: Whose, places: int = 0) -> None:
        with self._lock:
            self._busy -= places
            self._count(whose, -1)

    def _count(self, whose: Whose, step: int) -> None:
        for counter, name in ((self._taken, whose.one), (self._near, whose.network)):
            counter[name] += step
            if not counter[name]:
                del counter[name]
