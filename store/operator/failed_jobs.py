"""What becomes of a job that fails: put back, or given up with its reason; and what the operator does with jobs.

A job is a row of `jobs`. One that is given up is kept for a month with all it needs, so that it can be tried again, and the
desk is told once of each reason a day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, func, select, update

from authz import Grant
from store import tables
from store.calls import callbacks
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.messages import attachments, recordings
from store.notices import notice_delivery
from store.security import alerts
from store.tickets import answer_delivery, login_details
from store.webhooks import webhook_messages

HOUR: Final = 3_600_000  # ms
PATIENCE: Final = 5 * 24 * HOUR  # ms for which a job is tried: as long as mail servers try
LESS_PATIENCE: Final = {"proof_code": HOUR, "pin_page": 24 * HOUR}  # later they only puzzle whoever asked for them
STATES: Final = ("waiting", "failing", "given-up")
# Words of ours in a payload; all else there may be somebody's.
SHOWN: Final = frozenset({"notice", "form", "told", "purpose", "webhook"})
NOT_TOLD: Final = ("alert", "slack.alert")  # what tells the desk of things cannot tell it of itself


@dataclass(frozen=True, slots=True)
class ListedJob:
    """`about`: what it is about, ids and words of ours alone. `error` is why it failed last. Times in ms."""

    id: int
    kind: str
    state: str
    attempts: int
    created_at: int
    next_at: int | None
    given_up_at: int | None
    error: str | None
    ordered: bool
    about: dict[str, int | str]
    not_shown: int


class NoSuchJobError(ValueError):
    """There is none, or it is done with."""


class TooOldError(ValueError):
    """It would send a code or a link that somebody asked for too long ago; the message says what to do instead."""


def put_back(tx: Transaction, job: Job, why: str, *, retry_after: int | None = None) -> bool:
    """It failed: later again, or given up when it was tried for long enough. Whether it was given up."""
    since = job.retried_at or job.created_at
    if tx.now - since >= LESS_PATIENCE.get(job.kind, PATIENCE):
        give_up(tx, job, why)
        return True
    job_queue.failed(tx, job, why, retry_after=retry_after)
    return False


def give_up(tx: Transaction, job: Job, why: str) -> None:
    """It can never be done, or was tried for long enough. Whatever waits behind it with its ordering key goes on."""
    if not job_queue.give_up(tx, job, why):
        return
    _came_to_nothing(tx, job.kind, job.payload, why)
    if job.kind not in NOT_TOLD:
        same = tx.keys.digest("given-up", job.kind, why, str(tx.now // (24 * HOUR)))[:24]
        alerts.alert(tx, "job_given_up", same, detail=f"{job.kind}, job {job.id}: {why}"[:300])


def listed(
    tx: Transaction, grant: Grant, *, state: str = "", kind: str = "", many: int = 50
) -> tuple[list[ListedJob], int]:
    """The oldest first, `many` at most, and how many there are. Done ones are not shown."""
    tx.require(grant, "desk.operate")
    w = tables.jobs.c
    wanted = _IS[state] if state else w.done_at.is_(None) | w.given_up
    wanted = wanted & (w.kind == kind) if kind else wanted
    rows = tx.connection.execute(select(tables.jobs).where(wanted).order_by(w.id).limit(many)).all()
    tx.told(grant, "jobs")
    return [_job(row) for row in rows], tx.connection.execute(select(func.count()).where(wanted)).scalar_one()


def show(tx: Transaction, grant: Grant, id: int) -> ListedJob:
    """One that waits, fails or was given up. Raises `NoSuchJobError`."""
    tx.require(grant, "desk.operate")
    row = _find(tx, id)
    tx.told(grant, f"job:{id}")
    return _job(row)


def given_up(tx: Transaction, grant: Grant, kind: str = "") -> list[int]:
    """The ids of all that were given up, or of one kind."""
    tx.require(grant, "desk.operate")
    w = tables.jobs.c
    wanted = w.given_up & (w.kind == kind) if kind else w.given_up
    return list(tx.connection.execute(select(w.id).where(wanted).order_by(w.id)).scalars())


def failing(tx: Transaction, grant: Grant, kind: str = "") -> list[int]:
    """The ids of all that have failed and are tried again, or of one kind."""
    tx.require(grant, "desk.operate")
    wanted = _IS["failing"] & (tables.jobs.c.kind == kind) if kind else _IS["failing"]
    return list(tx.connection.execute(select(tables.jobs.c.id).where(wanted).order_by(tables.jobs.c.id)).scalars())


def retry(tx: Transaction, grant: Grant, id: int) -> ListedJob:
    """It is due now, and is tried for as long as a new one. Raises `NoSuchJobError` and `TooOldError`."""
    tx.require(grant, "desk.operate")
    row = _find(tx, id)
    proves = row.kind in (*job_queue.PROVING, *job_queue.PROVING_STAFF)
    if proves and tx.now - row.created_at >= (patience := LESS_PATIENCE.get(row.kind, HOUR)):
        late = f"what it sends was asked for more than {patience // HOUR} h ago"
        raise TooOldError(f"job {id} ({row.kind}) is not tried again: {late}; drop it, and ask for a new one if needed")
    anew = {"run_at": tx.now, "retried_at": tx.now, "done_at": None, "given_up": False}
    tx.connection.execute(update(tables.jobs).where(tables.jobs.c.id == id).values(**anew))
    tx.wakes_worker = True
    _recorded(tx, grant, row, "job.retry")
    return _job(row)


def drop(tx: Transaction, grant: Grant, id: int) -> ListedJob:
    """It is never done; its key goes on refusing a repeat. Raises `NoSuchJobError`."""
    tx.require(grant, "desk.operate")
    row = _find(tx, id)
    gone = {"done_at": tx.now, "given_up": False, "payload": "{}", "error": "dropped by the operator"}
    tx.connection.execute(update(tables.jobs).where(tables.jobs.c.id == id).values(**gone))
    _came_to_nothing(tx, row.kind, json.loads(row.payload), "dropped by the operator")
    tx.wakes_worker = True  # what waited behind it may go on
    _recorded(tx, grant, row, "job.drop")
    return _job(row)


def _came_to_nothing(tx: Transaction, kind: str, payload: Mapping[str, Any], why: str) -> None:
    """Whoever waited for it sees that: an answer reached nobody, a recording or a file cannot be had, nobody was called."""
    match kind:
        case "slack.message":
            answer_delivery.given_up(tx, payload, why)
        case "slack.fetch_file":
            attachments.never(tx, int(payload["message"]), str(payload["file"]), why)
        case "login_details":
            login_details.not_sent(tx, int(payload["deposit"]))
        case "callback":
            callbacks.given_up(tx, int(payload["callback"]))
        case notice_delivery.WORK:
            notice_delivery.given_up(tx, payload, why)
        case webhook_messages.WORK:
            webhook_messages.became(tx, str(payload["webhook"]), webhook_messages.FAILED)
        case "fetch_recording":
            recordings.never(tx, str(payload["sid"]), recordings.GONE)


def _find(tx: Transaction, id: int) -> Any:
    w = tables.jobs.c
    wanted = and_(w.id == id, w.done_at.is_(None) | w.given_up)
    row = tx.connection.execute(select(tables.jobs).where(wanted).with_for_update()).first()
    if row is None:
        raise NoSuchJobError(f"there is no job {id} that waits or was given up: see `deskgate jobs`")
    return row


def _recorded(tx: Transaction, grant: Grant, row: Any, what: str) -> None:
    tx.record(grant.subject, None, what, "done", fields=(f"job:{row.id}", f"kind:{row.kind}"))


def _job(row: Any) -> ListedJob:
    payload: Mapping[str, Any] = json.loads(row.payload)
    shown = {name: value for name, value in payload.items() if type(value) is int or name in SHOWN}
    state = "given-up" if row.given_up else "failing" if row.error else "waiting"
    next_at, given_up_at = (None, row.done_at) if row.given_up else (row.run_at, None)
    return ListedJob(
        row.id,
        row.kind,
        state,
        row.attempts,
        row.created_at,
        next_at,
        given_up_at,
        row.error,
        row.ordering_key is not None,
        shown,
        len(payload) - len(shown),
    )


_w = tables.jobs.c
_IS: Final = {
    "waiting": _w.done_at.is_(None) & _w.error.is_(None),
    "failing": _w.done_at.is_(None) & _w.error.is_not(None),
    "given-up": _w.given_up,
}
