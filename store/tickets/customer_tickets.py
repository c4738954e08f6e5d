"""Tickets as customers have them: opened, read, answered and closed under a `Grant`; left pending by those who have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, delete, null, select, true, update

from authz import OWN_REQUESTS, REQUESTS, TOPIC_OF, Action, Ask, Denied, Grant, Proof, Reason, Subject, Topic
from store import tables
from store.accounts import delegations
from store.db import grant_limits
from store.db.transaction import NOBODY, Transaction
from store.messages import edits, response_clock, timeline
from store.messages.response_clock import Priority
from store.messages.timeline import Recorded, Said, Sent, insert_ticket
from store.verification import step_ups


@dataclass(frozen=True, slots=True)
class Ticket:
    """As the requester hears it. `answer` is the desk's last message, or empty."""

    number: int
    topic: str
    title: str
    status: str
    own: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """`service` is the name of what it is about, or empty."""

    ticket: Ticket
    kind: str
    said: tuple[Said, ...]
    service: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that waits for a second proof: what it asks for, and about what. For its author alone."""

    action: Action
    account: int
    service: str | None


def open(
    tx: Transaction,
    grant: Grant,
    *,
    title: str | None = None,
    body: str,
    kind: str = "problem",
    service: str | None = None,
    priority: Priority = Priority.NORMAL,
    recorded: Recorded | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
    channel: str = "",
) -> int:
    """Opens a ticket; its number. `channel` as in timeline.py. Ticket, first message, ledger and background jobs stand together or not at all.

    Without a title its first line is it. The topic is the grant's. An unanswered emergency becomes a ticket under `phone.emergency`, an unanswered call for a
    person under `phone.support`: both technical, or billing where the right is held to billing topics. A right lent for
    one ticket is used up.
    """
    tx.require(grant, "ticket.open:technical", "ticket.open:billing", "phone.emergency", "phone.support")
    grant_limits.service(grant, service)
    topic = grant.topic or ("billing" if grant.when == "billing_topics" else "technical")
    person = grant.subject.person
    number = insert_ticket(
        tx,
        grant.account,
        person,
        topic,
        kind,
        title,
        "open",
        service,
        priority=priority,
        proved=_proved(tx, grant),
        channel=channel,
    )
    if grant.when == "one_ticket":
        delegations.use_up(tx, grant, number)
    tx.told(grant, f"ticket.number:{number}")
    timeline.add(
        tx, number, grant.subject, body, recorded=recorded, source=source, files=files, gives_title=title is None
    )
    timeline.tell(tx, number, "opened")
    return number


def topic_of(action: Action) -> Topic:
    """The topic a request is kept under; technical for what is none."""
    return TOPIC_OF.get(action, Topic.TECHNICAL)


def request(
    tx: Transaction,
    ask: Ask,
    *,
    topic: str,
    title: str | None = None,
    body: str,
    recorded: Recorded | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
) -> tuple[int, bool] | Denied:
    """Opens a request: (number, whether it is with the desk), or why not.

    Without a title the first line is it. Allowed but for a further proof, it is kept as a draft that the desk has not got.
    """
    verdict = tx.ask(ask)
    drafted = isinstance(verdict, Denied)
    if isinstance(verdict, Denied) and verdict.reason != Reason.STEP_UP:
        return verdict
    status = "draft" if drafted else "open"
    person, proved = ask.subject.person, _proved(tx, ask)
    number = insert_ticket(tx, ask.account, person, topic, str(ask.action), title, status, ask.service, proved=proved)
    tx.record(
        ask.subject, ask.account, f"ticket.{status}", "kept", proof=ask.proof, fields=(f"ticket.number:{number}",)
    )
    timeline.add(
        tx, number, ask.subject, body, recorded=recorded, source=source, files=files, gives_title=title is None
    )
    if not drafted:
        timeline.tell(tx, number, "opened")
    return number, not drafted


def request_with_recording(tx: Transaction, subject: Subject, sid: str) -> tuple[int, bool] | None:
    """The same for the request of theirs that has this recording already: for a channel that hears of it again."""
    row = tx.connection.execute(_BY_RECORDING, {"sid": sid}).first()
    if row is None or row.opened_by is None or Subject.of_person(row.opened_by) != subject:
        return None
    return row.number, (row.customer_status or row.status) != "draft"


def draft(tx: Transaction, subject: Subject, number: int) -> Draft | None:
    """Somebody's own draft, to ask for what it asks for. None: no such draft of theirs."""
    t = tables.tickets.c
    query = select(t.kind, t.account_id, t.service).where(
        t.number == number, timeline.SEEN_AS == "draft", t.opened_by == subject.person
    )
    row = tx.connection.execute(query).first()
    return None if row is None else Draft(Action(row.kind), row.account_id, row.service)


