"""What supervisors and administrators do about the desk's own people: invited, given another role, suspended, let work again, all that they have given to others, a lost passkey
removed. The list of them, and the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from pydantic import TypeAdapter, ValidationError

from authz import Action, Ask, Proof
from desk.actors import Actor, permit_staff
from store import Transaction
from store.imports.field_words import Email, Name, Username
from store.sign_in import passkeys
from store.staff import dual_control, staff_invitations, staff_list, wall_displays
from store.staff.staff_invitations import Invitation, Invited, NewColleague
from store.staff.staff_list import StaffMember
from store.staff.wall_displays import WallDisplay
from store.tickets import agent_tickets


class Staffing(Enum):
    """What came of it."""

    DONE = auto()
    ALREADY = auto()
    OWN = auto()  # nobody does it to themselves
    AWAY = auto()  # no such colleague works here
    LAST = auto()  # nobody else of their role or above would be left
    ASKED = auto()  # another one has to agree
    ASKED_ALREADY = auto()
    NO_REASON = auto()
    NAME = auto()  # what was typed is none
    USERNAME = auto()
    EMAIL = auto()
    TAKEN = auto()  # that username
    ENOUGH = auto()  # were invited for now
    INVITED = auto()  # done, and another invitation is on its way
    NOT_PERMITTED = auto()


@dataclass(frozen=True, slots=True)
class StaffPage:
    """`workload`: how many tickets each has, by their id; `manages`: whoever looks may invite and suspend them; `invitations`: those that can
    still be used, by whose they are, for whoever manages; `displays` show the wall."""

    members: tuple[StaffMember, ...]
    workload: Mapping[int, int]
    manages: bool
    invitations: Mapping[int, Invitation]
    displays: tuple[WallDisplay, ...]


def staff_page(tx: Transaction, who: Actor) -> StaffPage | None:
    """None: not for them."""
    leading = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if leading is None or tickets is None:
        return None
    offered = tx.offer((Ask(who.subject, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE),))
    managing = offered.get(Action.DESK_STAFF_MANAGE)
    invitations = {} if managing is None else staff_invitations.open_ones(tx, managing)
    members, displays = tuple(staff_list.listed(tx, leading)), tuple(wall_displays.listed(tx, leading))
    return StaffPage(members, agent_tickets.workload(tx, tickets), managing is not None, invitations, displays)


def reassign(tx: Transaction, who: Actor, staff: int, to: int | None) -> Staffing:
    """All tickets of one of the staff that are not closed, their own as well, to a colleague or back to the queue (None)."""
    leading = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if leading is None or tickets is None:
        return Staffing.NOT_PERMITTED
    return Staffing.AWAY if agent_tickets.reassign(tx, tickets, staff, to) is None else Staffing.DONE


def set_suspended(tx: Transaction, who: Actor, staff: int, *, to: bool) -> Staffing:
    """Of two who suspend each other at once one is not permitted any more: so all supervisors are locked before anybody is judged."""
    staff_list.lock_supervisors(tx)
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    if staff == who.staff:
        return Staffing.OWN
    if to and not staff_list.can_be_spared(tx, grant, staff):
        return Staffing.LAST
    return Staffing.DONE if (staff_list.suspend if to else staff_list.resume)(tx, grant, staff) else Staffing.ALREADY


OF_INVITED = {
    Invited.INVITED: Staffing.INVITED,
    Invited.TAKEN: Staffing.TAKEN,
    Invited.AWAY: Staffing.AWAY,
    Invited.ENOUGH: Staffing.ENOUGH,
}
_PARTS = (("name", Name, Staffing.NAME), ("username", Username, Staffing.USERNAME), ("email", Email, Staffing.EMAIL))


def invite(tx: Transaction, who: Actor, typed: Mapping[str, str]) -> Staffing:
    """Somebody new, out of `name`, `username` and `email` as they were typed: an agent, until two supervisors say otherwise."""
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    for part, kind, odd in _PARTS:
        try:
            TypeAdapter(kind).validate_python(typed[part])
        except ValidationError:
            return odd
    new = NewColleague(typed["username"].lower(), typed["name"], typed["email"])
    return OF_INVITED[staff_invitations.add(tx, grant, new)]


def invite_again(tx: Transaction, who: Actor, staff: int) -> Staffing:
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    return Staffing.OWN if staff == who.staff else OF_INVITED[staff_invitations.invite(tx, grant, staff)]


def withdraw_invitation(tx: Transaction, who: Actor, staff: int) -> Staffing:
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    return Staffing.DONE if staff_invitations.withdraw(tx, grant, staff) else Staffing.ALREADY


def set_role(tx: Transaction, who: Actor, staff: int, role: str, reason: str) -> Staffing:
    """A lesser one at once; a greater one is asked for, with a reason, and another one agrees."""
    staff_list.lock_supervisors(tx)  # as in `set_suspended`
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    if staff == who.staff:
        return Staffing.OWN
    one = staff_list.look(tx, grant, staff)
    if one is None or one.suspended_at is not None or role not in staff_list.ROLES:
        return Staffing.AWAY
    if one.role == role:
        return Staffing.ALREADY
    if not staff_list.rises(one.role, role):
        if not staff_list.can_be_spared(tx, grant, staff):
            return Staffing.LAST
        return Staffing.DONE if staff_list.lower(tx, grant, staff, role) else Staffing.ALREADY
    asking = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if asking is None:
        return Staffing.NOT_PERMITTED
    if not reason:
        return Staffing.NO_REASON
    asked = dual_control.ask(tx, asking, f"role_{role}", staff=staff, reason=reason)
    return Staffing.ASKED if asked else Staffing.ASKED_ALREADY


def remove_passkey(tx: Transaction, who: Actor, staff: int, id: int, *, inviting: bool) -> Staffing:
    """A colleague's, lost or no longer theirs; `inviting`: and they are sent an invitation, to set what they sign in with anew."""
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    if staff == who.staff:
        return Staffing.OWN
    if not passkeys.withdraw(tx, grant, staff, id):
        return Staffing.ALREADY
    return OF_INVITED[staff_invitations.invite(tx, grant, staff)] if inviting else Staffing.DONE
