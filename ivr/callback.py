"""What somebody hears who answers a callback: they have proved nothing by answering, and a machine hears next to nothing.

Called to be verified, they hear which system asks before their PIN, and for what and about which account only after it.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.desk_port import BeingUpdated, Desk
from ivr.transitions import State, goodbye, goto, not_a_choice, not_told, screen, unexpected
from ivr.types import Call, Event, Gather, HangUp, Keys, Said, Screen, say
from store.calls.callbacks import VERIFY

MACHINE = Screen((say("called.machine"),), HangUp())


def begin(call: Call, desk: Desk, purpose: str, words: tuple[str, str]) -> Said:
    """A human has answered: they hear who is calling and the two code words, and then key their PIN."""
    if purpose == "code":
        return goto(call, desk, "called", say("called.desk"))
    if purpose == VERIFY:
        by = desk.who_verifies(call)
        if by is None:
            return goodbye(call, "verify.over")
        asks = say("called.desk"), say("verify.why", by=by), say("called.words", words=words), say("verify.star")
        return goto(replace(call, about=VERIFY), desk, "pin", *asks)
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


def _ask_confirm(call: Call, desk: Desk) -> Said:
    """Their PIN was right: what it is for, to be confirmed."""
    asked = desk.verification(call)
    if asked is None:
        return goodbye(call, "verify.over")
    told = say("verify.for", by=asked.asked_by, action=asked.action, account=asked.account.name)
    return screen(call, Gather(1), told, say("verify.confirm"), say("verify.deny"))


def _hear_confirm(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("1"):
            return goodbye(call, "verify.done" if desk.confirm_verification(call) else "verify.over")
        case Keys("9"):
            desk.not_me(call)
            return goodbye(call, "verify.not_me")
        case Keys("*"):
            return goodbye(call, "verify.over")
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


STATES = {
    "called": State(_ask_called, _hear_called),
    "confirm": State(_ask_confirm, _hear_confirm, known=True),
}
