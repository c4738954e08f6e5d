"""Calls of ours to a number on file that has not changed lately, asked for by an agent: to talk, or to tell a code to somebody
whose PIN is locked; or by a key of the operator's, to verify them.

The number is never one that a caller named. Whoever answers has proved nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from authz import Grant, Proof, Subject
from store import tables
from store.accounts.people import lock
from store.calls import code_words
from store.db import sweeping
from store.db.keys import Keys
from store.db.statements import of_late
from store.db.transaction import WORKER, Transaction
from store.jobs import job_queue
from store.messages import timeline
from store.text.durations import lasted
from store.verification import attempt_limits, factors, verification_requests

APART: Final = 5 * 60_000  # ms from one call to the next to the same person, whoever asks
A_DAY, DAY = 5, 24 * 3_600_000  # T35
UNHEARD_OF: Final = 10 * 60_000  # ms: then a call of which Twilio has told nothing has come to nothing
KEPT: Final = 90 * 24 * 3_600_000  # ms: then the row goes, and the number in it
ENDED: Final = ("machine", "nobody", "gone", "away", "refused", "withdrawn", "given_up", "over")
VERIFY: Final = "verify"  # a purpose: they are asked whether it is them (verification_requests.py)
_NOT_TRIED: Final = "We did not call back: it could not be tried any longer, or the operator dropped it. Ask for it anew if it is still to be done."


@dataclass(frozen=True, slots=True)
class Callback:
    """`number` is E.164; `staff` the id of the agent who asked, or None."""

    id: int
    person: int
    account: int | None
    ticket: int | None
    number: str
    purpose: str
    staff: int | None
    state: str
    call: str | None
    made_at: int
    code_words_key: str | None


def ask(
    tx: Transaction,
    grant: Grant,
    person: int,
    *,
    account: int | None = None,
    ticket: int | None = None,
    purpose: str = "",
) -> int | str:
    """An agent asks for it: its id, or why not: no_number (none on file that is old enough), talking (they are on the
    phone with this agent, proved), soon (one was just now) or enough (of them today). Unless `purpose` says, it is to talk, or where their PIN is locked to tell them the code with which
    they can call: they could not prove themselves to us."""
    tx.require(grant, "desk.proof.ask")
    staff = grant.subject.staff
    locked = attempt_limits.is_locked(tx, attempt_limits.counter_of(person))
    made = _make(tx, person, account, ticket, purpose or ("code" if locked else "talk"), staff)
    if ticket is not None and isinstance(made, int):
        timeline.add(tx, ticket, grant.subject, "", event="calling", internal=True)
    tx.told(grant, f"{'called_back' if isinstance(made, int) else 'not_called_back'}:{Subject.of_person(person)}")
    return made


def ask_for_key(tx: Transaction, grant: Grant, person: int, account: int) -> int | str:
    """A key of the operator's asks for one, to verify them: its id, or why not, in words of `ask`."""
    tx.require(grant, "desk.verifications.write")
    return _make(tx, person, account, None, VERIFY, None)


def why_not_for_key(tx: Transaction, grant: Grant, person: int, may_call: Callable[[str], bool]) -> str:
    """Why they cannot be called to be verified, in words of `why_not`, or locked: their PIN is. Empty where they can."""
    tx.require(grant, "desk.verifications.write")
    why = _why_not(tx, person, None)
    if not why and attempt_limits.is_locked(tx, attempt_limits.counter_of(person)):
        return "locked"
    return why or ("" if may_call(factors.numbers(tx, person).good[0]) else "abroad")


def withdraw(tx: Transaction, id: int) -> None:
    """Nobody is called any more; who is being rung already hears why, as by a machine."""
    moved(tx, id, "withdrawn")


def why_not(tx: Transaction, grant: Grant, person: int, may_call: Callable[[str], bool]) -> str:
    """Why they cannot be called back now, in words of `ask`, or abroad: the number that would be rung is none that `may_call` lets
    us ring. Empty where they can."""
    tx.require(grant, "desk.proof.ask")
    tx.told(grant, f"callback_of:{Subject.of_person(person)}")
    why = _why_not(tx, person, grant.subject.staff)
    return why or ("" if may_call(factors.numbers(tx, person).good[0]) else "abroad")


