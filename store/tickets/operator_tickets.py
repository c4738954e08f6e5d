"""Every ticket there is, as the operator reads them (`deskgate tickets`)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from authz import Grant
from store import tables
from store.db.transaction import GrantRequiredError, Transaction


@dataclass(frozen=True, slots=True)
class DeskTicket:
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


def listed(tx: Transaction, grant: Grant, account: int | None = None) -> list[DeskTicket]:
    """What the operator's shell lists, pending ones included and quarantined ones not; of one account, or of all that the grant reaches."""
    tx.require(grant, "desk.ticket.work")
    for_all = grant.account is None and grant.when != "queue"
    if not for_all and (account is None or grant.account != account):
        raise GrantRequiredError("neither the account of this grant, nor a grant for all of them")
    rows = tx.connection.execute(_ALL if account is None else _ALL.where(tables.tickets.c.account_id == account)).all()
    named = ("account.number", "ticket.recording") if rows else ()
    tx.told(grant, "ticket.title", "ticket.body", "ticket.status", "ticket.requester", *named)
    return [DeskTicket(**row._mapping) for row in rows]


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
