"""Clicks of the desk's own people on cards. Only staff count; whoever else clicks is told that it is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.inbound.block_action import Do, number_of, value_of, where
from bot.outbound import outbox
from bot.platform.identity import Who
from bot.platform.payloads import Click, Pressed
from bot.text import button_values
from bot.text.button_values import OfTicket, ToStatus
from bot.text.replies import Fixed, Reply
from desk import lookup, ticket_work
from desk.lookup import CodeByMail
from desk.ticket_work import StatusSet, Taken, TicketRight
from store import Transaction

# What is told of each outcome; nothing where the card itself says it.
TAKEN: Final = {
    Taken.TAKEN: None,
    Taken.ALREADY: Fixed("taken_already"),
    Taken.ANOTHER: Fixed("taken_another"),
}
CODE: Final = {
    CodeByMail.SENT: Fixed("code_sent"),
    CodeByMail.ADDRESS_YOUNG: Fixed("code_young"),
    CodeByMail.NOT_NOW: Fixed("code_wait"),
    CodeByMail.NOT_PERMITTED: Fixed("not_yours"),
}


def _on_ticket(do: Callable[[Transaction, TicketRight, Who, Click, int], Reply | None]) -> Do:
    """Something is done with the ticket that a button names; `do` has what else the button says."""

    def click(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
        named = button_values.parse(OfTicket, value_of(action))
        ticket = None if named is None else ticket_work.to_work_on_shown(tx, who, named.ticket)
        return Fixed("not_yours") if ticket is None or named is None else do(tx, ticket, who, body, named.of)

    return click


def _take(tx: Transaction, ticket: TicketRight, who: Who, body: Click, had: int) -> Reply | None:
    """From whom the card said has it, and from nobody else."""
    return TAKEN[ticket_work.take(tx, ticket, had or None)]


def _put_back(tx: Transaction, ticket: TicketRight, who: Who, body: Click, _: int) -> Reply | None:
    return None if ticket_work.put_back(tx, ticket) else Fixed("not_put_back")


def _form(name: str) -> Do:
    def open_form(tx: Transaction, ticket: TicketRight, who: Who, body: Click, _: int) -> Reply | None:
        outbox.form(tx, who.user, name, body.trigger_id, where(body), ticket=ticket.number)
        return None

    return _on_ticket(open_form)


def _correct(tx: Transaction, ticket: TicketRight, who: Who, body: Click, message: int) -> Reply | None:
    asked = {"ticket": ticket.number, "message": message}
    outbox.form(tx, who.user, "desk_correct", body.trigger_id, where(body), **asked)
    return None


def _status(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    chosen = button_values.parse(ToStatus, value_of(action))
    ticket = chosen and ticket_work.to_work_on_shown(tx, who, chosen.ticket)
    if not chosen or not ticket:
        return Fixed("not_yours")
    done = ticket_work.set_status(tx, ticket, chosen.status)
    return Fixed("not_yours") if done is StatusSet.NO_SUCH_STATUS else None


def _verify(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    outbox.form(tx, who.user, "verify", body.trigger_id, where(body))
    return None


def _send_code(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return CODE[lookup.send_code(tx, who, number_of(action))]


CLICKS: Final[dict[str, Do]] = {
    "desk_take": _on_ticket(_take),
    "desk_put_back": _on_ticket(_put_back),
    "desk_answer": _form("desk_answer"),
    "desk_correct": _on_ticket(_correct),
    "desk_note": _form("desk_note"),
    "desk_status": _status,
    "desk_verify": _verify,
    "desk_send_code": _send_code,
}
