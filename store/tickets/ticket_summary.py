"""A ticket as the desk's people see it at a glance: who asks, how sure that is, what may be told to them, and what not.

Of somebody not proven there is nothing on it but what they said themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from authz import Grant, Proof
from store import tables
from store.accounts import standing
from store.accounts.standing import Requester
from store.db import grant_limits
from store.db.statements import Prepared
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import timeline, visible_messages
from store.messages.timeline import Said

HOW: Final = {"phone": "pin", "slack": "slack"}  # channel → by what one is verified there; elsewhere just "verified"


@dataclass(frozen=True, slots=True)
class Card:
    """`requester` is None where nobody has proved who they are. `taken_by` is a name, or empty; `assignee` whose that is: an id.
    `proved`: how they had proved who they are when the desk got this: a factor of step_ups.py, or HOW they were verified.
    `left_by`: of what is nobody's ticket, or was left under a threat and is in the queue, the name of who left it and had proved who they are; or empty.
    `guarded`: it was left under a threat. Nothing that is written on it reaches them, and only supervisors call them.
    `known`: who opened or left it, or whom they said they were, is somebody on file, who can be called back."""

    number: int
    title: str
    topic: str
    kind: str
    status: str
    priority: int
    channel: str
    opened_at: int
    service: str
    taken_by: str
    requester: Requester | None
    first: Said | None
    assignee: int | None = None
    proved: str = "verified"
    left_by: str = ""
    guarded: bool = False
    known: bool = True


def card(tx: Transaction, grant: Grant, number: int) -> Card | None:
    """For the worker that posts it where the desk's people are, and for whoever works on it. None for a draft, taken back or
    not, and where there is no such ticket; one that is quarantined is for supervisors."""
    tx.require(grant, "desk.deliver", "desk.ticket.work")
    all_of_it = grant_limits.is_supervisor(grant)
    row = _CARD.first(tx, number=number)
    if row is None or (row.status in timeline.NOT_THE_DESKS and not (all_of_it and row.status == "quarantined")):
        return None
    timeline.was_read(tx, row)
    if grant.cell == "desk.ticket.work" and row.account_id != grant.account:
        raise GrantRequiredError("not a ticket this grant works on")
    requester = None
    hidden_from = (
        row.customer_status is not None and row.status != "quarantined"
    )  # nothing that the desk writes reaches them
    if row.opened_by is not None and row.account_id is not None and not hidden_from:
        requester = standing.requester(tx, row.opened_by, row.account_id, Proof.VERIFIED)
    first = visible_messages.first(tx, grant, number)
    nobodys = row.status == "pending" or (row.customer_status is not None and requester is None)
    by_name = nobodys and first is not None and first.author.is_person
    made = Card(
        row.number,
        row.title,
        row.topic,
        row.kind,
        row.status,
        row.priority,
        row.channel,
        row.opened_at,
        timeline.service_name(tx, row.account_id, row.service),
        row.taken_by or "",
        requester,
        first,
        row.assignee,
        row.factor or HOW.get(row.channel, "verified"),
        first.name if first is not None and by_name else "",
        row.customer_status is not None,
        row.opened_by is not None or (first is not None and "person:" in first.author),
    )
    tx.told(grant, *_fields(made))
    return made


def _fields(card: Card) -> Iterator[str]:
    """Names for what is on it."""
    yield from ("ticket.title", "ticket.topic", "ticket.kind", "ticket.status", "ticket.channel")
    yield from ("service.name",) if card.service else ()
    yield from ("staff.name",) if card.taken_by else ()
    yield from ("contact.name", "account.name", "contact.standing", "proof") if card.requester else ()


def requester_of(tx: Transaction, grant: Grant, number: int) -> int | None:
    """Who opened a ticket, for the worker that writes to them: a person's id."""
    tx.require(grant, "desk.deliver")
    of = timeline.about(tx, number)
    return None if of is None else of.opened_by


def name_of_requester(tx: Transaction, grant: Grant, number: int) -> str:
    """For the worker that tells the desk what became of an answer to them; empty where nobody is known."""
    tx.require(grant, "desk.deliver")
    p, t = tables.people.c, tables.tickets.c
    query = select(p.name).join(tables.tickets, t.opened_by == p.id).where(t.number == number)
    return str(tx.connection.execute(query).scalar() or "")


_t, _a, _s = tables.tickets, tables.assignments, tables.staff
_CARD = Prepared(  # which saves 23 µs a card
    select(_t, _s.c.id.label("assignee"), _s.c.name.label("taken_by"))
    .select_from(_t)
    .outerjoin(_a, _a.c.ticket == _t.c.number)
    .outerjoin(_s, _s.c.id == _a.c.staff_id)
    .where(_t.c.number == bindparam("number"))
)
