"""The call as a table: where it stands × what is heard or came of it → where it stands then, and what is said or done.

Pure: no database, no clock. `step` is the whole of it; TABLE has one prompt and one ear for each place of a call, written
in identify.py, menu.py, tickets.py, request.py, step_up.py, person.py, keypad.py and called.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from authz import Proof
from ivr import called, identify, keypad, person, request, step_up, tickets
from ivr import further as f
from ivr import menu as menus
from ivr import shapes as s
from ivr.moves import TABLE, Place, goodbye, goto, leave_message, menu, resume
from ivr.outcomes import BeingUpdated, Ringing
from ivr.shapes import Call, Effect, Event, Keys, Move, line

# Turns of somebody who is nobody yet: one key again and again keeps a line for minutes, not hours.
MOST_UNPROVED: Final = 30


def begin(number: str | None, *, attested: bool = False, messages_only: bool = False) -> Move:
    """A call comes in."""
    call = Call(number=number, attested=attested, lead=(line("welcome"),))
    return leave_message(call, "closed") if messages_only else goto(call, "support_id")


def step(call: Call, event: Event) -> Move:
    """One step of a call: repeats a prompt after silence, and otherwise asks the table."""
    if isinstance(event, BeingUpdated):
        return menu(call, line("being_updated"))
    if isinstance(event, Ringing):
        call = replace(call, rung=call.rung + 1)
    if isinstance(event, Keys) and call.subject is not None and call.proof < Proof.VERIFIED and call.at in _PROVED:
        return _prove_anew(call)
    if isinstance(event, Keys) and call.proof < Proof.VERIFIED and not call.then:
        call = replace(call, unproved=call.unproved + 1)
        if call.unproved > MOST_UNPROVED:
            return goodbye(call, "goodbye.not_proved")
    place = TABLE[call.at]
    if isinstance(event, Keys) and event.keyed == "" and not place.silence_speaks:
        return _silence(call, place)
    if isinstance(event, Keys | s.Spoken | s.DialEnded | s.Summoned):
        call = replace(call, silent=0, silences=0)
    if event == Keys("#") and not place.silence_speaks:
        return place.prompt(call)  # a stray one, as after a code that was whole already
    return place.hear(call, event)


def _silence(call: Call, place: Place) -> Move:
    """The prompt once more; longer where somebody writes down or does something elsewhere. Then the call ends politely."""
    if call.silent < max(place.silences, call.silences):
        lead = () if place.ends_with_hash else (line("still_here" if call.silences else "nothing_heard"),)
        return place.prompt(replace(call, silent=call.silent + 1, lead=lead))
    return resume(replace(call, silent=0)) if call.then == "talk" else goodbye(call, "goodbye.silence")


def _prove_anew(call: Call) -> Move:
    """What they had proved was taken away: back to the PIN, or to the agent who waits and sees it."""
    if call.then == "talk":
        return keypad.failed(replace(call, then="", way="", wrong=0, approval=0))
    ours = call.account if call.call_back is not None else None
    fresh = Call(number=call.number, attested=call.attested, support_id=call.support_id, call_back=call.call_back)
    fresh = replace(fresh, account=ours, duress=call.duress, tries=call.tries, rung=call.rung)
    return goto(fresh, "pin", line("pin_anew"))


def abandoned(call: Call) -> Effect | None:
    """What is owed to somebody who has hung up: a call-back, if they were waiting for a person."""
    return s.GiveUpRing(nobody_came=True, gone=True) if call.at == "holding" else None


def spoken_after(call: Call, recorded: s.Spoken) -> Effect | None:
    """What a recording becomes that arrives on its own, after a hang-up: nothing that was spoken is lost."""
    if call.at == "record":
        return s.SaveTicket(recorded.recorded)
    if call.at == "speak_request":
        return f.SaveRequest(recorded.recorded)
    if call.at == "reply":
        return s.SaveReply(recorded.recorded)
    if call.at == "message":
        return s.LeaveMessage(recorded.recorded)
    return None


# Where a key means something to whoever is known: not where somebody speaks, waits, talks, or has failed.
_PROVED: Final = frozenset(
    [
        "accounts",
        "menu",
        "anything_else",
        "topic",
        "service",
        "tickets",
        "request",
        "closed",
        "step_up",
        "step_code",
        "approving",
        "stepped_up",
        "carry",
    ]
)


def _over(call: Call, _event: Event | None = None) -> Move:
    return goodbye(call, "goodbye.neutral")


TABLE.update(
    identify.PLACES
    | menus.PLACES
    | tickets.PLACES
    | request.PLACES
    | step_up.PLACES
    | person.PLACES
    | keypad.PLACES
    | called.PLACES
    | {"over": Place(_over, _over, silence_speaks=True)}
)
