"""Requests for a change on an account: which they may make, the form of each, and sending it to the desk or keeping it as a draft."""

from __future__ import annotations

from fastapi import Response

from authz import Action
from desk import accounts, request_page
from desk.outcomes import Drafted, Opened
from desk.request_page import RequestForm
from portal.customers.signed_in import acting, proof_at
from portal.customers.ticket_pages import LONGEST, as_typed, trouble_with
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.accounts.account_details import AccountName, Refused
from store.sign_in.sessions import SignedIn


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = request_page.requests_page(tx, acting(who), visit.named.get("account", ""))
    if found is None:
        return responses.not_there(context, visit)
    owned = accounts.owns(tx, acting(who), found.account.id)
    return responses.page(context, visit, "customers/requests", who=who, owns=owned, **responses.fields_of(found))


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    account, kind = visit.named.get("account", ""), visit.named.get("kind", "")
    if kind == Action.CONTACTS_MANAGE:
        return responses.to(f"/accounts/{account}/people")
    found = request_page.request_form(tx, acting(who), account, kind)
    return _form(context, visit, who, found)


def _form(
    context: PortalContext,
    visit: Visit,
    who: SignedIn,
    found: RequestForm | tuple[AccountName, Refused] | None,
    trouble: str = "",
) -> Response:
    """With `trouble`, a word of [customer_trouble]. What was typed is in its field still, or beside the refusal."""
    if found is None:
        return responses.not_there(context, visit)
    typed = {name: as_typed(visit.form.get(name, "")) for name in ("service", "words")}
    given = {"who": who, "typed": typed, "trouble": trouble, "longest": LONGEST}
    given |= {"said": visit.query.get("said", "")}
    if isinstance(found, RequestForm):
        given |= responses.fields_of(found) | {"prove": proof_at(visit.path, found.account.number)}
        return responses.page(context, visit, "customers/request", 422 if trouble else 200, **given)
    account, why = found
    return responses.page(context, visit, "customers/request_refused", 403, account=account, why=why, **given)


def send(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """`as` says what their button did: it goes to the desk, or is kept as a draft. Where that cannot be, nothing is done, and the page
    says why."""
    actor, account, kind = acting(who), visit.named.get("account", ""), visit.named.get("kind", "")
    found = request_page.request_form(tx, actor, account, kind)
    if not isinstance(found, RequestForm):
        return _form(context, visit, who, found)
    words, service = visit.form.get("words", "").strip(), visit.field("service")
    trouble = trouble_with(words) or _which(found, service)
    if not trouble and (visit.field("as") == "sent") is not found.proved:
        trouble = "proof_given" if found.proved else "proof_ended"
    if trouble:
        return _form(context, visit, who, found, trouble)
    made = request_page.make(tx, actor, found, words, service or None)
    match made:
        case Opened(number):
            return responses.to(f"/tickets/{number}?said=requested")
        case Drafted(number):
            return responses.to(f"/tickets/{number}?said=drafted")
        case Refused():
            return _form(context, visit, who, (found.account, made))


def _which(found: RequestForm, service: str) -> str:
    known = [one.ref for one in found.services]
    if service:
        return "" if service in known else "service_gone"
    return "which_service" if len(known) > 1 else ""
