"""A customer is shown a new PIN, once: the page that two people of the desk have had sent to them. See store/pin_pages.py."""

from __future__ import annotations

from fastapi import Response

from portal import answers
from portal.door import Door
from portal.visit import Visit
from store import numbers, pin_pages, pins
from store.guard import Admission


def show(door: Door, visit: Visit) -> Response:
    with door.store.transaction("portal") as tx:
        page = pin_pages.look(tx, visit.named["link"])
    if page is None:
        return _gone(door, visit)
    return answers.page(door, visit, "new_pin", code=page.authenticator, pin=None, wrong=False)


def issue(door: Door, visit: Visit) -> Response:
    """Made now, hashed, kept, and shown in this answer and nowhere else."""
    link, digits = visit.named["link"], numbers.digits(visit.field("code", 40))
    with door.store.transaction("portal") as tx:
        page = pin_pages.look(tx, link)
        made = pin_pages.attempt(tx, page.person) if page is not None and page.authenticator else None
    if page is None:
        return _gone(door, visit)
    if made is not None and made.admission is not Admission.EVALUATE:  # nothing is hashed that is refused anyway
        return answers.page(door, visit, "new_pin", 422, code=True, pin=None, wrong=True)
    if not door.pool.admit():
        return answers.page(door, visit, "new_pin", 503, code=page.authenticator, pin=None, wrong=True)
    pin, person = pins.issue(page.numbers), page.person
    kept = door.pool.run(lambda: pins.keep(door.store.keys, person, pin))
    with door.store.transaction("portal") as tx:
        done = pin_pages.put(tx, link, kept, digits, made)
    if done:
        return answers.page(door, visit, "new_pin", code=False, pin=f"{pin.digits[:4]} {pin.digits[4:]}", wrong=False)
    if not page.authenticator:
        return _gone(door, visit)
    return answers.page(door, visit, "new_pin", 422, code=True, pin=None, wrong=True)


def _gone(door: Door, visit: Visit) -> Response:
    return answers.page(door, visit, "gone", 410, what="pin")
