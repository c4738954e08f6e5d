"""Clicks of the desk's own people on a call: that it is theirs or not, sending the caller to the keypad, calling back.

Each is judged as who clicked, and answered plainly where it could not be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from authz import Action, Grant
from bot.inbound.block_action import Click, number, number_of, value_of
from bot.usecases import desk_thread
from bot.usecases.identity import Who
from desk.actors import permit
from store import Transaction
from store.accounts.people import person_of
from store.calls import callbacks, claims, live_calls, support_calls
from store.tickets import agent_tickets

Body = Mapping[str, Any]


def _claim(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    ring = support_calls.look(tx, number_of(action))
    if ring is None:
        return "fixed:call_over"
    grant = permit(tx, who.subject, Action.DESK_CARD_VIEW, ring.account)
    if grant is None:
        return "fixed:not_yours"
    return None if claims.claim(tx, grant, ring.id) else "fixed:call_not_free"


def _give_back(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    ring = support_calls.look(tx, number_of(action))
    grant = permit(tx, who.subject, Action.DESK_CARD_VIEW, ring.account) if ring else None
    done = ring is not None and grant is not None and claims.give_back(tx, grant, ring.id)
    return None if done else "fixed:call_not_yours"


def _ask_proof(what: str) -> Click:
    def ask(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
        grant = desk_thread.asking_proof(tx, who)
        if grant is None:
            return "fixed:not_yours"
        return None if support_calls.ask_proof(tx, grant, number_of(action), what) else "fixed:call_not_asked"

    return ask


def _call_back(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    """Of a call, a ticket, or somebody who was looked up: to a number on file, whatever anybody says their number is."""
    grant, (kind, _, id) = desk_thread.asking_proof(tx, who), value_of(action).partition(":")
    if grant is None:
        return "fixed:not_yours"
    made = _TO_CALL[kind](tx, who, grant, number(id)) if kind in _TO_CALL else "nobody"
    if isinstance(made, int):
        return "fixed:call_back_owed"
    return f"fixed:call_back_{made}"


def _of_ring(tx: Transaction, who: Who, grant: Grant, id: int) -> int | str:
    """Whose call it is, or was just now."""
    ring, call = support_calls.look(tx, id), live_calls.look(tx, grant, id)
    if ring is None or call is None or who.subject != f"staff:{call.staff}":
        return "nobody"
    return callbacks.ask(tx, grant, person_of(ring.subject), account=ring.account)


def _of_ticket(tx: Transaction, who: Who, grant: Grant, id: int) -> int | str:
    working = desk_thread.working(tx, who, id)
    person = agent_tickets.requester(tx, working, id) if working is not None else None
    if working is None or not isinstance(person, int):
        return person or "nobody"
    return callbacks.ask(tx, grant, person, account=working.account, ticket=id)


def _of_person(tx: Transaction, who: Who, grant: Grant, id: int) -> int | str:
    return callbacks.ask(tx, grant, id)


_TO_CALL: Final = {"ring": _of_ring, "ticket": _of_ticket, "person": _of_person}
CLICKS: Final[dict[str, Click]] = {
    "desk_claim": _claim,
    "desk_give_back": _give_back,
    "desk_ask_pin": _ask_proof("pin"),
    "desk_ask_second": _ask_proof("second"),
    "desk_call_back": _call_back,
}
