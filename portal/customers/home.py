"""The first page of a customer: who is signed in, and which accounts are theirs."""

from __future__ import annotations

from fastapi import Response

from desk import approvals, verification_requests
from desk.home_page import home_page
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    given = responses.fields_of(home_page(tx, acting(who))) | {"asked": approvals.asked_on_page(tx, acting(who))}
    given["to_confirm"] = verification_requests.to_answer(tx, acting(who))
    return responses.page(context, visit, "customers/home", who=who, **given)
