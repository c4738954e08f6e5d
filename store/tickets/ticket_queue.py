"""Tickets as the desk's page shows them: one with all that was said, and those quarantined: opened under a threat.

The queue (queue_lists.py) names no customer. A ticket does, to whoever works on it: opening one counts as looking at its account (account_access.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, select, update

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.transaction import Transaction
from store.messages import edits, ticket_access, timeline, visible_messages
from store.messages.timeline import Said
from store.tickets import queue_lists, ticket_summary
from store.tickets.queue_lists import Queued, SupervisorsOnlyError
from store.tickets.ticket_summary import Card

OTHERS: Final = 20  # of an account, shown beside one


@dataclass(frozen=True, slots=True)
class PastTicket:
    """Another ticket of an account, at a glance."""

    number: int
    title: str
    kind: str
    status: str
    opened_at: int


@dataclass(frozen=True, slots=True)
class OnDesk:
    """One ticket, and all that was said on it. `person` is the id of who opened it, or whom they said they were, to have that
    person called back; never shown."""

    card: Card
    said: tuple[Said, ...]
    person: int | None
    account: int | None
    mine: bool


def quarantined(tx: Transaction, grant: Grant) -> tuple[Queued, ...]:
    """Tickets opened under a threat: for supervisors alone."""
    _require_supervisor(tx, grant)
    t = tables.tickets
    query = queue_lists.with_agents(t).where(t.c.status == "quarantined").order_by(t.c.number)
    return queue_lists.lines(tx, grant, tx.connection.execute(query).all())


def release(tx: Transaction, grant: Grant, number: int) -> bool:
    """A quarantined ticket becomes one of the queue, and the desk's alone: whoever threatens the customer may look at their list and
    their Slack, so nothing changes there. What was said on it still says who left it. Whether it was quarantined."""
    _require_supervisor(tx, grant)
    t = tables.tickets.c
    one = update(tables.tickets).where(t.number == number, t.status == "quarantined", _of_account(grant))
    now = case((t.customer_status == "pending", "pending"), else_="open")
    if tx.connection.execute(one.values(status=now).returning(t.number)).first() is None:
        return False
    timeline.changed(tx, number)
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
    a = tables.assignments.c
    hidden = card.guarded and not grant_limits.is_supervisor(grant)
    person = None if hidden else about.opened_by or timeline.left_by(tx, number)
    staff = tx.connection.execute(select(a.staff_id).where(a.ticket == number)).scalar()
    return OnDesk(
        card, tuple(visible_messages.said(tx, grant, number)), person, about.account, staff == grant.subject.staff
    )


def _require_supervisor(tx: Transaction, grant: Grant) -> None:
    tx.require(grant, "desk.ticket.work")
    if not grant_limits.is_supervisor(grant):
        raise SupervisorsOnlyError("quarantined tickets are for supervisors")


def others_of_account(tx: Transaction, grant: Grant, number: int) -> list[PastTicket]:
    """The newest other tickets of the account that a ticket is of, for whoever sees it."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    if grant.account is None:
        return []
    t = tables.tickets.c
    query = select(t.number, t.title, t.kind, t.status, t.opened_at).where(
        t.account_id == grant.account, t.number != number, t.status.not_in(timeline.NOT_THE_DESKS)
    )
    found = [PastTicket(*row) for row in tx.connection.execute(query.order_by(t.number.desc()).limit(OTHERS)).all()]
    if found:
        tx.told(grant, "ticket.number", "ticket.title", "ticket.kind", "ticket.status")
    return found


def _of_account(grant: Grant) -> Any:
    t = tables.tickets.c
    return t.account_id.is_(None) if grant.account is None else t.account_id == grant.account
