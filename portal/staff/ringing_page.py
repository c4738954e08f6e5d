"""What every page of the desk says of calls that ring; and whether somebody is away, or wants to hear it."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import availability
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn

MINUTES: Final = ("15", "30", "60", "120")
_MINUTE: Final = 60_000


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = availability.ringing(tx, acting(who))
    given = responses.fields_of(found) | {"who": who, "beside_calls": visit.query.get("beside") == "calls"}
    return responses.live_page(context, visit, "staff/ringing", given)


def away(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    minutes = visit.field("minutes", 3)
    until = tx.now + int(minutes) * _MINUTE if minutes in MINUTES else None
    return responses.to(f"/desk?said={'away' if availability.set_away(tx, acting(who), until) else 'not_yours'}")


def back(_context: PortalContext, _visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return responses.to(f"/desk?said={'back' if availability.set_back(tx, acting(who)) else 'not_yours'}")


def sound(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    on = visit.field("sound") == "on"
    said = "sound_on" if on else "sound_off"
    return responses.to(f"/desk?said={said if availability.set_sound(tx, acting(who), on=on) else 'not_yours'}")
