"""What one of the staff did to many tickets at once, and what came of each: for them alone, for a day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select, update

from authz import Grant
from store import tables
from store.db import sweeping
from store.db.transaction import Transaction
from store.tickets import queue_lists
from store.tickets.queue_lists import Queued

MOST: Final = queue_lists.A_PAGE  # tickets at once
KEPT: Final = 24 * 3_600_000  # ms
_b = tables.bulk_actions


@dataclass(frozen=True, slots=True)
class BulkAction:
    """`did` and `came` are words of desk/bulk.py; `came` by ticket. `about`: which tag; `words`: an answer as they wrote it,
    which names no customer: its fields are not filled."""

    id: int
    did: str
    about: str
    words: str
    came: Mapping[int, str]
    tickets: tuple[Queued, ...]


def begin(tx: Transaction, grant: Grant, did: str, about: str = "", words: str = "") -> int:
    queue_lists.reads_queue(tx, grant)
    row = {"staff_id": grant.subject.staff, "did": did, "about": about, "words": words, "came": "{}", "at": tx.now}
    id: int = tx.connection.execute(insert(_b).values(row).returning(_b.c.id)).scalar_one()
    tx.told(grant, f"tickets.{did}:{id}")
    return id


def came(tx: Transaction, grant: Grant, id: int, came: Mapping[int, str]) -> None:
    queue_lists.reads_queue(tx, grant)
    own = update(_b).where(_b.c.id == id, _b.c.staff_id == grant.subject.staff)
    tx.connection.execute(own.values(came=json.dumps(came)))


def one(tx: Transaction, grant: Grant, id: int) -> BulkAction | None:
    """With its tickets as the queue shows them now. None: they did no such thing."""
    queue_lists.reads_queue(tx, grant)
    row = tx.connection.execute(select(_b).where(_b.c.id == id, _b.c.staff_id == grant.subject.staff)).first()
    if row is None:
        return None
    found = {int(number): word for number, word in json.loads(row.came).items()}
    return BulkAction(row.id, row.did, row.about, row.words, found, queue_lists.numbered(tx, grant, sorted(found)))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, _b, _b.c.at <= tx.now - KEPT)
