"""The worker: does background jobs, writes the ledger's checkpoints, sweeps what is over. A few threads beside the web process.

Any number of workers may run on one database: each job is leased, and a checkpoint that another process wrote
is as good as one's own. Whoever waits for another company has threads of their own, so that a slow one keeps nobody else
waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from desk import faults
from desk.actors import permit_worker
from deskgate import metrics
from deskgate.job_handlers import Deliveries
from deskgate.job_threads import THREADS, company, waits_for
from deskgate.sweeps import SWEEPS, Sweep
from store import ConnectionLostError, Store, Transaction, Trouble, retried
from store.db import spans
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from store.operator import failed_jobs, restore
from store.security import alerts

CHECKPOINT_EVERY = 10.0  # seconds: how much of a cut-off tail could go unnoticed
SWEEP_EVERY = 60.0
CLOCK_EVERY = 10.0
JUMP = 60_000  # ms by which the clock may go otherwise than time does
LOOK_EVERY = 0.5  # seconds between looks when nothing woke us: for what is due later, or was left by another process
TOGETHER: Final = 2  # jobs that one transaction begins: on SQLite nobody else writes meanwhile
_OVER: Final = object()
log = structlog.get_logger("worker")


class _Step(NamedTuple):
    """How many jobs one transaction has begun; the one that is `sent` by now, and has not ended; whether it has written new ones, which it did
    not see itself; and whether it failed with several jobs in it: the next goes alone."""

    begun: int = 0
    sent: Job | None = None
    woke: bool = False
    shared_fault: bool = False


class Worker:
    def __init__(
        self,
        store: Store,
        deliveries: Deliveries,
        also_swept: Sequence[Sweep] = (),
        nothing_to_do: Callable[[], None] | None = None,
        looks: Mapping[str, tuple[Callable[[], None], float]] | None = None,
    ) -> None:
        """`looks` are done again and again, each after so many seconds, in a thread of that name. `nothing_to_do` is called in each thread that has done all there was for it, and in the one that stops the worker."""
        self._store, self._deliveries, self._also_swept = store, deliveries, also_swept
        self._nothing_to_do = nothing_to_do or (lambda: None)
        self._looks = dict(looks or {})
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._head: tuple[int, str] | None = None
        self._clocks: tuple[int, int] | None = None
        self._untold: list[Trouble] = []  # of the ledger
        self._telling = threading.Lock()

    def start(self) -> None:
        """When it returns, a restore before now is answered."""
        self._safely(self.look_back)
        for waited, count in THREADS.items():
            kinds = [kind for kind in self._deliveries if waits_for(kind) == waited]
            for n in range(count if kinds else 0):
                self._run(f"{waited or 'work'}-{n}", self._work_through, kinds)
        self._run("checkpoints", self._again, self.checkpoint, CHECKPOINT_EVERY)
        self._run("ledger-watch", self._again, self.watch_the_ledger, CHECKPOINT_EVERY)
        self._run("clock", self._again, self.watch_the_clock, CLOCK_EVERY)
        self._run("sweep", self._again, self.sweep, SWEEP_EVERY)
        for name, (look, every) in self._looks.items():
            self._run(name, self._again, look, every)

    def stop(self) -> None:
        """Finishes what is under way. The clean stop's own checkpoint is the store's."""
        self._stopping.set()
        self._store.wakeup.notify()
        for thread in self._threads:
            thread.join(timeout=15)
        self._nothing_to_do()

    def do_one(self, kinds: list[str] | None = None) -> bool:
        """One job, if one is due: done, or put back with the reason. Whether there was one."""
        return self._do(kinds or list(self._deliveries), lambda done: done < 1) > 0

    def do_all(self, kinds: list[str] | None = None) -> int:
        """All that is due, one after the other; how many jobs that was."""
        return self._do(kinds or list(self._deliveries), lambda _done: not self._stopping.is_set())

    def _do(self, kinds: list[str], more: Callable[[int], bool]) -> int:
        """The end of one job and the beginning of the next are one transaction. Where that fails, each is tried in one of its own, so
        that nothing is undone or blamed for what another did."""
        count, at = 0, _Step()
        going = self._store.is_work_due(kinds)
        while going:
            room = 0 if not more(count) else 1 if at.shared_fault or not more(count + 1) else TOGETHER
            with spans.span("job"):
                at = self._step(kinds, at.sent, room)
            count += at.begun
            going = at.sent is not None or ((at.begun > 0 or at.woke or at.shared_fault) and more(count))
        if more(count):
            self._nothing_to_do()
        return count

    def _step(self, kinds: list[str], sent: Job | None, room: int) -> _Step:
        """One transaction: the end of what was `sent`, and the beginning of as many as there is `room` for, until one has to ask another
        company, which it then does."""
        job, rest, begun, leased, ended = None, None, 0, False, list[Job]()
        try:
            with self._store.transaction("worker") as tx:
                if sent is not None:
                    job_queue.done(tx, sent)
                    ended.append(sent)
                while rest is None and begun < room and (job := job_queue.lease(tx, kinds)) is not None:
                    begun, tx.channel = begun + 1, "worker"
                    tx.forget_standings()  # a right that was withdrawn is gone at the next job
                    spans.say(kind=job.kind)
                    rest = _begun(self._deliveries[job.kind], tx, job)
                    if rest is None:
                        job_queue.done(tx, job)
                        ended.append(job)
            leased = True
            _counted(ended)
            if rest is not None:
                _finish(rest)
        except Exception as fault:
            if not leased and (sent is not None or begun > 1):
                if sent is not None:
                    self._end(sent)
                return _Step(shared_fault=True)
            if job is None:
                raise
            spans.say(failed=type(fault).__name__)
            self._failed(job, fault, leased=leased)
            return _Step(begun)
        return _Step(begun, job if rest is not None else None, tx.wakes_worker)

    def checkpoint(self) -> None:
        """A new checkpoint's digest goes to the log: what has left the machine there cannot be cut off unseen."""
        try:
            self.look_back()
            head = restore.remember(self._store)
            if head is not None and head != self._head:
                self._head = head
                log.info("ledger_checkpoint", checkpoint=head[0], digest=head[1])
        finally:
            self.watch_the_ledger()

    def look_back(self) -> None:
        """A database that is behind what this machine has seen of it was restored, or a failover has lost its end: what had been
        proved in it has ended, and whoever was suspended is so again."""
        done = restore.answer(self._store, "worker", permit_worker, if_behind=True)
        if done is None or done.seen is None:
            return
        fields = {what.replace(" ", "_").replace("-", "_"): n for what, n in done.ended.items()}
        log.critical("database_restored", checkpoint=done.seen.checkpoint, **fields)
        restore.remember(self._store)

    def watch_the_clock(self) -> None:
        """Against one that nobody can set."""
        now, before = (self._store.clock(), _steady()), self._clocks
        jump = 0 if before is None else now[0] - before[0] - (now[1] - before[1])
        if abs(jump) > JUMP:
            log.critical("clock_jumped", seconds=jump // 1000)
            with self._store.transaction("worker") as tx:
                alerts.alert(tx, "clock", str(tx.now // 600_000))
                if jump < 0:
                    job_queue.clock_set_back(tx, -jump)
        self._clocks = now  # not before that is kept: a jump that could not be told is seen again

    def watch_the_ledger(self) -> None:
        """In the log first, which may leave the machine; then supervisors are told, as soon as the database takes it. Asks no database
        what is wrong, for one that keeps checkpoints from being made may not answer."""
        with self._telling:
            for trouble in self._store.ledger_troubles():
                log.critical("ledger_alarm", code=trouble.code, checkpoint=trouble.n, why=trouble.words)
                self._untold.append(trouble)
            while self._untold:
                with self._store.transaction("worker") as tx:
                    alerts.alert(
                        tx, "ledger", f"{self._untold[0].code}:{self._untold[0].n}", detail=self._untold[0].code
                    )
                self._untold.pop(0)

    def sweep(self) -> None:
        for what in (*SWEEPS, *self._also_swept):
            while self._swept(what) and not self._stopping.is_set():
                pass

    def _swept(self, what: Sweep) -> bool:
        """Whether there is more, for which somebody else may write first."""
        with self._store.transaction("worker") as tx:
            return bool(what(tx))

    def _end(self, job: Job) -> None:
        """By itself."""

        def end() -> None:
            with self._store.transaction("worker") as tx:
                job_queue.done(tx, job)

        try:
            retried(end)
        except Exception as fault:
            job.then.clear()  # or it would keep the job from being put back as well
            self._failed(job, fault, leased=True)
        else:
            _counted([job])

    def _failed(self, job: Job, fault: Exception, *, leased: bool) -> None:
        """Puts it back with the reason, or gives it up. Where it was not `leased` the transaction that did so was rolled back."""
        why, seconds = str(fault), fault.seconds if isinstance(fault, RetryLaterError) else None
        if not isinstance(fault, RetryLaterError | PermanentError):
            # A mistake of ours. Its words may quote an address or a number, and stay out of the log.
            why, made = type(fault).__name__, faults.of(fault, "worker")
            log.warning(
                "job_failed",
                job=job.id,
                kind=job.kind,
                attempts=job.attempts,
                why=why,
                fault=made.number,
                code=made.code,
                at=list(made.frames),
            )
        with self._store.transaction("worker") as tx:
            if not leased and not job_queue.lease_again(tx, job):
                return
            job_queue.write_down(tx, job)
            over = isinstance(fault, PermanentError)
            if over:
                failed_jobs.give_up(tx, job, why)
            else:
                after = None if seconds is None else int(seconds * 1000)
                over = failed_jobs.put_back(tx, job, why, retry_after=after)
        metrics.JOBS.labels(company(job.kind), "given_up" if over else "put_back").inc()
        if over:
            log.warning("job_given_up", job=job.id, kind=job.kind, why=why)

    def _run(self, name: str, do: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=do, args=given, name=f"worker-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work_through(self, kinds: list[str]) -> None:
        heard = 0
        while not self._stopping.is_set():
            heard = self._store.wakeup.wait(heard, LOOK_EVERY)
            self._safely(lambda: self.do_all(kinds))
        self._nothing_to_do()

    def _again(self, do: Callable[[], object], every: float) -> None:
        while not self._stopping.wait(every):
            self._safely(do)

    def _safely(self, do: Callable[[], object]) -> None:
        try:
            do()
        except ConnectionLostError:
            log.warning("database_unavailable", thread=threading.current_thread().name)
            self._stopping.wait(LOOK_EVERY)  # or one wakeup after the other would have us ask without end
        except Exception as fault:
            faults.note(fault, "worker", thread=threading.current_thread().name)
            self._stopping.wait(LOOK_EVERY)


def _counted(ended: Sequence[Job]) -> None:
    for job in ended:
        metrics.JOBS.labels(company(job.kind), "done").inc()


def _begun(deliver: Delivery, tx: Transaction, job: Job) -> Iterator[None] | None:
    """What is left of it to do when the transaction has ended; None: nothing."""
    steps = deliver(tx, job)
    return steps if steps is not None and next(steps, _OVER) is not _OVER else None


def _finish(rest: Iterator[None]) -> None:
    if next(rest, _OVER) is not _OVER:
        raise RuntimeError("a delivery yields once")


def _steady() -> int:
    """Milliseconds that go by while the machine sleeps as well, from some moment on."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1_000_000
