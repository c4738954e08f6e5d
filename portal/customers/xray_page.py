"""The X-ray of an account, for its owner: what makes it easy to take over or hard to help, and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from desk import xray
from desk.xray import Xray, XrayPage
from portal.customers import record_words, refused_page
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.page_words import Words
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = xray.page(tx, acting(who), visit.named["account"])
    if not isinstance(found, XrayPage):
        return refused_page.show(context, visit, who, found)
    given: dict[str, Any] = {"account": found.account, "who": who, "found": sentences(context.words, found.xray)}
    given |= {"question": question(context.words, found.xray)}
    return responses.page(context, visit, "customers/xray", **given)


def sentences(words: Words, of: Xray) -> list[tuple[str, str]]:
    """Of each finding what is so, and what to do; the same on the page and in the shell."""
    found = []
    for one in of.findings:
        if one.you:
            said = (words.word("customer_xray_found_you", one.code), words.word("customer_xray_do_you", one.code))
        else:
            each = (words.word("customer_xray_found", one.code, names=name) for name in one.names or ("",))
            said = (" ".join(each), words.word("customer_xray_do", one.code))
        found.append(said)
    return found


def question(words: Words, of: Xray) -> str:
    """Whether the right one owns the account nobody can know but they."""
    names = (words.word("customer_xray", "you"), *of.owners) if of.yours else of.owners
    return words.word("customer_xray", "owner", names=record_words.listed(words, names))
