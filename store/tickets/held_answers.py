"""Answers written on the page, held for ten seconds in which their author may take them back; then the worker sends them.

What could not be sent stays, with the reason, until its author has sent it after all or let it go, for a day at the most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select, update

from authz import Grant, Subject
from store import tables
from store.db import sweeping
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.messages import ticket_access
from store.security import alerts
from store.tickets import queue_lists

WORK: Final = "held_answer"
FOR: Final = 10_000  # ms
KEPT: Final = 24 * 3_600_000  # ms
# Why one was not sent: a colleague was quicker, or its author or the ticket is no longer what they were.
MEANWHILE, NO_RIGHT = "meanwhile", "no_right"
WHY_NOT: Final = (MEANWHILE, NO_RIGHT)


@dataclass(frozen=True, slots=True)
class Held:
    """`name` is its author's, `mine`: the reader's own. `not_sent` is a word of WHY_NOT, or empty while it waits for `send_at` (ms)."""

    id: int
    name: str
    mine: bool
    words: str
    send_at: int
    not_sent: str


@dataclass(frozen=True, slots=True)
class Due:
    """What its author asked for: `status` is what the ticket has afterwards, `seen` the last message they had read."""

    ticket: int
    author: Subject
    words: str
    status: str
    seen: int


def hold(
    tx: Transaction, grant: Grant, number: int, words: str, *, status: str, seen: int, bulk: int | None = None
) -> None:
    """It is sent when its time has come; `bulk`: one of many, by what they belong to. What of theirs could not be sent on this ticket before is gone: they have read why."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    staff, h = grant.subject.staff, tables.held_answers
    tx.connection.execute(delete(h).where(h.c.ticket == number, h.c.staff_id == staff, h.c.not_sent != ""))
    row = {"ticket": number, "staff_id": staff, "words": words, "status": status, "seen": seen, "send_at": tx.now + FOR}
    row["bulk"] = bulk
    id = tx.connection.execute(insert(h).values(not_sent="", **row).returning(h.c.id)).scalar_one()
    job_queue.enqueue(tx, WORK, str(id), {"held": id}, after=FOR)
    tx.told(grant, f"answer.held:{id}")


def take_back(tx: Transaction, grant: Grant, number: int, id: int) -> str | None:
    """The words of one of theirs, which is not sent. None: it has gone out, or is none of theirs."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    h = tables.held_answers
    one = delete(h).where(h.c.id == id, h.c.ticket == number, h.c.staff_id == grant.subject.staff)
    words: str | None = tx.connection.execute(one.returning(h.c.words)).scalar()
    tx.told(grant, *((f"answer.taken_back:{id}",) if words is not None else ()))
    return words


def take_back_all(tx: Transaction, grant: Grant, bulk: int) -> list[int]:
    """Those of many that have not gone out yet, which are not sent: their tickets."""
    queue_lists.reads_queue(tx, grant)
    h = tables.held_answers
    theirs = delete(h).where(h.c.bulk == bulk, h.c.staff_id == grant.subject.staff, h.c.not_sent == "")
    numbers = tx.connection.execute(theirs.returning(h.c.ticket)).scalars().all()
    tx.told(grant, *(f"answer.taken_back:ticket:{number}" for number in numbers))
    return list(numbers)


def of_many(tx: Transaction, grant: Grant, bulk: int) -> dict[int, tuple[str, int]]:
    """Of their answer to many: by ticket why it was not sent, empty while it waits, and when it goes out (ms)."""
    queue_lists.reads_queue(tx, grant)
    h = tables.held_answers.c
    query = select(h.ticket, h.not_sent, h.send_at).where(h.bulk == bulk, h.staff_id == grant.subject.staff)
    return {row.ticket: (row.not_sent, row.send_at) for row in tx.connection.execute(query)}


def of_ticket(tx: Transaction, grant: Grant, number: int) -> list[Held]:
    """All that wait, the oldest first, and the reader's own that could not be sent."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    h, s, mine = tables.held_answers.c, tables.staff.c, grant.subject.staff
    query = select(tables.held_answers, s.name).join(tables.staff, s.id == h.staff_id).where(h.ticket == number)
    rows = tx.connection.execute(query.where((h.not_sent == "") | (h.staff_id == mine)).order_by(h.id)).all()
    tx.told(grant, *(("ticket.messages", "staff.name") if rows else ()))
    return [Held(row.id, row.name, row.staff_id == mine, row.words, row.send_at, row.not_sent) for row in rows]


def due(tx: Transaction, grant: Grant, id: int) -> Due | None:
    """For the worker that sends it: nobody takes it back from now on. None: it was taken back."""
    tx.require(grant, "desk.deliver")
    h = tables.held_answers
    row = tx.connection.execute(select(h).where(h.c.id == id, h.c.not_sent == "").with_for_update()).first()
    return None if row is None else Due(row.ticket, Subject.of_staff(row.staff_id), row.words, row.status, row.seen)


def sent(tx: Transaction, grant: Grant, id: int) -> None:
    tx.require(grant, "desk.deliver")
    tx.connection.execute(delete(tables.held_answers).where(tables.held_answers.c.id == id))


def not_sent(tx: Transaction, grant: Grant, id: int, why: str, of: Due) -> None:
    """It stays for its author, who hears of it as the desk does."""
    tx.require(grant, "desk.deliver")
    h = tables.held_answers
    tx.connection.execute(update(h).where(h.c.id == id).values(not_sent=why))
    alerts.alert(tx, "answer_not_sent", str(id), subject=of.author, detail=str(of.ticket))


def sweep(tx: Transaction) -> bool:
    h = tables.held_answers.c
    given_up = sweeping.some(
        tx, tables.held_answers, h.send_at <= tx.now - job_queue.GIVEN_UP_KEPT
    )  # by the worker, for good
    return sweeping.some(tx, tables.held_answers, h.not_sent != "", h.send_at <= tx.now - KEPT) or given_up
