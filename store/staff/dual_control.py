"""What takes two people: a supervisor asks, another one agrees, and only then is it done.

A new PIN for somebody, a lock lifted, another invitation for whom an owner vouches, a greater role for one of the staff, and the end of threat mode. Nobody agrees to what they asked for themselves, and
what nobody answers within an hour is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import insert, select, update

from authz import Grant, Subject
from store import tables
from store.db import sweeping
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.security import threat_mode
from store.sign_in import invitations, vouches
from store.sign_in.vouches import Vouch
from store.staff import staff_list
from store.verification import factors, pin_changes, pin_reset

THREAT_OFF, PIN_REISSUE, PIN_UNLOCK, LOGIN_REISSUE = "threat_off", "pin_reissue", "pin_unlock", "login_reissue"
ROLE: Final = {f"role_{role}": role for role in tables.SUPERVISORS}  # with the role that one of the staff is to have
NEEDS: Final = {
    THREAT_OFF: "desk.threat.switch",
    **dict.fromkeys(ROLE, "desk.threat.switch"),
    PIN_REISSUE: "desk.pin.reissue",
    PIN_UNLOCK: "desk.pin.reissue",
    LOGIN_REISSUE: "desk.pin.reissue",
}
MAILED: Final = (PIN_REISSUE, LOGIN_REISSUE)  # a link, to the address on file
LIFE: Final = 60 * 60_000  # ms
KEPT: Final = 90 * 24 * 3_600_000  # ms: the ledger keeps who asked and who agreed
LONGEST_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """`about` is a name, or empty; `reason` what whoever asked wrote. `own`: it is the reader's own wish. `address` is of the
    person a link would be mailed to: since when it is on file, and whether that is long enough. `vouch`: who vouches for them."""

    id: int
    action: str
    about: str
    reason: str
    asked_by: str
    asked_at: int
    own: bool
    address: factors.Address | None = field(default=None, repr=False)
    vouch: Vouch | None = None


def ask(
    tx: Transaction, grant: Grant, action: str, *, person: int | None = None, staff: int | None = None, reason: str = ""
) -> bool:
    """Somebody asks for it. False: the same is asked already."""
    tx.require(grant, *NEEDS.values())
    tx.require(grant, NEEDS[action])
    subject = Subject.of_person(person) if person is not None else "-"
    if staff is not None:
        subject = Subject.of_staff(staff)
    s = tables.dual_control.c
    staff_list.lock_supervisors(tx)
    asked = [
        row
        for row in tx.connection.execute(_OPEN.where(of_late(s.asked_at, tx.now, LIFE))).all()
        if row.action == action
    ]
    if any(row.about.split(" ", 1)[0] == subject for row in asked):
        return False
    about = f"{subject} {' '.join(reason.split())[:LONGEST_REASON]}"
    row = {"action": action, "about": about, "asked_by": grant.subject.staff, "asked_at": tx.now, "status": "open"}
    tx.connection.execute(insert(tables.dual_control).values(**row))
    tx.told(grant, f"asked:{action}:{subject}")
    return True


def waiting(tx: Transaction, grant: Grant) -> list[Wanted]:
    """What waits for a second person, the oldest first."""
    tx.require(grant, *NEEDS.values())
    s = tables.dual_control.c
    rows = tx.connection.execute(_OPEN.where(of_late(s.asked_at, tx.now, LIFE)).order_by(s.id)).all()
    return [_wanted(tx, grant, row) for row in rows if NEEDS[row.action] == grant.cell]


def action_of(tx: Transaction, id: int) -> str | None:
    """What is asked, to ask for the right grant. None: nothing that waits."""
    row = tx.connection.execute(_OPEN.where(tables.dual_control.c.id == id)).first()
    return None if row is None else str(row.action)


def agree(tx: Transaction, grant: Grant, id: int) -> bool:
    """Another one agrees, and it is done. False: it is their own wish, or does not wait any more, or there is no address that a
    link may be mailed to."""
    tx.require(grant, *NEEDS.values())
    if not _can_be_done(tx, grant, id):
        return False
    row = _answer(tx, grant, id, "agreed", own=False)
    if row is None:
        return False
    match row.action:
        case "threat_off":
            threat_mode.switch(tx, grant, False, asked_by=row.asked_by)
        case "pin_reissue":
            pin_reset.owe(tx, grant, _person(row), asked_by=row.asked_by)
        case "login_reissue":
            invitations.owe_anew(tx, grant, _person(row), asked_by=row.asked_by)
        case "pin_unlock":
            pin_changes.unlock_pin(tx, grant, _person(row), asked_by=row.asked_by)
        case action if action in ROLE:
            staff_list.set_higher(tx, grant, _about(row).staff, ROLE[action], asked_by=row.asked_by)
        case _:
            raise ValueError(f"nothing that two people do: {row.action}")
    tx.told(grant, f"agreed:{row.action}:{row.about.split(' ', 1)[0]}")
    return True


def _can_be_done(tx: Transaction, grant: Grant, id: int) -> bool:
    row = tx.connection.execute(_OPEN.where(tables.dual_control.c.id == id)).first()
    if row is not None and row.action in ROLE:
        return staff_list.may_rise(tx, grant, _about(row).staff, ROLE[row.action], asked_by=row.asked_by)
    if row is None or row.action not in MAILED:
        return True
    if row.action == LOGIN_REISSUE and vouches.standing(tx, grant, _person(row)) is None:
        return False
    to = factors.address(tx, _person(row))
    return to is not None and to.good


def refuse(tx: Transaction, grant: Grant, id: int) -> bool:
    """It shall not be: whoever asked may say so as well."""
    row = _answer(tx, grant, id, "refused", own=True)
    if row is not None:
        tx.told(grant, f"refused:{row.action}:{row.about.split(' ', 1)[0]}")
    return row is not None


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.dual_control, tables.dual_control.c.asked_at < tx.now - KEPT)


def _answer(tx: Transaction, grant: Grant, id: int, status: str, *, own: bool) -> Any:
    tx.require(grant, *NEEDS.values())
    s, staff = tables.dual_control.c, grant.subject.staff
    actions = [action for action, cell in NEEDS.items() if cell == grant.cell]
    one = update(tables.dual_control).where(
        s.id == id, s.status == "open", s.action.in_(actions), of_late(s.asked_at, tx.now, LIFE)
    )
    one = one if own else one.where(s.asked_by != staff, s.asked_by.in_(_SUPERVISORS))
    answered = one.values(status=status, answered_by=staff, answered_at=tx.now)
    return tx.connection.execute(answered.returning(s.action, s.about, s.asked_by)).first()


def _wanted(tx: Transaction, grant: Grant, row: Any) -> Wanted:
    subject, _, reason = row.about.partition(" ")
    if row.action in ROLE:
        return Wanted(
            row.id, row.action, _staffs_name(tx, grant, row), reason, row.name, row.asked_at, own=_own(grant, row)
        )
    to = factors.address(tx, _person(row)) if subject != "-" else None
    name = "" if subject == "-" else to.name if to is not None else "somebody"
    if to is not None:
        tx.told(grant, "contact.name")
    own, mailed = _own(grant, row), to if row.action in MAILED else None
    vouch = vouches.standing(tx, grant, _person(row)) if row.action == LOGIN_REISSUE else None
    return Wanted(row.id, row.action, name, reason, row.name, row.asked_at, own, mailed, vouch)


def _staffs_name(tx: Transaction, grant: Grant, row: Any) -> str:
    s = tables.staff.c
    tx.told(grant, "staff.name")
    return tx.connection.execute(select(s.name).where(s.id == _about(row).staff)).scalar() or "somebody"


def _own(grant: Grant, row: Any) -> bool:
    return bool(row.asked_by == grant.subject.staff)


def _about(row: Any) -> Subject:
    return Subject(row.about.split(" ", 1)[0])


def _person(row: Any) -> int:
    return _about(row).person


_SUPERVISORS = select(tables.staff.c.id).where(
    tables.staff.c.suspended_at.is_(None), tables.staff.c.role.in_(tables.SUPERVISORS)
)
_OPEN = (
    select(tables.dual_control, tables.staff.c.name)
    .join(tables.staff, tables.staff.c.id == tables.dual_control.c.asked_by)
    .where(tables.dual_control.c.status == "open", tables.staff.c.suspended_at.is_(None))
)
