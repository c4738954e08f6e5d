"""The lock of an account: its owner locks it against changes, and unlocks it. Both take a second proof."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response

from desk import account_lock
from desk.account_lock import LockPage
from portal.customers import refused_page
from portal.customers.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = account_lock.lock_page(tx, acting(who), visit.named["account"])
    if isinstance(found, LockPage):
        given = responses.fields_of(found) | {"who": who, "owns": True, "said": visit.query.get("said", "")}
        return responses.page(context, visit, "customers/lock", **given)
    return refused_page.show(context, visit, who, found)


def set_locked(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Where the second proof has ended meanwhile they give another, and come back to the page with its one button."""
    locked = visit.form.get("to") == "lock"
    done = account_lock.set_locked(tx, acting(who), visit.named["account"], locked=locked)
    if isinstance(done, bool):
        said = ("locked" if locked else "unlocked") if done else "so_already"
        return responses.to(f"/accounts/{quote(visit.named['account'], safe='')}/lock?said={said}")
    return refused_page.show(context, visit, who, done)
