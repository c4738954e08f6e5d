"""The API keys of an account: which there are, a new one, shown once, and withdrawing one."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import Response

from authz import ASKED_BY_KEY
from desk import accounts, api_keys, disclosure
from desk.api_keys import DAYS, LONGEST_NAME, KeysPage, Made, NotMade
from portal.customers import refused_page
from portal.customers.signed_in import Customers, acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.sent_once import SHOWN_ONCE
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn
from store.text import numbers


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _page(context, visit, tx, who)


def make(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The key is on the page that answers, and nowhere else: the same form sent again says so."""
    cells = [name.removeprefix("may-") for name in visit.form if name.startswith("may-")]
    days = numbers.parse_int(visit.field("days"), 4) or 0
    done = api_keys.make(tx, acting(who), visit.named["account"], visit.field("name", 400), cells, days)
    if isinstance(done, Made):
        shown = _page(context, visit, tx, who, made=done.token)
        shown.headers[SHOWN_ONCE] = f"{_at(visit)}?said=key_shown"
        return shown
    return _page(context, visit, tx, who, trouble=done) if isinstance(done, NotMade) else _page(context, visit, tx, who)


def withdraw(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = api_keys.withdraw(tx, acting(who), visit.named["account"], visit.number("key"))
    if isinstance(done, bool):
        return responses.to(f"{_at(visit)}?said={'key_withdrawn' if done else 'key_gone'}")
    return refused_page.show(context, visit, who, done)


def _page(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, *, trouble: str = "", made: str = ""
) -> Response:
    found = api_keys.keys_page(tx, acting(who), visit.named["account"])
    if not isinstance(found, KeysPage):
        return refused_page.show(context, visit, who, found)
    given = responses.fields_of(found) | {
        "who": who,
        "owns": accounts.owns(tx, acting(who), found.account.id),
        "said": visit.query.get("said", ""),
        "may_of": {
            key.id: disclosure.joined([one for one in key.scope if one not in ASKED_BY_KEY]) for key in found.keys
        },
        "days": DAYS,
        "longest": LONGEST_NAME,
        "trouble": trouble,
        "made": made,
        "typed": {} if made else {name: visit.field(name, LONGEST_NAME) for name in ("name", "days")},
        "ticked": frozenset() if made else frozenset(visit.form),
    }
    return responses.page(context, visit, "customers/api_keys", 422 if trouble else 200, **given)


def _at(visit: Visit) -> str:
    return f"/accounts/{quote(visit.named['account'], safe='')}/keys"


PAGES: Final[dict[tuple[str, str], Customers]] = {
    ("GET", "/accounts/{account}/keys"): show,
    ("POST", "/accounts/{account}/keys"): make,
    ("POST", "/accounts/{account}/keys/{key}/withdraw"): withdraw,
}
