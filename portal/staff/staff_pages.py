"""For supervisors and administrators: who works here, with the tickets they have; and what is done about it."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import staffing
from desk.staffing import Staffing, staff_page
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn
from store.text import numbers

# What is said where nothing was done, in words of words.toml; None: that there is nothing there.
NOT_DONE: Final = {
    Staffing.ALREADY: "staff_already",
    Staffing.OWN: "staff_own",
    Staffing.AWAY: "staff_away",
    Staffing.NOT_PERMITTED: None,
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = staff_page(tx, acting(who))
    if found is None:
        return responses.not_there(context, visit)
    return responses.live_page(context, visit, "staff/staff", responses.fields_of(found) | {"who": who})


def reassign(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    to = visit.field("to", 20)
    colleague = None if to == "queue" else numbers.parse_int(to) or 0
    done = staffing.reassign(tx, acting(who), visit.number("id"), colleague)
    return _said(context, visit, done, "reassigned")


def suspend(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = staffing.set_suspended(tx, acting(who), visit.number("id"), to=True)
    return _said(context, visit, done, "staff_suspended")


def resume(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = staffing.set_suspended(tx, acting(who), visit.number("id"), to=False)
    return _said(context, visit, done, "staff_resumed")


def _said(context: PortalContext, visit: Visit, came: Staffing, done: str) -> Response:
    said = done if came is Staffing.DONE else NOT_DONE[came]
    return responses.not_there(context, visit) if said is None else responses.to(f"/desk/staff?said={said}")
