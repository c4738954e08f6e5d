"""Another system of the operator's asks that somebody prove themselves for one action: asked once at a time, answered by the person alone, over by itself.

Who answers on the phone, in Slack or on their page is told by whom it is asked and for what, and can say that it is not them: then no system
may ask them for a day. No PIN and no code is kept here, and none is told to whoever asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from authz import Grant, Proof, Subject
from store import tables
from store.accounts.people import lock
from store.db import sweeping
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import HOUR, Limit

WAYS: Final = ("callback", "passkey", "slack", "text")
WAITING, PASSED, FAILED, ENDED, WITHDRAWN = "waiting", "passed", "failed", "ended", "withdrawn"
STATES: Final = (WAITING, PASSED, FAILED, ENDED, WITHDRAWN)
LIFE: Final = 10 * 60_000  # ms
KEPT: Final = 30 * 24 * HOUR  # ms, as long as its webhook can be sent again
MOST, WITHIN = 3, 10 * 60_000  # of one person, in ms; no system asks until they tire of it
A_DAY, DAY = 10, 24 * HOUR
OF_A_KEY: Final = 60  # in an hour: half at once, half as time passes
CALLS_OF_A_KEY: Final = 20  # the same; a call costs money and wakes people
NOT_ME: Final = "not_me"
ASK, OVER, TOLD = "slack.verification", "verification_over", "verification_ended"  # kinds of work
MAY: Final = "desk.verifications.write"


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """`person` and `account` are ids, `action` is a cell. `until`: until when what was proved counts. Times in ms."""

    id: int
    key: int
    asked_by: str
    person: int
    account: int
    action: str
    way: str
    state: str
    why: str
    callback: int | None
    made_at: int
    ends_at: int
    ended_at: int | None
    until: int | None

    @property
    def bound(self) -> str:
        """Where a second proof given for it counts, and nowhere else."""
        return f"verification:{self.id}"


def find(tx: Transaction, grant: Grant, username: str, account: str) -> tuple[int, int] | None:
    """(person, account) of somebody on this account. None: somebody else's, suspended, or not there: one statement for all."""
    tx.require(grant, MAY)
    row = tx.connection.execute(_FIND, {"username": username, "number": account}).first()
    return None if row is None else (row.person_id, row.account_id)


def why_not(tx: Transaction, grant: Grant, person: int) -> str:
    """Why nobody may ask them now: waiting (they are being asked), not_me (they said so within the day), soon or enough (they were asked too often).
    Empty where somebody may; until the transaction is over nobody else does."""
    tx.require(grant, MAY)
    lock(tx, person)
    for late in tx.connection.execute(_LATE, {"person": person, "now": tx.now}).all():
        _settled(tx, late.id, ENDED, "late")
    return _why_not(tx, person)


def ask(tx: Transaction, grant: Grant, person: int, account: int, action: str, way: str) -> VerificationRequest | None:
    """What waits for them from now on, after `why_not`. None: this key asks too often."""
    tx.require(grant, MAY)
    if budgets.take(tx, _budgets(grant.subject, way)) is not None:
        return None
    v = tables.verification_requests
    asked_by = tx.connection.execute(_NAME, {"key": grant.subject.key}).scalar_one()
    row = {"key_id": grant.subject.key, "asked_by": asked_by, "person_id": person, "account_id": account}
    row |= {"action": action, "way": way, "state": WAITING, "why": "", "made_at": tx.now, "ends_at": tx.now + LIFE}
    id = tx.connection.execute(insert(v).values(**row).returning(v.c.id)).scalar_one()
    tx.record(
        grant.subject, account, "verification", "asked", grant.rules, fields=(*_about(person, action), f"way:{way}")
    )
    job_queue.enqueue(tx, OVER, str(id), {"verification": id}, after=LIFE)
    if way == "slack":
        job_queue.enqueue(tx, ASK, str(id), {"verification": id})
    found = _look(tx, id)
    assert found is not None
    return found


def called(tx: Transaction, id: int, callback: int) -> None:
    """It is asked in this call of ours."""
    v = tables.verification_requests
    tx.connection.execute(update(v).where(v.c.id == id).values(callback=callback))


def own(tx: Transaction, grant: Grant, id: int) -> VerificationRequest | None:
    """As the key that asked may know it. None: it is none of this key's."""
    tx.require(grant, MAY)
    found = _look(tx, id)
    if found is None or found.key != grant.subject.key:
        return None
    tx.told(grant, f"verification:{id}", "verification.state")
    return found


