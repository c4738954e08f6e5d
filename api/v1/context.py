"""What /api/v1 holds on to: the store, where it is reached, and the threads for its requests."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from api.v1.problems import ProblemError
from desk.verification_requests import Reach
from store import Store

T = TypeVar("T")
KNOWN: Final = 10_000  # keys a process remembers to have been good


class KeyPool:
    """`threads` work at once; as many as `places` work or wait. Whoever finds none is told at once."""

    def __init__(self, name: str, *, threads: int, places: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"api-{name}")
        self._places, self._taken = places, 0

    async def do(self, work: Callable[[], T]) -> T:
        """On one event loop. Raises `ProblemError`."""
        if self._taken >= self._places:
            raise ProblemError("full", headers={"Retry-After": "1"})
        self._taken += 1
        try:
            done = self._threads.submit(work)
        except BaseException:
            self._taken -= 1
            raise
        try:
            return await asyncio.shield(asyncio.wrap_future(done))
        finally:
            self._taken -= 1


class KeyPools:
    """Keys that were good of late have threads of their own, so that whoever makes keys up keeps busy their own alone."""

    def __init__(self) -> None:
        self.known = KeyPool("known", threads=6, places=200)
        self.strangers = KeyPool("strangers", threads=2, places=32)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def of(self, token: str) -> KeyPool:
        return self.known if _mark(token) in self._good else self.strangers

    def is_known(self, token: str) -> bool:
        return _mark(token) in self._good

    def was_good(self, token: str, *, good: bool) -> None:
        mark = _mark(token)
        self._good.pop(mark, None)
        if good:
            self._good[mark] = None
            while len(self._good) > KNOWN:
                self._good.popitem(last=False)


def _mark(token: str) -> bytes:
    """A process forgets it; no key lies in memory longer than its request."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class ApiContext:
    """`origin` is that of PUBLIC_URL; `zone`: where a day of the desk begins and ends; `home`: the desk's own Slack workspace, as the settings name it; `reach`:
    what people can be asked by."""

    store: Store
    origin: str
    zone: ZoneInfo
    region: str = ""
    home: str = ""
    reach: Reach = field(default_factory=Reach)
    pools: KeyPools = field(default_factory=KeyPools)
