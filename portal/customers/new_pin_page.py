"""A customer is shown a new PIN, once: the page that two people of the desk have had sent to them. See store/verification/pin_reset.py.

Once is one press of the button, however often it is sent: whoever presses again while the desk is slow is shown the same PIN, in the
same browser, for ten minutes. What is kept for that can be read with that browser's cookie and form alone, which we do not keep.
"""

from __future__ import annotations

from typing import Final

from fastapi import Response

from portal.web import responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.text import numbers
from store.verification import pin_reset, pins
from store.verification.attempt_limits import Admission

AGAIN: Final = 10 * 60_000  # ms


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
        before = _shown_before(tx, key) if page is None else ""
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
            sent_forms.done(tx, key, _veiled(tx, key, pin.digits.encode()).hex())
        before = pin.digits if done else _shown_before(tx, key)
    if before:
        return _shown(context, visit, before)
    if not page.authenticator:
        return _gone(context, visit)
    return responses.page(context, visit, "customers/new_pin", 422, code=True, pin=None, wrong=True)


def _shown(context: PortalContext, visit: Visit, digits: str) -> Response:
    return responses.page(
        context, visit, "customers/new_pin", code=False, pin=f"{digits[:4]} {digits[4:]}", wrong=False
    )


def _shown_before(tx: Transaction, key: tuple[str, ...]) -> str:
    """The PIN that this very form has made a moment ago; empty where it has made none."""
    digits = _veiled(tx, key, bytes.fromhex(sent_forms.led(tx, key, AGAIN) or "")).decode("ascii", "replace")
    return digits if numbers.are_digits(digits) else ""


def _veiled(tx: Transaction, key: tuple[str, ...], digits: bytes) -> bytes:
    """Under a pad that is used once and kept nowhere; done twice it is as before."""
    pad = bytes.fromhex(tx.keys.digest("pin-shown", *key))
    return bytes(a ^ b for a, b in zip(digits, pad, strict=False))


def _gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="pin")
