"""A request made by phone: which change, about which service, and the words, spoken once a second proof was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from authz import ABOUT_A_SERVICE, REQUESTS, Action
from desk.outcomes import Drafted
from ivr import desk_port as port
from ivr import types as t
from ivr.desk_port import Desk
from ivr.transitions import (
    RESUMED,
    State,
    goto,
    menu,
    not_a_choice,
    not_told,
    noted,
    number_twice,
    prove_or_not_told,
    screen,
    unexpected,
)
from ivr.types import Call, Event, Gather, Keys, Record, Said, say
from store.tickets import customer_tickets

WANTED: Final = "request:"  # `then`, with the action


def wanted(call: Call) -> Action:
    """The change that is asked for."""
    return Action(call.then.removeprefix(WANTED))


def _ask_request(call: Call, desk: Desk) -> Said:
    actions = desk.requests(call)
    if isinstance(actions, port.NotTold):
        return not_told(call, desk, actions)
    offered = [say(f"request.{n}") for n, action in enumerate(REQUESTS, 1) if action in actions]
    return screen(call, Gather(1), say("which_change"), *offered, say("star_back"))


def _hear_request(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return goto(call, desk, "topic") if "request" in call.topics else menu(call, desk)
        case Keys(keyed) if len(keyed) == 1 and keyed in "12345678":
            return _want(call, desk, REQUESTS[int(keyed) - 1])
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _want(call: Call, desk: Desk, action: Action) -> Said:
    topic = str(customer_tickets.topic_of(action))
    about = replace(call, then=WANTED + action, about="request", topic=topic, topics=(), service=None, page=0)
    return goto(about, desk, "service" if action in ABOUT_A_SERVICE else "speak_request")


def _ask_speak(call: Call, desk: Desk) -> Said:
    why = desk.may_request(call)
    if why is None:
        return screen(call, Record(), say("recorded_notice"), say("speak_change"))
    if why == "nothing_to_change":
        return goto(replace(call, then="", about=""), desk, "request", say("not_a_choice"))
    return prove_or_not_told(call, desk, why)


def _hear_speak(call: Call, desk: Desk, event: Event) -> Said:
    if not isinstance(event, t.Spoken):
        return menu(call, desk)  # a key instead of a word: back
    saved = desk.request(call, event.recorded)
    if saved is None:
        return menu(call, desk, say("request_kept"))
    if isinstance(saved, port.BeingUpdated):
        return not_told(call, desk, saved)
    number = number_twice(saved.number)
    if isinstance(saved, Drafted):
        return noted(call, desk, say("request_draft"), *number, say("request_draft_how"))
    return noted(call, desk, say("request_open"), *number)


def _go_on(call: Call, desk: Desk) -> Said:
    return goto(call, desk, "speak_request")


STATES = {"request": State(_ask_request, _hear_request, known=True), "speak_request": State(_ask_speak, _hear_speak)}
RESUMED["request"] = _go_on
