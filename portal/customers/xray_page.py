"""The X-ray of an account, for its owner: what makes it easy to take over or hard to help, and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from desk import xray
from desk.xray import XrayPage
from portal.customers import refused_page, xray_words
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = xray.page(tx, acting(who), visit.named["account"])
    if not isinstance(found, XrayPage):
        return refused_page.show(context, visit, who, found)
    given: dict[str, Any] = {
        "account": found.account,
        "who": who,
        "found": xray_words.sentences(context.words, found.xray),
    }
    given |= {"question": xray_words.question(context.words, found.xray)}
    return responses.page(context, visit, "customers/xray", **given)
