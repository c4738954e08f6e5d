"""A call of ours, as whoever answers hears it: they have proved nothing by answering, and a machine hears next to nothing."""

from __future__ import annotations

from dataclasses import replace

from ivr.answers import BeingUpdated
from ivr.desk_port import Desk
from ivr.moves import Place, goodbye, goto, not_told, screen, unexpected
from ivr.shapes import Call, Event, Gather, HangUp, Keys, Said, Screen, line

MACHINE = Screen((line("called.machine"),), HangUp())


def begin(call: Call, desk: Desk, purpose: str, words: tuple[str, str]) -> Said:
    """A human has answered: they hear who calls, and by which words that can be believed; then their PIN is asked for."""
    if purpose == "code":
        return goto(call, desk, "called", line("called.desk"))
    told = line("called.desk"), line("called.why"), line("called.words", words=words), line("called.unexpected")
    return goto(call, desk, "pin", *told)


def _ask_called(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1), line("called.press_for_code"), line("called.unexpected"))


def _hear_called(call: Call, desk: Desk, event: Event) -> Said:
    """A mailbox presses nothing."""
    if not isinstance(event, Keys):
        raise unexpected(call, event)
    code = desk.unlock_code(call) if event.keyed == "1" else None
    if code is None:
        return goodbye(call, "goodbye.neutral")
    if isinstance(code, BeingUpdated):
        return not_told(call, desk, code)
    told = line("unlock_code", code=code), line("unlock_code_again", code=code), line("unlock_code_use")
    return screen(replace(call, at="over"), HangUp(), *told, line("goodbye.neutral"))


PLACES = {"called": Place(_ask_called, _hear_called)}
