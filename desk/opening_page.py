"""Days of other opening hours: those to come, for supervisors; set, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from authz import Action
from desk.actors import Actor, permit_staff
from store import Transaction
from store.messages import opening_exceptions, response_clock
from store.messages.opening_exceptions import OpeningException
from store.reports import daily_figures

AHEAD: Final = 366  # days


class HoursSet(Enum):
    """What came of it."""

    SET = auto()
    REMOVED = auto()
    NO_DAY = auto()  # it is past, or more than a year away
    NO_SPAN = auto()  # it does not open before it closes
    TOO_MANY = auto()
    GONE = auto()
    NOT_PERMITTED = auto()


@dataclass(frozen=True, slots=True)
class OpeningPage:
    """`coming` from today on."""

    today: date
    coming: tuple[OpeningException, ...]


def opening_page(tx: Transaction, who: Actor, zone: ZoneInfo) -> OpeningPage | None:
    """None: not for them."""
    if permit_staff(tx, who, Action.DESK_THREAT_SWITCH) is None:
        return None
    today = daily_figures.day_of(tx.now, zone).date
    return OpeningPage(today, tuple(one for one in opening_exceptions.listed(tx) if one.day >= today))


def put(tx: Transaction, who: Actor, zone: ZoneInfo, one: OpeningException) -> HoursSet:
    """The clocks of tickets that are due from that day on follow at once."""
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return HoursSet.NOT_PERMITTED
    today = daily_figures.day_of(tx.now, zone).date
    if not today <= one.day <= today + timedelta(days=AHEAD):
        return HoursSet.NO_DAY
    if one.span is not None and not 0 <= one.span[0] < one.span[1] <= 24 * 60:
        return HoursSet.NO_SPAN
    if not opening_exceptions.put(tx, grant, one):
        return HoursSet.TOO_MANY
    response_clock.count_again(tx, grant, _midnight(one.day, zone))
    return HoursSet.SET


def remove(tx: Transaction, who: Actor, zone: ZoneInfo, day: date) -> HoursSet:
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return HoursSet.NOT_PERMITTED
    if not opening_exceptions.remove(tx, grant, day):
        return HoursSet.GONE
    response_clock.count_again(tx, grant, _midnight(day, zone))
    return HoursSet.REMOVED


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * 1000