def look(tx: Transaction, id: int) -> Callback | None:
    row = tx.connection.execute(select(tables.callbacks).where(tables.callbacks.c.id == id)).first()
    return None if row is None else _callback(row)


def words(keys: Keys, ours: Callback) -> tuple[str, str]:
    """The desk's two words in this call, fixed since it was asked for: whoever is called finds the same in Slack."""
    agent = Subject.of_staff(ours.staff) if ours.staff is not None else WORKER
    return code_words.two_words(keys, ours.code_words_key, f"callback:{ours.id}", agent, ours.made_at)


def under_way(tx: Transaction, grant: Grant) -> list[Callback]:
    """Those that are owed or ringing, for the desk's list; whom they go to is on no list."""
    tx.require(grant, "desk.proof.ask")
    c = tables.callbacks.c
    rows = tx.connection.execute(select(tables.callbacks).where(c.ended_at.is_(None)).order_by(c.id))
    return [_callback(row) for row in rows]


def moved(tx: Transaction, id: int, state: str, *, call: str | None = None) -> bool:
    """It has come further; whether it was not over yet."""
    c = tables.callbacks.c
    new: dict[str, Any] = {"state": state} | ({"call": call} if call else {})
    new |= {"ended_at": tx.now} if state in ENDED else {}
    going = update(tables.callbacks).where(c.id == id, c.ended_at.is_(None)).values(**new).returning(c.purpose)
    row = tx.connection.execute(going).first()
    if row is not None and row.purpose == VERIFY and state in ENDED:
        verification_requests.call_over(tx, id, state)
    return row is not None


def number_now(tx: Transaction, ours: Callback) -> str | None:
    """The number to ring, as it is on file at this moment. None: there is none any more that is old enough."""
    good = factors.numbers(tx, ours.person).good
    return ours.number if ours.number in good else next(iter(good), None)


def to_ring(tx: Transaction, id: int, number: str) -> Callback | None:
    """The one to be rung now, at this number: it counts as ringing from now on, so that nobody is rung twice. None: not any
    more. The two words are shown in Slack meanwhile."""
    c = tables.callbacks.c
    owed = update(tables.callbacks).where(c.id == id, c.state == "owed").values(state="ringing", number=number)
    row = tx.connection.execute(owed.returning(*c)).first()
    if row is None:
        return None
    job_queue.enqueue_once(tx, "slack.code_words", str(id), {"callback": id})
    job_queue.enqueue_once(tx, "callback_timeout", str(id), {"callback": id}, after=UNHEARD_OF)
    return _callback(row)


def rung(tx: Transaction, id: int, call: str) -> None:
    """Twilio rings them, by this call. They may have answered before we know of it."""
    c = tables.callbacks.c
    tx.connection.execute(update(tables.callbacks).where(c.id == id, c.call.is_(None)).values(call=call))


def not_rung(tx: Transaction, id: int) -> None:
    """Twilio would not: it is tried again."""
    c = tables.callbacks.c
    tx.connection.execute(
        update(tables.callbacks).where(c.id == id, c.state == "ringing", c.call.is_(None)).values(state="owed")
    )


def in_vain(tx: Transaction, ours: Callback, note: str) -> None:
    """Nobody was talked to: that is on the ticket and in the ledger, and the agent who asked is told."""
    if ours.ticket is not None:
        timeline.add(tx, ours.ticket, WORKER, note, internal=True)
    ended = look(tx, ours.id)
    assert ended is not None
    tx.record(WORKER, ours.account, "callback", ended.state, fields=(f"called:{Subject.of_person(ours.person)}",))
    if ours.purpose != VERIFY:
        job_queue.enqueue_once(tx, "slack.callback_failed", str(ours.id), {"callback": ours.id})


def reached(tx: Transaction, ours: Callback) -> None:
    """It was answered, and is over: what it came to is on the ticket."""
    if ours.ticket is not None:
        timeline.add(tx, ours.ticket, WORKER, _came_to(tx, ours), internal=True)


