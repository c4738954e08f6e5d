"""Answers that an assistant has drafted on a ticket, for its agent to send, changed or not. Nothing of them goes out by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select

from authz import Grant
from store import tables
from store.assistants.assistant_sessions import Assistant
from store.db.transaction import Transaction
from store.messages import ticket_access

MOST: Final = 5  # of one agent's on one ticket: the oldest gives way
_w = tables.suggested_answers.c


@dataclass(frozen=True, slots=True)
class SuggestedAnswer:
    """`title` is that of the canned answer it was made from, or empty. `at` in ms."""

    id: int
    title: str
    words: str
    at: int


def keep(tx: Transaction, grant: Grant, number: int, of: Assistant, words: str, title: str = "") -> int:
    """Under the right of its agent; its id."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    row = {"ticket": number, "assistant_id": of.id, "staff_id": grant.subject.staff, "title": title, "words": words}
    id: int = tx.connection.execute(
        insert(tables.suggested_answers).values(at=tx.now, **row).returning(_w.id)
    ).scalar_one()
    mine = select(_w.id).where(_w.ticket == number, _w.staff_id == grant.subject.staff)
    old = tx.connection.execute(mine.order_by(_w.id.desc()).offset(MOST)).scalars().all()
    tx.connection.execute(delete(tables.suggested_answers).where(_w.id.in_(old)))
    tx.told(grant, f"answer.suggested:{id}")
    return id


def of_ticket(tx: Transaction, grant: Grant, number: int) -> tuple[SuggestedAnswer, ...]:
    """Those for whoever asks, the newest first."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    rows = tx.connection.execute(
        select(tables.suggested_answers)
        .where(_w.ticket == number, _w.staff_id == grant.subject.staff)
        .order_by(_w.id.desc())
    )
    return tuple(SuggestedAnswer(row.id, row.title, row.words, row.at) for row in rows)


def remove(tx: Transaction, grant: Grant, number: int, id: int) -> bool:
    """Whether it was one of theirs."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    one = delete(tables.suggested_answers).where(_w.id == id, _w.ticket == number, _w.staff_id == grant.subject.staff)
    return tx.connection.execute(one.returning(_w.id)).first() is not None
