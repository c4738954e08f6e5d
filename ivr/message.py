"""Leaving a message: for callers without a PIN, while PINs are not taken, after a fault, and for callers who may not ask for a person."""

from __future__ import annotations

from dataclasses import replace

from authz import Proof
from ivr.desk_port import Desk
from ivr.transitions import State, goodbye, menu, not_a_choice, screen
from ivr.types import Call, Event, Keys, Record, Said, Spoken, say


def leave_message(call: Call, desk: Desk, about: str) -> Said:
    wants = replace(call, at="message", about=about)
    allowed = desk.may_leave_message(wants)
    if allowed.refused:
        return goodbye(wants, f"no_message.{about}", f"no_more_messages.{allowed.refused}")
    return _ask_message(replace(wants, counted=call.proof < Proof.VERIFIED, on_file=allowed.on_file), desk)


def _ask_message(call: Call, _desk: Desk) -> Said:
    only = (say("only_on_file"),) if call.on_file else ()
    return screen(call, Record(), say(f"message.{call.about}"), *only, say("recorded_notice"), say("speak"))


def _hear_message(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Spoken(recorded):
            desk.leave_message(call, recorded)
            if call.about == "proved":
                return menu(call, desk, say("message_kept"))
            return goodbye(replace(call, counted=False), "message_left_on_file" if call.on_file else "message_left")
        case Keys() if call.about == "proved":
            return menu(call, desk)  # a key instead of a word: back
    return not_a_choice(call, desk)


STATES = {"message": State(_ask_message, _hear_message)}
