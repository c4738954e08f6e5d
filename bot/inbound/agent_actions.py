"""Clicks of the desk's own people on cards. Only staff count; whoever else clicks is told that it is not theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.inbound.block_action import Click, number, number_of, value_of, where
from bot.outbound import outbox
from bot.platform.identity import Who
from bot.usecases import desk_thread
from store import Transaction
from store.staff import email_codes
from store.tickets import agent_tickets

Body = Mapping[str, Any]


def _take(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    """From whom the card said has it, and from nobody else."""
    ticket, _, had = value_of(action).partition(":")
    grant = desk_thread.working(tx, who, number(ticket))
    if grant is None:
        return "fixed:not_yours"
    came = agent_tickets.take(tx, grant, number(ticket), number(had) or None)
    if came == agent_tickets.TAKEN:
        return None
    return "fixed:taken_already" if came == agent_tickets.ALREADY else "fixed:taken_another"


def _put_back(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    grant = desk_thread.working(tx, who, number_of(action))
    if grant is None:
        return "fixed:not_yours"
    return None if agent_tickets.put_back(tx, grant, number_of(action)) else "fixed:not_put_back"


def _form(name: str) -> Click:
    def open_form(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
        if desk_thread.working(tx, who, number_of(action)) is None:
            return "fixed:not_yours"
        outbox.form(tx, who.user, name, str(body["trigger_id"]), where(body), ticket=number_of(action))
        return None

    return open_form


def _correct(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    ticket, _, message = value_of(action).partition(":")
    if desk_thread.working(tx, who, number(ticket)) is None:
        return "fixed:not_yours"
    asked = {"ticket": number(ticket), "message": number(message)}
    outbox.form(tx, who.user, "desk_correct", str(body["trigger_id"]), where(body), **asked)
    return None


def _status(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    ticket, _, status = value_of(action).partition(":")
    grant = desk_thread.working(tx, who, number(ticket))
    if grant is None or status not in agent_tickets.DESK_STATUSES:
        return "fixed:not_yours"
    agent_tickets.set_status(tx, grant, number(ticket), status)
    return None


def _verify(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    outbox.form(tx, who.user, "verify", str(body["trigger_id"]), where(body))
    return None


def _send_code(tx: Transaction, who: Who, body: Body, action: Mapping[str, Any]) -> str | None:
    grant = desk_thread.asking_proof(tx, who)
    if grant is None:
        return "fixed:not_yours"
    if email_codes.is_young(tx, grant, number_of(action)):
        return "fixed:code_young"
    return "fixed:code_sent" if email_codes.ask(tx, grant, number_of(action)) else "fixed:code_wait"


CLICKS: Final[dict[str, Click]] = {
    "desk_take": _take,
    "desk_put_back": _put_back,
    "desk_answer": _form("desk_answer"),
    "desk_correct": _correct,
    "desk_note": _form("desk_note"),
    "desk_status": _status,
    "desk_verify": _verify,
    "desk_send_code": _send_code,
}
