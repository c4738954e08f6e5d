"""Whom an answer to a ticket would reach now, and what became of each answer: on its way, delivered, refused, or nobody's.

One answer has one state. It begins with what would reach the customer when it was written; the worker and the phone change it as
they deliver, and whoever follows the ticket is brought up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, exists, select, update

from authz import Action, Ask, At, Denied, Grant, Proof, Subject, Topic, judge
from store import tables
from store.db.statements import Prepared
from store.db.transaction import GrantRequiredError, Transaction, upsert
from store.messages import edits, opening_exceptions, response_clock, timeline
from store.slack.ticket_threads import CUSTOMER
from store.verification import attempt_limits, slack_members

SLACK, PAGES, PHONE, NOBODY = "slack", "pages", "phone", "nobody"
STATES: Final = ("queued", "delivered", "pages", "read", "phone", "heard", "refused", "nobody")
MAIL_REFUSED: Final = "mail_refused"  # it waits on their pages, and their address refuses the mail that would say so
_UNREAD: Final = ("pages", "phone", "refused", "nobody")
WHY_NOBODY: Final = (
    "not_a_contact",
    "no_support",
    "no_right",
    "not_covered",
    "account_suspended",
    "account_closed",
    "no_way",
)


@dataclass(frozen=True, slots=True)
class Reach:
    """`way`: slack (direct messages), pages (it waits for them there, and a mail says so, but where `why` is mail_refused), phone (read out when they call and
    ask) or nobody, and then `why`: a reason of the judge's, or no_way: they are not in Slack, have not joined the pages and have no PIN. `name` is the requester's, empty where nobody is known. `others`: how many
    other contacts may read the ticket; counted where it reaches nobody."""

    way: str
    name: str
    why: str = ""
    others: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """`state` is one of STATES; `why` is a reason of Reach, or why Slack refused. `thread`: which one refused it."""

    state: str
    why: str
    at: int
    thread: int | None = None


def now(tx: Transaction, grant: Grant, number: int, *, phone: bool) -> Reach:
    """Whom an answer written now would reach. `phone`: whether the desk has a phone line that customers can ring."""
    tx.require(grant, "desk.ticket.work", "desk.deliver")
    row = tx.connection.execute(_TICKET, {"number": number}).first()
    if row is None or (grant.cell == "desk.ticket.work" and row.account_id != grant.account):
        raise GrantRequiredError("not a ticket this grant works on")
    if row.opened_by is None or row.account_id is None or row.customer_status is not None:
        return Reach(NOBODY, "", "no_way")
    tx.told(grant, "contact.name")
    why = _why_not(tx, row, row.opened_by)
    if (
        not why
        and slack_members.of_person(tx, row.opened_by)
        and tx.connection.execute(_SLACK_IS_OPEN).first() is not None
    ):
        return Reach(SLACK, row.name)
    if _has_joined(tx, row.opened_by) and not _why_not(tx, row, row.opened_by, At.PAGES):
        return Reach(PAGES, row.name, MAIL_REFUSED if _refuses_mail(tx, row.opened_by) else "")
    if not why and phone and _can_ring(tx, row.opened_by):
        return Reach(PHONE, row.name)
    return Reach(NOBODY, row.name, why or "no_way", _others(tx, row))


def written(tx: Transaction, ticket: int, message: int, found: Reach) -> None:
    """An answer was written. The first one's time is kept, as it is now, for the figures of its day (daily_figures.py): whatever becomes of the
    ticket later, it was answered when it was due or was not."""
    first = dict[str, int | None]()
    row = tx.connection.execute(_UNANSWERED, {"ticket": ticket, "message": message}).first()
    if row is not None:
        due = tx.due(row.opened_at, row.priority, row.kind, row.covered, opening_exceptions.read(tx))
        first = {"first_at": tx.now, "took": max(tx.now - row.opened_at, 0), "in_time": tx.now <= due}
    begin(tx, message, found, **first)


def begin(tx: Transaction, message: int, found: Reach, **first: int | None) -> None:
    """An answer was written, or changed: its state is what it would reach now."""
    state = "queued" if found.way == SLACK else found.way
    _put(tx, message, state, found.why, first)


def settle(tx: Transaction, message: int, state: str, why: str = "", *, thread: int | None = None) -> None:
    """What became of an answer; where that is news, whoever follows its ticket hears of it. Nothing for what is no answer."""
    d, m = tables.answer_states.c, tables.messages.c
    other = update(tables.answer_states).where(d.message == message, (d.state != state) | (d.why != why))
    changed = other.values(state=state, why=why, at=tx.now, thread=thread).returning(d.message)
    if tx.connection.execute(changed).first() is not None:
        edits.news(tx, tx.connection.execute(select(m.ticket).where(m.id == message)).scalar_one())


def left_over(tx: Transaction, grant: Grant, number: int, *, phone: bool) -> None:
    """The ticket has no direct messages that are the customer's: an answer that was on its way there is what it can be now."""
    waiting = [message for message, one in of_ticket(tx, grant, number).items() if one.state == "queued"]
    if waiting:
        found = now(tx, grant, number, phone=phone)
        for message in waiting:
            settle(
                tx,
                message,
                NOBODY if found.way == SLACK else found.way,
                found.why or ("no_way" if found.way == SLACK else ""),
            )


def unreadable(tx: Transaction, grant: Grant, number: int, message: int, *, phone: bool) -> None:
    """An answer to somebody who may not read it any more: nothing of it was posted."""
    found = now(tx, grant, number, phone=phone)
    settle(tx, message, NOBODY, found.why if found.way == NOBODY else "no_right")


