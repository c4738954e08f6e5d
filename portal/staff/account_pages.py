"""An account looked up by its number: shown to whoever has a case with it, refused to everybody else, and never unseen."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from desk import lookup
from desk.lookup import Closed
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.imports.field_words import ACCOUNT_NUMBER
from store.sign_in.sessions import SignedIn
from store.staff.account_access import AccountSeen
from store.text import numbers

NUMBER: Final = re.compile(rf"(?=.{{1,32}}$){ACCOUNT_NUMBER}")
# What is said above the page, in words of words.toml.
CLOSED: Final = {Closed.NO_CASE: "no_case", Closed.TOO_MANY_ACCOUNTS: "spent"}


def look_up(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The form; with a number, on to that account; with anything else, that it is none."""
    number = re.sub(r"\s", "", numbers.western(visit.query.get("number", "")))
    if NUMBER.fullmatch(number):
        return responses.to(f"/desk/account/{number}")
    return responses.page(context, visit, "staff/look_up", who=who, account=None, wrong=bool(number))


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.named.get("account", "")
    found: AccountSeen | Closed = Closed.NOT_PERMITTED
    if NUMBER.fullmatch(number):
        found = lookup.find_account(tx, acting(who), number, context.accounts_an_hour)
    if found is Closed.NOT_PERMITTED:
        return responses.not_there(context, visit)
    if isinstance(found, Closed):
        return responses.page(context, visit, "staff/closed_to_you", 403, who=who, said=CLOSED[found])
    return responses.page(context, visit, "staff/look_up", who=who, account=found, wrong=False)
