"""Every ticket there is, as the operator reads them (`deskgate tickets`), and a system of theirs by its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, func, select

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import timeline


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """Pending ones may have no account and no requester."""

    number: int
    account: str | None
    topic: str
    kind: str
    title: str
    body: str
    status: str
    opened_by: str | None
    channel: str
    opened_at: int
    recording: str | None
    recording_state: str | None


@dataclass(frozen=True, slots=True)
class TicketLine:
    """One at a glance. `account` is its number, `person` the username of who opened it: None where nobody has proved who they are, or left it under a threat.
    `opened_at` in ms."""

    number: int
    title: str
    topic: str
    kind: str
    status: str
    channel: str
    account: str | None
    person: str | None
    opened_at: int


@dataclass(frozen=True, slots=True)
class TicketPage:
    """`more`: older ones follow."""

    tickets: tuple[TicketLine, ...]
    more: bool


def page(
    tx: Transaction, grant: Grant, *, before: int | None, many: int, status: str = "", account: str = ""
) -> TicketPage:
    """The newest first, those below the number `before`: what the desk has, and nothing quarantined. `status` and `account` (a number) narrow it."""
    tx.require(grant, "desk.tickets.read")
    grant_limits.whole_desk(grant)
    t = tables.tickets.c
    query = _LINES.where(t.status == status if status else t.status.not_in(timeline.NOT_THE_DESKS))
    if before is not None:
        query = query.where(t.number < before)
    if account:
        query = query.where(tables.accounts.c.number == account)
    rows = tx.connection.execute(query.order_by(t.number.desc()).limit(many + 1)).all()
    return TicketPage(tuple(_line(tx, grant, row) for row in rows[:many]), len(rows) > many)


def one(tx: Transaction, grant: Grant, number: int) -> TicketLine | None:
    """None: the desk has no such ticket of the account of the grant."""
    tx.require(grant, "desk.tickets.read")
    row = tx.connection.execute(_ONE, {"number": number}).first()
    return None if row is None or row.account_id != grant.account else _line(tx, grant, row)


def _line(tx: Transaction, grant: Grant, row: Any) -> TicketLine:
    told = ("ticket.number", "ticket.title", "ticket.topic", "ticket.kind", "ticket.status", "ticket.channel")
    tx.told(grant, *told, *(("account.number",) if row.account else ()), *(("contact.username",) if row.person else ()))
    return TicketLine(*row[:-1])


def listed(tx: Transaction, grant: Grant, account: int | None = None) -> list[ListedTicket]:
    """What the operator's shell lists, pending ones included and quarantined ones not; of one account, or of all that the grant reaches."""
    tx.require(grant, "desk.ticket.work")
    for_all = grant.account is None and grant.when != "queue"
    if not for_all and (account is None or grant.account != account):
        raise GrantRequiredError("neither the account of this grant, nor a grant for all of them")
    rows = tx.connection.execute(_ALL if account is None else _ALL.where(tables.tickets.c.account_id == account)).all()
    named = ("account.number", "ticket.recording") if rows else ()
    tx.told(grant, "ticket.title", "ticket.body", "ticket.status", "ticket.requester", *named)
    return [ListedTicket(**row._mapping) for row in rows]


_t = tables.tickets.c
_LINES = (
    select(
        *(_t.number, _t.title, _t.topic, _t.kind, _t.status, _t.channel),
        tables.accounts.c.number.label("account"),
        case((_t.customer_status.is_(None), tables.people.c.username)).label("person"),
        _t.opened_at,
        _t.account_id,
    )
    .select_from(tables.tickets)
    .outerjoin(tables.accounts, tables.accounts.c.id == _t.account_id)
    .outerjoin(tables.people, tables.people.c.id == _t.opened_by)
)
_ONE = _LINES.where(_t.number == bindparam("number"), _t.status.not_in(timeline.NOT_THE_DESKS))
_any_message = tables.messages.alias()
_first_message = (
    select(func.min(_any_message.c.id)).where(_any_message.c.ticket == tables.tickets.c.number).scalar_subquery()
)
_ALL = (
    select(
        tables.tickets.c.number,
        tables.accounts.c.number.label("account"),
        tables.tickets.c.topic,
        tables.tickets.c.kind,
        tables.tickets.c.title,
        tables.messages.c.body,
        tables.tickets.c.status,
        tables.people.c.username.label("opened_by"),
        tables.tickets.c.channel,
        tables.tickets.c.opened_at,
        tables.messages.c.recording,
        tables.recordings.c.state.label("recording_state"),
    )
    .select_from(
        tables.tickets.join(tables.messages, tables.messages.c.id == _first_message)
        .outerjoin(tables.accounts, tables.accounts.c.id == tables.tickets.c.account_id)
        .outerjoin(tables.people, tables.people.c.id == tables.tickets.c.opened_by)
        .outerjoin(tables.recordings, tables.recordings.c.sid == tables.messages.c.recording)
    )
    .where(tables.tickets.c.status != "quarantined")
    .order_by(tables.tickets.c.number)
)