def newest_draft(tx: Transaction, subject: Subject, account: int) -> int | None:
    """The newest of their drafts on an account. None: nothing of theirs waits there."""
    t = tables.tickets.c
    theirs = select(t.number).where(
        t.opened_by == subject.person, timeline.SEEN_AS == "draft", t.account_id == account, t.kind.in_(REQUESTS)
    )
    return tx.connection.execute(theirs.order_by(t.number.desc()).limit(1)).scalar()


def draft_is(tx: Transaction, subject: Subject, number: int) -> str:
    """What became of a request of theirs: `draft` still, `withdrawn`, `handed_in`; or empty: it is none of theirs."""
    t = tables.tickets.c
    theirs = select(timeline.SEEN_AS).where(t.number == number, t.opened_by == subject.person, t.kind.in_(REQUESTS))
    status = tx.connection.execute(theirs).scalar()
    return str(status) if status in ("draft", "withdrawn") else "handed_in" if status else ""


def hand_in(tx: Transaction, ask: Ask, number: int) -> bool | Denied:
    """Their draft goes to the desk, judged at this moment; or why not. False: no draft of theirs that asks for this, there."""
    t = tables.tickets.c
    theirs = (
        t.number == number,
        timeline.SEEN_AS == "draft",
        t.opened_by == ask.subject.person,
        t.account_id == ask.account,
        t.kind == str(ask.action),
    )
    if tx.connection.execute(select(t.number).where(*theirs).with_for_update()).first() is None:
        return False
    verdict = tx.ask(ask)
    if isinstance(verdict, Denied):
        return verdict
    proof, factor = _proved(tx, ask)
    now = update(tables.tickets).where(*theirs).values(**_now(tx, "open"), proof=proof, factor=factor)
    response_clock.started(tx, tx.connection.execute(now.returning(*response_clock.STATE)).one())
    timeline.changed(tx, number)
    tx.told(verdict, f"ticket.number:{number}")
    timeline.add(tx, number, ask.subject, "", event="handed_in")
    return True


def leave_pending(
    tx: Transaction,
    *,
    title: str,
    body: str,
    recorded: Recorded | None = None,
    who: Subject = NOBODY,
    claimed: Subject = NOBODY,
    account: int | None = None,
    topic: str = "technical",
) -> int:
    """Keeps what somebody left without being allowed to open a ticket, for the desk to sort out. Tells nobody anything.

    `who` is a person who has proved it and may not (any more); `claimed` whom somebody else said they were, written
    down for whoever calls back and never taken for the requester.
    """
    number = insert_ticket(tx, account, None, topic, "question", title, "pending")
    claim = () if claimed == NOBODY else (f"claimed:{claimed}",)
    tx.record(who, account, "ticket.pending", "kept", fields=(f"ticket.number:{number}", *claim))
    timeline.add(tx, number, Subject(claim[0]) if claim else who, body, recorded=recorded, told="left")
    return number


def has_recording(tx: Transaction, sid: str) -> bool:
    """Whether some ticket has this recording already: for a channel that hears of it again."""
    return tx.connection.execute(_BY_RECORDING, {"sid": sid}).first() is not None


def with_recording(tx: Transaction, grant: Grant, sid: str) -> int | None:
    """The number of the ticket that has this recording, if it is of the grant's account and waits for nobody's sorting."""
    tx.require(grant, "ticket.open:technical", "ticket.open:billing", "ticket.reply:technical", "ticket.reply:billing")
    row = tx.connection.execute(_BY_RECORDING, {"sid": sid}).first()
    sorted_out = row is not None and (row.customer_status or row.status) != "pending"
    return row.number if row and row.account_id == grant.account and sorted_out else None


def reply(
    tx: Transaction,
    grant: Grant,
    number: int,
    *,
    body: str,
    recorded: Recorded | None = None,
    source: str | None = None,
    files: Sequence[Sent] = (),
) -> bool:
    """Adds a message to a ticket of the grant's account and topic; one that waited or was closed is open again. False: no
    such ticket."""
    if not _change(tx, grant, number, status="open"):
        return False
    timeline.add(tx, number, grant.subject, body, recorded=recorded, source=source, files=files, told="replied")
    return True


