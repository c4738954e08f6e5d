"""Somebody new is written down and invited to the desk's page by mail, or invited again: the one-time link is theirs alone.

The queue holds whom it is for and never the link, which is made when the mail is sent; whoever invites sees nothing of it. An invitation
that was withdrawn before that, or followed by another, is not sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy import delete, func, select, update

from authz import Grant, Subject
from store import tables
from store.codes import one_time_links
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue
from store.security import budgets
from store.sign_in.invitations import InvitationMail
from store.staff import staff_list
from store.staff.staff_list import INVITED_FOR, PAGE

WORK: Final = "staff_invitation"
A_DAY: Final = 40  # by the whole desk, half of them at once: a stolen session writes to no more


class Invited(Enum):
    """What became of inviting somebody."""

    INVITED = "invited"
    TAKEN = "taken"  # somebody has that username, maybe in other capitals
    AWAY = "away"  # nobody of that id, or they are suspended
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class NewColleague:
    """As somebody types them: the import's patterns hold for each (field_words.py)."""

    username: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """`until` (ms): when its link ends; None: the mail has not been sent yet."""

    until: int | None


def add(tx: Transaction, grant: Grant, new: NewColleague) -> Invited:
    """Somebody new, as an agent: a role above that takes two (dual_control.py). Supervisors and administrators are told."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff
    alike = select(s.c.id).where(func.lower(s.c.username) == new.username.lower())
    if tx.connection.execute(alike).first() is not None:
        return Invited.TAKEN
    if _spent(tx):
        return Invited.ENOUGH
    row = {"username": new.username, "name": new.name, "email": new.email, "role": tables.ROLES[0]}
    by = grant.subject.staff if grant.subject.is_staff else None
    made = upsert(tx, s).values(**row, added_by=by).on_conflict_do_nothing(index_elements=["username"])
    staff: int | None = tx.connection.execute(made.returning(s.c.id)).scalar()
    if staff is None:
        return Invited.TAKEN
    tx.told(grant, f"added:staff:{staff}")
    _owe(tx, grant, staff)
    return Invited.INVITED


def invite(tx: Transaction, grant: Grant, staff: int) -> Invited:
    """Another invitation, to their address on file: what they have signed in with until now is good until they use it. The one before it is no
    longer good when it is sent."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff.c
    there = select(s.id).where(s.id == staff, s.suspended_at.is_(None)).with_for_update(key_share=True)
    if tx.connection.execute(there).first() is None:
        return Invited.AWAY
    if _spent(tx):
        return Invited.ENOUGH
    _owe(tx, grant, staff)
    return Invited.INVITED


def _spent(tx: Transaction) -> bool:
    return budgets.take(tx, (budgets.at_most("staff-invitations", A_DAY, budgets.DAY),)) is not None


def _owe(tx: Transaction, grant: Grant, staff: int) -> None:
    tx.told(grant, f"invited:staff:{staff}")
    tx.connection.execute(update(tables.staff).where(tables.staff.c.id == staff).values(invited_at=tx.now))
    told = {"notice": "staff_invited", "staff": staff}
    job_queue.enqueue(tx, "notice", f"staff_invited:{staff}", told)
    key, payload = f"{staff}:{secrets.token_hex(8)}", {"staff": staff, "at": tx.now}
    job_queue.enqueue_once(tx, WORK, key, payload, ordering_key=f"{WORK}:staff:{staff}")


def address(tx: Transaction, grant: Grant, staff: int, at: int) -> InvitationMail | None:
    """A new link and where it goes. None: the invitation of that moment (ms) was withdrawn or followed by another, or they may not work here."""
    tx.require(grant, "desk.deliver")
    s = tables.staff.c
    open_still = select(s.name, s.username, s.email).where(s.id == staff, s.invited_at == at, s.suspended_at.is_(None))
    row = tx.connection.execute(open_still.with_for_update(key_share=True)).first()
    if row is None:
        return None
    tx.told(grant, "staff.name", "staff.email", f"invitation_sent_to:staff:{staff}")
    token = one_time_links.issue(tx, PAGE, Subject.of_staff(staff), life=INVITED_FOR)
    return InvitationMail(row.email, row.name, row.username, token)


def withdraw(tx: Transaction, grant: Grant, staff: int) -> bool:
    """It is no longer good, sent or not. Whoever was written down on the page and has neither joined nor a member of Slack is there no more, so that they
    can be written down as they should have been. Whether there was one."""
    tx.require(grant, "desk.staff.manage")
    s, login, member = tables.staff.c, tables.staff_logins.c, tables.slack_members.c
    was_open = select(s.id).where(s.id == staff, s.invited_at.is_not(None)).with_for_update(key_share=True)
    if tx.connection.execute(was_open).first() is None:
        return False
    staff_list.end_invitation(tx, staff)  # and waits for whoever joins by it at this moment
    tx.told(grant, f"invitation_withdrawn:staff:{staff}")
    joined = select(login.staff_id).where(login.staff_id == staff).exists()
    in_slack = select(member.staff_id).where(member.staff_id == staff).exists()
    unknown = select(s.id).where(s.id == staff, s.added_by.is_not(None), ~joined, ~in_slack)
    if tx.connection.execute(unknown).first() is not None:
        staff_list.stop(tx, staff)
        tx.told(grant, f"removed:staff:{staff}")
        tx.connection.execute(delete(tables.staff).where(s.id == staff))
    return True


def open_ones(tx: Transaction, grant: Grant) -> Mapping[int, Invitation]:
    """Invitations that can still be used, by whose they are."""
    tx.require(grant, "desk.staff.manage")
    s = tables.staff.c
    invited = {
        row.id: row.invited_at
        for row in tx.connection.execute(select(s.id, s.invited_at).where(s.invited_at.is_not(None))).all()
    }
    until = one_time_links.ends(tx, PAGE, map(Subject.of_staff, invited))
    found = {id: Invitation(until.get(Subject.of_staff(id))) for id in invited}
    return {id: one for id, one in found.items() if one.until is not None or invited[id] > tx.now - INVITED_FOR}
