"""What is told to the endpoints: one message for each event and endpoint, in the order of what it is about, with what became of it.

`waiting`: to be sent; `sent`: the endpoint has it; `failed`: given up after days of trying; `withheld`: there was nothing that may be told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, select, update

from authz import Grant
from store import tables
from store.db import sweeping
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.webhooks import webhook_endpoints
from store.webhooks.webhook_endpoints import EVENTS

WORK: Final = "webhook"
WAITING, SENT, FAILED, WITHHELD = "waiting", "sent", "failed", "withheld"
STATES: Final = (WAITING, SENT, FAILED, WITHHELD)
KEPT: Final = 30 * 24 * 3_600_000  # ms; until then one can be sent again
MOST_AGAIN: Final = 10_000
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is what the endpoint knows it by: the same at every try. Times in ms."""

    id: str
    endpoint: int
    event: str
    number: int
    happened_at: int
    state: str
    status: int | None
    sent_at: int | None


@dataclass(frozen=True, slots=True, repr=False)
class ToSend:
    message: Message
    url: str
    secrets: list[bytes]


def tell(tx: Transaction, event: str, about: int, happened_at: int, *, cause: int) -> None:
    """An event: a message to each endpoint that is told of it. What it says is read under a grant, when it is sent. `cause`: the job it comes
    with; of that one and endpoint there is one message, whichever of the job's tries is kept."""
    if event not in EVENTS:
        raise ValueError(f"no such event: {event}")
    for endpoint in webhook_endpoints.told_of(tx, event):
        id = f"msg_{hashlib.sha256(f'{cause} {happened_at} {event} {endpoint}'.encode()).hexdigest()[:24]}"
        if tx.connection.execute(_ONE, {"id": id}).first() is not None:
            continue
        row = {"id": id, "endpoint": endpoint, "event": event, "number": about, "happened_at": happened_at}
        tx.write(tables.webhook_messages, {**row, "state": WAITING, "status": None, "sent_at": None})
        _queue(tx, id, endpoint, event, about)


def to_send(tx: Transaction, grant: Grant, id: str) -> ToSend | None:
    """None: it was sent, or its endpoint was removed."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_ONE, {"id": id}).first()
    if row is None or row.state != WAITING:
        return None
    there = tx.connection.execute(webhook_endpoints.ONE, {"id": row.endpoint}).one()
    return ToSend(_message(row), there.url, webhook_endpoints.secrets_of(tx, there))


def became(tx: Transaction, id: str, state: str, status: int | None = None) -> None:
    """Of one that waits. `status`: what its endpoint answered; None: what it answered last stays."""
    m = tables.webhook_messages
    now: dict[str, Any] = {
        "state": state,
        **({"status": status} if status is not None else {}),
        **({"sent_at": tx.now} if state == SENT else {}),
    }
    tx.connection.execute(update(m).where(m.c.id == id, m.c.state == WAITING).values(**now))


def listed(tx: Transaction, grant: Grant, *, endpoint: int | None, state: str, limit: int) -> list[Message]:
    """The newest first."""
    tx.require(grant, "desk.operate")
    m = tables.webhook_messages.c
    query = select(tables.webhook_messages).order_by(m.happened_at.desc(), m.id).limit(limit)
    if endpoint is not None:
        query = query.where(m.endpoint == endpoint)
    if state:
        query = query.where(m.state == state)
    return [_message(row) for row in tx.connection.execute(query).all()]


def replay(
    tx: Transaction, grant: Grant, *, id: str = "", endpoint: int | None = None, since: int | None = None
) -> int | None:
    """Sends again: one message, or all of an endpoint since a time in ms, the oldest first, at most MOST_AGAIN. How many; what waits already is left.
    None: no such message or endpoint."""
    tx.require(grant, "desk.operate")
    m, w = tables.webhook_messages.c, tables.webhook_endpoints.c
    if id:
        if tx.connection.execute(_ONE, {"id": id}).first() is None:
            return None
        query = _AGAIN.where(m.id == id)
    else:
        if tx.connection.execute(select(w.id).where(w.id == endpoint)).first() is None:
            return None
        query = _AGAIN.where(m.endpoint == endpoint, m.happened_at >= (since or 0))
    return _again(tx, query)


def _again(tx: Transaction, query: Select[Any]) -> int:
    m = tables.webhook_messages
    rows = tx.connection.execute(query.order_by(m.c.happened_at, m.c.id).limit(MOST_AGAIN)).all()
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row.id for row in rows[start : start + _AT_ONCE]]
        tx.connection.execute(update(m).where(m.c.id.in_(ids)).values(state=WAITING, status=None, sent_at=None))
    for row in rows:
        _queue(tx, row.id, row.endpoint, row.event, row.number)
    return len(rows)


def _queue(tx: Transaction, id: str, endpoint: int, event: str, about: int) -> None:
    of = f"{WORK}:{endpoint}:{event.partition('.')[0]}:{about}"
    job_queue.enqueue(tx, WORK, id, {"webhook": id}, ordering_key=of)


def sweep(tx: Transaction) -> bool:
    m = tables.webhook_messages
    return sweeping.some(tx, m, m.c.happened_at < tx.now - KEPT)


def _message(row: Any) -> Message:
    return Message(row.id, row.endpoint, row.event, row.number, row.happened_at, row.state, row.status, row.sent_at)


_m = tables.webhook_messages
_ONE: Final = select(_m).where(_m.c.id == bindparam("id"))
_AGAIN: Final = select(_m).where(_m.c.state != WAITING)
