"""What administrators see of one colleague: role, invitation, and what they sign in with, as far as it can be lost."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Subject
from desk.actors import Actor, permit_staff
from store import Transaction
from store.sign_in import passkeys
from store.sign_in.passkeys import Passkey
from store.staff import staff_invitations, staff_list
from store.staff.staff_invitations import Invitation
from store.staff.staff_list import StaffMember


@dataclass(frozen=True, slots=True)
class ColleaguePage:
    """`password`: they can sign in with one, and an app. `others` are the names of those who could agree to a greater role; `roles` are all
    there are, the least first."""

    colleague: StaffMember
    own: bool
    invitation: Invitation | None
    keys: tuple[Passkey, ...]
    password: bool
    others: tuple[str, ...]
    roles: tuple[str, ...] = staff_list.ROLES


def colleague_page(tx: Transaction, who: Actor, staff: int, *, only_passkeys: bool) -> ColleaguePage | None:
    """`only_passkeys`: no password signs anybody in (STAFF_PASSKEYS). None: not for them, or nobody."""
    grant = permit_staff(tx, who, Action.DESK_STAFF_MANAGE)
    leading = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    one = None if grant is None or leading is None else staff_list.look(tx, grant, staff)
    if grant is None or leading is None or one is None:
        return None
    return ColleaguePage(
        colleague=one,
        own=staff == who.staff,
        invitation=staff_invitations.open_ones(tx, grant).get(staff),
        keys=tuple(passkeys.of_colleague(tx, grant, staff)),
        password=not only_passkeys and passkeys.has_password(tx, Subject.of_staff(staff)),
        others=tuple(name for name in staff_list.other_supervisors(tx, leading) if name != one.name),
    )
