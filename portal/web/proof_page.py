"""Whoever has a ticket of ours in another system checks the statement of proof that came with it. It says nothing that is not in the statement."""

from __future__ import annotations

from fastapi import Response

from desk import proof_statements
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.ledger import public_keys
from store.ledger.signed_statements import LONGEST, NoStatementError


def show(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/proof", longest=LONGEST, stated=None, why="", text="")


def check(context: PortalContext, visit: Visit) -> Response:
    text = visit.field("statement", LONGEST + 1)
    try:
        known = public_keys.public_keys(context.store.keys)
        stated, why = proof_statements.check(text, known, context.store.clock()), ""
    except NoStatementError as refused:
        stated, why = None, str(refused)
    given = {"longest": LONGEST, "stated": stated, "why": why, "text": text if why else ""}
    return responses.page(context, visit, "web/proof", 400 if why else 200, **given)
