"""The addresses outside that events are sent to, with the secrets they are signed with: added, rotated, removed by the operator."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from authz import Grant
from store import tables
from store.db.transaction import Transaction

EVENTS: Final = (
    *("ticket.opened", "ticket.replied", "ticket.answered", "ticket.closed", "ticket.reopened"),
    *("call.ended", "contact.changed", "alert.raised", "verification.ended"),
)
EVERYTHING: Final = "*"
MOST: Final = 20  # endpoints: each event is a job for each
LONGEST_URL: Final = 500
OLD_SECRET_FOR: Final = (
    24 * 3_600_000
)  # ms; as the Standard Webhooks specification advises for a rotation without a gap
PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_USE: Final = "webhooks"


class TooManyError(ValueError):
    """There are as many endpoints as there may be."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`events`: their names, all of EVENTS where it is told of everything. `waiting` and `failed` are messages that are still to go, and that were given up. Times in ms."""

    id: int
    url: str
    events: tuple[str, ...]
    made_at: int
    old_until: int | None
    waiting: int = 0
    failed: int = 0


def add(tx: Transaction, grant: Grant, url: str, events: Collection[str]) -> tuple[int, str]:
    """Its id, and the secret, which is shown this once. Raises `TooManyError`."""
    tx.require(grant, "desk.operate")
    w = tables.webhook_endpoints
    if tx.connection.execute(select(func.count()).select_from(w)).scalar_one() >= MOST:
        raise TooManyError(f"there are {MOST} endpoints already: remove one first")
    named = EVERYTHING if EVERYTHING in events else " ".join(one for one in EVENTS if one in events)
    made = insert(w).values(url=url, events=named, secret=b"", made_at=tx.now).returning(w.c.id)
    id: int = tx.connection.execute(made).scalar_one()
    secret = _new_secret(tx, id)
    tx.told(grant, f"webhook:{id}", "webhook.added")
    return id, secret


def rotate(tx: Transaction, grant: Grant, id: int) -> str | None:
    """A new secret; the one before signs as well for a day. None: no such endpoint."""
    tx.require(grant, "desk.operate")
    w = tables.webhook_endpoints
    before = tx.connection.execute(select(w.c.secret).where(w.c.id == id).with_for_update()).scalar()
    if before is None:
        return None
    tx.connection.execute(update(w).where(w.c.id == id).values(old_secret=before, old_until=tx.now + OLD_SECRET_FOR))
    tx.told(grant, f"webhook:{id}", "webhook.rotated")
    return _new_secret(tx, id)


def remove(tx: Transaction, grant: Grant, id: int) -> bool:
    """With all that it was told; what still waited is not sent. False: no such endpoint."""
    tx.require(grant, "desk.operate")
    w = tables.webhook_endpoints
    gone = tx.connection.execute(delete(w).where(w.c.id == id).returning(w.c.id)).first() is not None
    if gone:
        tx.told(grant, f"webhook:{id}", "webhook.removed")
    return gone


def every(tx: Transaction, grant: Grant) -> list[Endpoint]:
    tx.require(grant, "desk.operate")
    m = tables.webhook_messages.c
    counted = select(m.endpoint, m.state, func.count().label("n")).where(m.state.in_(("waiting", "failed")))
    counts = {(row.endpoint, row.state): row.n for row in tx.connection.execute(counted.group_by(m.endpoint, m.state))}
    return [
        Endpoint(
            row.id,
            row.url,
            EVENTS if row.events == EVERYTHING else tuple(row.events.split()),
            row.made_at,
            row.old_until if (row.old_until or 0) > tx.now else None,
            counts.get((row.id, "waiting"), 0),
            counts.get((row.id, "failed"), 0),
        )
        for row in tx.connection.execute(_ALL).all()
    ]


def told_of(tx: Transaction, event: str) -> list[int]:
    """The endpoints (ids) that are told of an event."""
    rows = tx.connection.execute(_ALL).all()
    return [row.id for row in rows if row.events == EVERYTHING or event in row.events.split()]


def secrets_of(tx: Transaction, row: Any) -> list[bytes]:
    """What a message to it is signed with, the newest first; `row` of the table. Empty: the key they were sealed with is gone."""
    kept = [row.secret, *((row.old_secret,) if row.old_secret is not None and row.old_until > tx.now else ())]
    return [plain for sealed in kept if (plain := tx.keys.open(_USE, sealed, _bound(row.id))) is not None]


def _new_secret(tx: Transaction, id: int) -> str:
    made = secrets.token_bytes(_SECRET_BYTES)
    w = tables.webhook_endpoints
    tx.connection.execute(update(w).where(w.c.id == id).values(secret=tx.keys.seal(_USE, made, _bound(id))))
    return PREFIX + base64.b64encode(made).decode()


def _bound(id: int) -> str:
    return f"webhook {id}"


_w = tables.webhook_endpoints
_ALL = select(_w).order_by(_w.c.id)
ONE: Final = select(_w).where(_w.c.id == bindparam("id"))
