"""What somebody is told by mail, and by which rule; what they were sent; mail about tickets on or off."""

from __future__ import annotations

from fastapi import Response

from desk import own_notices
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    given = responses.fields_of(own_notices.own_notices(tx, acting(who)))
    return responses.page(context, visit, "customers/notices", who=who, said=visit.query.get("said", ""), **given)


def choose(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    wanted = visit.field("tickets") == "on"
    own_notices.choose_tickets(tx, acting(who), wanted=wanted)
    return responses.to(f"/me/notices?said={'tickets_on' if wanted else 'tickets_off'}")
