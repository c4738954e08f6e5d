"""A person or an account suspended by the operator, and back again.

Whoever is suspended is nobody to every channel: no account is theirs (holdings.py), no support ID, number or member leads to them (people.py,
slack_members.py), nothing on file proves them (factors.py). What they were in the middle of ends here. Decision 0023.
"""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import select, update

from authz import Grant, Subject
from store import tables
from store.accounts import delegations
from store.db.transaction import Transaction
from store.imports import account_lines
from store.imports.account_lines import AccountLine, NumberedLine
from store.jobs import job_queue
from store.verification import revocation

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
CLOSED: Final = "closed"
STATUSES: Final = (ACTIVE, SUSPENDED, CLOSED)
_p = tables.people.c


def suspend_person(tx: Transaction, grant: Grant, person: int) -> bool:
    """They can prove and do nothing from now on. Whether they could before. They are told, and so are the owners of their accounts."""
    tx.require(grant, "desk.operate")
    tx.told(grant, f"suspended:{Subject.of_person(person)}")
    if not stop_person(tx, person):
        return False
    _tell(tx, person, "person_suspended")
    return True


def stop_person(tx: Transaction, person: int) -> bool:
    """The same, for what has looked at who may ask for it already, and tells whom it concerns itself."""
    revocation.lock_all(tx, [person])
    if not _set(tx, person, to=tx.now):
        return False
    delegations.end_of(tx, person)
    revocation.revoke(tx, [person], "person")
    return True


def resume_person(tx: Transaction, grant: Grant, person: int) -> bool:
    """What they had proves them again; what has ended stays so. Whether they were suspended."""
    tx.require(grant, "desk.operate")
    tx.told(grant, f"resumed:{Subject.of_person(person)}")
    if not _set(tx, person, to=None):
        return False
    _tell(tx, person, "person_resumed")
    return True


def owned_alone(tx: Transaction, grant: Grant, person: int) -> list[str]:
    """Numbers of the accounts that have no other owner who is not suspended."""
    tx.require(grant, "desk.operate")
    r, a, other = tables.contact_rights.c, tables.accounts.c, tables.contact_rights.alias("of_other").c
    owners = {name: scheme.owner for name, scheme in tx.schemes.items() if scheme.owner}
    theirs = select(a.id, a.number, a.scheme, r.right).join(tables.contact_rights, r.account_id == a.id)
    rows = tx.connection.execute(theirs.where(r.person_id == person).order_by(a.number)).all()
    alone = []
    for row in rows:
        if row.right != owners.get(row.scheme):
            continue
        others = select(other.person_id).join(tables.people, _p.id == other.person_id)
        here = (other.account_id == row.id, other.right == row.right, other.person_id != person)
        if tx.connection.execute(others.where(*here, _p.suspended_at.is_(None)).limit(1)).first() is None:
            alone.append(row.number)
    tx.told(grant, *(["account.number"] if alone else ()))
    return alone


def set_account(
    tx: Transaction, grant: Grant, number: str, status: Literal["active", "suspended"], *, home: str
) -> Literal["done", "already", "closed", "unknown"]:
    """An account's status, as an import brings it, and whom that tells; `home` as there (import_run.run). A closed account stays closed: its owner asks for it to be reopened."""
    tx.require(grant, "desk.accounts.write")
    a = tables.accounts.c
    now = tx.connection.execute(select(a.status).where(a.number == number)).scalar()
    if now is None:
        return "unknown"
    if now == CLOSED:
        return "closed"
    if now == status:
        return "already"
    brought = account_lines.bring(tx, grant, [NumberedLine(1, AccountLine(number=number, status=status))], home=home)
    assert not brought.refused, brought.refused
    return "done"


def _set(tx: Transaction, person: int, *, to: int | None) -> bool:
    before = _p.suspended_at.is_(None) if to is not None else _p.suspended_at.is_not(None)
    one = update(tables.people).where(_p.id == person, _p.erased_at.is_(None), before).values(suspended_at=to)
    return tx.connection.execute(one.returning(_p.id)).first() is not None


def _tell(tx: Transaction, person: int, notice: str) -> None:
    job_queue.enqueue(tx, "notice", f"{notice}:{person}", {"notice": notice, "person": person})
