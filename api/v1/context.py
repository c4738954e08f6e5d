"""What /api/v1 holds on to: the store, where it is reached, and the threads for its requests."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from api.v1.problems import ProblemError
from desk.client_address import ClientAddress, Networks
from desk.request_pools import FullError, RequestPool, Whose
from desk.verification_requests import Reach
from store import Store

T = TypeVar("T")
KNOWN: Final = 10_000  # keys a process remembers to have been good


class _Piece(NamedTuple):
    work: Callable[[], Any]
    done: Future[Any]


class KeyPool:
    """`threads` work at once, one for each key: whatever else a key asks waits for its budget (limits.py), and does so without a thread.

    As many as `places` work or wait, `each` of one key. Where all are taken, the key that has most of them gives its last one up, if it has two more than
    whoever comes. Whoever finds none is told at once.
    """

    def __init__(self, name: str, *, threads: int, places: int, each: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"api-{name}")
        self._places, self._each, self._taken = places, each, 0
        self._waiting: dict[bytes, deque[_Piece]] = {}  # of each key that is at work, what comes after that
        self._lock = Lock()

    async def do(self, key: bytes, work: Callable[[], T]) -> T:
        """Raises `ProblemError`."""
        piece: _Piece = _Piece(work, Future())
        with self._lock:
            self._take(key, piece)
        done: T = await asyncio.shield(asyncio.wrap_future(piece.done))
        return done

    def _take(self, key: bytes, piece: _Piece) -> None:
        theirs = self._waiting.get(key)
        many = 0 if theirs is None else 1 + len(theirs)
        if many >= self._each:
            raise _full()
        crowd = max(self._waiting.values(), key=len) if self._taken >= self._places else None
        if crowd is not None and len(crowd) <= many:
            raise _full()
        if theirs is None:
            self._threads.submit(self._work, key, piece)
            self._waiting[key] = deque()
        else:
            theirs.append(piece)
        if crowd is None:
            self._taken += 1
        else:
            crowd.pop().done.set_exception(_full())

    def _work(self, key: bytes, piece: _Piece) -> None:
        try:
            tell = partial(piece.done.set_result, piece.work())
        except BaseException as fault:  # noqa: BLE001 - whoever waits for it hears of it
            tell = partial(piece.done.set_exception, fault)
        with self._lock:
            self._taken -= 1
            if self._waiting[key]:
                self._threads.submit(self._work, key, self._waiting[key].popleft())
            else:
                del self._waiting[key]
        tell()


def _full() -> ProblemError:
    return ProblemError("full", headers={"Retry-After": "1"})


class KeyPools:
    """Keys that were good of late have threads of their own, so that whoever makes keys up keeps busy their own alone; and of those each
    address its share, however many keys it makes up."""

    def __init__(self) -> None:
        self.known = KeyPool("known", threads=6, places=200, each=60)
        self.strangers = RequestPool("api-strangers", threads=2, places=32, each=8, near=16)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    async def do(self, token: str, here: ClientAddress, work: Callable[[], T]) -> T:
        """Raises `ProblemError`."""
        mark = _mark(token)
        if mark in self._good:
            return await self.known.do(mark, work)
        try:
            return await self.strangers.do(Whose(here.address, here.allocation), work)
        except FullError:
            raise _full() from None

    def is_known(self, token: str) -> bool:
        return _mark(token) in self._good

    def whose(self, token: str) -> Whose | None:
        """Of a key that was good of late, wherever it is used. None: of its address, as all that strangers send."""
        mark = _mark(token)
        return Whose(mark.hex(), mark.hex()) if mark in self._good else None

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
    what people can be asked by; `proxies` are believed about whom they ask for."""

    store: Store
    origin: str
    zone: ZoneInfo
    region: str = ""
    home: str = ""
    reach: Reach = field(default_factory=Reach)
    proxies: Networks = ()
    pools: KeyPools = field(default_factory=KeyPools)
