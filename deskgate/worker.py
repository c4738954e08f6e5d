"""The worker: does later work, writes the ledger's checkpoints, sweeps what is over. A few threads beside the web process.

Any number of workers may run on one database: each piece of work is leased, and a checkpoint that another process wrote
is as good as one's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from deskgate.deliver import Deliveries
from deskgate.later import Later
from store import ConnectionLost, Store, calls, guard, work
from store.work import Work

CHECKPOINT_EVERY = 10.0  # seconds: how much of a cut-off tail could go unnoticed (prototype.md 1)
SWEEP_EVERY = 60.0
LOOK_EVERY = 0.5  # seconds between looks when nothing was due
THREADS = 2
log = structlog.get_logger("worker")


class Worker:
    def __init__(self, store: Store, deliveries: Deliveries) -> None:
        self._store, self._deliveries = store, deliveries
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._head: tuple[int, str] | None = None

    def start(self) -> None:
        loops: list[tuple[str, Callable[[], object], float]] = [
            *((f"work-{n}", self._work_through, LOOK_EVERY) for n in range(THREADS)),
            ("checkpoints", self.checkpoint, CHECKPOINT_EVERY),
            ("sweep", self.sweep, SWEEP_EVERY),
        ]
        for name, do, every in loops:
            thread = threading.Thread(target=self._loop, args=(do, every), name=f"worker-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finishes what is under way. The clean stop's own checkpoint is the store's."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def do_one(self) -> bool:
        """One piece of work, if one is due: done, or put back with the reason. Whether there was one."""
        with self._store.transaction("worker") as tx:
            piece = work.lease(tx, list(self._deliveries))
        if piece is None:
            return False
        try:
            self._deliveries[piece.kind](piece)
        except Later as later:
            self._put_back(piece, str(later), later.seconds)
        except Exception as fault:
            log.warning(
                "work failed", kind=piece.kind, attempts=piece.attempts, why=type(fault).__name__, exc_info=True
            )
            self._put_back(piece, type(fault).__name__, None)  # its words may be anybody's: they are in the log
        else:
            with self._store.transaction("worker") as tx:
                work.done(tx, piece)
        return True

    def checkpoint(self) -> None:
        """A new checkpoint's digest goes to the log: what has left the machine there cannot be cut off unseen."""
        head = self._store.checkpoint()
        if head is not None and head != self._head:
            self._head = head
            log.info("ledger head", checkpoint=head[0], digest=head[1])

    def sweep(self) -> None:
        for what in (calls.sweep, guard.sweep, work.sweep):
            with self._store.transaction("worker") as tx:
                what(tx)

    def _work_through(self) -> None:
        while not self._stopping.is_set() and self.do_one():
            pass

    def _put_back(self, piece: Work, why: str, seconds: float | None) -> None:
        with self._store.transaction("worker") as tx:
            work.failed(tx, piece, why, retry_after=None if seconds is None else int(seconds * 1000))

    def _loop(self, do: Callable[[], object], every: float) -> None:
        while not self._stopping.wait(every):
            try:
                do()
            except ConnectionLost:
                log.warning("the database is away", thread=threading.current_thread().name)
            except Exception:
                log.exception("fault", thread=threading.current_thread().name)
