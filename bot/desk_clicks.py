"""Clicks of the desk's own people on cards. Only staff count; whoever else clicks is told that it is not theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot import desk_thread, owed
from bot.actor import Who, known, of_interaction
from bot.clicks import where
from bot.door import Door
from store import Transaction, calls, desk_tickets, proof_mail

Body = Mapping[str, Any]
Click = Callable[[Transaction, Who, Body, str], str | None]


def clicked(do: Click) -> Callable[[Door, Body], None]:
    """A listener for an action of the desk's."""

    def listener(door: Door, body: Body) -> None:
        via = door.via(body)
        actor = of_interaction(body, via.team) if via is not None else None
        action = body["actions"][0]
        if actor is None:
            return
        key = f"act:{body.get('trigger_id') or action.get('action_ts')}:{action['action_id']}"
        with door.store.transaction("slack") as tx:
            if not calls.first_delivery(tx, f"slack:{key}"):
                return
            who = known(tx, actor)
            value = str((action.get("selected_option") or {}).get("value") or action.get("value") or "")
            what: str | None = "fixed:not_yours"
            if who is not None and not who.is_person:
                what = do(tx, who, body, value)
            if what is not None:
                owed.tell(tx, actor, what, key, where=where(body))

    return listener


def _take(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
    grant = desk_thread.working(tx, who, _number(value))
    if grant is None:
        return "fixed:not_yours"
    return "fixed:taken_already" if desk_tickets.take(tx, grant, _number(value)) is not None else None


def _form(name: str) -> Click:
    def open_form(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
        if desk_thread.working(tx, who, _number(value)) is None:
            return "fixed:not_yours"
        owed.form(tx, who.actor, name, str(body["trigger_id"]), where(body), ticket=_number(value))
        return None

    return open_form


def _correct(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
    number, _, message = value.partition(":")
    if desk_thread.working(tx, who, _number(number)) is None:
        return "fixed:not_yours"
    asked = {"ticket": _number(number), "message": _number(message)}
    owed.form(tx, who.actor, "desk_correct", str(body["trigger_id"]), where(body), **asked)
    return None


def _status(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
    number, _, status = value.partition(":")
    grant = desk_thread.working(tx, who, _number(number))
    if grant is None or status not in desk_tickets.DESK_STATUSES:
        return "fixed:not_yours"
    desk_tickets.set_status(tx, grant, _number(number), status)
    return None


def _verify(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
    owed.form(tx, who.actor, "verify", str(body["trigger_id"]), where(body))
    return None


def _send_code(tx: Transaction, who: Who, body: Body, value: str) -> str | None:
    grant = desk_thread.asking_proof(tx, who)
    if grant is None:
        return "fixed:not_yours"
    return "fixed:code_sent" if proof_mail.ask(tx, grant, _number(value)) else "fixed:code_wait"


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0


CLICKS: Final[dict[str, Click]] = {
    "desk_take": _take,
    "desk_answer": _form("desk_answer"),
    "desk_correct": _correct,
    "desk_note": _form("desk_note"),
    "desk_status": _status,
    "desk_verify": _verify,
    "desk_send_code": _send_code,
}
