"""Somebody on the phone is asked in Slack, or on their account page with their passkey, for the number they hear on the phone. A bare yes is no answer.

Two digits, said once: a wrong number ends it, and so does "that is not me". Who is asked is told for what account. What is asked on the page
is answered there alone: the number does not do in Slack, nor without the passkey.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, insert, select, update

from authz import Grant, Proof, Subject
from store import tables
from store.accounts.people import lock
from store.db import sweeping
from store.db.statements import AHEAD, of_late
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.verification import step_ups

LIFE: Final = 3 * 60_000  # ms
KEPT: Final = 24 * 3_600_000  # ms
KIND: Final = "slack.approve"  # the work of asking in Slack
IN_SLACK, ON_PAGE = "slack_approval", "passkey"  # the ways, as factors


@dataclass(frozen=True, slots=True)
class Asked:
    """For the worker that asks: whom, and about which account. `ticket` and its `kind`: the draft that a right answer hands in."""

    id: int
    person: int
    account_name: str
    over: bool
    ticket: int | None = None
    kind: str = ""
    way: str = IN_SLACK


@dataclass(frozen=True, slots=True)
class OfCall:
    """What the page says of the call: the `ending` of the number it is with, empty where that is withheld, and whether that number is on
    file for them; the `action` it is for, or empty, and the `service` (ref)."""

    ending: str = ""
    on_file: bool = False
    action: str = ""
    service: str | None = None


NOTHING: Final = OfCall()


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for an answer on their account page."""

    id: int
    account: int
    ticket: int | None
    of: OfCall


def ask(
    tx: Transaction,
    subject: Subject,
    account: int,
    ticket: int | None = None,
    *,
    way: str = IN_SLACK,
    of: OfCall = NOTHING,
    in_slack: bool = True,
) -> tuple[int, str]:
    """(id, the two digits to say there). Asked anew, the one before is over. `ticket`: the draft it is for. `in_slack`: they are told there
    as well."""
    assert tx.call is not None
    a = tables.approvals
    before = update(a).where(a.c.call == tx.call, a.c.answered_at.is_(None))
    tx.connection.execute(before.values(answered_at=tx.now, correct=False))
    number = f"{secrets.randbelow(90) + 10}"
    row: dict[str, Any] = {"person_id": subject.person, "account_id": account, "call": tx.call, "digest": ""}
    row |= {"ticket": ticket, "way": way, "action": of.action, "service": of.service}
    row |= {"ending": of.ending, "on_file": of.on_file}
    row |= {"made_at": tx.now, "expires_at": tx.now + LIFE}
    id: int = tx.connection.execute(insert(a).values(**row).returning(a.c.id)).scalar_one()
    tx.connection.execute(update(a).where(a.c.id == id).values(digest=_digest(tx, id, number)))
    tx.record(subject, account, "approval", "asked", proof=Proof.VERIFIED, fields=(f"factor:{way}",))
    if in_slack:
        job_queue.enqueue(tx, KIND, str(id), {"approval": id})
    return id, number


def lately(tx: Transaction, subject: Subject, within: int) -> int:
    """How often they were asked in the last `within` ms, in whatever call: nobody is asked until they tire of it. Whoever else
    wants to know waits until this transaction is over, with what it asks."""
    a, person = tables.approvals.c, subject.person
    lock(tx, person)
    query = select(func.count()).where(a.person_id == person, of_late(a.made_at, tx.now, within))
    return int(tx.connection.execute(query).scalar_one())


def give_up(tx: Transaction, subject: Subject, id: int) -> None:
    """Whoever waits on the phone waits no more: from now on an answer is too late."""
    a = tables.approvals
    own = (a.c.id == id, a.c.person_id == subject.person, a.c.answered_at.is_(None))
    tx.connection.execute(update(a).where(*own).values(answered_at=tx.now, correct=False))


def end_in(tx: Transaction, subject: Subject, call: str) -> None:
    """They failed at the PIN in this call: what they had proved further is worth nothing, and no answer proves it any more."""
    a = tables.approvals
    own = (a.c.call == call, a.c.person_id == subject.person, a.c.answered_at.is_(None))
    tx.connection.execute(update(a).where(*own).values(answered_at=tx.now, correct=False))
    step_ups.end_in(tx, subject, call)


