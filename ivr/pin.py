"""The check of a PIN: reserved and committed, then hashed, then settled. The same work for everybody. docs/pins.md"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from authz import Proof, Subject
from desk import accounts
from desk.actors import Actor
from ivr import types as t
from ivr.types import Call, PinOutcome
from store.accounts.people import accounts_of, resolve
from store.db.keys import Keys
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.security import alerts
from store.verification import attempt_limits, caller_limits, pins, unlock
from store.verification.attempt_limits import Admission, Reservation
from store.verification.hash_pool import HashPool
from store.verification.pins import KeptPin, Pin

NO_ONE = 0  # the person a decoy stands for; no row has this id
UNSETTLED = 60_000  # ms: far longer than a PIN is hashed. Whoever is not told of a lock by `settle` is told then


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt, ready to be hashed. `person` is NO_ONE where the ID is nobody's, `accounts` are theirs."""

    person: int
    kept: KeptPin
    there: bool  # there is a PIN to compare with
    reservation: Reservation
    accounts: tuple[int, ...] = ()
    by_code: bool = False  # let through by a code that was keyed before
    may_be_code: bool = False  # the PIN is locked, and what was keyed may be the code for that

    @property
    def hashes(self) -> bool:
        return self.reservation.admission in (Admission.EVALUATE, Admission.REFUSED)


def reserve(
    tx: Transaction, call: Call, decoy: KeptPin, keyed: Pin, *, choice: bool = False, barred: bool = False
) -> Attempt:
    """Counts the attempt, both at the PIN and at the code of somebody locked out. Commit, then hash. `barred`: the PIN
    is being tried on many, and is not looked at (radar.py). `choice`: people may choose their PINs.

    Somebody who keys that code, or has keyed it in this call, has a budget of their own that no stranger can use up."""
    assert tx.call is not None
    person, own_number = resolve(tx, call.support_id, call.number)
    kept = pins.find(tx, person or NO_ONE)
    counter = (
        attempt_limits.decoy_of(tx, call.support_id, call.number, tx.call)
        if person is None
        else attempt_limits.counter_of(person)
    )
    by_code = person is not None and person == call.unlocked
    code = unlock.compared(tx, person or NO_ONE, keyed.digits)
    caller = caller_limits.caller(tx.keys, call.number)
    of = partial(caller_limits.limits, tx.keys, call.number, digits=len(keyed.digits), choice=choice)
    limits = of(own=own_number, attested=call.attested)
    # Who shows a number that nobody vouches for hears what a stranger with it hears until the PIN is right, or anybody could ask
    # whose number it is.
    watched = of(own=False, attested=False) if own_number and not call.attested else ()
    if by_code or code is unlock.Keyed.FIRST:
        caller, limits, watched = f"code:{tx.call}" if by_code else "code", (), ()
    made = attempt_limits.reserve(
        tx,
        counter,
        real=person is not None,
        limits=limits,
        watched=watched,
        caller=caller,
        refused_too=True,
        by_code=by_code,
        barred=barred,
    )
    unlock.tried(tx, person or NO_ONE)
    if _is_told(made):
        # With the count, or a process that dies while it hashes leaves a lock that nobody hears of. `settle` sends it, or takes it back.
        told = {"notice": "pin_locked", "person": person or NO_ONE}
        job_queue.enqueue(tx, "notice", f"lock:{counter[:16]}", told, after=UNSETTLED, ordering_key=_lock_notice(made))
    may_be_code = bool(code) and made.admission is Admission.REFUSED and not barred and not by_code
    accounts = accounts_of(tx, person or NO_ONE)
    return Attempt(person or NO_ONE, kept or decoy, kept is not None, made, accounts, by_code, may_be_code)


@dataclass(frozen=True, slots=True, repr=False)
class Right:
    """A right PIN as it is to be kept from now on: `anew` if the keys have been rotated. `duress`: it is the one that says
    they are threatened."""

    kept: KeptPin
    anew: bool
    duress: bool


