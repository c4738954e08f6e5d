"""One invoice of an account: what is owed and by when, and whom it is for as it was printed."""

from __future__ import annotations

from fastapi import Response

from desk.invoice_page import invoice_page
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = invoice_page(tx, acting(who), visit.named.get("account", ""), visit.named.get("invoice", ""))
    if found is None:
        return responses.not_there(context, visit)
    return responses.page(context, visit, "customers/invoice", who=who, **responses.fields_of(found))
