"""A change that is asked for by phone: which one, about which service, and spoken once a second proof was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from authz import ABOUT_A_SERVICE, REQUESTS, Action
from ivr import further as f
from ivr import outcomes as o
from ivr import shapes as s
from ivr.moves import (
    RESUMED,
    Place,
    goto,
    menu,
    not_a_choice,
    noted,
    number_twice,
    refusal,
    refused,
    screen,
    unexpected,
)
from ivr.shapes import Call, Event, Gather, Keys, Move, Record, line
from store.tickets import customer_tickets

WANTED: Final = "request:"  # `then`, with the action


def wanted(call: Call) -> Action:
    """The change that is asked for."""
    return Action(call.then.removeprefix(WANTED))


def _ask_request(call: Call) -> Move:
    return call, f.MayRequest()


def _hear_request(call: Call, event: Event) -> Move:
    match event:
        case o.RequestsAllowed(actions):
            offered = [line(f"request.{n}") for n, action in enumerate(REQUESTS, 1) if action in actions]
            return screen(call, Gather(1), line("which_change"), *offered, line("star_back"))
        case o.Refused():
            return menu(call, *refusal(event))
        case Keys("*"):
            return goto(call, "topic") if "request" in call.topics else menu(call)
        case Keys(keyed) if len(keyed) == 1 and keyed in "12345678":
            return _want(call, REQUESTS[int(keyed) - 1])
        case Keys():
            return not_a_choice(call)
    return unexpected(call, event)


def _want(call: Call, action: Action) -> Move:
    topic = str(customer_tickets.topic_of(action))
    about = replace(call, then=WANTED + action, about="request", topic=topic, topics=(), service=None, page=0)
    return goto(about, "service" if action in ABOUT_A_SERVICE else "speak_request")


def _ask_speak(call: Call) -> Move:
    return call, f.MayRecord()


def _hear_speak(call: Call, event: Event) -> Move:
    match event:
        case o.NothingToChange():
            return goto(replace(call, then="", about=""), "request", line("not_a_choice"))
        case o.RequestAllowed():
            return screen(call, Record(), line("recorded_notice"), line("speak_change"))
        case o.Refused():
            return refused(call, event)
        case s.Spoken(recorded):
            return call, f.SaveRequest(recorded)
        case o.RequestSaved(number, False):
            return noted(call, line("request_open"), *number_twice(number))
        case o.RequestSaved(number, True):
            return noted(call, line("request_draft"), *number_twice(number), line("request_draft_how"))
        case o.TicketKept():
            return menu(call, line("request_kept"))
    return menu(call)  # a key instead of a word: back


def _go_on(call: Call) -> Move:
    return goto(call, "speak_request")


PLACES = {"request": Place(_ask_request, _hear_request), "speak_request": Place(_ask_speak, _hear_speak)}
RESUMED["request"] = _go_on
