"""Calls that are with the desk now, as its people see them: who waits, who talks to whom, and the card of the caller.

The list has no customer on it. The card is of an open case: of whoever took the call, for as long as it lasts and a while
after, and only as long as the caller is verified.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Select, func, or_, select

from authz import OWN_REQUESTS, REQUESTS, Action, Ask, Grant, Proof, Subject
from store import tables
from store.accounts import account_details, standing
from store.accounts.account_details import Invoice, Service
from store.accounts.standing import Requester
from store.calls import callbacks, support_calls
from store.calls.code_words import two_words
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import timeline
from store.security import alerts
from store.verification import attempt_limits, factors, sms_codes, step_ups

AFTERWARDS: Final = support_calls.CASE_OPEN
TALKED, TALKED_AGENT_LEFT, NOT_MET, NOT_RUNG = "talked", "talked_agent_left", "not_met", "not_rung"
ENDINGS: Final = (
    *(TALKED, TALKED_AGENT_LEFT, NOT_MET, NOT_RUNG),
    *(
        support_calls.CALLER_LEFT,
        support_calls.NOBODY_CAME,
        support_calls.WENT_BACK,
        support_calls.CALLBACK,
        support_calls.REFUSED,
        support_calls.LOST,
    ),
)
LATELY: Final = 24 * 3_600_000  # ms: what was warned of since then stands on the card


@dataclass(frozen=True, slots=True)
class LiveCall:
    """`state` is waiting, talking, keypad or over; `position` in the queue, from 1, while waiting. `agent` is a name, or empty
    where nobody took it or we do not know who; `staff` their id. `requested_proof` and `verification_result`: what the caller was last sent to the
    keypad for (pin, second) and what came of it (passed, failed, or empty; guarded: see support_calls.announced). `words` are the desk's two, once it is taken.
    `ending`, once it is over, in words of ENDINGS; `lasted` in ms: how long they talked, or the caller waited. `untold`: nobody has written what it
    was about, and no ticket says it."""

    id: int
    call: str
    account: int
    state: str
    emergency: bool
    called_back: bool
    started_at: int
    taken_at: int | None
    ended_at: int | None
    agent: str
    staff: int | None
    position: int
    requested_proof: str
    verification_result: str
    words: tuple[str, str] | None
    ending: str = ""
    lasted: int = 0
    untold: bool = False

    @property
    def unassigned(self) -> bool:
        """Somebody took it on a phone of the desk, and nobody has said that it is theirs."""
        return self.taken_at is not None and self.staff is None


@dataclass(frozen=True, slots=True)
class LiveWith:
    """A support call, and the account (id) it is about."""

    support_call: int
    account: int


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """`status` as its customers see it. `supervisors_only`: supervisors have it, and nobody else can open it."""

    number: int
    title: str
    topic: str
    status: str
    supervisors_only: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """`requester` is None as long as the caller is not verified. `until`: in ms, how long a second proof lasts, if there is one.
    `second`: what they could give a second proof by, in words of `factors`; `warnings` in words of this module and of alerts.
    `twice`: they gave a second proof in it, whether or not it still stands. `put_away`: it has been over for so long that nothing is shown any more.
    `services` and `owed` are None where they may not hear of them, where nobody asked for them, and once the call is over. `about`: what the agent
    has written that it was about; `subject`: who it is, once they are verified."""

    call: LiveCall
    requester: Requester | None
    proof: Proof
    until: int | None
    own_number: bool
    second: tuple[str, ...]
    warnings: tuple[str, ...]
    tickets: tuple[OpenTicket, ...]
    services: tuple[Service, ...] | None = None
    owed: tuple[Invoice, ...] | None = None
    put_away: bool = False
    twice: bool = False
    about: str = ""
    subject: Subject | None = None


def calls(tx: Transaction, grant: Grant) -> list[LiveCall]:
    """All that wait or talk, the oldest first. Nothing of any customer."""
    tx.require(grant, "desk.proof.ask", "desk.deliver")
    r = tables.support_calls.c
    waiting = support_calls.queue(tx)
    rows = tx.connection.execute(_CALLS.where(r.ended_at.is_(None)).order_by(r.emergency.desc(), r.id)).all()
    return [_call(tx, row, waiting) for row in rows]


def just_over(tx: Transaction, grant: Grant) -> list[LiveCall]:
    """Calls that have ended lately: those of whoever asks, as long as their cases stay open, and those that nobody took or nobody
    has said are theirs; the newest first. Nothing of any customer."""
    tx.require(grant, "desk.proof.ask")
    r, staff = tables.support_calls.c, grant.subject.staff
    theirs = or_(r.staff_id == staff, r.staff_id.is_(None))
    lately = _CALLS.where(theirs, r.ended_at > tx.now - AFTERWARDS).order_by(r.ended_at.desc())
    return [_call(tx, row, []) for row in tx.connection.execute(lately).all()]


def look(tx: Transaction, grant: Grant, support_call: int) -> LiveCall | None:
    """One of them, over or not."""
    tx.require(grant, "desk.proof.ask", "desk.deliver")
    waiting = support_calls.queue(tx)
    row = tx.connection.execute(_CALLS.where(tables.support_calls.c.id == support_call)).first()
    return None if row is None else _call(tx, row, waiting)


def case(
    tx: Transaction, grant: Grant, support_call: int, texting: Collection[str] = (), *, facts: bool = False
) -> Case | None:
    """The card, for whoever of the staff took the call, or for the worker that posts it. None: no such call of theirs.
    `texting`: the countries to which codes go by text message, if they go at all. `facts`: with what the caller may be told."""
    tx.require(grant, "desk.card.view", "desk.deliver")
    r, waiting = tables.support_calls.c, support_calls.queue(tx)
    row = tx.connection.execute(_CALLS.where(r.id == support_call)).first()
    if row is None or (grant.cell == "desk.card.view" and not _is_theirs(tx, grant, row)):
        return None
    found = _case(tx, grant, row, waiting, texting)
    return _with_facts(tx, row, found) if facts else found


def words(tx: Transaction, support_call: int) -> tuple[str, str] | None:
    """The desk's two words in this call, for both of those who talk; None while nobody has taken it."""
    row = tx.connection.execute(select(tables.support_calls).where(tables.support_calls.c.id == support_call)).first()
    return None if row is None else _words(tx, row)


