"""What threads take in turns: whoever has waited longest is next, among segments of the ledger and at SQLite's gate.

With a lock of Python's, or a `SimpleQueue`, a thread could give back what it had and take it again at once: two threads did all the
work, and a request that had come first was answered last.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class OccupiedError(Exception):
    """Others have everything for longer than this thread may wait (`Gate.within`). Nothing was done."""


class _Waiting(Generic[T]):
    """A thread that waits: `called` opens when it has got `one`."""

    one: T

    def __init__(self) -> None:
        self.called = threading.Lock()
        self.called.acquire()


class Fair(Generic[T]):
    def __init__(self, all: Iterable[T]) -> None:
        self._lock = threading.Lock()
        self.free: deque[T] = deque(all)
        self._waiting: deque[_Waiting[T]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, until: float | None = None) -> T:
        """One of them, once all who came before have had one. Raises `OccupiedError` where that is not so by then (monotonic clock)."""
        with self._lock:
            if self.free:
                return self.free.popleft()
            own = _Waiting[T]()
            self._waiting.append(own)
        if not own.called.acquire(timeout=-1 if until is None else max(0.0, until - time.monotonic())):
            with self._lock:
                if own in self._waiting:  # or it was called in this moment
                    self._waiting.remove(own)
                    raise OccupiedError
        return own.one

    def give(self, one: T) -> None:
        with self._lock:
            if not self._waiting:
                self.free.append(one)
                return
            first = self._waiting.popleft()
        first.one = one
        first.called.release()