def evaluate(pool: HashPool, keys: Keys, attempt: Attempt, pin: Pin) -> Right | None:
    """Hashes and compares in the pool, for every admitted attempt; the same work for a decoy and a locked PIN."""

    def compared() -> Right | None:
        match = pins.compare(keys, attempt.kept, pin)
        if not match or not attempt.there or attempt.reservation.admission is not Admission.EVALUATE:
            return None
        stale = not pins.is_fresh(keys, attempt.kept)
        kept = pins.anew(keys, attempt.kept, pin, match) if stale else attempt.kept
        return Right(kept, stale, match is pins.Match.DURESS)

    return pool.run(compared)


def settle(tx: Transaction, attempt: Attempt, right: Right | None, keyed: Pin) -> PinOutcome:
    """What came of it, with its entry in the ledger. Somebody who may do nothing anywhere hears what a stranger
    hears, and takes as long: a stranger's call sends the same statements in the name of no one. The duress PIN verifies a
    caller just as the other PIN does; supervisors are alerted.

    `keyed` may be the code of somebody locked out.
    """
    made, claimed = attempt.reservation, Subject.of_person(attempt.person)
    wrong: PinOutcome = (
        t.MessagesOnly(spent=True) if made.closed else t.NotProved()
    )  # as a stranger with this number hears
    matched = pins.is_still(tx, NO_ONE if right is None else attempt.person, attempt.kept)
    attempt_limits.give_back(tx, made, matched=matched)
    if _is_told(made):
        if matched and not attempt_limits.is_locked(tx, made.counter_key):
            job_queue.withdraw(tx, {_lock_notice(made)})
        else:
            job_queue.hasten(tx, _lock_notice(made))
    unlocked = unlock.used(tx, attempt.person if attempt.may_be_code else NO_ONE, keyed.digits)
    proven = Subject.of_person(attempt.person if matched else NO_ONE)
    allowed = accounts.allowed(tx, Actor(proven, Proof.VERIFIED if matched else Proof.NONE))
    if matched and right is not None:
        if right.anew:
            pins.renew(tx, attempt.kept, right.kept)
        how = ("by_code",) if attempt.by_code else ()
        said = "proved" if allowed else "nothing_allowed"
        tx.record(proven, None, "pin.attempt", said, proof=Proof.VERIFIED, fields=how)
        if attempt.by_code:
            told = {"notice": "pin_unlocked", "person": attempt.person}
            job_queue.enqueue(tx, "notice", f"unlocked:{made.counter_key[:16]}", told)
        if right.duress:
            alerts.alert(tx, "duress", tx.call or "", subject=proven)
        return t.Proved(proven, tuple(allowed), right.duress) if allowed else wrong
    decision, outcome = ("code", t.Unlocked(attempt.person)) if unlocked else _SAID[made.admission]
    tx.record(NOBODY, None, "pin.attempt", decision, fields=(f"claimed:{claimed}",) if attempt.person else ())
    return wrong if isinstance(outcome, t.NotProved) else outcome


def _is_told(made: Reservation) -> bool:
    """Whether this attempt locks or disables unless it is right. Of a decoy as of a person: the notice to no one goes nowhere."""
    return made.consecutive in _TOLD_IN_A_ROW or made.lifetime == attempt_limits.IN_A_LIFE_TO_DISABLE


def _lock_notice(made: Reservation) -> str:
    """The ordering key of the notice of this lock, and of no other."""
    return f"lock:{made.counter_key}:{made.at}"


_TOLD_IN_A_ROW = (attempt_limits.IN_A_ROW_TO_LOCK, attempt_limits.IN_A_ROW_TO_DISABLE)
_SAID: dict[Admission, tuple[str, PinOutcome]] = {
    Admission.EVALUATE: ("wrong", t.NotProved()),
    Admission.REFUSED: ("refused", t.NotProved()),
    Admission.BUSY: ("busy", t.LineBusy()),
    Admission.SPENT: ("budget_spent", t.MessagesOnly(spent=True)),
}
