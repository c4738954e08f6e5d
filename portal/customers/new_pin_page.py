"""A customer is shown a new PIN, once: the page that two people of the desk have had sent to them. See store/verification/pin_reset.py.

Once is one press of the button, however often it is sent (shown_pin.py).
"""

from __future__ import annotations

from fastapi import Response

from portal.customers import shown_pin
from portal.web import responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.text import numbers
from store.verification import pin_reset, pins
from store.verification.attempt_limits import Admission


def show(context: PortalContext, visit: Visit) -> Response:
    with context.store.transaction("portal") as tx:
        page = pin_reset.look(tx, visit.named["link"])
    if page is None:
        return _gone(context, visit)
    return responses.page(context, visit, "customers/new_pin", code=page.authenticator, pin=None, wrong=False)


def issue(context: PortalContext, visit: Visit) -> Response:
    """Made now, hashed, kept, and shown in this answer and nowhere else."""
    key, link, digits = sent_once.key_of(visit), visit.named["link"], numbers.digits(visit.field("code", 40))
    with context.store.transaction("portal") as tx:
        page = pin_reset.look(tx, link)
        made = pin_reset.attempt(tx, page.person) if page is not None and page.authenticator else None
        before = shown_pin.before(tx, key) if page is None else ""
    if page is None:
        return _shown(context, visit, before) if before else _gone(context, visit)
    if made is not None and made.admission is not Admission.EVALUATE:  # nothing is hashed that is refused anyway
        return responses.page(context, visit, "customers/new_pin", 422, code=True, pin=None, wrong=True)
    if not context.pool.admit():
        return responses.page(context, visit, "customers/new_pin", 503, code=page.authenticator, pin=None, wrong=True)
    pin, person = pins.issue(page.numbers), page.person
    kept = context.pool.run(lambda: pins.keep(context.store.keys, person, pin))
    with context.store.transaction("portal") as tx:
        done = pin_reset.put(tx, link, kept, digits, made)
        if done:
            shown_pin.put(tx, key, pin.digits)
        before = pin.digits if done else shown_pin.before(tx, key)
    if before:
        return _shown(context, visit, before)
    if not page.authenticator:
        return _gone(context, visit)
    return responses.page(context, visit, "customers/new_pin", 422, code=True, pin=None, wrong=True)


def _shown(context: PortalContext, visit: Visit, digits: str) -> Response:
    return responses.page(
        context, visit, "customers/new_pin", code=False, pin=f"{digits[:4]} {digits[4:]}", wrong=False
    )


def _gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="pin")
