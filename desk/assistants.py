"""A program that helps one of the staff with one case of theirs: given on the card or the ticket, withdrawn there, and known by its token."""

from __future__ import annotations

from enum import Enum, auto

from authz import Action
from desk import ticket_work
from desk.actors import Actor, permit_staff
from desk.ticket_work import Barred, TicketRight
from store import Transaction
from store.assistants import assistant_sessions, suggested_answers
from store.assistants.assistant_sessions import Assistant
from store.assistants.suggested_answers import SuggestedAnswer
from store.calls import live_calls, support_calls


class NotGiven(Enum):
    """Why there is no assistant for a case."""

    NOT_NOW = auto()  # it is no case of theirs now, or nobody has proved who the customer is
    NOT_PERMITTED = auto()  # or there is no such case: which, nobody hears
    TOO_MANY_ACCOUNTS = auto()  # looked at within the hour


def give_on_ticket(tx: Transaction, who: Actor, session: str, number: int, *, accounts_an_hour: int) -> str | NotGiven:
    """Its token, to be shown once. `session`: the one they are signed in with (`SignedIn.session`)."""
    ticket = ticket_work.to_work(tx, who, number, accounts_an_hour=accounts_an_hour)
    if isinstance(ticket, Barred):
        return NotGiven.TOO_MANY_ACCOUNTS if ticket is Barred.TOO_MANY_ACCOUNTS else NotGiven.NOT_PERMITTED
    if not ticket.about.is_answerable:
        return NotGiven.NOT_NOW
    return assistant_sessions.give(tx, ticket.grant, session, ticket=number) or NotGiven.NOT_NOW


def give_in_call(tx: Transaction, who: Actor, session: str, call: int) -> str | NotGiven:
    """The same for a call of theirs, once the caller has proved who they are and while it lasts."""
    found = support_calls.look(tx, call)
    grant = None if found is None else permit_staff(tx, who, Action.DESK_CARD_VIEW, found.account)
    if grant is None:
        return NotGiven.NOT_PERMITTED
    case = live_calls.case(tx, grant, call)
    if case is None:
        return NotGiven.NOT_PERMITTED
    if case.requester is None or case.call.state == "over":
        return NotGiven.NOT_NOW
    return assistant_sessions.give(tx, grant, session, support_call=call) or NotGiven.NOT_NOW


def on_ticket(tx: Transaction, ticket: TicketRight) -> Assistant | None:
    return assistant_sessions.of_case(tx, ticket.grant, ticket=ticket.number)


def in_call(tx: Transaction, who: Actor, call: int, account: int) -> Assistant | None:
    """`account`: the call's (id)."""
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, account)
    return None if grant is None else assistant_sessions.of_case(tx, grant, support_call=call)


def withdraw_on_ticket(tx: Transaction, ticket: TicketRight) -> bool:
    return assistant_sessions.withdraw(tx, ticket.grant, ticket=ticket.number)


def withdraw_in_call(tx: Transaction, who: Actor, call: int) -> bool:
    """False: they had none, or it is no call of theirs."""
    found = support_calls.look(tx, call)
    grant = None if found is None else permit_staff(tx, who, Action.DESK_CARD_VIEW, found.account)
    return grant is not None and assistant_sessions.withdraw(tx, grant, support_call=call)


def suggested(tx: Transaction, ticket: TicketRight) -> tuple[SuggestedAnswer, ...]:
    """What their assistants have drafted for them on a ticket."""
    return suggested_answers.of_ticket(tx, ticket.grant, ticket.number)


def drop_suggested(tx: Transaction, ticket: TicketRight, id: int) -> bool:
    return suggested_answers.remove(tx, ticket.grant, ticket.number, id)
