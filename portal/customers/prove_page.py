"""A customer gives a second proof in their session: by passkey, or by a code from their app or in a text message. Then on to where it was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Response

from desk import own_passkeys, proof_page, verification
from desk.proof_page import ProofPage
from desk.verification import Proved
from portal.customers.sign_in import is_ours
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import passkeys
from store.sign_in.sessions import SignedIn
from store.text import numbers


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _page(context, visit, tx, who, visit.query)


def by_passkey(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = _found(context, visit, tx, who, visit.form)
    if found is None:
        return responses.not_there(context, visit)
    minutes = context.step_up_minutes
    tried = own_passkeys.prove(tx, acting(who), context.site, visit.browser, found.id, visit.form, minutes=minutes)
    if isinstance(tried, Proved):
        return _onward(visit)
    return _page(context, visit, tx, who, visit.form, trouble=f"passkey_{tried.value}")


def by_code(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = _found(context, visit, tx, who, visit.form)
    if found is None:
        return responses.not_there(context, visit)
    digits = numbers.digits(visit.field("code", 40))
    tried = verification.prove(tx, acting(who), digits, found.id, minutes=context.step_up_minutes, code_kind=None)
    if isinstance(tried, Proved):
        return _onward(visit)
    return _page(context, visit, tx, who, visit.form, trouble=tried.value)


def send_text(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = _found(context, visit, tx, who, visit.form)
    if found is None:
        return responses.not_there(context, visit)
    if verification.send_text(tx, acting(who), found.id, context.texting):
        return _page(context, visit, tx, who, visit.form, sent=True)
    return _page(context, visit, tx, who, visit.form, trouble="not_sent")


def _found(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, asked: Any) -> ProofPage | None:
    return proof_page.proof_page(tx, acting(who), asked.get("account", "")[:64], context.texting)


def _page(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    asked: Any,
    trouble: str = "",
    sent: bool = False,
) -> Response:
    found = _found(context, visit, tx, who, asked)
    if found is None:
        return responses.not_there(context, visit)
    then = _then(asked.get("then", ""))
    if found.until is not None and then and not visit.post:
        return responses.to(then)
    given: dict[str, Any] = {"account": found.account, "until": found.until, "ways": found.ways, "then": then}
    given |= {"question": passkeys.to_use(context.store.keys, tx.now, context.site, visit.browser)}
    given |= {"trouble": trouble, "sent": sent, "minutes": context.step_up_minutes}
    given |= {"proved": visit.query.get("said") == "proved"}
    return responses.page(context, visit, "customers/prove", 422 if trouble else 200, who=who, **given)


def _onward(visit: Visit) -> Response:
    then = _then(visit.form.get("then", ""))
    if not then:
        account = visit.field("account", 64)
        return responses.to(f"/prove?said=proved&account={quote(account)}" if account else "/prove?said=proved")
    return responses.to(f"{then}{'&' if '?' in then else '?'}said=proved")


def _then(path: str) -> str:
    """Where it was asked for; empty where that is no page of ours."""
    return path if is_ours(path) else ""
