"""Tickets as customers see them: lists of them, and one with what was said, under grants to view. What is given is told.

Grants of one person, on as many accounts as they have: what the ledger names is what they were given of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, null, or_, select

from authz import OWN_REQUESTS, Grant, Topic
from store import tables
from store.db.statements import Prepared
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import timeline, visible_messages
from store.tickets.customer_tickets import Conversation, Ticket, own_only

MANY = 50  # of a list


def listed(tx: Transaction, grants: Sequence[Grant], *, many: int = MANY, answers: bool = False) -> list[Ticket]:
    """Tickets of the granted accounts and topics, one's own first, the newest first within that. `answers`: with the desk's
    last one of each."""
    return page(tx, grants, first=0, many=many, answers=answers)[0]


def page(
    tx: Transaction, grants: Sequence[Grant], *, first: int, many: int, answers: bool = False
) -> tuple[list[Ticket], bool]:
    """The same, `many` from `first`; and whether there are more, of which nothing is told."""
    _viewing(tx, grants)
    rows = _found(tx, grants, _ANSWERED if answers else _LISTED, first=first, many=many + 1)
    if not rows:
        for grant in grants:
            tx.told(grant, "ticket.none")
    return _told(tx, grants, rows[:many], "ticket.answer" if answers else ""), len(rows) > many


def drafts(tx: Transaction, grants: Sequence[Grant]) -> list[Ticket]:
    """One's own requests that wait for a second proof."""
    mine = tables.tickets.c.opened_by == bindparam("me")
    return _told(tx, grants, _found(tx, grants, _LISTED, and_(mine, timeline.SEEN_AS == "draft")))


def waits(tx: Transaction, grants: Sequence[Grant]) -> list[Grant]:
    """The grants of those accounts where the desk waits for this person; nothing is told. Asked with every message, and mostly
    there is none: so it is a statement made once."""
    me, accounts = _viewing(tx, grants), dict.fromkeys(grant.account for grant in grants)
    some = {account for account in accounts if _SOME_WAIT.first(tx, account=account, me=me) is not None}
    return [grant for grant in grants if grant.account in some]


def waiting(tx: Transaction, grants: Sequence[Grant]) -> list[Ticket]:
    """One's own tickets on which the desk waits for an answer, the newest first; a few."""
    there = waits(tx, grants)
    return _told(tx, there, _found(tx, there, _LISTED, _own("waiting"), many=3)) if there else []


def conversation(tx: Transaction, grants: Sequence[Grant], number: int) -> Conversation | None:
    """One ticket with all that the customer may see of it, the oldest first. None: no such ticket for them."""
    found = _one(tx, grants, number)
    if not found:
        return None
    grant = _under(grants, found[0])
    tx.told(grant, "ticket.kind")
    (ticket,) = _told(tx, [grant], found)
    service = _service(tx, grant, found[0]) if ticket.own or ticket.topic == Topic.TECHNICAL else ""
    return Conversation(ticket, found[0].kind, tuple(visible_messages.said(tx, grant, number)), service)


def _service(tx: Transaction, grant: Grant, row: Row[Any]) -> str:
    """The name of what it is about, for whoever chose that and for whom technical tickets are."""
    name = timeline.service_name(tx, row.account_id, row.service)
    if name:
        tx.told(grant, "service.name")
    return name


def _found(
    tx: Transaction,
    grants: Sequence[Grant],
    query: Any,
    *only: ColumnElement[bool],
    first: int = 0,
    many: int = MANY,
) -> Sequence[Row[Any]]:
    me = _viewing(tx, grants)
    seen = query.where(_seen_by(grants), *only).limit(many).offset(first)
    rows: Sequence[Row[Any]] = tx.connection.execute(seen, {"me": me}).all()
    return rows


