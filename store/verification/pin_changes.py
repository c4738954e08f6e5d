"""A PIN set, sealed anew or unlocked under `desk.pin.reissue`; the person and their owners are told."""

from __future__ import annotations

import secrets

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
    phones = tx.connection.execute(select(tables.phones.c.number).where(tables.phones.c.person_id == person)).scalars()
    support_id = tx.connection.execute(select(tables.people.c.support_id).where(tables.people.c.id == person))
    return [*phones, support_id.scalar_one()]


def set_pin(tx: Transaction, grant: Grant, kept: KeptPin, *, asked_by: int | None = None) -> None:
    """A new PIN: no failures are held against it, and the person and their owners are told. Of the staff it takes two."""
    tx.require(grant, "desk.pin.reissue")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    pins.put(tx, kept)
    attempt_limits.forget_person(tx, kept.person)
    _told(tx, grant, kept.person, "pin_set")


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
    job_queue.enqueue(tx, "notice", f"{what}:{person}:{secrets.token_hex(8)}", {"notice": what, "person": person})