def lock_own(tx: Transaction, grant: Grant, id: int) -> None:
    """Nobody else changes it before this transaction has ended, if it is this key's."""
    tx.require(grant, MAY)
    v = tables.verification_requests.c
    tx.connection.execute(select(v.id).where(v.id == id, v.key_id == grant.subject.key).with_for_update()).all()


def names(tx: Transaction, grant: Grant, request: VerificationRequest) -> tuple[str, str]:
    """(username, account number) of a request, as whoever asked named them."""
    tx.require(grant, MAY, "desk.deliver")
    row = tx.connection.execute(_NAMES, {"person": request.person, "account": request.account}).one()
    tx.told(grant, "person.username", "account.number")
    return row.username, row.number


def withdraw(tx: Transaction, grant: Grant, id: int) -> bool:
    """Nobody is asked any more. False: it was over, or is none of this key's."""
    tx.require(grant, MAY)
    found = own(tx, grant, id)
    return found is not None and _settled(tx, id, WITHDRAWN, "", grant.subject) is not None


def to_tell(tx: Transaction, grant: Grant, id: int) -> VerificationRequest | None:
    """For the worker, which asks in Slack and sends webhooks."""
    tx.require(grant, "desk.deliver")
    return _look(tx, id)


def waiting(tx: Transaction, subject: Subject) -> VerificationRequest | None:
    """What they are asked at this moment, by whom and for what; in the ledger as shown to them."""
    row = tx.connection.execute(_WAITING, {"person": subject.person, "now": tx.now}).first()
    if row is None:
        return None
    tx.record(
        subject, row.account_id, "verification", "shown", proof=Proof.VERIFIED, fields=(f"verification:{row.id}",)
    )
    return _read(row)


def in_call(tx: Transaction, callback: int) -> VerificationRequest | None:
    """What is asked in this call of ours, while it waits for an answer."""
    row = tx.connection.execute(_IN_CALL, {"callback": callback, "now": tx.now}).first()
    return None if row is None else _read(row)


def passed(tx: Transaction, subject: Subject, id: int, way: str, *, until: int) -> VerificationRequest | None:
    """They have proved themselves in this way, which counts until then (ms). None: there is nothing to answer (any more). Of two at once one counts."""
    return _settled(tx, id, PASSED, "", subject, way=way, until=until)


def refuse(tx: Transaction, subject: Subject, id: int) -> VerificationRequest | None:
    """ "That is not me", in whatever way it is asked. None: there is nothing to answer."""
    return _settled(tx, id, FAILED, NOT_ME, subject)


def fail(tx: Transaction, subject: Subject, id: int, why: str) -> VerificationRequest | None:
    return _settled(tx, id, FAILED, why, subject)


def let_go(tx: Transaction, subject: Subject, id: int) -> None:
    """Whoever answered is under a threat: the call says nothing of it any more, and it is over when its time is."""
    v = tables.verification_requests
    its = v.c.id == id, v.c.person_id == subject.person, v.c.ended_at.is_(None)
    tx.connection.execute(update(v).where(*its).values(callback=None))


def call_over(tx: Transaction, callback: int, state: str) -> None:
    """The call it is asked in is over (a word of callbacks.ENDED): answered it has failed, and else it was never asked."""
    row = tx.connection.execute(_IN_CALL, {"callback": callback, "now": tx.now}).first()
    if row is not None:
        _settled(tx, row.id, *((FAILED, "not_proved") if state == "over" else (ENDED, state)))


def late(tx: Transaction, id: int) -> None:
    """Its time is over, if nobody has answered."""
    _settled(tx, id, ENDED, "late")


def end_all(tx: Transaction) -> int:
    """After a restore: what waits is over, and what was proved counts no more. How many."""
    v = tables.verification_requests
    waiting = update(v).where(v.c.ended_at.is_(None)).values(state=ENDED, why="restored", ended_at=tx.now)
    counting = update(v).where(v.c.until > tx.now).values(until=tx.now)
    ended = tx.connection.execute(waiting).rowcount
    return ended + tx.connection.execute(counting).rowcount


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.verification_requests, tables.verification_requests.c.ends_at < tx.now - KEPT)