def _one(tx: Transaction, grants: Sequence[Grant], number: int) -> Sequence[Any]:
    """The ticket of a number, if it is among them."""
    me = _viewing(tx, grants)
    if len(grants) > 1 or grants[0].when in ("own_tickets", OWN_REQUESTS):
        return _found(tx, grants, _LISTED, tables.tickets.c.number == number)
    return _ONE.all(tx, account=grants[0].account, topic=grants[0].topic, me=me, number=number)


def _told(tx: Transaction, grants: Sequence[Grant], rows: Iterable[Row[Any]], more: str = "") -> list[Ticket]:
    """Rows as tickets; the grant each was found under tells it."""
    made, me = [], (grants[0].subject).person
    for row in rows:
        fields = ("ticket.number", "ticket.title", "ticket.status", "ticket.topic", more)
        tx.told(_under(grants, row), *(name for name in fields if name))
        made.append(
            Ticket(
                row.number,
                row.topic,
                row.title,
                row.customer_status or row.status,
                row.opened_by == me,
                row.answer or "",
            )
        )
    return made


def _under(grants: Iterable[Grant], row: Row[Any]) -> Grant:
    return next(grant for grant in grants if (grant.account, grant.topic) == (row.account_id, row.topic))


def _viewing(tx: Transaction, grants: Sequence[Grant]) -> int:
    """Whose grants these are: one person's, all of them to view tickets."""
    if not grants:
        raise GrantRequiredError("no grant to view tickets")
    for grant in grants:
        tx.require(grant, "ticket.view:technical", "ticket.view:billing")
        if grant.subject != grants[0].subject:
            raise GrantRequiredError("grants of one person belong together")
    return (grants[0].subject).person


def _own(status: str) -> ColumnElement[bool]:
    t = tables.tickets.c
    return and_(t.opened_by == bindparam("me"), t.status == status, t.customer_status.is_(None))


def _seen_by(grants: Sequence[Grant]) -> ColumnElement[bool]:
    """Nobody's are those that wait to be sorted, and drafts taken back; a draft is its author's alone."""
    t = tables.tickets.c
    granted = or_(*((t.account_id == g.account) & (t.topic == g.topic) & own_only(g) for g in grants))
    accounts = sorted({grant.account or 0 for grant in grants})  # said once more, for the sake of the index
    return and_(t.account_id.in_(accounts), _SEEN, granted)


_seen_as, _mine = timeline.SEEN_AS, tables.tickets.c.opened_by == bindparam("me")
_SEEN = and_(
    *(_seen_as != status for status in ("pending", "withdrawn", "quarantined")),
    tables.tickets.c.opened_by.is_not(None),  # what nobody proven opened is the desk's, whatever its status is by now
    (_seen_as != "draft") | _mine,
)
_SOME_WAIT = Prepared(  # which saves 15 µs a message in Slack
    select(tables.tickets.c.number)
    .where(
        tables.tickets.c.account_id == bindparam("account"),
        tables.tickets.c.opened_by == bindparam("me"),
        tables.tickets.c.status == "waiting",
        tables.tickets.c.customer_status.is_(None),
    )
    .limit(1)
)
_desk_said = (
    select(tables.messages.c.body)
    .where(
        tables.messages.c.ticket == tables.tickets.c.number,
        or_(tables.messages.c.author.like("staff:%"), tables.messages.c.author.like("key:%")),
        tables.messages.c.internal.is_(False),
        tables.messages.c.event == "",
        tables.tickets.c.customer_status.is_(None),
    )
    .order_by(tables.messages.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_in_order = case((_mine, 0), else_=1), tables.tickets.c.number.desc()
_LISTED = select(tables.tickets, null().label("answer")).order_by(*_in_order)
# Prepared: 0.1 ms less a card or a page of one ticket, for it would be composed anew each time.
_ONE = Prepared(
    select(tables.tickets, null().label("answer")).where(
        tables.tickets.c.number == bindparam("number"),
        tables.tickets.c.account_id == bindparam("account"),
        tables.tickets.c.topic == bindparam("topic"),
        _SEEN,
    )
)
_ANSWERED = select(tables.tickets, _desk_said.label("answer")).order_by(*_in_order)
