"""A PIN set, sealed anew or unlocked under `desk.pin.reissue`; the person and their owners are told."""

from __future__ import annotations

from sqlalchemy import select

from authz import Grant, Subject
from store import tables
from store.db import grant_limits
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.verification import attempt_limits, pins
from store.verification.pins import KeptPin, Resealed


def own_numbers(tx: Transaction, grant: Grant, person: int) -> list[str]:
    """Numbers a PIN may not be taken from: the person's telephones and support ID."""
    tx.require(grant, "desk.pin.reissue")
    return list(numbers_of(tx, person))


def set_pin(tx: Transaction, grant: Grant, kept: KeptPin, *, asked_by: int | None = None) -> None:
    """A new PIN: no failures are held against it, and the person and their owners are told. Of the staff it takes two."""
    tx.require(grant, "desk.pin.reissue")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    pins.put(tx, kept)
    attempt_limits.forget_person(tx, kept.person)
    _told(tx, grant, kept.person, "pin_set")


def put_own(tx: Transaction, kept: KeptPin, way: str, *, but: str = "") -> None:
    """A new PIN that its owner was shown on a page (`way`): the same, without anybody's grant. The caller has seen to it that it is they.
    `but`: the session they do it in."""
    pins.put(tx, kept, but=but)
    attempt_limits.forget_person(tx, kept.person)
    tx.record(Subject.of_person(kept.person), None, "pin_set", "done", fields=(way,))
    notice = {"notice": "pin_set", "person": kept.person}
    job_queue.enqueue(tx, "notice", f"pin_set:{kept.person}", notice)


def numbers_of(tx: Transaction, person: int) -> tuple[str, ...]:
    """Numbers a PIN may not be taken from: the person's telephones and support ID. Empty: they are there no more."""
    ph, p = tables.phones.c, tables.people.c
    numbers = tx.connection.execute(select(ph.number).where(ph.person_id == person)).scalars().all()
    support_id = tx.connection.execute(select(p.support_id).where(p.id == person)).scalar()
    return () if support_id is None else (*numbers, support_id)


def reseal_pins(tx: Transaction, grant: Grant, after: int) -> Resealed | None:
    """The next piece of PINs sealed under the newest key; None when there is none left. See `pins.reseal`."""
    tx.require(grant, "desk.pin.reissue")
    found = pins.reseal(tx, after)
    if found is not None:
        tx.told(grant, f"resealed:{found.anew}", f"lost:{found.lost}")
    return found


def unlock_pin(tx: Transaction, grant: Grant, person: int, *, asked_by: int | None = None) -> bool:
    """Lifts a lock. Whether there was one; a PIN that is disabled stays so until it is issued anew. Of the staff it takes two."""
    tx.require(grant, "desk.pin.reissue")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    lifted = attempt_limits.unlock(tx, attempt_limits.counter_of(person))
    if lifted:
        _told(tx, grant, person, "pin_unlocked")
    return lifted


def pin_is_disabled(tx: Transaction, grant: Grant, person: int) -> bool:
    tx.require(grant, "desk.pin.reissue")
    return attempt_limits.is_disabled(tx, attempt_limits.counter_of(person))


def _told(tx: Transaction, grant: Grant, person: int, what: str) -> None:
    tx.record(grant.subject, None, what, "done", fields=(Subject.of_person(person),))
    job_queue.enqueue(tx, "notice", f"{what}:{person}", {"notice": what, "person": person})
