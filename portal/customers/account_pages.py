"""One account of a customer's: what they may do there, and as much of its services, invoices and contacts as is theirs."""

from __future__ import annotations

from fastapi import Response

from desk import disclosure
from desk.account_page import account_page
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = account_page(tx, acting(who), visit.named.get("account", ""))
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who}
    given |= {"may": disclosure.joined(found.may), "may_not": disclosure.joined(found.may_not)}
    return responses.page(context, visit, "customers/account", **given)
