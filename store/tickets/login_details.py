"""Login details that the desk leaves for whoever asked for them: sealed, shown to that person alone, once, and gone when they are.

They are never a message, nor in the ledger, a log, a mail or a queue. A mail to the address on file has a link; it opens only in a session
of that person's own with a second proof (X6, SR-14), and the right to have them is judged when they are shown.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from sqlalchemy import Row, select, update

from authz import Action, Grant, Subject
from store import tables
from store.db.transaction import WORKER, Transaction
from store.jobs import job_queue
from store.messages import ticket_access, timeline
from store.verification import factors
from store.verification.revocation import lock_all

WORK: Final = "login_details"
DAY: Final = 24 * 3_600_000  # ms
LIVES: Final = (DAY, 7 * DAY)
STATES: Final = ("waiting", "opened", "expired", "withdrawn", "revoked", "not_sent")
SHOWN_AGAIN: Final = 10 * 60_000  # ms in which the same form, sent again, shows them once more
_USE, _LINK, _FORM = "login-details", "login-details-link", "login-details-form"
_BYTES: Final = 20  # of chance in a link
NOT_SENT: Final = "The mail about the login details did not go out, and they are gone. Look at the address on file, and deposit them anew."


class NotDeposited(Enum):
    NOT_ASKED = "not_asked"  # it is no request for login details of somebody proven, or it is closed
    YOUNG = "young"  # their address came on file so lately that nothing of the kind goes there


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of the newest of a ticket: a word of STATES, since `at`; `until` when they wait, or may be
    shown once more to the same form. Times in ms."""

    state: str
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Found:
    """Of whoever has the link, and is the one they are for: to ask for the right."""

    ticket: int
    account: int
    service: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class LinkMail:
    """To be sent at once and kept nowhere. The token hides itself from logs."""

    to: str
    name: str
    ticket: int
    until: int
    token: str = field(repr=False)


def deposit(tx: Transaction, grant: Grant, number: int, words: str, life: int) -> NotDeposited | None:
    """Leaves them for whoever opened the ticket, for `life` (ms), and has the link mailed; the ones before are gone. None: done."""
    tx.require(grant, "desk.ticket.work")
    of = ticket_access.ticket(tx, grant, number)
    person = of.opened_by
    if of.kind != Action.SERVICE_CREDENTIALS or of.status not in ("open", "waiting"):
        return NotDeposited.NOT_ASKED
    if person is None or of.account is None or not of.is_answerable:
        return NotDeposited.NOT_ASKED
    lock_all(tx, [person])
    to = factors.address(tx, person)
    if to is None or not to.good:
        return NotDeposited.YOUNG
    _end(tx, _d.ticket == number, state="withdrawn")
    sealed = tx.keys.seal(_USE, words.encode(), _bound(number, person, tx.now))
    row = {"ticket": number, "account_id": of.account, "person_id": person, "sealed": sealed, "state": "waiting"}
    times = {"made_at": tx.now, "ends_at": tx.now + life, "state_at": tx.now}
    new = tables.login_details.insert().values(**row, **times).returning(_d.id)
    id = tx.connection.execute(new).scalar_one()
    job_queue.enqueue(tx, WORK, str(id), {"deposit": id})
    tx.told(grant, f"ticket.number:{number}", "login_details.deposited")
    timeline.add(tx, number, grant.subject, "", event="login_sent")
    return None


def withdraw(tx: Transaction, grant: Grant, number: int) -> bool:
    """They are gone before anybody opened them. False: none are waiting."""
    tx.require(grant, "desk.ticket.work")
    of = ticket_access.ticket(tx, grant, number)
    if of.opened_by is None:
        return False
    lock_all(tx, [of.opened_by])
    if not _end(tx, _d.ticket == number, state="withdrawn"):
        return False
    tx.told(grant, f"ticket.number:{number}", "login_details.withdrawn")
    timeline.add(tx, number, grant.subject, "", event="login_withdrawn")
    return True


def of_ticket(tx: Transaction, grant: Grant, number: int) -> Standing | None:
    """What became of the newest of a ticket, for whoever may see it."""
    tx.require(grant, "desk.ticket.work", "ticket.view:technical")
    ticket_access.ticket(tx, grant, number)
    newest = select(tables.login_details).where(_d.ticket == number).order_by(_d.id.desc()).limit(1)
    row = tx.connection.execute(newest).first()
    if row is not None:
        tx.told(grant, f"ticket.number:{number}", "login_details.state")
    return None if row is None else _standing(tx, row)