def read_out(tx: Transaction, grant: Grant, number: int) -> None:
    """The desk's last answer was read to the requester by phone."""
    if not _shows_answers(tx, grant, number):
        return
    last = tx.connection.execute(_LAST, {"ticket": number}).first()
    if last is not None and last.state != "delivered":
        settle(tx, last.message, "heard")


def read(tx: Transaction, grant: Grant, number: int) -> None:
    """All the desk has answered was shown to the requester on their own pages."""
    if not _shows_answers(tx, grant, number):
        return
    for one in _OF_TICKET.all(tx, ticket=number):
        if one.state in _UNREAD:
            settle(tx, one.message, "read")


def _shows_answers(tx: Transaction, grant: Grant, number: int) -> bool:
    """Whether a ticket is its reader's own, and what the desk answers is on it: nothing of that is on what was left under a threat."""
    tx.require(grant, "ticket.view:technical", "ticket.view:billing")
    row = tx.connection.execute(_TICKET, {"number": number}).first()
    if row is None or (row.account_id, row.opened_by) != (grant.account, grant.subject.person):
        return False
    return row.customer_status is None


def given_up(tx: Transaction, payload: Mapping[str, Any], why: str) -> None:
    """A job that says something in Slack was given up or dropped. Where it was to bring an answer to the customer, that is what
    became of it, unless they have heard it meanwhile, or are to hear it by phone."""
    p, d = tables.ticket_threads.c, tables.answer_states.c
    side = tx.connection.execute(select(p.side).where(p.id == int(payload["thread"]))).scalar()
    state = tx.connection.execute(select(d.state).where(d.message == int(payload["message"]))).scalar()
    if side == CUSTOMER and state == "queued":
        settle(tx, int(payload["message"]), "refused", why[:300], thread=int(payload["thread"]))


def of_ticket(tx: Transaction, grant: Grant, number: int) -> dict[int, Delivery]:
    """The id of each answer → what became of it."""
    tx.require(grant, "desk.ticket.work", "desk.deliver")
    about = timeline.about(tx, number)
    if about is None or (grant.cell == "desk.ticket.work" and about.account != grant.account):
        raise GrantRequiredError("not a ticket of this grant")
    return {row.message: Delivery(row.state, row.why, row.at, row.thread) for row in _OF_TICKET.all(tx, ticket=number)}


def _why_not(tx: Transaction, ticket: Any, person: int, at: At = At.SUPPORT) -> str:
    """Why somebody may not read a ticket of theirs now; empty: they may."""
    verdict = judge(ask := _asked(ticket, person)._replace(at=at), tx.standing(ask))
    return str(verdict.reason) if isinstance(verdict, Denied) else ""


def _others(tx: Transaction, ticket: Any) -> int:
    c = tables.contacts.c
    there = select(c.person_id).where(c.account_id == ticket.account_id, c.person_id != ticket.opened_by)
    verdicts = [judge(ask := _asked(ticket, id), tx.standing(ask)) for id in tx.connection.execute(there).scalars()]
    return sum(isinstance(verdict, Grant) and not verdict.when for verdict in verdicts)


def _asked(ticket: Any, person: int) -> Ask:
    topic = Topic(ticket.topic)
    return Ask(Subject.of_person(person), Action.TICKET_VIEW, ticket.account_id, topic, Proof.VERIFIED)


def _can_ring(tx: Transaction, person: int) -> bool:
    has_pin = tx.connection.execute(select(tables.pins.c.person_id).where(tables.pins.c.person_id == person)).first()
    return has_pin is not None and not attempt_limits.is_disabled(tx, attempt_limits.counter_of(person))


def _has_joined(tx: Transaction, person: int) -> bool:
    login = select(tables.person_logins.c.person_id).where(tables.person_logins.c.person_id == person)
    return tx.connection.execute(login).first() is not None


def _refuses_mail(tx: Transaction, person: int) -> bool:
    b, p = tables.mail_bounces.c, tables.people.c
    address = select(b.email).join(tables.people, p.email == b.email).where(p.id == person)
    return tx.connection.execute(address).first() is not None


def _put(tx: Transaction, message: int, state: str, why: str, first: Mapping[str, int | None]) -> None:
    row = {"message": message, "state": state, "why": why, "at": tx.now, "thread": None}
    new = upsert(tx, tables.answer_states).values(**row, **first)
    again = {name: new.excluded[name] for name in ("state", "why", "at", "thread")}
    tx.connection.execute(new.on_conflict_do_update(index_elements=["message"], set_=again))


_t, _d, _m, _i = tables.tickets, tables.answer_states, tables.messages, tables.installations
_TICKET = (
    select(_t.c.account_id, _t.c.topic, _t.c.opened_by, _t.c.customer_status, tables.people.c.name)
    .outerjoin(tables.people, tables.people.c.id == _t.c.opened_by)
    .where(_t.c.number == bindparam("number"))
)
_SLACK_IS_OPEN = select(_i.c.team).where(_i.c.ended_at.is_(None)).limit(1)
# Prepared saves 20 µs for each message that a worker posts.
_OF_TICKET = Prepared(select(_d).join(_m, _m.c.id == _d.c.message).where(_m.c.ticket == bindparam("ticket")))
_LAST = (
    select(_d.c.message, _d.c.state)
    .join(_m, _m.c.id == _d.c.message)
    .where(_m.c.ticket == bindparam("ticket"))
    .order_by(_d.c.message.desc())
    .limit(1)
)
_UNANSWERED = select(
    _t.c.opened_at, _t.c.priority, _t.c.kind, response_clock.covered(_t.c.account_id, _t.c.service).label("covered")
).where(
    _t.c.number == bindparam("ticket"),
    ~exists().where(_m.c.ticket == _t.c.number, _d.c.message == _m.c.id, _m.c.id < bindparam("message")),
)
