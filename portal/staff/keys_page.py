"""The keys of the desk's pages: which there are, and whether single ones do something for whoever looks."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import availability
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn

# By where they do something. The templates say of each button, field and fold which key leads there (data-shortcut), and keys.js does the rest.
KEYS: Final = {
    "everywhere": ("?", "c", "q", "/", "l", "Escape"),
    "list": ("j", "k", "Enter", "x", "f", "b"),
    "ticket": ("a", "i", "Control+Enter", "Control+Shift+Enter", "z", "n", "t", "h", "s", "u", "r"),
    "call": ("m", "p", "2", "o", "n", "r", "g", "e", "v", "w"),
}


def show(context: PortalContext, visit: Visit, _tx: Transaction, who: SignedIn) -> Response:
    return responses.live_page(context, visit, "staff/keys", {"who": who, "keys": KEYS})


def switch(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    on = visit.field("shortcuts") == "on"
    said = "keys_on" if on else "keys_off"
    return responses.to(
        f"/desk/keys?said={said if availability.set_shortcuts(tx, acting(who), on=on) else 'not_yours'}"
    )
