"""Somebody on the phone is asked on this page for the number they hear, and to touch their passkey: the call is then proved further.

It says which number the call is with and what it is for, so that whoever was rung by a thief sees that it is not their call.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from desk import approvals
from desk.approvals import Approved, NotApproved
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import passkeys
from store.sign_in.sessions import SignedIn
from store.text import numbers


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _page(context, visit, tx, who)


def confirm(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The passkey first, then the number: who has not the one uses up nothing of the other."""
    id, digits = numbers.parse_int(visit.field("id")) or 0, numbers.digits(visit.field("number", 10))
    if len(digits) != 2:
        return _page(context, visit, tx, who, "two")
    browser, minutes = _bound(visit, id), context.step_up_minutes
    done = approvals.by_passkey(tx, acting(who), context.site, browser, id, visit.form, digits, minutes=minutes)
    if isinstance(done, Approved):
        return responses.to(f"/call?said={'call_handed_in' if done.handed_in else 'call_confirmed'}")
    return _page(context, visit, tx, who, done.value if isinstance(done, NotApproved) else f"passkey_{done.value}")


def not_me(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = approvals.not_me(tx, acting(who), numbers.parse_int(visit.field("id")) or 0)
    return responses.to(f"/call?said={'call_not_me' if done else 'call_gone'}")


def _page(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, trouble: str = "") -> Response:
    """With `trouble`, a word of [customer_call_trouble]."""
    asked = approvals.asked_on_page(tx, acting(who))
    question = None
    if asked is not None:
        browser = _bound(visit, asked.id)
        question = passkeys.to_use(context.store.keys, tx.now, context.site, browser)
    given: dict[str, Any] = {"asked": asked, "question": question, "trouble": trouble}
    said = visit.query.get("said", "")
    return responses.page(context, visit, "customers/call", 422 if trouble else 200, who=who, said=said, **given)


def _bound(visit: Visit, id: int) -> str:
    """What the passkey's question is bound to: this call's, and no other form's."""
    return f"{visit.browser} call {id}"
