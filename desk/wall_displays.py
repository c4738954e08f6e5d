"""Displays that show the wall: opened by supervisors, withdrawn, listed; and what one of them shows."""

from __future__ import annotations

from enum import Enum, auto
from zoneinfo import ZoneInfo

from authz import Action, Proof
from desk.actors import Actor, permit_staff
from desk.wall_page import WallPage, wall_page
from store import Transaction
from store.staff import wall_displays


class Display(Enum):
    """What came of opening or withdrawing one."""

    OPENED = auto()
    WITHDRAWN = auto()
    NO_CODE = auto()  # what was typed is none
    NO_NAME = auto()
    ENOUGH = auto()  # as many as may be; or that code was typed before
    ALREADY = auto()
    NOT_PERMITTED = auto()


def open_for(tx: Transaction, who: Actor, typed: str, name: str) -> Display:
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return Display.NOT_PERMITTED
    code = wall_displays.read_code(typed)
    if code is None or not name:
        return Display.NO_CODE if code is None else Display.NO_NAME
    return Display.OPENED if wall_displays.open_for(tx, grant, code, name) else Display.ENOUGH


def withdraw(tx: Transaction, who: Actor, id: int) -> Display:
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return Display.NOT_PERMITTED
    return Display.WITHDRAWN if wall_displays.withdraw(tx, grant, id) else Display.ALREADY


def shown(tx: Transaction, token: str, zone: ZoneInfo) -> WallPage | None:
    """The wall as whoever opened the display may see it at this moment, judged anew. None: it shows nothing any more."""
    opener = wall_displays.find(tx, token)
    return None if opener is None else wall_page(tx, Actor(opener, Proof.NONE), zone)
