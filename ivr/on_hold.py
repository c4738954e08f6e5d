"""Asking for a person: the desk is rung, somebody takes the call or nobody comes, and the caller comes back when the talk is over."""

from __future__ import annotations

import re
from dataclasses import replace

from authz import Proof
from desk.opening_hours import Opening
from ivr import desk_port as port
from ivr import types as t
from ivr.desk_port import Desk, GivesUp
from ivr.transitions import (
    RESUMED,
    SHORT_IN_A_ROW,
    TRIES_IN_A_CALL,
    State,
    goodbye,
    goto,
    menu,
    not_told,
    noted,
    number_twice,
    screen,
    unexpected,
)
from ivr.types import Call, Event, Gather, Keys, Move, Said, Utterance, say
from store.accounts.account_details import Refused
from store.verification.pins import Pin


def ring(call: Call, desk: Desk) -> Said:
    """The caller asks for a person: at the desk, or at the emergency line."""
    answer = desk.ring(call)
    match answer:
        case int():
            rung = replace(call, support_call=answer, rung=call.rung + 1, callback=None)
            whom = call.about or ("person" if call.callback is None else "agent")
            return goto(rung, desk, "on_hold", say(f"ringing.{whom}"))
        case Opening(today=today, later=later):
            opens = say("opens_today" if today else "opens_later" if later else "opens", opening=answer)
            return goto(call, desk, "closed", say("desk_closed"), opens)
        case port.SupportCallEnded():  # there is no phone to ring
            return _back(call, desk, answer)
        case Refused():
            return not_told(call, desk, answer)


def _ask_on_hold(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1, seconds=4), say("on_hold"), say("rather_callback"))


def _hear_on_hold(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return _give_up(call, desk, "went_back")
        case Keys("1"):
            return _give_up(call, desk, "callback")
        case Keys():
            return _look(call, desk)
    raise unexpected(call, event)


def _look(call: Call, desk: Desk) -> Said:
    now = desk.look_at_support_call(call)
    match now:
        case int():
            return screen(replace(call, queue=now), Gather(1, seconds=4), *_position(call, now))
        case port.Taken():
            return _talk(call, now)
        case None:
            return _give_up(call, desk, "nobody_came")
        case Refused():
            return not_told(call, desk, now)


def _give_up(call: Call, desk: Desk, why: GivesUp) -> Said:
    ended = desk.give_up_support_call(call, why)
    return _talk(call, ended) if isinstance(ended, port.Taken) else _back(call, desk, ended)


def _talk(call: Call, taken: port.Taken) -> Said:
    said = say("connecting"), say("agent_will_say", words=taken.words)
    return screen(replace(call, at="talking"), t.Conference(taken.room), *said)


def _back(call: Call, desk: Desk, ended: port.SupportCallEnded) -> Said:
    return menu(call, desk, *_ended(ended)) if ended.number is None else noted(call, desk, *_ended(ended))


def _position(call: Call, position: int) -> list[Utterance]:
    """Says the place in the queue when it changes. A caller who was first from the beginning hears nothing of it."""
    if position == call.queue or (position == 1 and not call.queue):
        return [say("still_on_hold")]
    place = say("next_in_queue") if position == 1 else say("position", number=position)
    return [place, say("rather_callback")]


def _ended(ended: port.SupportCallEnded) -> list[Utterance]:
    """What a caller hears when nobody came, or when they would rather be called back."""
    if not ended.nobody_came and not ended.asked:
        return []
    nobody = [say("nobody_came")] if ended.nobody_came else []
    if ended.number is None:
        return [*nobody, say("ticket_kept")]
    return [*nobody, say("callback_ticket"), *number_twice(ended.number)]


def _ask_closed(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1), say("press_for_callback"), say("star_back"))


def _hear_closed(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("1"):
            asked = desk.ask_callback(call)
            return not_told(call, desk, asked) if isinstance(asked, Refused) else _back(call, desk, asked)
        case Keys():
            return menu(call, desk)
    raise unexpected(call, event)


def _ask_talking(call: Call, desk: Desk) -> Said:
    """Back from a second proof, or without one."""
    return _back_to_talk(replace(call, then=""), desk, None)


def _back_to_talk(call: Call, desk: Desk, passed: bool | None) -> Said:
    """Into the room where the agent waits."""
    back = desk.back_to_talk(call, passed)
    match back:
        case port.BackInRoom(room, came):
            said = say("keypad_passed" if came else "keypad_failed"), say("back_to_agent")
            return screen(call, t.Conference(room), *said)
        case Refused() if call.proof >= Proof.VERIFIED:
            return not_told(call, desk, back)
        case port.BeingUpdated():
            return not_told(call, desk, back)
    return _talk_ended(call, desk)


def _talk_ended(call: Call, desk: Desk) -> Said:
    if call.proof < Proof.VERIFIED:
        return goodbye(call, "talk_ended", "goodbye.neutral")
    return menu(call, desk, say("talk_ended"))


def _hear_talking(call: Call, desk: Desk, event: Event) -> Said:
    if isinstance(event, t.RecalledToKeypad):
        what = desk.what_is_asked(call)
        if what == "pin":
            return goto(replace(call, tries=0, short=0), desk, "pin_again", say("agent_asks"))
        if what == "second":
            return goto(replace(call, then="talk"), desk, "step_up", say("agent_asks"))
        return _back_to_talk(call, desk, None)
    desk.end_talk(call)
    return _talk_ended(call, desk)


# --- the keypad in the middle of a talk: nothing that is keyed comes near the agent, who waits in the room, or the room


def _ask_keypad(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(10, until_hash=True, seconds=15), say("pin_for_agent"))


def _hear_keypad(call: Call, desk: Desk, event: Event) -> Move:
    match event:
        case Keys("" | "*"):
            return _failed(call, desk)
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
            return _back_to_talk(proved, desk.under_threat() if duress else desk, passed=True)
        case Keys() | t.NotProved() | t.Proved() | t.LineBusy() | t.MessagesOnly():
            return _failed(call, desk)
    raise unexpected(call, event)


def _failed(call: Call, desk: Desk) -> Said:
    """A caller who was verified before is no longer: neither for the agent nor for the menu."""
    return _back_to_talk(replace(call, at="talking", proof=int(Proof.CLAIMED), unlocked=0), desk, passed=False)


STATES = {
    "on_hold": State(_ask_on_hold, _hear_on_hold, silence_speaks=True),
    "closed": State(_ask_closed, _hear_closed, known=True),
    "talking": State(_ask_talking, _hear_talking, silence_speaks=True),
    "pin_again": State(_ask_keypad, _hear_keypad, silence_speaks=True),
}
RESUMED["talk"] = lambda call, desk: goto(call, desk, "talking")
RESUMED["failed"] = lambda call, desk: _failed(replace(call, then=""), desk)
