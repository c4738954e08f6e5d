"""Clicks of the desk's own people on a call: that it is theirs or not, sending the caller to the keypad, calling back.

Each is judged as who clicked, and answered plainly where it could not be done.
"""

from __future__ import annotations

from typing import Final

from bot.inbound.block_action import Do, number_of, value_of
from bot.platform.identity import Who
from bot.platform.payloads import Click, Pressed
from bot.text import button_values
from bot.text.button_values import ToCall
from bot.text.replies import Fixed, Reply
from desk import calls
from desk.calls import AskedFor, Assigned, Callback, Keypad
from store import Transaction

# What is told of each outcome; nothing where the card itself says it.
ASSIGNED: Final = {
    Assigned.DONE: None,
    Assigned.NO_CALL: Fixed("call_over"),
    Assigned.NOT_FREE: Fixed("call_not_free"),
    Assigned.NOT_PERMITTED: Fixed("not_yours"),
}
KEYPAD: Final = {
    Keypad.SENT: None,
    Keypad.NOT_NOW: Fixed("call_not_asked"),
    Keypad.NOT_PERMITTED: Fixed("not_yours"),
}
CALLBACK: Final = {
    Callback.OWED: Fixed("callback_owed"),
    Callback.NO_NUMBER: Fixed("callback_no_number"),
    Callback.TALKING: Fixed("callback_talking"),
    Callback.SOON: Fixed("callback_soon"),
    Callback.ENOUGH: Fixed("callback_enough"),
    Callback.SUPERVISORS_ONLY: Fixed("callback_supervisors_only"),
    Callback.QUARANTINED: Fixed("callback_nobody"),
    Callback.NOT_THEIRS: Fixed("callback_nobody"),
    Callback.NOBODY: Fixed("callback_nobody"),
    Callback.NOT_PERMITTED: Fixed("not_yours"),
}


def _assign(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return ASSIGNED[calls.assign(tx, who, number_of(action))]


def _give_back(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return None if calls.give_back(tx, who, number_of(action)) else Fixed("call_not_yours")


def _send_to_keypad(asked: AskedFor) -> Do:
    def send(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
        return KEYPAD[calls.send_to_keypad(tx, who, number_of(action), asked)]

    return send


def _callback(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """Of a call, a ticket, or somebody who was looked up: to a number on file, whatever anybody says their number is."""
    whom = button_values.parse(ToCall, value_of(action))
    # The button is drawn only where the desk has a line.
    return CALLBACK[Callback.NOBODY if whom is None else _TO_CALL[whom.kind](tx, who, whom.id, phone=True)]


_TO_CALL: Final = {
    "support_call": calls.callback_caller,
    "ticket": calls.callback_requester,
    "person": calls.callback_person,
}
CLICKS: Final[dict[str, Do]] = {
    "desk_assign": _assign,
    "desk_give_back": _give_back,
    "desk_ask_pin": _send_to_keypad(AskedFor.PIN),
    "desk_ask_second": _send_to_keypad(AskedFor.SECOND_PROOF),
    "desk_callback": _callback,
}