def _why_not(tx: Transaction, person: int) -> str:
    v = tables.verification_requests.c
    theirs = v.person_id == person, of_late(v.made_at, tx.now, DAY)
    made = tx.connection.execute(select(v.made_at, v.ended_at, v.why).where(*theirs)).all()
    if any(one.ended_at is None for one in made):
        return WAITING
    if any(one.why == NOT_ME for one in made):
        return NOT_ME
    if sum(one.made_at > tx.now - WITHIN for one in made) >= MOST:
        return "soon"
    return "enough" if len(made) >= A_DAY else ""


def _budgets(key: Subject, way: str) -> tuple[Limit, ...]:
    spent = "verifications_spent"
    each = budgets.at_most(f"verification:{key}", OF_A_KEY, HOUR, spent, str(key.key))
    if way != "callback":
        return (each,)
    return each, budgets.at_most(f"verification-call:{key}", CALLS_OF_A_KEY, HOUR, spent, str(key.key))


def _settled(
    tx: Transaction,
    id: int,
    state: str,
    why: str,
    by: Subject | None = None,
    *,
    way: str = "",
    until: int | None = None,
) -> VerificationRequest | None:
    """Once: whoever comes second changes nothing. A person answers their own, in the way it is asked, and in time."""
    v = tables.verification_requests
    its = [v.c.id == id, v.c.ended_at.is_(None)]
    if by is not None:
        its.append(v.c.ends_at > tx.now)
    if by is not None and by.is_person:
        its.append(v.c.person_id == by.person)
    if way:
        its.append(v.c.way == way)
    done = update(v).where(*its).values(state=state, why=why, ended_at=tx.now, until=until).returning(*v.c)
    row = tx.connection.execute(done).first()
    if row is None:
        return None
    whose = by if by is not None else Subject.of_person(row.person_id)
    fields = (f"verification:{id}", *_about(row.person_id, row.action), *((f"why:{why}",) if why else ()))
    proof = Proof.VERIFIED if state == PASSED else Proof.NONE
    tx.record(whose, row.account_id, "verification", state, proof=proof, fields=fields)
    job_queue.enqueue(tx, TOLD, str(id), {"verification": id})
    if row.way == "slack":
        job_queue.enqueue_once(tx, ASK, f"{id}:over", {"verification": id})
    return _read(row)


def _about(person: int, action: str) -> tuple[str, str]:
    return f"of:{Subject.of_person(person)}", f"for:{action}"


def _look(tx: Transaction, id: int) -> VerificationRequest | None:
    row = tx.connection.execute(_ONE, {"id_": id}).first()
    return None if row is None else _read(row, tx.now)


def _read(row: Any, now: int = 0) -> VerificationRequest:
    """One that nobody has answered in time is over, whether the worker has come by or not."""
    late = row.ended_at is None and row.ends_at <= now
    state, why, ended = (ENDED, "late", row.ends_at) if late else (row.state, row.why, row.ended_at)
    return VerificationRequest(
        row.id,
        row.key_id,
        row.asked_by,
        row.person_id,
        row.account_id,
        row.action,
        row.way,
        state,
        why,
        row.callback,
        row.made_at,
        row.ends_at,
        ended,
        row.until,
    )


_v, _p, _a, _c, _k = (
    tables.verification_requests.c,
    tables.people.c,
    tables.accounts.c,
    tables.contacts.c,
    tables.api_keys.c,
)
_now = bindparam("now", type_=_v.ends_at.type)
_ONE = select(tables.verification_requests).where(_v.id == bindparam("id_"))
_WAITING = select(tables.verification_requests).where(
    _v.person_id == bindparam("person"), _v.ended_at.is_(None), _v.ends_at > _now
)
_LATE = select(_v.id).where(_v.person_id == bindparam("person"), _v.ended_at.is_(None), _v.ends_at <= _now)
_IN_CALL = select(tables.verification_requests).where(
    _v.callback == bindparam("callback"), _v.ended_at.is_(None), _v.ends_at > _now
)
_NAMES = select(
    select(_p.username).where(_p.id == bindparam("person")).scalar_subquery().label("username"),
    select(_a.number).where(_a.id == bindparam("account")).scalar_subquery().label("number"),
)
_NAME = select(_k.name).where(_k.id == bindparam("key"))
_FIND = (
    select(_c.person_id, _c.account_id)
    .join(tables.people, _p.id == _c.person_id)
    .join(tables.accounts, _a.id == _c.account_id)
    .where(_p.username == bindparam("username"), _p.suspended_at.is_(None), _a.number == bindparam("number"))
)
