"""Tickets and their messages: opened, read and answered under a `Grant`; left pending by those who have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, case, func, insert, select, update

from authz import Grant
from store import tables, work
from store.people import person_of
from store.prepared import Prepared
from store.transaction import NOBODY, NoGrant, Transaction

STATUSES: Final = ("open", "waiting", "closed", "pending")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A spoken message: Twilio's recording, and how long it is."""

    sid: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """As the requester hears it. `answer` is the desk's last message, or empty."""

    number: int
    topic: str
    subject: str
    status: str
    own: bool
    answer: str


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """As the operator reads it (contract.md, `deskgate tickets`). Pending ones may have no account and no requester."""

    number: int
    account: str | None
    topic: str
    kind: str
    subject: str
    body: str
    status: str
    opened_by: str | None
    channel: str
    opened_at: int
    recording: str | None


def open(
    tx: Transaction,
    grant: Grant,
    *,
    subject: str,
    body: str,
    kind: str = "problem",
    service: str | None = None,
    urgent: bool = False,
    recorded: Recorded | None = None,
) -> int:
    """Opens a ticket; its number. Ticket, first message, ledger and later work stand together or not at all.

    The topic is the grant's. An unanswered emergency becomes a ticket under `phone.emergency`, an unanswered call for a
    person under `phone.support`: both technical, or billing where the right is held to billing topics.
    """
    tx.good(grant, "ticket.open:technical", "ticket.open:billing", "phone.emergency", "phone.support")
    topic = grant.topic or ("billing" if grant.when == "billing_topics" else "technical")
    number = _insert(tx, grant.account, person_of(grant.subject), topic, kind, subject, "open", service, urgent)
    tx.told(grant, f"ticket.number:{number}")
    _add(tx, number, grant.subject, body, recorded)
    return number


def leave_pending(
    tx: Transaction,
    *,
    subject: str,
    body: str,
    recorded: Recorded | None = None,
    who: str = NOBODY,
    claimed: str = NOBODY,
    account: int | None = None,
    topic: str = "technical",
) -> int:
    """Keeps what somebody left without being allowed to open a ticket, for the desk to sort out. Tells nobody anything.

    `who` is a person who has proved it and may not (any more); `claimed` whom somebody else said they were, written
    down for whoever calls back and never taken for the requester.
    """
    number = _insert(tx, account, None, topic, "question", subject, "pending", None, False)
    claim = () if claimed == NOBODY else (f"claimed:{claimed}",)
    tx.record(who, account, "ticket.pending", "kept", fields=(f"ticket.number:{number}", *claim))
    _add(tx, number, claim[0] if claim else who, body, recorded)
    return number


def has_recording(tx: Transaction, sid: str) -> bool:
    """Whether some ticket has this recording already: for a door that hears of it again."""
    return _BY_RECORDING.first(tx, sid=sid) is not None


def with_recording(tx: Transaction, grant: Grant, sid: str) -> int | None:
    """The number of the ticket that has this recording, if it is of the grant's account and waits for nobody's sorting."""
    tx.good(grant, "ticket.open:technical", "ticket.open:billing", "ticket.reply:technical", "ticket.reply:billing")
    row = _BY_RECORDING.first(tx, sid=sid)
    return row.number if row and row.account_id == grant.account and row.status != "pending" else None


def listed(tx: Transaction, grants: list[Grant]) -> list[Ticket]:
    """Every ticket of the account and the granted topics, one's own first, the newest first within that."""
    if not grants:
        raise NoGrant("no grant to view tickets")
    for grant in grants:
        tx.good(grant, "ticket.view:technical", "ticket.view:billing")
        if grant.account != grants[0].account or grant.subject != grants[0].subject:
            raise NoGrant("grants of one person on one account belong together")
        tx.told(grant, "ticket.subject", "ticket.status", "ticket.answer")
    person, found = person_of(grants[0].subject), {"account": grants[0].account}
    rows = tx.connection.execute(_LISTED, {**found, "me": person, "topics": [grant.topic for grant in grants]}).all()
    return [
        Ticket(row.number, row.topic, row.subject, row.status, row.opened_by == person, row.answer or "")
        for row in rows
    ]


