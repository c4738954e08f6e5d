"""The page of a display with nobody before it: a code until a supervisor has typed it on the staff page, and then the wall."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import wall_displays as desk_displays
from desk.wall_displays import Display
from portal.staff.lead_pages import wall_given
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import DISPLAY, VISITOR, Visit
from store import Transaction
from store.sign_in.sessions import SignedIn
from store.staff import wall_displays

WAITING: Final = "code"  # the stamp of a page that has no wall yet
# What is said of each outcome, in words of words.toml; None: that there is nothing there.
SAID: Final = {
    Display.OPENED: "display_opened",
    Display.WITHDRAWN: "display_withdrawn",
    Display.NO_CODE: "display_no_code",
    Display.NO_NAME: "display_no_name",
    Display.ENOUGH: "display_enough",
    Display.ALREADY: "staff_already",
    Display.NOT_PERMITTED: None,
}


def show(context: PortalContext, visit: Visit) -> Response:
    """Anybody may open it: until then it has nothing but a code."""
    stamp = context.store.watch_display(visit.display) if visit.display else None
    if stamp is not None and stamp == visit.query.get("stamp"):
        return responses.nothing()
    if stamp is not None:
        with context.store.transaction("wall") as tx:
            found = desk_displays.shown(tx, visit.display, context.zone)
        if found is not None:
            made = responses.page(context, visit, "staff/display", stamp=stamp, part=visit.is_poll, **wall_given(found))
            made.headers["X-Stamp"], made.headers["X-Now"] = stamp, str(context.store.clock())
            return made
    if visit.is_poll and visit.query.get("stamp") != WAITING:
        return responses.nothing(403)  # the wall is not theirs any more: the page is asked for anew
    return _code(context, visit)


def _code(context: PortalContext, visit: Visit) -> Response:
    code = wall_displays.code_of(context.store.keys, visit.visitor)
    with context.store.transaction("wall") as tx:
        token = wall_displays.come_for(tx, code)
    if token is None and visit.is_poll:
        return responses.nothing()
    if token is None:
        made = responses.page(context, visit, "staff/display_code", code=code, stamp=WAITING)
        responses.keep(context, made, VISITOR, visit.visitor, None)
        return made
    made = responses.nothing(403) if visit.is_poll else responses.to("/desk/display")  # either way to the wall
    responses.keep(context, made, DISPLAY, token, wall_displays.DAYS * 24 * 3600)
    responses.keep(context, made, VISITOR, "", 0)  # another code the next time
    return made


def open_for(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    name = visit.field("title", wall_displays.LONGEST_NAME)
    return _said(context, visit, desk_displays.open_for(tx, acting(who), visit.field("code", 20), name))


def withdraw(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _said(context, visit, desk_displays.withdraw(tx, acting(who), visit.number("id")))


def _said(context: PortalContext, visit: Visit, came: Display) -> Response:
    said = SAID[came]
    return responses.not_there(context, visit) if said is None else responses.to(f"/desk/staff?said={said}")
