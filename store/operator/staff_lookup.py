"""One of the staff as the operator's shell shows them: what they sign in with, where they are, what they have taken. Never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from authz import Grant, Subject
from store import tables
from store.codes import one_time_links
from store.db.transaction import Transaction
from store.staff import staff_list

OPEN = ("open", "waiting")


@dataclass(frozen=True, slots=True)
class ShownStaff:
    """`passkeys` and `slack`: what it is called, and since when. `invited_until`: until when an invitation of theirs is good. `tickets`: open
    ones they have taken. `sessions`: how many they are signed in to. Times in ms."""

    username: str
    name: str
    email: str
    role: str
    phone: str | None
    suspended_at: int | None
    joined_at: int | None
    password: bool
    authenticator: bool
    passkeys: list[tuple[str, int]]
    slack: list[tuple[str, int]]
    invited_until: int | None
    sessions: int
    away_since: int | None
    back_at: int | None
    tickets: int


def show(tx: Transaction, grant: Grant, staff: int) -> ShownStaff:
    tx.require(grant, "desk.staff.manage")
    s, login, p, m = (one.c for one in (tables.staff, tables.staff_logins, tables.passkeys, tables.slack_members))
    row = tx.connection.execute(
        select(tables.staff, login.password, login.authenticator, login.set_at)
        .outerjoin(tables.staff_logins, login.staff_id == s.id)
        .where(s.id == staff)
    ).one()
    passkeys = select(p.name, p.made_at).where(p.staff_id == staff).order_by(p.made_at)
    members = select(m.team, m.member, m.linked_at).where(m.staff_id == staff).order_by(m.linked_at)
    ses, a, t = tables.staff_sessions.c, tables.assignments.c, tables.tickets.c
    signed_in = select(func.count()).where(ses.staff_id == staff, ses.ended_at.is_(None))
    taken = select(func.count()).join_from(tables.assignments, tables.tickets, t.number == a.ticket)
    who = Subject.of_staff(staff)
    tx.told(grant, f"shown:{who}", "staff.name", "staff.role", "staff.proofs", "staff.sessions")
    return ShownStaff(
        *(row.username, row.name, row.email, row.role, row.phone, row.suspended_at),
        row.set_at,
        row.password is not None,
        row.authenticator is not None,
        [(one.name, one.made_at) for one in tx.connection.execute(passkeys).all()],
        [(f"{one.team}/{one.member}", one.linked_at) for one in tx.connection.execute(members).all()],
        one_time_links.ends(tx, staff_list.PAGE, [who]).get(who),
        tx.connection.execute(signed_in).scalar_one(),
        row.away_since,
        row.back_at,
        tx.connection.execute(taken.where(a.staff_id == staff, t.status.in_(OPEN))).scalar_one(),
    )