def of_person(tx: Transaction, staff: int, person: int) -> LiveWith | None:
    """The call one of the staff has now with somebody who is verified in it, if they have one."""
    r = tables.support_calls.c
    theirs = select(r.id, r.account_id).where(
        r.staff_id == staff,
        r.subject == Subject.of_person(person),
        r.proof >= int(Proof.VERIFIED),
        r.ended_at.is_(None),
        r.taken_by.is_not(None),
    )
    row = tx.connection.execute(theirs.order_by(r.id.desc())).first()
    return None if row is None else LiveWith(row.id, row.account_id)


def _is_theirs(tx: Transaction, grant: Grant, row: Any) -> bool:
    if grant.account != row.account_id:
        raise GrantRequiredError("a grant for one account does not open another")
    fresh = row.ended_at is None or row.ended_at > tx.now - AFTERWARDS
    return row.staff_id is not None and grant.subject == Subject.of_staff(row.staff_id) and fresh


def _case(tx: Transaction, grant: Grant, row: Any, waiting: list[int], texting: Collection[str]) -> Case:
    call, proof, person = _call(tx, row, waiting), Proof(row.proof), row.subject.person
    on_file = factors.on_file(tx, person)
    second = [
        *(["authenticator"] if on_file.authenticator else []),
        *(["slack"] if on_file.members else []),
        *(["number"] if sms_codes.reached(on_file.numbers, texting) else []),
    ]
    put_away = row.ended_at is not None and row.ended_at <= tx.now - AFTERWARDS
    if (
        put_away
        or row.threatened
        or proof < Proof.VERIFIED
        or (row.requested_proof, row.verification_result) == ("pin", "failed")
    ):
        about = "" if put_away or row.threatened else row.about
        return Case(call, None, proof, None, row.own_number, tuple(second), (), (), put_away=put_away, about=about)
    twice = step_ups.given(tx, row.subject, row.account_id, row.call)
    until = step_ups.until(tx, row.subject, row.account_id, row.call)
    if until is not None:
        proof = Proof.STEPPED_UP
    made = standing.requester(tx, person, row.account_id, proof)
    locked = attempt_limits.is_locked(tx, attempt_limits.counter_of(person))
    warnings = [f"fresh_{word}" for word in on_file.fresh] + (["pin_locked"] if locked else [])
    warnings += alerts.of_late(tx, row.subject, row.account_id, tx.now - LATELY)
    shown = _open_tickets(tx, row, made)
    named = [*(["tickets"] if shown else []), *(["factors"] if second else []), *(["warnings"] if warnings else [])]
    tx.told(grant, "contact.name", "account.name", "contact.standing", "proof", *named)
    return Case(
        call,
        made,
        proof,
        until,
        row.own_number,
        tuple(second),
        tuple(warnings),
        shown,
        twice=twice,
        about=row.about,
        subject=row.subject,
    )


