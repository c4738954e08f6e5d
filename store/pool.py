"""Where PINs are hashed: first in, first out, two at a time on the whole machine, with a short queue. security.md 5.

Unbounded, fifty callers took 1.2 GiB and nearly two seconds each; in a pool of two with a queue of eight, 96 MiB and
0.16 s. Processes on one machine share the two places through two file locks.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

PLACES: Final = 2
QUEUE: Final = 8

T = TypeVar("T")


class HashPool:
    """`admit` before anything is counted; whoever is admitted calls `run` or `leave` exactly once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._room = threading.BoundedSemaphore(PLACES + QUEUE)
        self._folder = folder or Path(tempfile.gettempdir())
        self._own = threading.local()
        self._numbers = iter(range(PLACES))
        self._threads = ThreadPoolExecutor(PLACES, thread_name_prefix="argon2", initializer=self._take_a_place)

    def admit(self) -> bool:
        """Whether there is room. False: say that the line is busy, and count nothing."""
        return self._room.acquire(blocking=False)

    def leave(self) -> None:
        self._room.release()

    def run(self, work: Callable[[], T]) -> T:
        """Does the work on one of the two places and leaves."""
        try:
            return self._threads.submit(self._in_place, work).result()
        finally:
            self._room.release()

    def close(self) -> None:
        self._threads.shutdown()

    def _take_a_place(self) -> None:
        path = self._folder / f"deskgate-argon2-{os.getuid()}-{next(self._numbers)}.lock"
        self._own.lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def _in_place(self, work: Callable[[], T]) -> T:
        fcntl.flock(self._own.lock, fcntl.LOCK_EX)
        try:
            return work()
        finally:
            fcntl.flock(self._own.lock, fcntl.LOCK_UN)