def address(tx: Transaction, grant: Grant, id: int) -> LinkMail | None:
    """A new link and where it goes; the one before it is no longer valid. None: they do not wait any more, or cannot be sent."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(select(tables.login_details).where(_d.id == id, _d.state == "waiting")).first()
    to = None if row is None else factors.address(tx, row.person_id)
    if row is None or to is None or row.ends_at <= tx.now:
        return None
    if not to.good:
        not_sent(tx, id)
        return None
    token = secrets.token_hex(_BYTES)
    tx.connection.execute(update(tables.login_details).where(_d.id == id).values(link=tx.keys.digest(_LINK, token)))
    subject = Subject.of_person(row.person_id)
    tx.told(grant, "contact.name", "contact.email", f"login_details_link_sent_to:{subject}")
    return LinkMail(to.email, to.name, row.ticket, row.ends_at, token)


def not_sent(tx: Transaction, id: int) -> None:
    """Nobody can open what nobody has a link to: the desk reads that on the ticket."""
    ticket = tx.connection.execute(select(_d.ticket).where(_d.id == id)).scalar()
    if _end(tx, _d.id == id, state="not_sent") and ticket is not None:
        timeline.add(tx, ticket, WORKER, NOT_SENT, internal=True)


def look(tx: Transaction, subject: Subject, token: str) -> Found | None:
    """None: no such link, or it is not theirs; nobody hears which."""
    row = _of_link(tx, subject, token)
    return None if row is None else Found(row.ticket, row.account_id, row.service, _standing(tx, row))


def open_once(tx: Transaction, grant: Grant, token: str, form: tuple[str, ...]) -> str | None:
    """Shows them, to the one they are for, and not a second time but to the very same form (`form` is what makes it this one). None:
    they are not there, or not any more."""
    tx.require(grant, "service.credentials")
    lock_all(tx, [grant.subject.person])
    row = _of_link(tx, grant.subject, token)
    if row is None or row.account_id != grant.account or row.sealed is None:
        return None
    again = row.form in tx.keys.digests(_FORM, *form)
    if row.ends_at <= tx.now or not (again or row.state == "waiting"):
        return None
    words = tx.keys.open(_USE, row.sealed, _bound(row.ticket, row.person_id, row.made_at))
    if words is None:
        return None
    if not again:
        opened = {"state": "opened", "state_at": tx.now, "ends_at": tx.now + SHOWN_AGAIN}
        opened |= {"form": tx.keys.digest(_FORM, *form)}
        tx.connection.execute(update(tables.login_details).where(_d.id == row.id).values(**opened))
        timeline.add(tx, row.ticket, grant.subject, "", event="login_opened")
    tx.told(grant, f"ticket.number:{row.ticket}", "login_details.shown")
    return words.decode()


def sweep(tx: Transaction) -> None:
    """Those that nobody opened in time are gone, and their tickets say so; those that were opened are gone for good."""
    due = select(_d.id, _d.ticket, _d.person_id).where(_d.sealed.is_not(None), _d.ends_at <= tx.now)
    for row in sorted(
        tx.connection.execute(due).all(), key=lambda row: (row.person_id, row.id)
    ):  # as `lock_all` orders them
        lock_all(tx, [row.person_id])
        if _end(tx, _d.id == row.id, state="expired"):
            timeline.add(tx, row.ticket, WORKER, "", event="login_expired")
        else:
            tx.connection.execute(update(tables.login_details).where(_d.id == row.id).values(sealed=None))


def _end(tx: Transaction, *which: Any, state: str) -> bool:
    """Whether there were any that waited."""
    gone = {"state": state, "state_at": tx.now, "sealed": None}
    waiting = update(tables.login_details).where(*which, _d.state == "waiting").values(**gone)
    return tx.connection.execute(waiting.returning(_d.id)).first() is not None


def _of_link(tx: Transaction, subject: Subject, token: str) -> Row[Any] | None:
    its = _d.link.in_(tx.keys.digests(_LINK, token[: 2 * _BYTES])), _d.person_id == subject.person
    with_service = select(tables.login_details, tables.tickets.c.service)
    joined = with_service.join(tables.tickets, tables.tickets.c.number == _d.ticket)
    return tx.connection.execute(joined.where(*its)).first()


def _standing(tx: Transaction, row: Row[Any]) -> Standing:
    over = row.state == "waiting" and row.ends_at <= tx.now  # before the sweep comes by
    return Standing("expired", row.ends_at, row.ends_at) if over else Standing(row.state, row.state_at, row.ends_at)


def _bound(ticket: int, person: int, made_at: int) -> str:
    return f"login details {ticket} {person} {made_at}"


_d = tables.login_details.c
