"""One caller with the desk: who waits and in which order, who took the call, what was proved in it, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, insert, literal, null, or_, select, update

from authz import Grant, Proof, Subject
from store import tables
from store.calls import agent_legs, code_words
from store.db import grant_limits, sweeping
from store.db.transaction import Transaction
from store.jobs import call_news, job_queue

AGENT_LEFT, CALLER_LEFT, NOBODY_CAME = "agent_left", "caller_left", "nobody_came"  # endings; the others:
WENT_BACK, CALLBACK, REFUSED = "went_back", "callback", "refused"  # to the menu, asked to be called back, right gone
LOST: Final = "lost"  # Twilio never told us
KEYPAD_FOR: Final = {"pin": 2 * 60_000, "second": 5 * 60_000}  # ms: whoever has given nothing by then has not proved it
KEPT: Final = 90 * 24 * 3_600_000  # ms: then the row goes; the ledger has what mattered
CASE_OPEN: Final = 30 * 60_000  # ms a case stays open after the call, for what is to be written down
LIFE: Final = 4 * 3_600_000  # ms: Twilio's own limit on a call


@dataclass(frozen=True, slots=True)
class SupportCall:
    """`taken` once an agent took it; `over` when every leg is gone untaken or the caller left. `taken_by` is the agent's
    leg; `agent_left` once that has gone after they had met. `requested_proof`, `requested_at` and `verification_result` as in the table."""

    id: int
    call: str
    account: int
    emergency: bool
    taken: bool
    over: bool
    started_at: int
    subject: Subject
    proof: Proof
    service: str | None
    taken_by: str | None
    agent_left: bool
    seen_at: int
    requested_proof: str
    requested_at: int | None
    verification_result: str
    callback: int | None
    threatened: bool

    @property
    def announced(self) -> str:
        """What came of the keypad, as the agent hears and reads it."""
        return announced(self.verification_result, threatened=self.threatened)


@dataclass(frozen=True, slots=True)
class AgentBriefing:
    """What the agent who took the call hears before the caller: no amounts, nothing of the account's affairs."""

    name: str
    account_name: str
    account_number: str
    proof: Proof
    emergency: bool


def announced(result: str, *, threatened: bool) -> str:
    """`guarded` for `passed` where somebody threatens the caller: the agent is to tell them nothing, and to seem to."""
    return "guarded" if threatened and result == "passed" else result


def room(id: int) -> str:
    """The conference in which caller and agent meet."""
    return f"desk-{id}"


def start(
    tx: Transaction,
    grant: Grant,
    *,
    numbers: Sequence[str] = (),
    service: str | None = None,
    own_number: bool = False,
    callback: int | None = None,
) -> int:
    """The caller asks for a person, or is called back by one; `numbers` of the desk will ring. Its id."""
    tx.require(grant, "phone.support", "phone.emergency")
    grant_limits.service(grant, service)
    row = {
        "call": tx.call,
        "subject": grant.subject,
        "account_id": grant.account,
        "emergency": grant.cell == "phone.emergency",
        "service": service,
        "proof": int(grant.proof),
        "legs": len(numbers),
        "legs_ended": 0,
        "started_at": tx.now,
        "seen_at": tx.now,
        "own_number": own_number,
        "callback": callback,
    }
    id: int = tx.connection.execute(insert(tables.support_calls).returning(tables.support_calls.c.id), row).scalar_one()
    if callback is not None:
        c = tables.callbacks.c
        asked_on = select(literal(id), c.ticket).where(c.id == callback, c.ticket.is_not(None))
        tx.connection.execute(insert(tables.call_tickets).from_select(["support_call", "ticket"], asked_on))
    agent_legs.add(tx, id, numbers)
    call_news.news(tx, id)
    return id


def look(tx: Transaction, id: int) -> SupportCall | None:
    r = tx.connection.execute(select(tables.support_calls).where(tables.support_calls.c.id == id)).first()
    return None if r is None else _support_call(r)


def lock(tx: Transaction, id: int) -> SupportCall | None:
    """The same, and nobody else changes it before this transaction ends: whatever is decided by it holds."""
    r = tx.connection.execute(
        select(tables.support_calls).where(tables.support_calls.c.id == id).with_for_update()
    ).first()
    return None if r is None else _support_call(r)


def queue(tx: Transaction) -> list[int]:
    """Who waits, in the order they are answered: emergencies, then whoever came first."""
    r = tables.support_calls.c
    query = select(r.id).where(r.ended_at.is_(None), r.taken_by.is_(None)).order_by(r.emergency.desc(), r.id)
    return list(tx.connection.execute(query).scalars())