def _with_facts(tx: Transaction, row: Any, known: Case) -> Case:
    """With what the caller may be told, under grants of their own: nothing else can slip out."""
    if known.requester is None or known.call.state == "over":
        return known
    asks = (
        Ask(row.subject, action, row.account_id, None, known.proof)
        for action in (Action.SERVICE_VIEW, Action.BILLING_VIEW)
    )
    offered = tx.offer(asks)
    services, bills = offered.get(Action.SERVICE_VIEW), offered.get(Action.BILLING_VIEW)
    return replace(
        known,
        services=None if services is None else tuple(account_details.services(tx, services)),
        owed=None
        if bills is None
        else tuple(one for one in account_details.invoices(tx, bills) if one.status != "paid"),
    )


def _open_tickets(tx: Transaction, row: Any, who: Requester) -> tuple[OpenTicket, ...]:
    """Those the caller may hear of themselves: nothing else can slip out."""
    t = tables.tickets.c
    topics = [cell.partition(":")[2] for cell in who.may if cell.startswith("ticket.view:")]
    own = {cell.partition(":")[2]: limit for cell, limit in who.own_only.items() if cell.startswith("ticket.view:")}
    query = (
        select(t.number, t.title, t.topic, timeline.SEEN_AS.label("seen_as"), t.status, t.opened_by, t.kind)
        .where(t.account_id == row.account_id, timeline.SEEN_AS.in_(("open", "waiting")), t.topic.in_(topics))
        .order_by(t.number.desc())
        .limit(20)
    )
    mine = row.subject.person
    rows = tx.connection.execute(query).all()
    seen = [
        one
        for one in rows
        if one.topic not in own or (one.opened_by == mine and (own[one.topic] != OWN_REQUESTS or one.kind in REQUESTS))
    ]
    return tuple(_open_ticket(one) for one in seen)


def _open_ticket(row: Any) -> OpenTicket:
    """The title of one that is for supervisors may say what was said in it."""
    quarantined = row.status == "quarantined"
    return OpenTicket(row.number, "" if quarantined else row.title, row.topic, row.seen_as, quarantined)


def _call(tx: Transaction, row: Any, waiting: list[int]) -> LiveCall:
    """`waiting` is the queue as it was before the row was read: whoever waits and is not in it has come since, as the last."""
    state = (
        "waiting"
        if row.taken_by is None
        else "keypad"
        if row.requested_proof and not row.verification_result
        else "talking"
    )
    state = "over" if row.ended_at is not None else state
    return LiveCall(
        row.id,
        row.call,
        row.account_id,
        state,
        row.emergency,
        row.callback is not None,
        row.started_at,
        row.taken_at,
        row.ended_at,
        row.agent or "",
        row.staff_id,
        _place(waiting, row.id) if state == "waiting" else 0,
        row.requested_proof,
        support_calls.announced(row.verification_result, threatened=row.threatened),
        _words(tx, row),
        *(_ending(row) if state == "over" else ("", 0)),
        untold=not row.about and not row.has_ticket and not row.threatened,
    )


def _ending(row: Any) -> tuple[str, int]:
    """What became of it, and for how long they talked or the caller waited."""
    if row.joined_at is not None and row.ending != support_calls.LOST:
        return TALKED_AGENT_LEFT if row.ending == support_calls.AGENT_LEFT else TALKED, row.ended_at - row.joined_at
    ending = support_calls.NOBODY_CAME if row.ending == support_calls.AGENT_LEFT else row.ending
    if row.taken_by is not None and ending == support_calls.CALLER_LEFT:
        ending = NOT_MET
    if ending == support_calls.NOBODY_CAME and not row.legs:
        ending = NOT_RUNG
    return ending or support_calls.LOST, row.ended_at - row.started_at


def _place(waiting: list[int], id: int) -> int:
    return (waiting.index(id) if id in waiting else len(waiting)) + 1


def _words(tx: Transaction, row: Any) -> tuple[str, str] | None:
    """By the agent's leg, whoever that turns out to be. A call of ours has had its words since before it rang."""
    if row.taken_at is None:
        return None
    ours = callbacks.look(tx, row.callback) if row.callback is not None else None
    return (
        callbacks.words(tx.keys, ours)
        if ours
        else two_words(tx.keys, row.code_words_key, row.call, row.taken_by, row.taken_at)
    )


_l = tables.call_tickets.c
_ticket = select(func.min(_l.ticket)).where(_l.support_call == tables.support_calls.c.id)
# Of an exists() PostgreSQL might read all there are, to have those of any call at hand.
_has_ticket = _ticket.scalar_subquery().is_not(None).label("has_ticket")
_CALLS: Final[Select[Any]] = select(tables.support_calls, tables.staff.c.name.label("agent"), _has_ticket).outerjoin(
    tables.staff, tables.staff.c.id == tables.support_calls.c.staff_id
)
