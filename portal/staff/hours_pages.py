"""For supervisors and administrators: the days on which the desk is open at other hours than usual, or not at all."""

from __future__ import annotations

from datetime import date, time
from typing import Final

from fastapi import Response

from desk import opening_page
from desk.opening_page import HoursSet
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.messages.opening_exceptions import LONGEST, OpeningException
from store.sign_in.sessions import SignedIn

# What is said of each outcome, in words of words.toml; None: that there is nothing there.
SAID: Final = {
    HoursSet.SET: "hours_set",
    HoursSet.REMOVED: "hours_removed",
    HoursSet.NO_DAY: "hours_no_day",
    HoursSet.NO_SPAN: "hours_no_span",
    HoursSet.TOO_MANY: "hours_too_many",
    HoursSet.GONE: "hours_gone",
    HoursSet.NOT_PERMITTED: None,
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = opening_page.opening_page(tx, acting(who), context.zone)
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"usual": context.opening_hours, "longest": LONGEST, "clock_of": clock_of}
    given["zone"] = context.zone.key
    return responses.page(context, visit, "staff/hours", who=who, said=visit.query.get("said", ""), **given)


def put(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Without hours it is closed on that day."""
    day, opens, closes = _day(visit.field("day", 10)), visit.field("opens", 5), visit.field("closes", 5)
    span = (_minute(opens), _minute(closes)) if opens or closes else None
    if day is None:
        return _said(context, visit, HoursSet.NO_DAY)
    one = OpeningException(day, span, visit.field("about", LONGEST))
    return _said(context, visit, opening_page.put(tx, acting(who), context.zone, one))


def remove(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    day = _day(visit.named["day"])
    came = HoursSet.GONE if day is None else opening_page.remove(tx, acting(who), context.zone, day)
    return _said(context, visit, came)


def clock_of(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _minute(text: str) -> int:
    """Of the day; 24:00 as well. What is no time of the day is past its end."""
    if text == "24:00":
        return 24 * 60
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return 24 * 60 + 1
    return found.hour * 60 + found.minute


def _said(context: PortalContext, visit: Visit, came: HoursSet) -> Response:
    said = SAID[came]
    return responses.not_there(context, visit) if said is None else responses.to(f"/desk/hours?said={said}")