def place(tx: Transaction, support_call: SupportCall) -> int:
    """Where a caller who waits stands in the queue, from 1."""
    return _place(tx, tables.support_calls.c.id < support_call.id, emergency=support_call.emergency)


def place_since(tx: Transaction, since: int, *, emergency: bool) -> int:
    """The same for whoever has waited since then (ms), and is not in the queue: somebody threatens them (ivr/duress.py)."""
    return _place(tx, tables.support_calls.c.started_at <= since, emergency=emergency)


def _place(tx: Transaction, earlier: ColumnElement[bool], *, emergency: bool) -> int:
    r = tables.support_calls.c
    before = and_(r.emergency, earlier) if emergency else or_(r.emergency, earlier)
    query = (
        select(func.count()).select_from(tables.support_calls).where(r.ended_at.is_(None), r.taken_by.is_(None), before)
    )
    others: int = tx.connection.execute(query).scalar_one()
    return others + 1


def seen(tx: Transaction, id: int) -> None:
    """The caller is still there."""
    tx.connection.execute(update(tables.support_calls).where(tables.support_calls.c.id == id).values(seen_at=tx.now))


def take(tx: Transaction, id: int, call: str, leg: int = 0, staff: int | None = None) -> bool:
    """An agent takes it: `call` is their leg's. True for the first; again for the same one, so that a repeat hears the same.
    `staff` keyed digits of their own; or else whose phone it is, as far as it is one of the staff's, takes the call in their name."""
    r, again = tables.support_calls.c, tables.support_calls.c.taken_by == call
    free = update(tables.support_calls).where(r.id == id, r.ended_at.is_(None), r.taken_by.is_(None) | again)
    now = {
        "taken_by": call,
        "taken_at": case((again, r.taken_at), else_=literal(tx.now)),
        "code_words_key": case((again, r.code_words_key), else_=literal(tx.keys.newest(code_words.USE).id)),
        "staff_id": case((again, r.staff_id), else_=literal(staff or agent_legs.whose(tx, id, leg))),
    }
    if tx.connection.execute(free.values(**now).returning(r.id)).first() is None:
        return False
    agent_legs.accepted(tx, id, leg)
    agent_legs.stop(tx, id)
    call_news.news(tx, id)
    return True


def met(tx: Transaction, id: int) -> None:
    """The caller comes into the room: from now on the call is the agent's, until one of them leaves."""
    r = tables.support_calls.c
    tx.connection.execute(
        update(tables.support_calls).where(r.id == id, r.joined_at.is_(None)).values(joined_at=tx.now)
    )


def leg_gone(tx: Transaction, id: int, call: str, leg: int = 0) -> None:
    """A leg of the desk is over. If it had taken the call of somebody not yet there, that is let go: they meet nobody. If they
    had met, the agent has left."""
    r = tables.support_calls.c
    theirs = (r.taken_by == call) & r.ended_at.is_(None)  # what it was stays so once it is over
    let_go, left = theirs & r.joined_at.is_(None), theirs & r.joined_at.is_not(None)
    now: dict[str, Any] = {name: case((let_go, null()), else_=r[name]) for name in ("taken_by", "taken_at", "staff_id")}
    now |= {"legs_ended": r.legs_ended + 1, "ending": case((left, literal(AGENT_LEFT)), else_=r.ending)}
    tx.connection.execute(update(tables.support_calls).where(r.id == id).values(**now))
    agent_legs.ended(tx, id, leg)
    call_news.news(tx, id)


def end(tx: Transaction, call: str, ending: str) -> SupportCall | None:
    """The caller is no longer waiting or talking. The support call if it had been open until now. An agent who still waits in the room
    is told; a proof that was asked for and not given has failed."""
    r = tables.support_calls.c
    unproved = (r.requested_proof != "") & (r.verification_result == "")
    now = {
        "ended_at": tx.now,
        "ending": case((r.ending == "", literal(ending)), else_=r.ending),
        "verification_result": case((unproved, literal("failed")), else_=r.verification_result),
        "proof": case((unproved & (r.requested_proof == "pin"), literal(int(Proof.CLAIMED))), else_=r.proof),
    }
    ended = (
        update(tables.support_calls)
        .where(r.call == call, r.ended_at.is_(None))
        .values(**now)
        .returning(tables.support_calls)
    )
    row = tx.connection.execute(ended).first()
    if row is None:
        return None
    if row.taken_by is not None and row.ending != AGENT_LEFT:
        job_queue.enqueue_once(tx, "announce_hangup", str(row.id), {"support_call": row.id, "leg": row.taken_by})
    agent_legs.over(tx, row.id)
    call_news.ended(tx, row.id)
    call_news.news(tx, row.id)
    call_news.news(tx, row.id, after=CASE_OPEN)  # then there is nothing on it any more
    return _support_call(row)


