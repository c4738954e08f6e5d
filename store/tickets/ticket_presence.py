"""Who of the desk has a ticket open, and who is writing on it: so that two do not answer at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from authz import Grant
from store import tables
from store.db import sweeping
from store.db.transaction import Transaction, upsert
from store.messages import ticket_access

EVERY: Final = 10_000  # ms between two times that it is written down; a page looks once in 20 seconds at least
THERE: Final = 45_000  # ms after which whoever has not looked again is not there any more
WRITES: Final = 15_000  # ms after which whoever has typed nothing is not writing any more
_p = tables.ticket_presence


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague, by name."""

    name: str
    writes: bool


def looks(tx: Transaction, grant: Grant, number: int) -> list[Present]:
    """Whoever asks has the ticket open; and which colleagues have."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    staff = grant.subject.staff
    row = {"ticket": number, "staff_id": staff, "seen_at": tx.now, "writing_at": 0}
    again = upsert(tx, _p).values(row)
    again = again.on_conflict_do_update(
        index_elements=["ticket", "staff_id"], set_={"seen_at": tx.now}, where=_p.c.seen_at <= tx.now - EVERY
    )
    tx.connection.execute(again)
    s = tables.staff.c
    others = select(s.name, _p.c.writing_at).join(tables.staff, s.id == _p.c.staff_id)
    others = others.where(_p.c.ticket == number, _p.c.staff_id != staff, _p.c.seen_at > tx.now - THERE)
    found = [
        Present(row.name, row.writing_at > tx.now - WRITES) for row in tx.connection.execute(others.order_by(s.name))
    ]
    tx.told(grant, *(("staff.name",) if found else ()))
    return found


def writes(tx: Transaction, staff: int, number: int) -> None:
    """They type something; nothing where they have not opened that ticket."""
    theirs = update(_p).where(_p.c.ticket == number, _p.c.staff_id == staff, _p.c.writing_at <= tx.now - WRITES // 3)
    tx.connection.execute(theirs.values(writing_at=tx.now, seen_at=tx.now))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, _p, _p.c.seen_at < tx.now - THERE)
