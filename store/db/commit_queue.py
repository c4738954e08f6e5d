"""On SQLite one COMMIT for all requests that wait: first in, first out, each in savepoints of its own (docs/decisions/0024).

A request runs in the event loop where nobody else writes, or else in the one thread that waits in its place for all of them. Its answer
leaves when the COMMIT has returned. Where that failed nobody has been told anything: each is done anew, and alone.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from store.db.commit import Commit
from store.db.engine import Gate, OccupiedError

T = TypeVar("T")
MOST: Final = 64  # requests under one COMMIT: a thread that waits is not kept waiting for more, nor is the event loop
LONGEST: Final = (
    0.1  # seconds after which no other is begun under it: sixty long messages at once held up every page for five
)


class _Request:
    def __init__(self, do: Callable[[], Any]) -> None:
        self._do = do
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self.loop.create_future()
        self._outcome: Any = None
        self._fault: BaseException | None = None

    def run(self) -> None:
        self._outcome, self._fault = None, None
        if self.answer.cancelled():  # whoever asked waits no more
            return
        try:
            self._outcome = self._do()
        except (
            StopIteration
        ) as fault:  # no Future takes one, and whoever is told after this request would wait for ever
            self._fault = RuntimeError("a request ran out of what it looked through")
            self._fault.__cause__ = fault
        except BaseException as fault:  # noqa: BLE001 - whoever waits for it hears of it
            self._fault = fault

    def tell(self) -> None:
        """In its own event loop."""
        if self.answer.done():
            return
        if self._fault is not None:
            self.answer.set_exception(self._fault)
        else:
            self.answer.set_result(self._outcome)


class CommitQueue:
    """One for a Store. `commit` makes what they all go under: the gate and a segment are taken before, SQLite's lock by the first who needs it."""

    def __init__(self, gate: Gate, commit: Callable[[], Commit]) -> None:
        self._gate, self._commit = gate, commit
        self._lock = threading.Lock()
        self._waiting: deque[_Request] = deque()
        self._is_at_work = False  # or about to be
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commits")
        self._own = threading.local()

    @property
    def shared(self) -> Commit | None:
        """What this thread is under, while it does a request of the queue."""
        return getattr(self._own, "commit", None)

    async def do(self, request: Callable[[], T]) -> T:
        """What a request comes to, or raises, once its transactions are committed. It is done again where the COMMIT failed."""
        one = _Request(request)
        with self._lock:
            self._waiting.append(one)
            is_first, self._is_at_work = not self._is_at_work, True
        if is_first:
            one.loop.call_soon(self._here)
        answer: T = await one.answer
        return answer

    def _here(self) -> None:
        try:
            with self._gate.within(0):
                failed = self._together()
        except OccupiedError:
            self._thread.submit(self._in_turn, [])
            return
        if failed:
            self._thread.submit(self._in_turn, failed)
        elif self._goes_on():
            asyncio.get_running_loop().call_soon(self._here)

    def _in_turn(self, failed: list[_Request]) -> None:
        while True:
            for one in failed:
                one.run()
                _tell([one])
            if not self._goes_on():
                return
            failed = self._together()

    def _together(self) -> list[_Request]:
        """Everybody who waits, under one COMMIT, and then they are told. Gives those who have to be done alone. Raises `OccupiedError`
        where others write."""
        commit, done = self._commit(), list[_Request]()
        try:
            commit.take()
        except OccupiedError:
            raise
        except Exception:  # noqa: BLE001 - each of them meets it alone, and hears of it
            return list(self._next())
        self._own.commit = commit
        with suppress(Exception):  # the same
            for one in self._next():
                done.append(one)
                one.run()
                if commit.is_broken:
                    break
            if not commit.is_broken:
                commit.finish()
        self._own.commit = None
        with suppress(Exception):
            commit.close()
        if not commit.is_kept:
            return done
        _tell(done)
        return []

    def _next(self) -> Iterator[_Request]:
        until = time.monotonic() + LONGEST
        for _ in range(MOST):
            try:
                yield self._waiting.popleft()
            except IndexError:
                return
            if time.monotonic() >= until:
                return

    def _goes_on(self) -> bool:
        """Whether somebody waits; if not, whoever comes next begins anew."""
        with self._lock:
            self._is_at_work = bool(self._waiting)
            return self._is_at_work


def _tell(done: list[_Request]) -> None:
    for loop in {one.loop for one in done}:
        with suppress(RuntimeError):  # it has ended, and nobody waits there
            loop.call_soon_threadsafe(_all, [one.tell for one in done if one.loop is loop])


def _all(told: list[Callable[[], None]]) -> None:
    for tell in told:
        tell()