def reply(tx: Transaction, grant: Grant, number: int, *, body: str, recorded: Recorded | None = None) -> bool:
    """Adds a message to a ticket of the grant's account and topic; a closed one is open again. False: no such ticket."""
    tx.good(grant, "ticket.reply:technical", "ticket.reply:billing")
    t = tables.tickets.c
    mine = update(tables.tickets).where(
        t.number == number, t.account_id == grant.account, t.topic == grant.topic, t.status != "pending"
    )
    reopened = mine.values(status=case((t.status == "closed", "open"), else_=t.status)).returning(t.number)
    if tx.connection.execute(reopened).first() is None:
        return False
    tx.told(grant, f"ticket.number:{number}")
    _add(tx, number, grant.subject, body, recorded)
    return True


def all_for_desk(tx: Transaction, grant: Grant, account: int | None = None) -> list[DeskTicket]:
    """What the operator's shell lists, pending ones included; of one account, or of all that the grant reaches."""
    tx.good(grant, "desk.ticket.work")
    if grant.account is not None and grant.account != account:
        raise NoGrant("a grant for one account does not open another")
    rows = tx.connection.execute(_ALL if account is None else _ALL.where(tables.tickets.c.account_id == account)).all()
    tx.told(grant, "ticket.subject", "ticket.body", "ticket.requester")
    return [DeskTicket(**row._mapping) for row in rows]


def _insert(
    tx: Transaction,
    account: int | None,
    person: int | None,
    topic: str,
    kind: str,
    subject: str,
    status: str,
    service: str | None,
    urgent: bool,
) -> int:
    row = {
        "account_id": account,
        "opened_by": person,
        "topic": topic,
        "kind": kind,
        "subject": subject,
        "status": status,
        "urgent": urgent,
        "service": service,
        "channel": tx.channel,
        "opened_at": tx.now,
    }
    number: int = _INSERT.first(tx, **row).number
    return number


def _add(tx: Transaction, ticket: int, author: str, body: str, recorded: Recorded | None) -> None:
    sid = recorded.sid if recorded else None
    tx.write(tables.messages, {"ticket": ticket, "author": author, "body": body, "recording": sid, "at": tx.now})
    if recorded:
        tx.write(tables.recordings, {"sid": recorded.sid, "seconds": recorded.seconds, "recorded_at": tx.now})
        work.enqueue(tx, "fetch_recording", recorded.sid, {"sid": recorded.sid})


_columns = [column.name for column in tables.tickets.c if column.name != "number"]
_INSERT = Prepared(
    insert(tables.tickets).values({name: bindparam(name) for name in _columns}).returning(tables.tickets.c.number)
)
_BY_RECORDING = Prepared(
    select(tables.tickets.c.number, tables.tickets.c.account_id, tables.tickets.c.status)
    .join(tables.messages, tables.messages.c.ticket == tables.tickets.c.number)
    .where(tables.messages.c.recording == bindparam("sid"))
)
_desk_said = (
    select(tables.messages.c.body)
    .where(tables.messages.c.ticket == tables.tickets.c.number, tables.messages.c.author.like("staff:%"))
    .order_by(tables.messages.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_LISTED = (
    select(tables.tickets, _desk_said.label("answer"))
    .where(
        tables.tickets.c.account_id == bindparam("account"),
        tables.tickets.c.topic.in_(bindparam("topics", expanding=True)),
        tables.tickets.c.status != "pending",
    )
    .order_by(case((tables.tickets.c.opened_by == bindparam("me"), 0), else_=1), tables.tickets.c.number.desc())
    .limit(50)
)
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
        tables.tickets.c.subject,
        tables.messages.c.body,
        tables.tickets.c.status,
        tables.people.c.username.label("opened_by"),
        tables.tickets.c.channel,
        tables.tickets.c.opened_at,
        tables.messages.c.recording,
    )
    .select_from(
        tables.tickets.join(tables.messages, tables.messages.c.id == _first_message)
        .outerjoin(tables.accounts, tables.accounts.c.id == tables.tickets.c.account_id)
        .outerjoin(tables.people, tables.people.c.id == tables.tickets.c.opened_by)
    )
    .order_by(tables.tickets.c.number)
)
