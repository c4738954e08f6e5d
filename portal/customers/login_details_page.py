"""Login details, shown once: what the link in the mail leads to, for the one they are for, with a second proof."""

from __future__ import annotations

from fastapi import Response

from desk import login_details
from portal.customers.signed_in import acting, proof_first
from portal.web import responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Whoever opens it, a mail scanner too, uses nothing up."""
    found = login_details.page(tx, acting(who), visit.named["link"])
    if found is None:
        return responses.not_there(context, visit)
    if found.standing.state == "waiting" and not found.proved:
        return proof_first(visit, found.account.number)
    given = responses.fields_of(found) | {"details": None}
    status = 403 if found.refused else 200
    return responses.page(context, visit, "customers/login_details", status, who=who, **given)


def open_once(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """In this answer and nowhere else; no answer of these pages is kept by a browser."""
    details = login_details.open_once(tx, acting(who), visit.named["link"], sent_once.key_of(visit))
    if details is None:
        return show(context, visit, tx, who)
    found = login_details.page(tx, acting(who), visit.named["link"])
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"details": details}
    return responses.page(context, visit, "customers/login_details", who=who, **given)
