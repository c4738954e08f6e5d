"""Files and recordings of a ticket: pictures shown, sounds played, everything else only saved; never to be had without being signed in."""

from __future__ import annotations

from fastapi import Response

from desk import ticket_page
from desk.ticket_work import Barred
from portal.staff.signed_in import acting
from portal.web import media, responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def file(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number, id = visit.number("number"), visit.number("file")
    found = ticket_page.file(tx, acting(who), number, id, accounts_an_hour=context.accounts_an_hour)
    if isinstance(found, Barred):
        return _barred(context, visit, found)
    if not found.content_type:
        return responses.download(found.name, found.content)
    return media.shown(found.name, found.content, found.content_type, visit.byte_range)


def sound(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number, message = visit.number("number"), visit.number("message")
    found = ticket_page.sound(tx, acting(who), number, message, accounts_an_hour=context.accounts_an_hour)
    if isinstance(found, Barred):
        return _barred(context, visit, found)
    return media.shown(f"ticket-{number}-{message}.wav", found.content, "audio/wav", visit.byte_range)


def _barred(context: PortalContext, visit: Visit, why: Barred) -> Response:
    if why is Barred.TOO_MANY_ACCOUNTS:
        return responses.to(f"/desk/tickets/{visit.number('number')}")
    return responses.not_there(context, visit)