def _came_to(tx: Transaction, ours: Callback) -> str:
    if ours.purpose == "code":
        return (
            "We called back to tell them a code for their locked PIN, and somebody answered. They can call us with it."
        )
    if ours.state != "proved":
        return "We called back. Somebody answered, and did not come through to the desk: they have proved nothing."
    r, s = tables.support_calls.c, tables.staff.c
    theirs = (
        select(r.joined_at, r.ended_at, s.name)
        .select_from(tables.support_calls)
        .outerjoin(tables.staff, s.id == r.staff_id)
    )
    row = tx.connection.execute(theirs.where(r.call == ours.call).order_by(r.id.desc()).limit(1)).first()
    if row is None or row.joined_at is None:
        return "We called back. They gave their PIN, and nobody of the desk talked to them."
    talked = lasted((row.ended_at or tx.now) - row.joined_at)
    return f"We called back. They gave their PIN, and talked to {row.name or 'somebody at the desk'} for {talked}."


def given_up(tx: Transaction, id: int) -> None:
    """Nobody tries any longer to make this call; one that rings already goes on."""
    ours = look(tx, id)
    if ours is not None and ours.state == "owed" and moved(tx, id, "given_up"):
        in_vain(tx, ours, _NOT_TRIED)


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.callbacks, tables.callbacks.c.ended_at < tx.now - KEPT)


def staff_phone(tx: Transaction, id: int) -> str | None:
    """The phone of the agent who asked for it, if they have one and are at work here."""
    c, s = tables.callbacks.c, tables.staff.c
    query = select(s.phone).join(tables.callbacks, c.staff_id == s.id).where(c.id == id, s.suspended_at.is_(None))
    return tx.connection.execute(query).scalar()


def asker_is_away(tx: Transaction, ours: Callback) -> bool:
    """Whether the agent who asked for it is suspended."""
    s = tables.staff.c
    away = select(s.id).where(s.id == ours.staff, s.suspended_at.is_not(None))
    return ours.staff is not None and tx.connection.execute(away).first() is not None


def _make(
    tx: Transaction, person: int, account: int | None, ticket: int | None, purpose: str, staff: int | None
) -> int | str:
    c = tables.callbacks.c
    if not lock(tx, person):
        return "no_number"
    why = _why_not(tx, person, staff)
    if why:
        return why
    number = factors.numbers(tx, person).good[0]
    row = {"person_id": person, "account_id": account, "ticket": ticket, "number": number, "purpose": purpose}
    row |= {"staff_id": staff, "state": "owed", "made_at": tx.now, "code_words_key": tx.keys.newest(code_words.USE).id}
    id: int = tx.connection.execute(insert(tables.callbacks).values(**row).returning(c.id)).scalar_one()
    job_queue.enqueue(tx, "callback", str(id), {"callback": id})
    return id


def _why_not(tx: Transaction, person: int, staff: int | None) -> str:
    c, r = tables.callbacks.c, tables.support_calls.c
    if not factors.numbers(tx, person).good:
        return "no_number"
    theirs = select(r.id).where(
        r.staff_id == staff,
        r.subject == Subject.of_person(person),
        r.proof >= int(Proof.VERIFIED),
        r.ended_at.is_(None),
        r.taken_by.is_not(None),
    )
    if staff is not None and tx.connection.execute(theirs.limit(1)).first() is not None:
        return "talking"
    made = select(func.count(), func.max(c.made_at)).where(c.person_id == person, of_late(c.made_at, tx.now, DAY))
    today, last = tx.connection.execute(made).one()
    if last is not None and last > tx.now - APART:
        return "soon"
    return "enough" if today >= A_DAY else ""


def _callback(row: Any) -> Callback:
    return Callback(
        row.id,
        row.person_id,
        row.account_id,
        row.ticket,
        row.number,
        row.purpose,
        row.staff_id,
        row.state,
        row.call,
        row.made_at,
        row.code_words_key,
    )
