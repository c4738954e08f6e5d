"""What those who lead do about the desk's own people: all that somebody has given to others, suspended, let work again; the list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from authz import Action, Ask, Proof
from desk.actors import Actor, permit_staff
from store import Transaction
from store.staff import staff_list
from store.staff.staff_list import StaffMember
from store.tickets import agent_tickets


class Staffing(Enum):
    """What came of it."""

    DONE = auto()
    ALREADY = auto()
    OWN = auto()  # nobody does it to themselves
    AWAY = auto()  # no such colleague works here
    NOT_PERMITTED = auto()


@dataclass(frozen=True, slots=True)
class StaffPage:
    """`workload`: how many tickets each has, by their id; `manages`: whoever looks may suspend them."""

    members: tuple[StaffMember, ...]
    workload: Mapping[int, int]
    manages: bool


def staff_page(tx: Transaction, who: Actor) -> StaffPage | None:
    """None: not for them."""
    leading = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if leading is None or tickets is None:
        return None
    managing = tx.offer((Ask(who.subject, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE),))
    return StaffPage(tuple(staff_list.listed(tx, leading)), agent_tickets.workload(tx, tickets), bool(managing))


def reassign(tx: Transaction, who: Actor, staff: int, to: int | None) -> Staffing:
    """All tickets of one of the staff that are not closed, their own as well, to a colleague or back to the queue (None)."""
    leading = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    tickets = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if leading is None or tickets is None:
        return Staffing.NOT_PERMITTED
    return Staffing.AWAY if agent_tickets.reassign(tx, tickets, staff, to) is None else Staffing.DONE


def set_suspended(tx: Transaction, who: Actor, staff: int, *, to: bool) -> Staffing:
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    if grant is None:
        return Staffing.NOT_PERMITTED
    if staff == who.staff:
        return Staffing.OWN
    return Staffing.DONE if (staff_list.suspend if to else staff_list.resume)(tx, grant, staff) else Staffing.ALREADY