def proved(tx: Transaction, id: int, *, passed: bool, threatened: bool = False) -> None:
    """What came of the keypad. Who keyed a wrong PIN is no longer known to be anybody; nor is, to the agent, whoever is
    `threatened`, though they passed. The agent hears of it in the room."""
    r, result = tables.support_calls.c, "passed" if passed else "failed"
    proof = Proof.VERIFIED if passed and not threatened else Proof.CLAIMED
    asked = update(tables.support_calls).where(
        r.id == id, r.requested_proof != "", r.verification_result != result, r.ended_at.is_(None)
    )
    now = {
        "verification_result": result,
        "proof": case((r.requested_proof == "pin", literal(int(proof))), else_=r.proof),
        "threatened": threatened,
    }
    row = tx.connection.execute(asked.values(**now).returning(r.subject, r.account_id, r.requested_proof)).first()
    if row is None:
        return
    tx.record(row.subject, row.account_id, f"proof.{row.requested_proof}", result, proof=proof)
    job_queue.enqueue(tx, "announce_result", f"{id}", {"support_call": id, "told": result})
    call_news.news(tx, id)


def sweep(tx: Transaction) -> bool:
    """A call that Twilio never ended is over all the same."""
    r = tables.support_calls.c
    old = r.ended_at.is_(None), r.started_at < tx.now - LIFE
    ending = case((r.ending == "", literal(LOST)), else_=r.ending)
    more = sweeping.changed(tx, tables.support_calls, {"ended_at": tx.now, "ending": ending}, *old)
    return sweeping.some(tx, tables.support_calls, r.ended_at < tx.now - KEPT) or more  # and what belongs to them


def ask_proof(tx: Transaction, grant: Grant, id: int, what: str) -> bool:
    """The agent whose call it is sends the caller to the keypad: for their PIN (`pin`) or a second proof (`second`). False:
    not their call, nobody is talking, or they are there already."""
    tx.require(grant, "desk.proof.ask")
    if what not in KEYPAD_FOR:
        raise ValueError(f"nothing to ask for: {what}")
    r, staff = tables.support_calls.c, grant.subject.staff
    talking = update(tables.support_calls).where(
        r.id == id,
        r.staff_id == staff,
        r.ended_at.is_(None),
        r.taken_by.is_not(None),
        r.ending == "",
        (r.requested_proof == "") | (r.verification_result != ""),
        r.proof >= int(Proof.VERIFIED if what == "second" else Proof.CLAIMED),
    )
    asked = talking.values(requested_proof=what, verification_result="", requested_at=tx.now).returning(
        r.call, r.subject, r.account_id
    )
    row = tx.connection.execute(asked).first()
    if row is None:
        return False
    tx.told(grant, f"asked_proof_of:{row.subject}")
    asked_now = {"support_call": id, "call": row.call, "asked_at": tx.now}
    job_queue.enqueue(tx, "recall_to_keypad", str(id), asked_now)
    job_queue.enqueue(tx, "keypad_timeout", str(id), asked_now, after=KEYPAD_FOR[what])
    call_news.news(tx, id)
    return True


def agent_briefing(tx: Transaction, grant: Grant, id: int) -> AgentBriefing:
    """Under the grant of whoever took it, or the agents' line's own, for the account the call is about."""
    tx.require(grant, "desk.card.view")
    r, p, a = tables.support_calls.c, tables.people.c, tables.accounts.c
    row = tx.connection.execute(
        select(r.subject, r.proof, r.emergency, a.name, a.number)
        .join(tables.accounts, a.id == r.account_id)
        .where(r.id == id, r.account_id == grant.account)
    ).one()
    name = tx.connection.execute(select(p.name).where(p.id == row.subject.person)).scalar_one()
    theirs = (f"support_call:{id}",) if grant.subject.is_staff else ()  # it is assigned to them
    tx.told(grant, "contact.name", "account.name", "account.number", "proof", *theirs)
    return AgentBriefing(name, row.name, row.number, Proof(row.proof), row.emergency)


def _support_call(r: Any) -> SupportCall:
    taken = r.taken_by is not None
    return SupportCall(
        r.id,
        r.call,
        r.account_id,
        r.emergency,
        taken,
        r.ended_at is not None or (not taken and r.legs_ended >= r.legs),
        r.started_at,
        r.subject,
        Proof(r.proof),
        r.service,
        r.taken_by,
        r.ending == AGENT_LEFT,
        r.seen_at or r.started_at,
        r.requested_proof,
        r.requested_at,
        r.verification_result,
        r.callback,
        r.threatened,
    )
