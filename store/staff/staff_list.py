"""Who works here, for the operator's shell: listed, suspended, and invited to set a password and an authenticator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject
from store import tables
from store.calls import agent_legs
from store.codes import one_time_links
from store.db import grant_limits
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.tickets import agent_tickets

PAGE: Final = "join"  # the kind of page an invitation leads to
ROLES: Final = tables.ROLES
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


def look(tx: Transaction, grant: Grant, staff: int) -> StaffMember | None:
    tx.require(grant, "desk.staff.manage")
    row = tx.connection.execute(_ALL.where(tables.staff.c.id == staff)).first()
    if row is not None:
        tx.told(grant, "staff.name", "staff.role")
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
    end_invitation(tx, staff)
    return done


def end_invitation(tx: Transaction, staff: int) -> None:
    """No link of theirs is good any more, nor is one sent that was asked for until now."""
    tx.connection.execute(update(tables.staff).where(tables.staff.c.id == staff).values(invited_at=None))
    one_time_links.void(tx, PAGE, Subject.of_staff(staff))


def resume(tx: Transaction, grant: Grant, staff: int) -> bool:
    """Whether they were suspended."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff.c
    one = update(tables.staff).where(s.id == staff, s.suspended_at.is_not(None)).values(suspended_at=None)
    tx.told(grant, f"resumed:staff:{staff}")
    return tx.connection.execute(one.returning(s.id)).first() is not None


def lock_supervisors(tx: Transaction) -> None:
    """Whoever does something of them, or as one of them, that must not meet another such thing waits: all are locked, in one order."""
    s = tables.staff.c
    supervisors = select(s.id).where(s.role.in_(tables.SUPERVISORS)).order_by(s.id)
    tx.connection.execute(supervisors.with_for_update(key_share=True)).all()


def can_be_spared(tx: Transaction, grant: Grant, staff: int) -> bool:
    """Whether somebody else of their role or above it stays who can work. `lock_supervisors` first."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff.c
    leading = select(s.id, s.role).where(s.role.in_(tables.SUPERVISORS), s.suspended_at.is_(None))
    roles = {row.id: row.role for row in tx.connection.execute(leading).all()}
    mine = roles.pop(staff, None)
    return mine is None or any(other == mine or rises(mine, other) for other in roles.values())


def rises(old: str, new: str) -> bool:
    """Whether somebody of the one role could do more in the other."""
    return tables.ROLES.index(new) > tables.ROLES.index(old)


def lower(tx: Transaction, grant: Grant, staff: int, role: str) -> bool:
    """Somebody has a lesser role from now on. Whether they had a greater one."""
    tx.require(grant, "desk.staff.manage")
    return _set_role(tx, grant, staff, role, rising=False)


def may_rise(tx: Transaction, grant: Grant, staff: int, role: str, *, asked_by: int) -> bool:
    """Whether somebody can be given that greater role now: nobody agrees to their own, and whoever asked may still manage the staff."""
    tx.require(grant, "desk.threat.switch")
    if grant.subject == Subject.of_staff(staff):
        return False
    lock_supervisors(tx)
    asks = Ask(Subject.of_staff(asked_by), Action.DESK_STAFF_MANAGE, None, None, Proof.NONE)
    row = tx.connection.execute(_ALL.where(tables.staff.c.id == staff)).first()
    there = row is not None and row.suspended_at is None and rises(row.role, role)
    return there and bool(tx.offer((asks,)))


def set_higher(tx: Transaction, grant: Grant, staff: int, role: str, *, asked_by: int) -> bool:
    """Somebody has a greater role from now on: `asked_by` asked for it, and another one has agreed (dual_control.py)."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    return _set_role(tx, grant, staff, role, rising=True)


def _set_role(tx: Transaction, grant: Grant, staff: int, role: str, *, rising: bool) -> bool:
    """They are signed out, for their pages are others now; and they and all supervisors are told."""
    s = tables.staff.c
    at = tables.ROLES.index(role)
    before = tables.ROLES[:at] if rising else tables.ROLES[at + 1 :]
    one = update(tables.staff).where(s.id == staff, s.role.in_(before)).values(role=role)
    if tx.connection.execute(one.returning(s.id)).first() is None:
        return False
    tx.told(grant, f"role_{role}:staff:{staff}")
    sessions.end_all(tx, STAFF, staff)
    job_queue.enqueue(tx, "notice", f"staff_role:{staff}", {"notice": "staff_role_changed", "staff": staff})
    return True


def invite(tx: Transaction, grant: Grant, staff: int) -> str:
    """The token of a page where they set a password and an authenticator, once and within a day; an invitation before it is
    no longer valid. What they have signed in with until now is good until they have."""
    tx.require(grant, "desk.staff.manage")
    tx.told(grant, f"invited:staff:{staff}")
    tx.connection.execute(update(tables.staff).where(tables.staff.c.id == staff).values(invited_at=tx.now))
    return one_time_links.issue(tx, PAGE, Subject.of_staff(staff), life=INVITED_FOR)


def invited(tx: Transaction, token: str) -> StaffMember | None:
    """Whose invitation this is, for the page it leads to: they alone have it."""
    found = one_time_links.look(tx, PAGE, token)
    row = tx.connection.execute(_ALL.where(tables.staff.c.id == found[0].staff)).first() if found else None
    return None if row is None or row.suspended_at is not None else _member(row)


def accept(tx: Transaction, token: str) -> int | None:
    """The invitation is used up: whose it was."""
    found = one_time_links.look(tx, PAGE, token)
    if found is None:
        return None
    s = tables.staff.c  # locked first, as by whoever suspends them or withdraws it: before their links
    tx.connection.execute(select(s.id).where(s.id == found[0].staff).with_for_update(key_share=True)).first()
    used = one_time_links.use(tx, PAGE, token)
    if used is None:
        return None
    end_invitation(tx, used[0].staff)
    return used[0].staff


def _member(row: object) -> StaffMember:
    return StaffMember(*row)  # type: ignore[misc]


_s = tables.staff.c
_ALL = select(
    _s.id, _s.username, _s.name, _s.role, _s.phone, _s.suspended_at, tables.staff_logins.c.set_at.label("joined_at")
).outerjoin(tables.staff_logins, tables.staff_logins.c.staff_id == _s.id)
