"""Somebody of the staff looks after their own passkeys: adds, renames and removes them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from desk import own_passkeys
from desk.own_passkeys import NotYet
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.passkeys import LONGEST_NAME, Refused
from store.sign_in.sessions import SignedIn

PAGE: Final = "/desk/passkeys"


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = own_passkeys.own(tx, who, context.site, visit.browser)
    given: dict[str, Any] = {"each": found.each, "question": found.question, "longest": LONGEST_NAME}
    return responses.page(context, visit, "staff/passkeys", who=who, said=visit.query.get("said", ""), **given)


def add(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    made = own_passkeys.add(tx, who, context.site, visit.browser, visit.form)
    return _back(made.value if isinstance(made, Refused | NotYet) else "added")


def rename(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    there = own_passkeys.rename(tx, who, visit.number("id"), visit.field("name", LONGEST_NAME))
    return _back("renamed" if there else "gone")


def remove(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    refused = own_passkeys.remove(tx, who, visit.number("id"), only_passkeys=context.passkeys_required)
    return _back("removed" if refused is None else refused.value)


def _back(what: str) -> Response:
    return responses.to(f"{PAGE}?said=passkey_{what}")
