"""Whichever customer is signed in, as somebody who acts; and pages that are for them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Response

from authz import At, Proof
from desk.actors import Actor
from portal.customers import sign_in
from portal.web import responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from store.sign_in.sessions import SignedIn

Customers = Callable[[PortalContext, Visit, Transaction, SignedIn], Response]
# What is said (`?said=`) where something was done: the same form is then not done again.
DONE: Final = frozenset(
    {"replied", "solved", "reopened", "opened", "proved", "requested", "drafted", "handed_in", "withdrawn"}
    | {"passkey_added", "passkey_renamed", "passkey_removed", "app_ending", "app_kept"}
    | {"call_confirmed", "call_handed_in", "call_not_me", "vouched", "asked_confirmed", "asked_not_me"}
    | {"number_added", "number_removed", "address_changed", "slack_unlinked"}
    | {"locked", "unlocked", "tickets_on", "tickets_off"}
    | {"people_changed", "people_removed", "handed_over", "person_added", "invited", "not_all_invited"}
    | {"change_confirmed", "change_refused"}
    | {"mail_disowned", "address_proved"}
    | {"key_withdrawn"}
)


def acting(who: SignedIn) -> Actor:
    """To be signed in is to be verified; a second proof counts in this session and nowhere else."""
    return Actor(who.subject, Proof.VERIFIED, who.session, At.PAGES)


def signed_in(tx: Transaction, visit: Visit) -> SignedIn | None:
    """Who that is, for a page that cannot be made in one transaction."""
    return sessions.find(tx, CUSTOMERS, visit.session, does=True) if visit.session else None


def proof_first(visit: Visit, account: str = "") -> Response:
    """To the page on which they give a second proof, on an account (its number) or for what is their own, and from there back to the
    page of this visit."""
    asked = urlencode({name: value for name, value in visit.query.items() if name != "said"})
    return responses.to(proof_at(f"{visit.path}?{asked}" if asked else visit.path, account))


def proof_at(then: str, account: str = "") -> str:
    """The address of that page; `then`: where it leads on to."""
    on = f"account={quote(account, safe='')}&" if account else ""
    return f"/prove?{on}then={quote(then, safe='/')}"


def for_customers(handler: Customers) -> Callable[[PortalContext, Visit], Response]:
    """A page of customers: everybody who is not signed in is led to the sign-in, whatever they asked for."""

    def customers_only(context: PortalContext, visit: Visit) -> Response:
        if visit.is_cross_site and not visit.session and not visit.post:
            return responses.page(context, visit, "web/onward")  # asked for again from here, the cookie comes along
        if visit.session:
            with context.store.transaction("portal") as tx:
                who = sessions.find(tx, CUSTOMERS, visit.session, does=True)
                if who is not None and visit.post:
                    return sent_once.once(visit, tx, lambda: handler(context, visit, tx, who), DONE)
                if who is not None:
                    return handler(context, visit, tx, who)
        if visit.session and visit.form.get("words", "").strip():  # what they wrote is not lost with their session
            said = responses.page(context, visit, "customers/signed_out", 403, words=visit.form["words"])
            return responses.signed_out(context, visit, said)
        way = "/" if visit.post else visit.path
        return responses.signed_out(context, visit, responses.to(sign_in.leading_to(way)))

    return customers_only
