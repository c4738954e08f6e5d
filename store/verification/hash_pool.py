"""Where PINs are hashed: first in, first out, two at a time on the whole machine, with a short queue. docs/pins.md

Unbounded, fifty callers took 1.2 GiB and nearly two seconds each; in a pool of two with a queue of eight, 96 MiB and
0.16 s. Processes on one machine share the two places through two file locks: first in, first out holds in a process, and
between processes the kernel says who is next.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from store.db.own_folder import folder_of_ours

PLACES: Final = 2
QUEUE: Final = 8

T = TypeVar("T")


def own_folder() -> Path:
    """A folder on this machine that nobody else can write to or make before us. Where there is none to be had, one of this process
    alone, whose places are then its own."""
    run = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0], os.environ.get("XDG_RUNTIME_DIR", "")
    found = folder_of_ours(*run, os.environ.get("XDG_STATE_HOME", "") or "~/.local/state")
    return found or Path(tempfile.mkdtemp(prefix="deskgate-"))


class HashPool:
    """`admit` before anything is counted; whoever is admitted calls `run` or `leave` exactly once. Pools of another `name`
    have places of their own on the machine."""

    def __init__(
        self, folder: Path | None = None, *, places: int = PLACES, queue: int = QUEUE, name: str = "argon2"
    ) -> None:
        self._room = threading.BoundedSemaphore(places + queue)
        self._folder = folder or own_folder()
        self._own = threading.local()
        self._opened: list[int] = []
        self._places, self._name = places, name
        self._numbers = itertools.cycle(range(places))
        self._threads = ThreadPoolExecutor(places, thread_name_prefix=name, initializer=self._open_places)

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
        while self._opened:
            os.close(self._opened.pop())

    def _open_places(self) -> None:
        """Each thread opens all places for itself, in an order of its own: a lock belongs to whoever opened the file."""
        first = next(self._numbers)
        self._own.places = [self._open(place) for place in (*range(first, self._places), *range(first))]

    def _open(self, place: int) -> int:
        path = self._folder / f"{self._name}-{place}.lock"
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._opened.append(opened)
        return opened

    def _in_place(self, work: Callable[[], T]) -> T:
        taken = self._take_a_place()
        try:
            return work()
        finally:
            fcntl.flock(taken, fcntl.LOCK_UN)

    def _take_a_place(self) -> int:
        """A free one, or when both are taken the first of ours as soon as it is free."""
        places: list[int] = self._own.places
        for place in places:
            with suppress(BlockingIOError):
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return place
        fcntl.flock(places[0], fcntl.LOCK_EX)
        return places[0]
