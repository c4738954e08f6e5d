"""An owner vouches for somebody of their account who has lost all they sign in with. It opens nothing: two of the desk have them invited anew upon it.

A word holds for 72 hours, once, and only while whoever gave it may manage the contacts of the account. Nobody vouches for themselves, and for
an owner another owner alone: or a manager of contacts who reads the owner's mail would be half way into all that is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select, update

from authz import Grant, Subject
from store import tables
from store.accounts.people import lock
from store.db import holdings, sweeping
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.text.durations import COOLING

LIFE: Final = COOLING  # ms
KEPT: Final = 90 * 24 * 3_600_000  # ms: the ledger keeps who vouched


@dataclass(frozen=True, slots=True)
class Vouch:
    """Who vouches, for the two of the desk who look at it, and when they did (ms)."""

    name: str
    at: int


def vouch(tx: Transaction, grant: Grant, person: int) -> bool:
    """For somebody else on the account of the grant, who has joined. They and their owners are told. False: it is none such, or an owner for
    whom they cannot, or somebody vouches for them already."""
    tx.require(grant, "contacts.manage")
    c, login = tables.contacts.c, tables.person_logins.c
    there = select(c.person_id).join(tables.person_logins, login.person_id == c.person_id)
    there = there.where(c.account_id == grant.account, c.person_id == person, c.person_id != grant.subject.person)
    if not lock(tx, person) or tx.connection.execute(there).first() is None or _newest(tx, person) is not None:
        return False
    if not _counts(tx, grant.subject.person, grant.account, person):
        return False
    row = {"person_id": person, "account_id": grant.account, "vouched_by": grant.subject.person, "at": tx.now}
    tx.connection.execute(insert(tables.vouches).values(**row))
    tx.told(grant, f"vouched_for:{Subject.of_person(person)}")
    notice = {"notice": "login_vouched", "person": person}
    job_queue.enqueue(tx, "notice", f"login_vouched:{person}", notice)
    return True


def standing(tx: Transaction, grant: Grant, person: int) -> Vouch | None:
    """For the desk, before it agrees to invite them anew. None: nobody vouches for them."""
    tx.require(grant, "desk.pin.reissue")
    found = _newest(tx, person)
    if found is not None:
        tx.told(grant, "contact.name", f"vouched_for:{Subject.of_person(person)}")
    return found


def use(tx: Transaction, person: int) -> None:
    """They are invited anew upon it: it is good for nothing else."""
    v = tables.vouches.c
    theirs = update(tables.vouches).where(v.person_id == person, v.used_at.is_(None))
    tx.connection.execute(theirs.values(used_at=tx.now))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.vouches, tables.vouches.c.at < tx.now - KEPT)


def _newest(tx: Transaction, person: int) -> Vouch | None:
    v, p = tables.vouches.c, tables.people.c
    query = (
        select(p.name, v.at, v.vouched_by, v.account_id)
        .select_from(tables.vouches.join(tables.people, p.id == v.vouched_by))
        .where(v.person_id == person, v.used_at.is_(None), of_late(v.at, tx.now, LIFE))
    )
    each = tx.connection.execute(query.order_by(v.at.desc())).all()
    good = (row for row in each if _counts(tx, row.vouched_by, row.account_id, person))
    return next((Vouch(row.name, row.at) for row in good), None)


def _counts(tx: Transaction, by: int, account: int | None, person: int) -> bool:
    """Whether the word of one of an account counts there for another, by what both hold at this moment."""
    whose, of = (holdings.on(tx, Subject.of_person(one), account, None) for one in (by, person))
    if whose is None or of is None or not whose.scheme.ruling(whose.held, "contacts.manage", whose.facts).allowed:
        return False
    return whose.scheme.owner not in of.held or whose.scheme.owner in whose.held
