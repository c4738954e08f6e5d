"""The check of a PIN: reserved and committed, then hashed, then settled. The same work for everybody. security.md 5."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Proof
from ivr import shapes as s
from ivr.effects import CUSTOMER_ASKS
from ivr.shapes import Call, Outcome
from store import guard, pins, work
from store.guard import Admission, Reservation
from store.keys import Keys
from store.people import resolve, subject_of
from store.pins import KeptPin, Pin
from store.pool import HashPool
from store.transaction import NOBODY, Transaction

NO_ONE = 0  # the person a decoy stands for; no row has this id


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt, ready to be hashed. `person` is NO_ONE where the ID is nobody's."""

    person: int
    kept: KeptPin
    there: bool  # there is a PIN to compare with
    reservation: Reservation

    @property
    def hashes(self) -> bool:
        return self.reservation.admission in (Admission.EVALUATE, Admission.REFUSED)


def reserve(tx: Transaction, call: Call, decoy: KeptPin) -> Attempt:
    """Counts the attempt. Commit, then hash."""
    assert tx.call is not None
    person, support_id, own_number = resolve(tx, call.support_id, call.number)
    kept = pins.find(tx, person or NO_ONE)
    k = guard.digest_of(tx, support_id, call.number, tx.call)
    reservation = guard.reserve(tx, k, real=person is not None, own_number=own_number)
    return Attempt(person or NO_ONE, kept or decoy, kept is not None, reservation)


def evaluate(pool: HashPool, keys: Keys, attempt: Attempt, pin: Pin) -> bool:
    """Hashes and compares, in the pool, for whoever was admitted to it; for a decoy and a locked PIN just the same."""
    same = pool.run(lambda: pins.compare(keys, attempt.kept, pin))
    return same and attempt.there and attempt.reservation.admission is Admission.EVALUATE


def settle(tx: Transaction, attempt: Attempt, matched: bool) -> Outcome:
    """What came of it, with its entry in the ledger. Somebody to whom nothing is allowed anywhere is told no more than
    a stranger."""
    made = attempt.reservation
    subject = subject_of(attempt.person)
    claimed = (f"claimed:{subject}",) if attempt.person else ()
    allowed = tx.offer_accounts(subject, Proof.VERIFIED if matched else Proof.NONE, CUSTOMER_ASKS)
    if made.admission is Admission.BUSY:
        tx.record(NOBODY, None, "pin.attempt", "busy", fields=claimed)
        return s.LineBusy()
    if made.admission is Admission.SPENT:
        tx.record(NOBODY, None, "pin.attempt", "budget_spent", fields=claimed)
        return s.MessagesOnly()
    if not matched:
        tx.record(NOBODY, None, "pin.attempt", "wrong" if made.admission is Admission.EVALUATE else "refused", fields=claimed)
        if made.consecutive in (guard.IN_A_ROW_TO_LOCK, guard.IN_A_ROW_TO_DISABLE) or made.lifetime == guard.IN_A_LIFE_TO_DISABLE:
            work.enqueue(tx, "notice", f"lock:{made.k[:16]}:{made.gen}", {"notice": "pin_locked", "person": attempt.person})
        return s.NotProved()
    guard.give_back(tx, made)
    if not allowed:
        tx.record(subject, None, "pin.attempt", "nothing_allowed", proof=Proof.VERIFIED)
        return s.NotProved()
    tx.record(subject, None, "pin.attempt", "proved", proof=Proof.VERIFIED)
    return s.Proved(subject, tuple(allowed))
