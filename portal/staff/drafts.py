"""What one of the staff is writing on a ticket or for a caller, kept as they type: for them alone, for a day."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from portal.staff.submissions import LONGEST
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.text import numbers
from store.tickets import ticket_presence

_FORM: Final = re.compile(
    r"/desk/(tickets/bulk|tickets/(?P<ticket>[0-9]{1,18})/(answer|note)|calls/[0-9]{1,18}/(ticket|note))"
)


def keep(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    form, words = visit.field("form"), visit.form.get("words", "")[:LONGEST]
    of = _FORM.fullmatch(form)
    if of is None:
        return responses.nothing(400)
    if of["ticket"]:
        ticket_presence.writes(tx, who.staff, int(of["ticket"]))
    if words.strip():
        seen = numbers.parse_int(visit.field("seen"))  # up to where they had read when they began
        sent_forms.keep(tx, who.staff, form, {"words": words} | ({"seen": str(seen)} if seen is not None else {}))
    else:
        sent_forms.drop(tx, who.staff, form)
    return responses.nothing()