def to_ask(tx: Transaction, grant: Grant, id: int) -> Asked | None:
    tx.require(grant, "desk.deliver")
    a, name, kind = tables.approvals.c, tables.accounts.c.name, tables.tickets.c.kind
    query = select(tables.approvals, name, kind).join(tables.accounts, tables.accounts.c.id == a.account_id)
    query = query.outerjoin(tables.tickets, tables.tickets.c.number == a.ticket)
    row = tx.connection.execute(query.where(a.id == id)).first()
    if row is None:
        return None
    over = row.answered_at is not None or row.expires_at <= tx.now
    return Asked(row.id, row.person_id, row.name, over, row.ticket, row.kind or "", row.way)


def waiting(tx: Transaction, subject: Subject) -> Question | None:
    """What they are asked on their account page at this moment, in a call that is on."""
    a = tables.approvals.c
    theirs = _open(tx, subject).where(a.way == ON_PAGE).order_by(a.id.desc()).limit(1)
    row = tx.connection.execute(theirs).first()
    if row is None:
        return None
    of = OfCall(row.ending, row.on_file, row.action, row.service)
    tx.record(subject, row.account_id, "approval", "shown", proof=Proof.VERIFIED, fields=("call.number_ending",))
    return Question(row.id, row.account_id, row.ticket, of)


def answer(
    tx: Transaction, subject: Subject, id: int, digits: str, *, ends_at: int, way: str = IN_SLACK
) -> bool | None:
    """Whether it was the number; from then on they are stepped up on that call until `ends_at`. None: there is nothing to
    answer (any more): not theirs, asked in another way, answered, too late, or the call is over."""
    row = _take(tx, subject, id)
    if row is None or row.way != way:
        return None
    right = tx.keys.made(row.digest, "approvals", str(id), digits)
    _answered(tx, subject, row, right)
    if right:
        step_ups.reached(tx, subject, row.account_id, way, row.call, ends_at=ends_at)
    return right


def for_draft(tx: Transaction, subject: Subject, id: int) -> tuple[int, str] | None:
    """(number, call) of the draft of theirs that a right answer hands in, proved on that call. None: it is for none."""
    a = tables.approvals.c
    query = select(a.ticket, a.call).where(a.id == id, a.person_id == subject.person, a.ticket.is_not(None))
    row = tx.connection.execute(query).first()
    return None if row is None else (row.ticket, row.call)


def refuse(tx: Transaction, subject: Subject, id: int) -> int | None:
    """ "That is not me": the account it was about, for the desk to be warned of. None: there is nothing to answer."""
    row = _take(tx, subject, id)
    if row is None:
        return None
    _answered(tx, subject, row, False)
    return int(row.account_id)


def outcome(tx: Transaction, id: int) -> bool | None:
    """For the phone that waits: whether it was right. None: not yet. Too late counts as wrong, and so does what was asked or
    answered in the future, before a clock was put right."""
    a = tables.approvals.c
    row = tx.connection.execute(select(a.correct, a.made_at, a.answered_at, a.expires_at).where(a.id == id)).one()
    if max(row.made_at, row.answered_at or 0) > tx.now + AHEAD:
        return False
    if row.answered_at is not None:
        return bool(row.correct)
    return False if row.expires_at <= tx.now else None


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.approvals, tables.approvals.c.expires_at < tx.now - KEPT)


def _take(tx: Transaction, subject: Subject, id: int) -> Any:
    query = _open(tx, subject).where(tables.approvals.c.id == id)
    return tx.connection.execute(query.with_for_update(of=tables.approvals)).first()


def _open(tx: Transaction, subject: Subject) -> Select[Any]:
    a, c = tables.approvals.c, tables.calls.c
    running = select(c.sid).where(c.sid == a.call, c.ended_at.is_(None)).exists()
    return select(tables.approvals).where(
        a.person_id == subject.person,
        a.answered_at.is_(None),
        a.expires_at > tx.now,
        a.made_at <= tx.now + AHEAD,
        running,
    )


def _answered(tx: Transaction, subject: Subject, row: Any, right: bool) -> None:
    a = tables.approvals
    tx.connection.execute(update(a).where(a.c.id == row.id).values(answered_at=tx.now, correct=right))
    word = "right" if right else "wrong"
    tx.record(
        Subject.of_person(row.person_id),
        row.account_id,
        "approval",
        word,
        proof=Proof.VERIFIED,
        fields=(f"by:{subject}",),
    )


def _digest(tx: Transaction, id: int, number: str) -> str:
    return tx.keys.digest("approvals", str(id), number)
