"""The call as a table: where it stands × what is heard → where it stands then, and what is said.

Pure: no database, no clock; what the desk knows and does is asked through a port (desk_port.py). `step` is the whole of it; TABLE
has one prompt and one ear for each state of a call, written in identify.py, message.py, menu.py, ticket_list.py, request.py,
step_up.py, person.py, keypad.py and callback.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from authz import Proof
from ivr import callback, identify, keypad, message, person, request, step_up, ticket_list
from ivr import menu as menus
from ivr import types as t
from ivr.desk_port import Desk
from ivr.transitions import TABLE, State, goodbye, goto, resume
from ivr.types import Call, Event, Keys, Move, Said, say
from store.messages.timeline import Recorded

# Turns of somebody who is nobody yet: one key again and again keeps a line for minutes, not hours.
MOST_UNPROVED: Final = 30


def begin(number: str | None, desk: Desk, *, attested: bool = False, messages_only: bool = False) -> Said:
    """A call comes in."""
    call = Call(number=number, attested=attested, lead=(say("welcome"),))
    return message.leave_message(call, desk, "closed") if messages_only else goto(call, desk, "support_id")


def step(call: Call, desk: Desk, event: Event) -> Move:
    """One step of a call: repeats a prompt after silence, and otherwise asks the table. Ends in a screen, or a PIN to check."""
    if isinstance(event, Keys) and call.subject is not None and call.proof < Proof.VERIFIED and call.at in _PROVED:
        return _prove_anew(call, desk)
    if isinstance(event, Keys) and call.proof < Proof.VERIFIED and not call.then:
        call = replace(call, unproved=call.unproved + 1)
        if call.unproved > MOST_UNPROVED:
            return goodbye(call, "goodbye.not_proved")
    state = TABLE[call.at]
    if isinstance(event, Keys) and event.keyed == "" and not state.silence_speaks:
        return _silence(call, desk, state)
    if isinstance(event, t.Heard):
        call = replace(call, silent=0, silences=0)
    if event == Keys("#") and not state.silence_speaks:
        return state.prompt(call, desk)  # a stray one, as after a code that was whole already
    return state.hear(call, desk, event)


def _silence(call: Call, desk: Desk, state: State) -> Said:
    """The prompt once more; longer where somebody writes down or does something elsewhere. Then the call ends politely."""
    if call.silent < max(state.silences, call.silences):
        lead = () if state.ends_with_hash else (say("still_here" if call.silences else "nothing_heard"),)
        return state.prompt(replace(call, silent=call.silent + 1, lead=lead), desk)
    return resume(replace(call, silent=0), desk) if call.then == "talk" else goodbye(call, "goodbye.silence")


def _prove_anew(call: Call, desk: Desk) -> Said:
    """What they had proved was taken away: back to the PIN, or to the agent who waits and sees it."""
    if call.then == "talk":
        return keypad.failed(replace(call, then="", way="", wrong=0, approval=0), desk)
    ours = call.account if call.call_back is not None else None
    fresh = Call(number=call.number, attested=call.attested, support_id=call.support_id, call_back=call.call_back)
    fresh = replace(fresh, account=ours, duress=call.duress, tries=call.tries, rung=call.rung)
    return goto(fresh, desk, "pin", say("pin_anew"))


def is_waiting(call: Call) -> bool:
    """Whether they wait for a person: whoever hangs up then is called back."""
    return call.at == "holding"


def spoken_after(call: Call, desk: Desk, recorded: Recorded) -> bool:
    """A recording that arrives on its own, after a hang-up, becomes what it would have been: nothing that was spoken is lost.
    Whether it would have been anything."""
    match call.at:
        case "record":
            desk.open_ticket(call, recorded)
        case "speak_request":
            desk.request(call, recorded)
        case "reply":
            desk.reply(call, recorded)
        case "message":
            desk.leave_message(call, recorded)
        case _:
            return False
    return True


# Where a key means something to whoever is known: not where somebody speaks, waits, talks, or has failed.
_PROVED: Final = frozenset(
    {"accounts", "menu", "anything_else", "topic", "service", "tickets", "request", "closed"}
    | {"step_up", "step_code", "approving", "stepped_up", "carry"}
)


def _over(call: Call, _desk: Desk, _event: Event | None = None) -> Said:
    return goodbye(call, "goodbye.neutral")


TABLE.update(
    identify.STATES
    | message.STATES
    | menus.STATES
    | ticket_list.STATES
    | request.STATES
    | step_up.STATES
    | person.STATES
    | keypad.STATES
    | callback.STATES
    | {"over": State(_over, _over, silence_speaks=True)}
)