def close(tx: Transaction, grant: Grant, number: int) -> bool:
    """It is solved. False: no such ticket, or closed already."""
    if not _change(tx, grant, number, status="closed", only=timeline.SEEN_AS != "closed"):
        return False
    timeline.add(tx, number, grant.subject, "", event="closed")
    return True


def reopen(tx: Transaction, grant: Grant, number: int) -> bool:
    if not _change(tx, grant, number, status="open", only=timeline.SEEN_AS == "closed"):
        return False
    timeline.add(tx, number, grant.subject, "", event="reopened")
    return True


def edited(tx: Transaction, ask: Ask, source: str, body: str, edited: str) -> bool:
    """Its author changed a message in Slack: theirs to change as long as they may reply. False: not one of theirs."""
    return isinstance(tx.ask(ask), Grant) and edits.edit(tx, ask.subject, source, body, edited)


def draft_withdrawn(tx: Transaction, ask: Ask, number: int) -> bool:
    """Takes a draft of one's own back. The asker needs no right for that: nobody else has seen it."""
    t = tables.tickets.c
    mine = update(tables.tickets).where(
        t.number == number,
        timeline.SEEN_AS == "draft",
        t.opened_by == ask.subject.person,
        t.account_id == ask.account,
    )
    # One left under a threat is kept by the desk, whatever is seen of it.
    now = _now(tx, "withdrawn") | {"status": case((t.customer_status.is_not(None), t.status), else_="withdrawn")}
    gone = tx.connection.execute(mine.values(**now).returning(t.number)).first() is not None
    if gone:
        tx.forget_standings()  # it is none of the requests that they follow
        timeline.changed(tx, number)
        edits.news(tx, number)
        r = tables.contact_requests.c  # what a program asked for by it, which nobody has seen
        tx.connection.execute(delete(tables.contact_requests).where(r.ticket == number, r.status == "draft"))
        tx.record(ask.subject, ask.account, "ticket.draft", "withdrawn", fields=(f"ticket.number:{number}",))
    return gone


def _proved(tx: Transaction, asked: Ask | Grant) -> tuple[str, str]:
    """How whoever asks has proved who they are, as the ticket keeps it."""
    second = asked.proof is Proof.STEPPED_UP and asked.account is not None
    factor = step_ups.factor(tx, asked.subject, asked.account) if second and asked.account is not None else ""
    return asked.proof.word, factor


def _change(
    tx: Transaction, grant: Grant, number: int, *, status: str, only: ColumnElement[bool] | None = None
) -> bool:
    tx.require(grant, "ticket.reply:technical", "ticket.reply:billing")
    t = tables.tickets.c
    mine = update(tables.tickets).where(
        t.number == number,
        t.account_id == grant.account,
        t.topic == grant.topic,
        timeline.SEEN_AS.not_in(("pending", *timeline.NOT_THE_DESKS)),
        t.opened_by.is_not(None),
        own_only(grant),
        true() if only is None else only,
    )
    row = tx.connection.execute(mine.values(**_now(tx, status)).returning(*response_clock.STATE)).first()
    timeline.changed(tx, number)
    if row is None:
        return False
    if row.waiting_since == tx.now:
        response_clock.started(tx, row)
    tx.told(grant, f"ticket.number:{number}")
    return True


def _now(tx: Transaction, status: str) -> dict[str, ColumnElement[Any]]:
    """What was left under a threat stays quarantined, and waits for the desk; its customers see it changed like any other."""
    t = tables.tickets.c
    clock = response_clock.running(tx) if status == "open" else response_clock.STOPPED
    return {
        **{name: case((t.status == "quarantined", t[name]), else_=value) for name, value in clock.items()},
        "status": case((t.status == "quarantined", t.status), else_=status),
        "customer_status": case((t.customer_status.is_not(None), status), else_=null()),
    }


def own_only(of: Grant) -> ColumnElement[bool]:
    """A right lent for one's own tickets reaches no others, and one to follow one's own requests reaches those."""
    if of.when not in ("own_tickets", OWN_REQUESTS):
        return true()
    t = tables.tickets.c
    mine: ColumnElement[bool] = t.opened_by == of.subject.person
    return mine & t.kind.in_(REQUESTS) if of.when == OWN_REQUESTS else mine


_BY_RECORDING = (
    select(*(tables.tickets.c[name] for name in ("number", "account_id", "status", "opened_by", "customer_status")))
    .join(tables.messages, tables.messages.c.ticket == tables.tickets.c.number)
    .where(tables.messages.c.recording == bindparam("sid"))
)
