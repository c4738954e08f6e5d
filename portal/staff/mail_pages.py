"""Mails that came in and that nobody has confirmed, as the desk reads them: not proven to be from anybody, and of no account."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import mail_in
from portal.staff.signed_in import Staff, acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Those that no person wrote; the others stand in the queue, among what is unverified."""
    found = mail_in.pending(tx, acting(who), automatic=True)
    if found is None:
        return responses.not_there(context, visit)
    return responses.live_page(context, visit, "staff/mails", {"who": who, "mails": found})


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = mail_in.one(tx, acting(who), visit.number("id"))
    if found is None:
        return responses.not_there(context, visit)
    return responses.page(context, visit, "staff/mail", who=who, mail=found)


def remove(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not mail_in.remove(tx, acting(who), visit.number("id")):
        return responses.not_there(context, visit)
    return responses.to("/desk/tickets?said=mail_removed")


PAGES: Final[dict[tuple[str, str], Staff]] = {
    ("GET", "/desk/mails"): listed,
    ("GET", "/desk/mails/{id}"): show,
    ("POST", "/desk/mails/{id}/remove"): remove,
}
