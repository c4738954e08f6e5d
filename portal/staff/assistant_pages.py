"""Letting a program help with one's own case: what it may, and its token, shown once. Withdrawn on the card or the ticket."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import assistants
from desk.assistants import NotGiven
from portal.staff.signed_in import Staff, acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.assistants.assistant_sessions import LASTS
from store.sign_in.sessions import SignedIn

# What is said of each outcome, in words of words.toml; None: that there is nothing there.
NOT_GIVEN: Final = {
    NotGiven.NOT_NOW: "assistant_not_now",
    NotGiven.TOO_MANY_ACCOUNTS: "spent",
    NotGiven.NOT_PERMITTED: None,
}


def on_ticket(context: PortalContext, visit: Visit, _tx: Transaction, who: SignedIn) -> Response:
    """Nothing of the case stands here: it is asked about when a token is."""
    return _page(context, visit, who, f"/desk/tickets/{visit.number('number')}")


def in_call(context: PortalContext, visit: Visit, _tx: Transaction, who: SignedIn) -> Response:
    return _page(context, visit, who, f"/desk/calls/{visit.number('support_call')}")


def give_on_ticket(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not context.assistants:
        return responses.not_there(context, visit)
    number = visit.number("number")
    made = assistants.give_on_ticket(tx, acting(who), who.session, number, accounts_an_hour=context.accounts_an_hour)
    return _given(context, visit, who, f"/desk/tickets/{number}", made)


def give_in_call(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not context.assistants:
        return responses.not_there(context, visit)
    call = visit.number("support_call")
    made = assistants.give_in_call(tx, acting(who), who.session, call)
    return _given(context, visit, who, f"/desk/calls/{call}", made)


def withdraw_in_call(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    call = visit.number("support_call")
    done = assistants.withdraw_in_call(tx, acting(who), call)
    return responses.to(f"/desk/calls/{call}?said={'assistant_withdrawn' if done else 'status_already'}")


def _given(context: PortalContext, visit: Visit, who: SignedIn, back: str, made: str | NotGiven) -> Response:
    if isinstance(made, str):
        return _page(context, visit, who, back, made)
    said = NOT_GIVEN[made]
    return responses.not_there(context, visit) if said is None else responses.to(f"{back}?said={said}")


def _page(context: PortalContext, visit: Visit, who: SignedIn, back: str, given: str = "") -> Response:
    if not context.assistants:
        return responses.not_there(context, visit)
    shown = {"back": back, "given": given, "address": f"{context.origin}/mcp"}
    until = context.store.clock() + LASTS
    return responses.page(context, visit, "staff/assistant", who=who, until=until, **shown)


PAGES: Final[dict[tuple[str, str], Staff]] = {
    ("GET", "/desk/calls/{support_call}/assistant"): in_call,
    ("POST", "/desk/calls/{support_call}/assistant"): give_in_call,
    ("POST", "/desk/calls/{support_call}/assistant/withdraw"): withdraw_in_call,
    ("GET", "/desk/tickets/{number}/assistant"): on_ticket,
    ("POST", "/desk/tickets/{number}/assistant"): give_on_ticket,
}
