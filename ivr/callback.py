"""What somebody hears who answers a callback: they have proved nothing by answering, and a machine hears next to nothing."""

from __future__ import annotations

from dataclasses import replace

from ivr.desk_port import BeingUpdated, Desk
from ivr.transitions import State, goodbye, goto, not_told, screen, unexpected
from ivr.types import Call, Event, Gather, HangUp, Keys, Said, Screen, say

MACHINE = Screen((say("called.machine"),), HangUp())


def begin(call: Call, desk: Desk, purpose: str, words: tuple[str, str]) -> Said:
    """A human has answered: they hear who is calling and the two code words, and then key their PIN."""
    if purpose == "code":
        return goto(call, desk, "called", say("called.desk"))
    told = say("called.desk"), say("called.why"), say("called.words", words=words), say("called.unexpected")
    return goto(call, desk, "pin", *told)


def _ask_called(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1), say("called.press_for_code"), say("called.unexpected"))


def _hear_called(call: Call, desk: Desk, event: Event) -> Said:
    """A mailbox presses nothing."""
    if not isinstance(event, Keys):
        raise unexpected(call, event)
    code = desk.unlock_code(call) if event.keyed == "1" else None
    if code is None:
        return goodbye(call, "goodbye.neutral")
    if isinstance(code, BeingUpdated):
        return not_told(call, desk, code)
    told = say("unlock_code", code=code), say("unlock_code_again", code=code), say("unlock_code_use")
    return screen(replace(call, at="over"), HangUp(), *told, say("goodbye.neutral"))


STATES = {"called": State(_ask_called, _hear_called)}
