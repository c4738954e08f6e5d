"""Who works here, for the operator's shell: listed, suspended, and invited to set a password and an authenticator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from authz import Grant, Subject
from store import tables
from store.calls import agent_legs
from store.codes import one_time_links
from store.db.transaction import Transaction
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.tickets import agent_tickets

PAGE: Final = "join"  # the kind of page an invitation leads to
INVITED_FOR: Final = 24 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class StaffMember:
    """`joined_at`: since when they can sign in on the desk's page, in ms; None: not yet."""

    id: int
    username: str
    name: str
    role: str
    phone: str | None
    suspended_at: int | None
    joined_at: int | None


def listed(tx: Transaction, grant: Grant) -> list[StaffMember]:
    tx.require(grant, "desk.staff.manage", "desk.threat.switch")
    tx.told(grant, "staff.name", "staff.role")
    return [_member(row) for row in tx.connection.execute(_ALL.order_by(tables.staff.c.username)).all()]


def find(tx: Transaction, grant: Grant, username: str) -> StaffMember | None:
    tx.require(grant, "desk.staff.manage")
    row = tx.connection.execute(_ALL.where(tables.staff.c.username == username)).first()
    return None if row is None else _member(row)


def other_supervisors(tx: Transaction, grant: Grant) -> list[str]:
    """The names of those who have joined and could agree to what takes two supervisors."""
    tx.require(grant, "desk.threat.switch")
    s = tables.staff.c
    joined = select(s.name).join(tables.staff_logins, tables.staff_logins.c.staff_id == s.id)
    others = joined.where(s.role.in_(tables.SUPERVISORS), s.suspended_at.is_(None), s.id != grant.subject.staff)
    return list(tx.connection.execute(others.order_by(s.name)).scalars())


def suspend(tx: Transaction, grant: Grant, staff: int) -> bool:
    """They may do nothing from now on, are signed out everywhere, and whatever they are in the middle of ends. Whether they
    could before."""
    tx.require(grant, "desk.staff.manage")
    tx.told(grant, f"suspended:staff:{staff}")
    return stop(tx, staff)


def stop(tx: Transaction, staff: int) -> bool:
    """The same, for what has looked at who may ask for it already."""
    s = tables.staff.c
    one = update(tables.staff).where(s.id == staff, s.suspended_at.is_(None)).values(suspended_at=tx.now)
    done = tx.connection.execute(one.returning(s.id)).first() is not None
    agent_legs.cut_off(tx, staff)
    agent_tickets.let_go(tx, staff)
    sessions.end_all(tx, STAFF, staff)
    one_time_links.void(tx, PAGE, Subject.of_staff(staff))
    return done


def resume(tx: Transaction, grant: Grant, staff: int) -> bool:
    """Whether they were suspended."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff.c
    one = update(tables.staff).where(s.id == staff, s.suspended_at.is_not(None)).values(suspended_at=None)
    tx.told(grant, f"resumed:staff:{staff}")
    return tx.connection.execute(one.returning(s.id)).first() is not None


def invite(tx: Transaction, grant: Grant, staff: int) -> str:
    """The token of a page where they set a password and an authenticator, once and within a day; an invitation before it is
    no longer valid. What they have signed in with until now is good until they have."""
    tx.require(grant, "desk.staff.manage")
    tx.told(grant, f"invited:staff:{staff}")
    return one_time_links.issue(tx, PAGE, Subject.of_staff(staff), life=INVITED_FOR)


def invited(tx: Transaction, token: str) -> StaffMember | None:
    """Whose invitation this is, for the page it leads to: they alone have it."""
    found = one_time_links.look(tx, PAGE, token)
    row = tx.connection.execute(_ALL.where(tables.staff.c.id == found[0].staff)).first() if found else None
    return None if row is None or row.suspended_at is not None else _member(row)


def accept(tx: Transaction, token: str) -> int | None:
    """The invitation is used up: whose it was."""
    found = one_time_links.use(tx, PAGE, token)
    return None if found is None else found[0].staff


def _member(row: object) -> StaffMember:
    return StaffMember(*row)  # type: ignore[misc]


_s = tables.staff.c
_ALL = select(
    _s.id, _s.username, _s.name, _s.role, _s.phone, _s.suspended_at, tables.staff_logins.c.set_at.label("joined_at")
).outerjoin(tables.staff_logins, tables.staff_logins.c.staff_id == _s.id)
