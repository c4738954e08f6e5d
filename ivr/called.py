"""A call of ours, as whoever answers hears it: they have proved nothing by answering, and a machine hears next to nothing."""

from __future__ import annotations

from dataclasses import replace

from ivr import outcomes as o
from ivr import shapes as s
from ivr.moves import Place, goodbye, goto, screen, unexpected
from ivr.shapes import Call, Event, Gather, HangUp, Keys, Move, Screen, line

MACHINE = Screen((line("called.machine"),), HangUp())


def begin(call: Call, purpose: str, words: tuple[str, str]) -> Move:
    """A human has answered: they hear who calls, and by which words that can be believed; then their PIN is asked for."""
    if purpose == "code":
        return goto(call, "called", line("called.desk"))
    told = line("called.desk"), line("called.why"), line("called.words", words=words), line("called.unexpected")
    return goto(call, "pin", *told)


def _ask_called(call: Call) -> Move:
    return screen(call, Gather(1), line("called.press_for_code"), line("called.unexpected"))


def _hear_called(call: Call, event: Event) -> Move:
    """A mailbox presses nothing."""
    match event:
        case Keys("1"):
            return call, s.TellUnlockCode()
        case Keys() | o.UnlockCode(None):
            return goodbye(call, "goodbye.neutral")
        case o.UnlockCode():
            told = line("unlock_code", code=event), line("unlock_code_again", code=event), line("unlock_code_use")
            return screen(replace(call, at="over"), HangUp(), *told, line("goodbye.neutral"))
    return unexpected(call, event)


PLACES = {"called": Place(_ask_called, _hear_called)}
