"""Authenticator apps of customers (TOTP, RFC 6238): begun on a one-time page, confirmed by a code, each code good once.

The secret is 160 bits, kept sealed and bound to the person. One step (30 s) either way is taken for clocks that differ.
How often a code may be tried is the guard's: see `attempt_limits.reserve`.
"""

from __future__ import annotations

import hmac
from typing import Final

import pyotp
from sqlalchemy import ColumnElement, bindparam, delete, select, true, update

from authz import Subject
from store import tables
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue
from store.text import numbers
from store.verification import attempt_limits
from store.verification.attempt_limits import Admission, Reservation
from store.verification.revocation import lock_all, revoke

DIGITS: Final = 6
STEP: Final = 30_000  # ms
ISSUER: Final = "Deskgate"


def begin(tx: Transaction, person: int) -> str:
    """A new secret (base32) that counts for nothing until it is confirmed. One confirmed before stays good until then."""
    secret = pyotp.random_base32()
    a, key = tables.authenticators.c, tx.keys.seal("authenticators", secret.encode(), _bound(person, confirmed=False))
    there = tx.connection.execute(select(a.confirmed_at).where(a.person_id == person)).first()
    if there is not None and there.confirmed_at is not None:
        raise AlreadyThereError
    row = {"person_id": person, "sealed": key, "made_at": tx.now, "confirmed_at": None, "last_step": 0}
    new = upsert(tx, tables.authenticators).values(**row)
    begun = new.on_conflict_do_update(
        index_elements=["person_id"], set_=row, where=tables.authenticators.c.confirmed_at.is_(None)
    )
    if tx.connection.execute(begun.returning(a.person_id)).first() is None:
        raise AlreadyThereError  # confirmed just now, in another window
    return secret


class AlreadyThereError(ValueError):
    """They have an authenticator: it is removed before another is begun."""


def confirm(tx: Transaction, person: int, digits: str) -> bool:
    """The app shows the right code: from now on it is theirs, and in 72 hours a proof."""
    a = tables.authenticators.c
    row = tx.connection.execute(
        select(tables.authenticators).where(a.person_id == person, a.confirmed_at.is_(None)).with_for_update()
    ).first()
    secret = _secret(tx, person, row.sealed, confirmed=False) if row is not None else None
    step = _step_of(tx, secret, digits) if secret is not None else None
    if secret is None or step is None:
        return False
    sealed = tx.keys.seal("authenticators", secret.encode(), _bound(person, confirmed=True))
    new = {"sealed": sealed, "confirmed_at": tx.now, "last_step": step}
    tx.connection.execute(update(tables.authenticators).where(a.person_id == person).values(**new))
    return True


def put(tx: Transaction, person: int, secret: str, step: int) -> bool:
    """An app that has shown the code of this step where it was set up, as `confirm` does for one that was begun. False: they have one."""
    sealed = tx.keys.seal("authenticators", secret.encode(), _bound(person, confirmed=True))
    row = {"sealed": sealed, "made_at": tx.now, "confirmed_at": tx.now, "last_step": step}
    new = upsert(tx, tables.authenticators).values(person_id=person, **row)
    put = new.on_conflict_do_update(index_elements=["person_id"], set_=row, where=_a.confirmed_at.is_(None))
    return tx.connection.execute(put.returning(_a.person_id)).first() is not None


def check(tx: Transaction, person: int, digits: str) -> bool:
    """Whether the app shows this code now. A code is good once; one of an app not confirmed is good for nothing."""
    secret, last_step = lock(tx, person)
    step = step_of(secret, digits, tx.now, last_step) if secret is not None else None
    if step is None:
        return False
    spend(tx, person, step)
    return True


def check_counted(tx: Transaction, person: int, digits: str, made: Reservation | None) -> bool:
    """The same of a try that was counted: a right one is given back. None: none was, and nothing is right."""
    if made is None:
        return False
    right = made.admission is Admission.EVALUATE and check(tx, person, digits)
    attempt_limits.give_back(tx, made, matched=right)
    return right


def lock(tx: Transaction, person: int) -> tuple[str | None, int]:
    """The secret of their app, None where they have none that is confirmed, and the newest step a code of which was taken. Nobody
    else takes one until the transaction has ended."""
    row = tx.connection.execute(_LOCK, {"person": person}).first()
    return (None, 0) if row is None else (_secret(tx, person, row.sealed, confirmed=True), row.last_step)


def spend(tx: Transaction, person: int, step: int) -> None:
    """A code of this step was taken: it is, and those before it are, good no more."""
    a = tables.authenticators
    tx.connection.execute(update(a).where(a.c.person_id == person).values(last_step=step))


