"""In the middle of a talk: the agent sends the caller to the keypad for their PIN, and waits in the room meanwhile.

Nothing that is keyed comes near the agent or the room. However it goes, the caller is back there afterwards.
"""

from __future__ import annotations

import re
from dataclasses import replace

from authz import Proof
from ivr import types as t
from ivr.desk_port import Desk
from ivr.identify import SHORT_IN_A_ROW, TRIES_IN_A_CALL
from ivr.person import back_to_talk
from ivr.transitions import RESUMED, State, goto, screen, unexpected
from ivr.types import Call, Event, Gather, Keys, Move, Said, say
from store.verification.pins import Pin


def _ask_pin(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(10, until_hash=True, seconds=15), say("pin_for_agent"))


def _hear_pin(call: Call, desk: Desk, event: Event) -> Move:
    match event:
        case Keys("" | "*"):
            return failed(call, desk)
        case Keys(keyed) if re.fullmatch("[0-9]{6,10}", keyed):
            return replace(call, short=0), t.CheckPin(Pin(keyed))
        case Keys() if call.short + 1 < SHORT_IN_A_ROW:
            return goto(replace(call, short=call.short + 1), desk, "pin_again", say("pin_not_whole"))
        case t.NotProved() if call.tries + 1 < TRIES_IN_A_CALL:
            return goto(replace(call, tries=call.tries + 1), desk, "pin_again", say("pin_wrong"))
        case t.Unlocked(person):
            return goto(replace(call, unlocked=person, tries=0), desk, "pin_again", say("code_taken"))
        case t.Proved(subject, _, duress) if subject == call.subject:
            proved = replace(call, at="talking", proof=int(Proof.VERIFIED), duress=call.duress or duress, unlocked=0)
            return back_to_talk(proved, desk.under_threat() if duress else desk, passed=True)
        case Keys() | t.NotProved() | t.Proved() | t.LineBusy() | t.MessagesOnly():
            return failed(call, desk)
    raise unexpected(call, event)


def failed(call: Call, desk: Desk) -> Said:
    """Whoever was verified before is so no longer: not for the agent, and not for the menu."""
    return back_to_talk(replace(call, at="talking", proof=int(Proof.CLAIMED), unlocked=0), desk, passed=False)


STATES = {"pin_again": State(_ask_pin, _hear_pin, silence_speaks=True)}
RESUMED["failed"] = lambda call, desk: failed(replace(call, then=""), desk)
