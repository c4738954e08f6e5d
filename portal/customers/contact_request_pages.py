"""A change of contacts that was asked for by phone or in Slack: looked at, confirmed or refused by whoever may manage contacts."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response

from desk import contact_requests
from desk.contact_requests import Closed, Pending
from desk.people import Shut
from portal.customers.people_pages import proof_ended, told
from portal.customers.signed_in import acting, proof_first
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = contact_requests.look(tx, acting(who), _account(visit), visit.number("id"))
    if isinstance(found, Shut) and found.proof:
        return proof_first(visit, _account(visit))
    return _page(context, visit, who, found)


def confirm(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    stamp = visit.field("stamp", 100)
    done = contact_requests.confirm(tx, acting(who), _account(visit), visit.number("id"), stamp)
    if isinstance(done, Closed) and done.now:
        return responses.to(f"{_people(visit)}?said=change_confirmed")
    return _page(context, visit, who, done)


def refuse(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = contact_requests.refuse(tx, acting(who), _account(visit), visit.number("id"))
    if isinstance(done, Closed) and done.now:
        return responses.to(f"{_people(visit)}?said=change_refused")
    return _page(context, visit, who, done)


def _page(context: PortalContext, visit: Visit, who: SignedIn, found: Pending | Closed | Shut | None) -> Response:
    if isinstance(found, Shut) and found.proof:
        return proof_ended(context, visit, who, found, _people(visit))
    if found is None or isinstance(found, Shut):
        return responses.not_there(context, visit)
    status = 422 if visit.post else 200
    if isinstance(found, Closed):
        given = {"who": who, "account": found.account, "over": found.request}
        return responses.page(context, visit, "customers/contact_request", status, **given)
    given = {"who": who, "account": found.preview.account, "one": responses.fields_of(found) | told(found.preview)}
    given |= {"over": None, "changed": found.preview.changed}
    return responses.page(context, visit, "customers/contact_request", status, **given)


def _account(visit: Visit) -> str:
    return visit.named.get("account", "")


def _people(visit: Visit) -> str:
    return f"/accounts/{quote(_account(visit), safe='/')}/people"
