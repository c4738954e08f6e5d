"""Clicks of the desk's own people on cards. Only staff count; whoever else clicks is told that it is not theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.inbound.block_action import Click, number, number_of, value_of, where
from bot.outbound import outbox
from bot.platform.identity import Who
from bot.text.replies import Fixed, Reply
from desk import lookup, ticket_work
from desk.lookup import CodeByMail
from desk.ticket_work import StatusSet, Taken, TicketRight
from store import Transaction

Body = Mapping[str, Any]
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


def _on_ticket(do: Callable[[Transaction, TicketRight, Who, Body, str], Reply | None]) -> Click:
    """Something is done with the ticket that a button names; `do` has what else the button says."""

    def click(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> Reply | None:
        named, _, rest = value_of(action).partition(":")
        ticket = ticket_work.to_work_on_shown(tx, who, number(named))
        return Fixed("not_yours") if ticket is None else do(tx, ticket, who, body, rest)

    return click


def _take(tx: Transaction, ticket: TicketRight, who: Who, body: Body, had: str) -> Reply | None:
    """From whom the card said has it, and from nobody else."""
    return TAKEN[ticket_work.take(tx, ticket, number(had) or None)]


def _put_back(tx: Transaction, ticket: TicketRight, who: Who, body: Body, _: str) -> Reply | None:
    return None if ticket_work.put_back(tx, ticket) else Fixed("not_put_back")


def _form(name: str) -> Click:
    def open_form(tx: Transaction, ticket: TicketRight, who: Who, body: Body, _: str) -> Reply | None:
        outbox.form(tx, who.user, name, str(body["trigger_id"]), where(body), ticket=ticket.number)
        return None

    return _on_ticket(open_form)


def _correct(tx: Transaction, ticket: TicketRight, who: Who, body: Body, message: str) -> Reply | None:
    asked = {"ticket": ticket.number, "message": number(message)}
    outbox.form(tx, who.user, "desk_correct", str(body["trigger_id"]), where(body), **asked)
    return None


def _status(tx: Transaction, ticket: TicketRight, who: Who, body: Body, status: str) -> Reply | None:
    done = ticket_work.set_status(tx, ticket, status)
    return Fixed("not_yours") if done is StatusSet.NO_SUCH_STATUS else None


def _verify(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> Reply | None:
    outbox.form(tx, who.user, "verify", str(body["trigger_id"]), where(body))
    return None


def _send_code(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> Reply | None:
    return CODE[lookup.send_code(tx, who, number_of(action))]


CLICKS: Final[dict[str, Click]] = {
    "desk_take": _on_ticket(_take),
    "desk_put_back": _on_ticket(_put_back),
    "desk_answer": _form("desk_answer"),
    "desk_correct": _on_ticket(_correct),
    "desk_note": _form("desk_note"),
    "desk_status": _on_ticket(_status),
    "desk_verify": _verify,
    "desk_send_code": _send_code,
}
