"""A clock that is moved on, in the service's own process: an hour passes between two slices of day.py. And the same with leaks, for its control.

`Ahead` is one number on the disk, by which the clock of whoever reads it is ahead of the machine's; `played` is called before the service starts.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
import time
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "RELIABILITY_AHEAD"  # where that number is
EVERY: Final = 1.0  # seconds between two sweeps, and two checkpoints of the ledger: an hour passes in one
LEAK: Final = 64 * 1024  # bytes that a turn loses, in the control


class Ahead:
    """Milliseconds, shared by all who have opened the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(struct.pack("q", 0))
        with path.open("r+b") as file:
            self._seen = mmap.mmap(file.fileno(), 8)

    @property
    def ms(self) -> int:
        return int(struct.unpack("q", self._seen[:8])[0])

    def move_on(self, seconds: float) -> None:
        self._seen[:8] = struct.pack("q", self.ms + int(seconds * 1000))

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ms

    def now(self) -> float:
        return self.now_ms() / 1000


def played() -> None:
    """The service's clock is that one. Nobody is told that it jumps: of that a machine's clock is accused, not a run."""
    from deskgate import app, worker

    ahead = Ahead(Path(os.environ[VARIABLE]))
    defaults: dict[str, Any] = app.make_app.__kwdefaults__ or {}
    assert "clock" in defaults
    defaults["clock"] = ahead.now_ms
    worker.SWEEP_EVERY = worker.CHECKPOINT_EVERY = EVERY
    worker.JUMP = 1 << 62


def leaks() -> None:
    """A control: every turn of a call loses memory and a file handle, and every call's end a thread."""
    played()
    from ivr import after, router

    handled, ended, kept, never = router._handled, after.ended, list[object](), threading.Event()

    def turn(*given: Any) -> router.Twiml:
        kept.append((bytearray(os.urandom(LEAK)), os.open(os.devnull, os.O_RDONLY)))
        return handled(*given)

    def end(*given: Any) -> None:
        threading.Thread(target=never.wait, daemon=True).start()
        ended(*given)

    router._handled = turn  # type: ignore[assignment]
    after.ended = end  # type: ignore[assignment]
