"""The worker: does background jobs, writes the ledger's checkpoints, sweeps what is over. A few threads beside the web process.

Any number of workers may run on one database: each job is leased, and a checkpoint that another process wrote
is as good as one's own. Whoever waits for another company has threads of their own, so that a slow one keeps nobody else
waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import structlog

from desk import faults
from desk.actors import permit_worker
from deskgate import metrics
from deskgate.job_handlers import Deliveries
from deskgate.job_threads import THREADS, company, waits_for
from store import ConnectionLostError, Store, Transaction, retried
from store.accounts import change_feed, recipients
from store.api_keys import api_keys, kept_answers
from store.assistants import assistant_sessions
from store.calls import call_state, callbacks, support_calls
from store.codes import one_time_codes
from store.contacts import contact_requests, drafted_requests
from store.db import spans
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from store.mail_in import pending_mails
from store.messages import edits, opening_exceptions
from store.notices import notice_delivery
from store.operator import failed_jobs, restore
from store.security import alerts, budgets
from store.sign_in import sent_forms, sessions, vouches
from store.slack import installations, quotes
from store.staff import account_access, drill_runs, dual_control, wall_displays
from store.tickets import bulk_actions, held_answers, login_details, ticket_presence
from store.verification import (
    attempt_limits,
    call_approvals,
    slack_members,
    sms_codes,
    step_ups,
    totp,
    verification_requests,
)
from store.webhooks import webhook_messages

CHECKPOINT_EVERY = 10.0  # seconds: how much of a cut-off tail could go unnoticed
SWEEP_EVERY = 60.0
CLOCK_EVERY = 10.0
JUMP = 60_000  # ms by which the clock may go otherwise than time does
LOOK_EVERY = 0.5  # seconds between looks when nothing woke us: for what is due later, or was left by another process
_OVER: Final = object()
log = structlog.get_logger("worker")
Sweep = Callable[[Transaction], bool | None]
SWEEPS: Final[tuple[Sweep, ...]] = (
    call_state.sweep,
    support_calls.sweep,
    attempt_limits.sweep,
    budgets.sweep,
    job_queue.sweep,
    one_time_codes.sweep,
    totp.sweep,
    slack_members.sweep,
    installations.sweep,
    edits.sweep,
    quotes.sweep,
    sessions.sweep,
    wall_displays.sweep,
    assistant_sessions.sweep,
    sent_forms.sweep,
    api_keys.sweep,
    kept_answers.sweep,
    account_access.sweep,
    step_ups.sweep,
    sms_codes.sweep,
    alerts.sweep,
    call_approvals.sweep,
    verification_requests.sweep,
    callbacks.sweep,
    dual_control.sweep,
    drill_runs.sweep,
    vouches.sweep,
    recipients.sweep,
    login_details.sweep,
    held_answers.sweep,
    opening_exceptions.sweep,
    bulk_actions.sweep,
    ticket_presence.sweep,
    notice_delivery.sweep,
    contact_requests.sweep,
    drafted_requests.sweep,
    pending_mails.sweep,
    webhook_messages.sweep,
    change_feed.sweep,
)
"""What the rooms of store delete because its time is over, once a minute, each in a transaction of its own; in several, where it says that there is more."""


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
        with spans.span("job"):
            found = self._do_one(kinds or list(self._deliveries))
        if not found:
            self._nothing_to_do()
        return found

    def _do_one(self, kinds: list[str]) -> bool:
        if not self._store.is_work_due(kinds):
            return False
        job, rest, leased = None, None, False
        try:
            with self._store.transaction("worker") as tx:
                job = job_queue.lease(tx, kinds)
                if job is None:
                    return False
                spans.say(kind=job.kind)
                rest = _begun(self._deliveries[job.kind], tx, job)
                if rest is None:
                    job_queue.done(tx, job)
            leased = True
            if rest is not None:
                _finish(rest)
                self._end(job)
            metrics.JOBS.labels(company(job.kind), "done").inc()
        except Exception as fault:
            if job is None:
                raise
            spans.say(failed=type(fault).__name__)
            self._failed(job, fault, leased=leased)
        return True

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
        self._clocks = now
        jump = 0 if before is None else now[0] - before[0] - (now[1] - before[1])
        if abs(jump) <= JUMP:
            return
        log.critical("clock_jumped", seconds=jump // 1000)
        with self._store.transaction("worker") as tx:
            alerts.alert(tx, "clock", str(tx.now // 600_000))
            if jump < 0:
                job_queue.clock_set_back(tx, -jump)

    def watch_the_ledger(self) -> None:
        """In the log first, which may leave the machine; then supervisors are told. Asks no database what is
        wrong, for one that keeps checkpoints from being made may not answer."""
        for trouble in self._store.ledger_troubles():
            log.critical("ledger_alarm", code=trouble.code, checkpoint=trouble.n, why=trouble.words)
            with self._store.transaction("worker") as tx:
                alerts.alert(tx, "ledger", f"{trouble.code}:{trouble.n}", detail=trouble.code)

    def sweep(self) -> None:
        for what in (*SWEEPS, *self._also_swept):
            while self._swept(what) and not self._stopping.is_set():
                pass

    def _swept(self, what: Sweep) -> bool:
        """Whether there is more, for which somebody else may write first."""
        with self._store.transaction("worker") as tx:
            return bool(what(tx))

    def _end(self, job: Job) -> None:
        def end() -> None:
            with self._store.transaction("worker") as tx:
                job_queue.done(tx, job)

        try:
            retried(end)
        except Exception:
            job.then.clear()  # or it would keep the job from being put back as well
            raise

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
            self._safely(lambda: self._all_that_is_due(kinds))
        self._nothing_to_do()

    def _all_that_is_due(self, kinds: list[str]) -> None:
        while not self._stopping.is_set() and self.do_one(kinds):
            pass

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
