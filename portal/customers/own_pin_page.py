"""A customer makes themselves a new PIN, after a second proof: shown once, and with it the one for a threat where they want it.

To make it takes a hash, which is not made within a transaction. So who they are, and that they have proved it, is asked before and after.
"""

from __future__ import annotations

from fastapi import Response

from desk import own_security
from portal.customers import shown_pin
from portal.customers.signed_in import proof_at, proof_first, signed_in
from portal.web import responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn
from store.verification import pin_changes, pins

PAGE = "/me/pin"


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _page(context, visit, who) if own_security.is_proved(tx, who) else proof_first(visit)


def issue(context: PortalContext, visit: Visit) -> Response:
    key = sent_once.key_of(visit)
    with context.store.transaction("portal") as tx:
        who = signed_in(tx, visit)
        before = shown_pin.before(tx, key) if who is not None else ""
        proved = who is not None and own_security.is_proved(tx, who)
        numbers = pin_changes.numbers_of(tx, who.person) if who is not None else ()
    if who is None or not (before or proved):
        return responses.to(proof_at(PAGE))  # the sign-in comes first, for whoever is not signed in
    if before:
        return _page(context, visit, who, before)
    if not context.customers.admit():
        return _page(context, visit, who, busy=True)
    pin, person = pins.issue(numbers), who.person
    duress = pins.issue_duress(pin, numbers) if visit.field("threat") else None
    kept = context.customers.run(lambda: pins.keep(context.store.keys, person, pin, duress))
    digits = " ".join(one.digits for one in (pin, duress) if one is not None)
    with context.store.transaction("portal") as tx:
        who = signed_in(tx, visit)
        if who is not None and own_security.new_pin(tx, who, kept):
            shown_pin.put(tx, key, digits)
        elif who is not None:
            digits = shown_pin.before(tx, key)  # of two at once the other has made it
    return _page(context, visit, who, digits) if who is not None and digits else responses.to(proof_at(PAGE))


def _page(context: PortalContext, visit: Visit, who: SignedIn, digits: str = "", busy: bool = False) -> Response:
    pin, _, duress = digits.partition(" ")
    status = 503 if busy else 200
    return responses.page(context, visit, "customers/own_pin", status, who=who, pin=pin, duress=duress, busy=busy)
