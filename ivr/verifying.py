"""A call of ours that another system asked for: what whoever answers is told of it, and what they say to it, through `desk`."""

from __future__ import annotations

from desk import verification_requests
from desk.outcomes import ToAnswer
from ivr.asks import DeskSettings, caller
from ivr.types import Call
from store.accounts.people import resolve
from store.db.transaction import Transaction


def who_verifies(tx: Transaction, call: Call) -> str | None:
    return None if call.callback is None else verification_requests.asked_by(tx, call.callback)


def verification(tx: Transaction, call: Call) -> ToAnswer | None:
    return None if call.callback is None else verification_requests.in_call(tx, caller(tx, call), call.callback)


def confirm(tx: Transaction, settings: DeskSettings, call: Call) -> bool:
    if call.callback is None:
        return False
    return verification_requests.by_phone(tx, caller(tx, call), call.callback, minutes=settings.step_up_minutes)


def let_go(tx: Transaction, call: Call) -> bool:
    return call.callback is not None and verification_requests.under_threat(tx, caller(tx, call), call.callback)


def not_me(tx: Transaction, call: Call) -> None:
    person = resolve(tx, call.support_id, call.number)[0]
    if person is not None and call.callback is not None:
        verification_requests.not_me_in_call(tx, person, call.callback)
