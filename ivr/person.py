"""A person is asked for: the desk is rung, somebody takes it or nobody comes."""

from __future__ import annotations

from dataclasses import replace

from ivr import outcomes as o
from ivr import shapes as s
from ivr.moves import Place, goodbye, menu, number_twice, refusal, screen, unexpected
from ivr.shapes import Call, Event, Gather, Keys, Move, line


def _ask_holding(call: Call) -> Move:
    return screen(call, Gather(1, seconds=4), line("holding"))


def hear_holding(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return call, s.GiveUpRing(nobody_came=False)
        case Keys():
            return call, s.LookAtRing()
        case o.StillRinging():
            return screen(call, Gather(1, seconds=4), line("still_holding"))
        case o.Refused():
            return menu(call, *refusal(event))
        case o.Taken(room):
            return screen(replace(call, at="talking"), s.Conference(room), line("connecting"))
        case o.NobodyCame():
            return call, s.GiveUpRing(nobody_came=True)
        case o.RingEnded(_, False):
            return menu(call)
        case o.RingEnded(None, True):
            return menu(call, line("nobody_came"), line("ticket_kept"))
        case o.RingEnded(number, True):
            assert number is not None
            return menu(call, line("nobody_came"), line("call_back_ticket"), *number_twice(number))
    return unexpected(call, event)


def _ask_talking(call: Call) -> Move:
    return goodbye(call, "goodbye.neutral")


def _hear_talking(call: Call, event: Event) -> Move:
    match event:
        case o.RingEnded():
            return menu(call, line("talk_ended"))
    return call, s.GiveUpRing(nobody_came=False)


PLACES = {
    "holding": Place(_ask_holding, hear_holding, silence_speaks=True),
    "talking": Place(_ask_talking, _hear_talking, silence_speaks=True),
}
