"""Another system of the operator's asks somebody to prove themselves for one action: here, with their passkey or the code that was texted to them.

It says which system asks, for which action and on which account, so that whoever was not asked by anybody sees it and says so.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from desk import verification_requests
from desk.outcomes import NotProved, ToAnswer
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


def by_passkey(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    id, minutes = _id(visit), context.step_up_minutes
    done = verification_requests.by_passkey(
        tx, acting(who), context.site, _bound(visit, id), id, visit.form, minutes=minutes
    )
    if isinstance(done, ToAnswer):
        return responses.to("/confirm?said=asked_confirmed")
    return _page(context, visit, tx, who, "gone" if done is None else f"passkey_{done.value}")


def by_code(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    digits = numbers.digits(visit.field("code", 40))
    done = verification_requests.by_code(tx, acting(who), _id(visit), digits, minutes=context.step_up_minutes)
    if isinstance(done, ToAnswer):
        return responses.to("/confirm?said=asked_confirmed")
    return _page(context, visit, tx, who, done.value if isinstance(done, NotProved) else "gone")


def not_me(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = verification_requests.not_me(tx, who.subject, _id(visit))
    return responses.to(f"/confirm?said={'asked_not_me' if done else 'call_gone'}")


def _id(visit: Visit) -> int:
    return numbers.parse_int(visit.field("id")) or 0


def _page(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, trouble: str = "") -> Response:
    """With `trouble`, a word of [customer_confirm_trouble]."""
    asked = verification_requests.to_answer(tx, acting(who))
    question = None
    if asked is not None and asked.way == "passkey":
        question = passkeys.to_use(context.store.keys, tx.now, context.site, _bound(visit, asked.id))
    given: dict[str, Any] = {"asked": asked, "question": question, "trouble": trouble}
    said = visit.query.get("said", "")
    return responses.page(context, visit, "customers/confirm", 422 if trouble else 200, who=who, said=said, **given)


def _bound(visit: Visit, id: int) -> str:
    """What the passkey's question is bound to: this request, and no other form's."""
    return f"{visit.browser} verification {id}"
