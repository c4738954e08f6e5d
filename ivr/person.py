"""A person is asked for: the desk is rung, somebody takes it or nobody comes; and back, when the talk is over."""

from __future__ import annotations

from dataclasses import replace

from authz import Proof
from ivr import outcomes as o
from ivr import shapes as s
from ivr.hours import Opening
from ivr.moves import RESUMED, Place, goodbye, goto, menu, noted, number_twice, refusal, screen, unexpected
from ivr.shapes import Call, Event, Gather, Keys, Line, Move, line


def _ask_holding(call: Call) -> Move:
    return screen(call, Gather(1, seconds=4), line("holding"), line("rather_call_back"))


def hear_holding(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return call, s.GiveUpRing(nobody_came=False)
        case Keys("1"):
            return call, s.GiveUpRing(nobody_came=False, asked=True)
        case Keys():
            return call, s.LookAtRing()
        case o.StillRinging(position):
            return screen(replace(call, queue=position), Gather(1, seconds=4), *_position(call, position))
        case o.Refused():
            return menu(call, *refusal(event))
        case o.Taken(room, words):
            said = line("connecting"), line("agent_will_say", words=words)
            return screen(replace(call, at="talking"), s.Conference(room), *said)
        case o.NobodyCame():
            return call, s.GiveUpRing(nobody_came=True)
        case o.RingEnded():
            return _back(call, event)
    return unexpected(call, event)


def _back(call: Call, ended: o.RingEnded) -> Move:
    return menu(call, *_ended(ended)) if ended.number is None else noted(call, *_ended(ended))


def _position(call: Call, position: int) -> list[Line]:
    """Said when it changes; to somebody who is the first from the beginning there is nothing to say of it."""
    if position == call.queue or (position == 1 and not call.queue):
        return [line("still_holding")]
    place = line("next_in_queue") if position == 1 else line("position", number=position)
    return [place, line("rather_call_back")]


def _ended(ended: o.RingEnded) -> list[Line]:
    """What is said where nobody came, or they would rather be called back."""
    if not ended.nobody_came and not ended.asked:
        return []
    nobody = [line("nobody_came")] if ended.nobody_came else []
    if ended.number is None:
        return [*nobody, line("ticket_kept")]
    return [*nobody, line("call_back_ticket"), *number_twice(ended.number)]


def closed(call: Call, opens: Opening) -> Move:
    """A person is asked for while nobody is there."""
    told = line("desk_closed"), line("opens_today" if opens.today else "opens", opening=opens)
    return goto(call, "closed", *told)


def _ask_closed(call: Call) -> Move:
    return screen(call, Gather(1), line("press_for_call_back"), line("star_back"))


def _hear_closed(call: Call, event: Event) -> Move:
    match event:
        case Keys("1"):
            return call, s.AskCallBack()
        case Keys():
            return menu(call)
        case o.Refused():
            return menu(call, *refusal(event))
        case o.RingEnded():
            return _back(call, event)
    return unexpected(call, event)


def _ask_talking(call: Call) -> Move:
    """Back from a second proof, or without one."""
    return replace(call, then=""), s.BackToTalk(None)


def _hear_talking(call: Call, event: Event) -> Move:
    match event:
        case s.Summoned():
            return call, s.WhatIsAsked()
        case o.Asked(what):
            return _to_keypad(call, what)
        case o.BackInRoom(room, passed):
            said = line("keypad_passed" if passed else "keypad_failed"), line("back_to_agent")
            return screen(call, s.Conference(room), *said)
        case o.RingEnded() | o.Refused() if call.proof < Proof.VERIFIED:
            return goodbye(call, "talk_ended", "goodbye.neutral")
        case o.Refused():
            return menu(call, *refusal(event))
        case o.RingEnded():
            return menu(call, line("talk_ended"))
    return call, s.GiveUpRing(nobody_came=False)


def _to_keypad(call: Call, what: str) -> Move:
    if what == "pin":
        return goto(replace(call, tries=0, short=0), "pin_again", line("agent_asks"))
    if what == "second":
        return goto(replace(call, then="talk"), "step_up", line("agent_asks"))
    return call, s.BackToTalk(None)


PLACES = {
    "holding": Place(_ask_holding, hear_holding, silence_speaks=True),
    "closed": Place(_ask_closed, _hear_closed),
    "talking": Place(_ask_talking, _hear_talking, silence_speaks=True),
}
RESUMED["talk"] = lambda call: goto(call, "talking")