def confirmed_at(tx: Transaction, person: int) -> int | None:
    """Since when (ms) it is theirs; None: they have none."""
    row = tx.connection.execute(_CONFIRMED, {"person": person}).first()
    found: int | None = None if row is None else row.confirmed_at
    return found


def ends_at(tx: Transaction, person: int) -> int | None:
    """When (ms) it is to be removed; None: they keep it, or have none."""
    a = tables.authenticators.c
    return tx.connection.execute(select(a.ends_at).where(a.person_id == person)).scalar()


def end_later(tx: Transaction, person: int, after: int) -> bool:
    """Its owner wants it removed: `after` so long (ms), as whoever has only taken over their Slack would have it removed as well. Until
    then it proves and is asked for as before. Everybody on file is told. False: they have none, or it is to be removed already."""
    a = tables.authenticators.c
    theirs = update(tables.authenticators).where(
        a.person_id == person, a.confirmed_at.is_not(None), a.ends_at.is_(None)
    )
    if tx.connection.execute(theirs.values(ends_at=tx.now + after).returning(a.person_id)).first() is None:
        return False
    tx.record(Subject.of_person(person), None, "authenticator", "ending", fields=("authenticator",))
    notice = {"notice": "authenticator_ending", "person": person}
    job_queue.enqueue(tx, "notice", f"authenticator_ending:{person}", notice)
    return True


def keep(tx: Transaction, person: int) -> bool:
    """It is not to be removed after all. Whether it was to be."""
    a = tables.authenticators.c
    theirs = update(tables.authenticators).where(a.person_id == person, a.ends_at.is_not(None)).values(ends_at=None)
    kept = tx.connection.execute(theirs.returning(a.person_id)).first() is not None
    if kept:
        tx.record(Subject.of_person(person), None, "authenticator", "kept", fields=("authenticator",))
    return kept


def sweep(tx: Transaction) -> None:
    """Removes those whose time has come; their owners are told."""
    a = tables.authenticators.c
    for person in tx.connection.execute(select(a.person_id).where(a.ends_at <= tx.now)).scalars().all():
        if _remove(tx, person, a.ends_at <= tx.now):  # unless its owner has just said that they keep it
            tx.record(Subject.of_person(person), None, "authenticator", "removed", fields=("authenticator",))
            notice = {"notice": "authenticator_removed", "person": person}
            job_queue.enqueue_once(tx, "notice", f"authenticator_removed:{person}:{tx.now}", notice)


def remove(tx: Transaction, person: int) -> bool:
    """At once: it is theirs no more, and what they proved or were sent ends. Whether they had one."""
    return _remove(tx, person, true())


def _remove(tx: Transaction, person: int, only: ColumnElement[bool]) -> bool:
    lock_all(tx, [person])
    a = tables.authenticators.c
    gone = delete(tables.authenticators).where(a.person_id == person, only).returning(a.confirmed_at)
    row = tx.connection.execute(gone).first()
    if row is None or row.confirmed_at is None:
        return False
    revoke(tx, [person], "authenticator")
    return True


def uri(secret: str, name: str) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(secret, name=name, issuer=ISSUER).provisioning_uri()


def step_of(secret: str, digits: str, now: int, last: int) -> int | None:
    """The 30 seconds (counted since 1970) whose code this is, near `now` and later than `last`; compared in constant time."""
    if len(digits) != DIGITS or not numbers.are_digits(digits):
        return None
    made, found, here = pyotp.TOTP(secret), None, now // STEP
    for step in (here - 1, here, here + 1):
        if hmac.compare_digest(made.generate_otp(step), digits):
            found = step
    return found if found is not None and found > last else None


def _step_of(tx: Transaction, secret: str, digits: str) -> int | None:
    return step_of(secret, digits, tx.now, 0)


def _secret(tx: Transaction, person: int, sealed: bytes, *, confirmed: bool) -> str | None:
    opened = tx.keys.open("authenticators", sealed, _bound(person, confirmed=confirmed))
    return None if opened is None else opened.decode()


def _bound(person: int, *, confirmed: bool) -> str:
    return f"authenticator {person} {'confirmed' if confirmed else 'begun'}"


_a = tables.authenticators.c
_LOCK = (
    select(_a.sealed, _a.last_step)
    .where(_a.person_id == bindparam("person"), _a.confirmed_at.is_not(None))
    .with_for_update()
)
_CONFIRMED = select(_a.confirmed_at).where(_a.person_id == bindparam("person"))
