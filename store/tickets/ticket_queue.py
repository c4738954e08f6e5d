"""Tickets as the desk's page shows them: the queue, one ticket with all that was said, and those quarantined: opened under a threat.

The queue names no customer. A ticket does, to whoever works on it: opening one counts as looking at its account (account_access.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal_column, select, update

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import edits, timeline, visible_messages
from store.messages.timeline import Said
from store.tickets import ticket_summary
from store.tickets.ticket_summary import Card

SHOWN: Final = ("open", "waiting", "pending", "closed")
A_PAGE: Final = 25
FIRST: Final[ColumnElement[bool]] = literal_column("tickets.priority > 0")  # urgent ones; as in ix_tickets_queue


class SupervisorsOnlyError(ValueError):
    """Asked for under a grant that is limited to the queue or to reading."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One line of the queue. `taken_by` is a name of the staff, or empty; `mine`: the reader's own."""

    number: int
    title: str
    topic: str
    kind: str
    status: str
    priority: int
    channel: str
    opened_at: int
    taken_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class OnDesk:
    """One ticket, and all that was said on it. `person` is the id of who opened it, or whom they said they were, to have that
    person called back; never shown."""

    card: Card
    said: tuple[Said, ...]
    person: int | None
    account: int | None
    mine: bool


def listed(
    tx: Transaction, grant: Grant, status: str, *, mine: bool = False, page: int = 0
) -> tuple[list[Queued], bool]:
    """One page of the queue, urgent ones first, then what is due first, of the closed ones the newest; and whether there are more."""
    _reads_queue(tx, grant)
    t = tables.tickets.c
    query = _QUEUE.where(t.status == (status if status in SHOWN else "open"))
    if mine:
        query = query.where(tables.assignments.c.staff_id == grant.subject.staff)
    order = (t.number.desc(),) if status == "closed" else (FIRST, t.due_at, t.number)
    rows = tx.connection.execute(query.order_by(*order).limit(A_PAGE + 1).offset(page * A_PAGE)).all()
    found = [_queued(grant, row) for row in rows[:A_PAGE]]
    tx.told(grant, *_fields(found))
    return found, len(rows) > A_PAGE


def counts(tx: Transaction, grant: Grant) -> dict[str, int]:
    """How many tickets of each status there are."""
    _reads_queue(tx, grant)
    t = tables.tickets.c
    rows = tx.connection.execute(
        select(t.status, func.count().label("many")).where(t.status.in_(SHOWN[:3])).group_by(t.status)
    )
    return {"open": 0, "waiting": 0, "pending": 0} | {row.status: row.many for row in rows}


def quarantined(tx: Transaction, grant: Grant) -> list[Queued]:
    """Tickets opened under a threat: for supervisors alone."""
    _require_supervisor(tx, grant)
    rows = tx.connection.execute(
        _QUEUE.where(tables.tickets.c.status == "quarantined").order_by(tables.tickets.c.number)
    ).all()
    found = [_queued(grant, row) for row in rows]
    tx.told(grant, *_fields(found))
    return found


def release(tx: Transaction, grant: Grant, number: int) -> bool:
    """A quarantined ticket becomes one of the queue, and the desk's alone: whoever threatens the customer may look at their list and
    their Slack, so nothing changes there. What was said on it still says who left it. Whether it was quarantined."""
    _require_supervisor(tx, grant)
    t = tables.tickets.c
    one = update(tables.tickets).where(t.number == number, t.status == "quarantined", _of_account(grant))
    now = case((t.customer_status == "pending", "pending"), else_="open")
    if tx.connection.execute(one.values(status=now).returning(t.number)).first() is None:
        return False
    tx.told(grant, f"released:{number}")
    edits.news(tx, number)
    return True


def ticket(tx: Transaction, grant: Grant, number: int) -> OnDesk | None:
    """One ticket with everything on it, the desk's notes as well. None: the desk has no such ticket, or not for this reader."""
    tx.require(grant, "desk.ticket.work")
    about = timeline.about(tx, number)
    if about is None or about.account != grant.account:
        return None
    card = ticket_summary.card(tx, grant, number)
    if card is None:
        return None
    t, a = tables.tickets.c, tables.assignments.c
    person = tx.connection.execute(select(t.opened_by).where(t.number == number)).scalar()
    person = None if card.guarded and not grant_limits.is_supervisor(grant) else person or timeline.left_by(tx, number)
    staff = tx.connection.execute(select(a.staff_id).where(a.ticket == number)).scalar()
    return OnDesk(
        card, tuple(visible_messages.said(tx, grant, number)), person, about.account, staff == grant.subject.staff
    )


def _reads_queue(tx: Transaction, grant: Grant) -> None:
    tx.require(grant, "desk.ticket.work")
    if grant.account is not None:
        raise GrantRequiredError("the queue is the whole desk's")


def _require_supervisor(tx: Transaction, grant: Grant) -> None:
    tx.require(grant, "desk.ticket.work")
    if not grant_limits.is_supervisor(grant):
        raise SupervisorsOnlyError("quarantined tickets are for supervisors")


def _of_account(grant: Grant) -> Any:
    t = tables.tickets.c
    return t.account_id.is_(None) if grant.account is None else t.account_id == grant.account


def _fields(found: Sequence[Queued]) -> Iterator[str]:
    """Names for what the lines say."""
    if found:
        yield from ("ticket.number", "ticket.title", "ticket.topic", "ticket.kind", "ticket.status", "ticket.channel")
    if any(one.taken_by for one in found):
        yield "staff.name"


def _queued(grant: Grant, row: Any) -> Queued:
    return Queued(
        row.number,
        row.title,
        row.topic,
        row.kind,
        row.status,
        row.priority,
        row.channel,
        row.opened_at,
        row.taken_by or "",
        row.staff_id == grant.subject.staff,
    )


_QUEUE = (
    select(tables.tickets, tables.assignments.c.staff_id, tables.staff.c.name.label("taken_by"))
    .outerjoin(tables.assignments, tables.assignments.c.ticket == tables.tickets.c.number)
    .outerjoin(tables.staff, tables.staff.c.id == tables.assignments.c.staff_id)
)
