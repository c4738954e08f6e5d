"""The numbers and the address of somebody, as they change them themselves: what was proved or sent until then ends, and they are told.

What is new proves nothing for 72 hours (factors.py); an address that was replaced is told of changes for 30 days (recipients.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy import delete, insert, select, update

from authz import Proof, Subject
from store import tables
from store.accounts import change_feed
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue
from store.verification.factors import COOLING
from store.verification.revocation import lock_all, revoke

MOST: Final = 5  # numbers somebody may have


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """E.164, since when (ms) it is on file, and from when it proves something."""

    number: str
    added_at: int
    counts_from: int


@dataclass(frozen=True, slots=True)
class OwnDetails:
    """What somebody is told of themselves."""

    support_id: str
    email: str
    email_since: int
    numbers: tuple[OwnNumber, ...]
    has_pin: bool


class NotAdded(Enum):
    """Why a number did not come on file."""

    THERE = "there"
    MANY = "many"


def read(tx: Transaction, subject: Subject) -> OwnDetails:
    """For themselves, on a page of theirs; in the ledger."""
    p, person = tables.people.c, subject.person
    row = tx.connection.execute(select(p.support_id, p.email, p.email_since).where(p.id == person)).one()
    ph, pin = tables.phones.c, tables.pins.c
    phones = select(ph.number, ph.added_at).where(ph.person_id == person).order_by(ph.added_at, ph.number)
    numbers = tuple(OwnNumber(n, at, at + COOLING) for n, at in tx.connection.execute(phones).all())
    has_pin = tx.connection.execute(select(pin.person_id).where(pin.person_id == person)).first() is not None
    told = ("contact.support_id", "contact.email", "contact.number", "pin.there")
    tx.record(subject, None, "own_details", "told", proof=Proof.VERIFIED, fields=told)
    return OwnDetails(row.support_id, row.email, row.email_since, numbers, has_pin)


def add_number(tx: Transaction, subject: Subject, number: str, *, but: str) -> NotAdded | None:
    """None: it is on file from now on. `but`: the session they do it in."""
    person, ph = subject.person, tables.phones.c
    lock_all(tx, [person])
    theirs = list(tx.connection.execute(select(ph.number).where(ph.person_id == person)).scalars())
    if number in theirs or len(theirs) >= MOST:
        return NotAdded.THERE if number in theirs else NotAdded.MANY
    tx.connection.execute(insert(tables.phones).values(person_id=person, number=number, added_at=tx.now))
    _changed(tx, subject, "numbers_changed", "number", but)
    return None


def remove_number(tx: Transaction, subject: Subject, number: str, *, but: str) -> bool:
    """Whether it was on file."""
    ph = tables.phones.c
    lock_all(tx, [subject.person])
    gone = delete(tables.phones).where(ph.person_id == subject.person, ph.number == number).returning(ph.number)
    if tx.connection.execute(gone).first() is None:
        return False
    _changed(tx, subject, "numbers_changed", "number", but)
    return True


def change_address(tx: Transaction, subject: Subject, email: str, *, but: str) -> bool:
    """False: that is the one on file."""
    person, p = subject.person, tables.people.c
    lock_all(tx, [person])
    before = str(tx.connection.execute(select(p.email).where(p.id == person)).scalar_one())
    if before == email:
        return False
    replaced = {"replaced_at": tx.now}
    old = upsert(tx, tables.old_emails).values(person_id=person, email=before, **replaced)
    tx.connection.execute(old.on_conflict_do_update(index_elements=["person_id", "email"], set_=replaced))
    new = {"email": email, "email_since": tx.now, "email_unproved": True}
    tx.connection.execute(update(tables.people).where(p.id == person).values(new))
    _changed(tx, subject, "address_changed", "address", but)
    return True


def _changed(tx: Transaction, subject: Subject, notice: str, ground: str, but: str) -> None:
    tx.record(subject, None, notice, "done", fields=(subject,))
    named = "email" if ground == "address" else "phones"
    change_feed.note(tx, "person.changed", subject, person=subject.person, fields=(named,))
    told = {"notice": notice, "person": subject.person}
    job_queue.enqueue(tx, "notice", f"{notice}:{subject.person}", told)
    revoke(tx, [subject.person], ground, but=but)
