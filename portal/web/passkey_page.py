"""Somebody looks after their own passkeys, the same for both doors: adds, renames and removes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Response

from desk import own_passkeys
from desk.own_passkeys import NotYet
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.passkeys import LONGEST_NAME, Refused
from store.sign_in.sessions import SignedIn

Handler = Callable[[PortalContext, Visit, Transaction, SignedIn], Response]


def pages(at: str, template: str) -> dict[tuple[str, str], Handler]:
    """Of the door whose page of them is `at`: by method and path."""

    def back(what: str) -> Response:
        return responses.to(f"{at}?said=passkey_{what}")

    def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        found = own_passkeys.own(tx, who, context.site, visit.browser)
        given: dict[str, Any] = {"each": found.each, "question": found.question, "longest": LONGEST_NAME, "at": at}
        return responses.page(context, visit, template, who=who, said=visit.query.get("said", ""), **given)

    def add(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        made = own_passkeys.add(tx, who, context.site, visit.browser, visit.form)
        return back(made.value if isinstance(made, Refused | NotYet) else "added")

    def rename(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        there = own_passkeys.rename(tx, who, visit.number("id"), visit.field("name", LONGEST_NAME))
        return back("renamed" if there else "gone")

    def remove(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        only = who.subject.is_staff and context.passkeys_required
        refused = own_passkeys.remove(tx, who, visit.number("id"), only_passkeys=only)
        return back("removed" if refused is None else refused.value)

    return {
        ("GET", at): show,
        ("POST", at): add,
        ("POST", f"{at}/{{id}}/rename"): rename,
        ("POST", f"{at}/{{id}}/remove"): remove,
    }
