"""A second proof on the phone: which way, the code that is keyed or the answer in Slack, and on with what it was wanted for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from authz import REQUESTS, Topic
from ivr import further as f
from ivr import outcomes as o
from ivr import proofs
from ivr.moves import RESUMED, Place, goto, menu, not_a_choice, noted, refusal, resume, screen, unexpected
from ivr.request import WANTED
from ivr.shapes import Call, Event, Gather, Keys, Line, Move, line
from ivr.tickets import HAND_IN, drafted, hand_in
from store.tickets.customer_tickets import topic_of

STEP_UP: Final = "step.up"  # no cell of the rules: for whoever could use a second proof and could give one
WAYS: Final = {"1": "authenticator", "2": "slack_code", "3": "slack_approval", "4": "text", "5": "carried"}
WRONG_IN_ONE_GO: Final = 3
TOPICS: Final = {"1": "technical", "2": "billing"}


def _find(call: Call) -> Move:
    return call, f.FindWays()


def hear_step_up(call: Call, event: Event) -> Move:
    match event:
        case proofs.WaysFound(()):
            fresh = [line(f"fresh.{word}") for word in event.fresh]
            return _back(call, line("step.nothing"), *fresh, line("step.set_up"))
        case proofs.WaysFound(ways, ending, _, draft):
            offered = [line(f"prove.{digit}", ending=ending) for digit, way in WAYS.items() if way in ways]
            if draft is None:
                return screen(replace(call, at="step_up"), Gather(1), *offered, line("star_back"))
            waits = line("step.draft", number=draft.number, action=draft.action)
            known = replace(call, at="step_up", then=f"{HAND_IN}{draft.number}")
            return screen(known, Gather(1), waits, *offered, line("step.other"), line("star_back"))
        case proofs.AlreadyProved() if call.then == "talk":
            return resume(call)
        case proofs.AlreadyProved():
            return _lasts(call, event)
        case proofs.NoNeed():
            return _back(call, line("step.no_need"))
        case Keys("*") if call.then.startswith(WANTED):
            return goto(replace(call, then="", about="", service=None), "request")
        case Keys("*"):
            return _back(call)
        case Keys("6") if drafted(call) is not None:
            return goto(replace(call, then="prove"), "step_up")
        case Keys(keyed) if keyed in WAYS:
            return replace(call, way=WAYS[keyed], wrong=0), f.ProveBy()
        case Keys():
            return not_a_choice(call)
        case proofs.CodeWanted():
            return goto(call, "step_code")
        case proofs.ApprovalAsked(id):
            said = line("approval.number", asked=event), line("approval.again", asked=event), line("approval.say_it")
            return screen(replace(call, at="approving", approval=id), Gather(1, seconds=4), *said, line("star_back"))
        case proofs.WayClosed(True):
            return goto(call, "step_up", line("step.not_now"))
        case proofs.WayClosed(False):
            return not_a_choice(call)
        case o.Refused():
            return menu(call, *refusal(event))
    return unexpected(call, event)


def _back(call: Call, *lead: Line) -> Move:
    """Without a second proof: to the menu, or to the agent who waits."""
    return resume(call, *lead) if call.then == "talk" else menu(call, *lead)


def _ask_code(call: Call) -> Move:
    return screen(call, Gather(9, until_hash=True, seconds=15), line(f"key_code.{call.way}"))


def _hear_code(call: Call, event: Event) -> Move:
    digits = 6 if call.way == "authenticator" else 8
    match event:
        case Keys("*"):
            return goto(call, "step_up")
        case Keys(keyed) if re.fullmatch(f"[0-9]{{{digits}}}", keyed):
            return call, f.CheckCode(keyed)
        case Keys():
            return _once_more(call, line("step.not_whole"))
        case proofs.SteppedUp(minutes):
            return resume(call, line("step.done", minutes=minutes))
        case proofs.CodeWrong():
            return _once_more(call, line("step.wrong"))
        case proofs.CodesRefused(busy):
            return _back(call, line("step.busy" if busy else "step.locked"))
    return unexpected(call, event)


def _once_more(call: Call, why: Line) -> Move:
    if call.wrong + 1 == WRONG_IN_ONE_GO:
        return _back(call, why)
    return goto(replace(call, wrong=call.wrong + 1), "step_code", why)


def _ask_approving(call: Call) -> Move:
    return screen(call, Gather(1, seconds=4), line("approval.waiting"), line("star_back"))


def _hear_approving(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return call, f.GiveUpApproval()
        case Keys():
            return call, f.LookAtApproval()
        case proofs.StillWaiting():
            return screen(call, Gather(1, seconds=4), line("approval.waiting"))
        case proofs.SteppedUp(minutes):
            return resume(call, line("step.done", minutes=minutes))
        case proofs.NotApproved():
            return _back(call, line("approval.no"))
        case proofs.WayClosed():
            return goto(replace(call, approval=0), "step_up")
    return unexpected(call, event)


# --- somebody who has given a second proof


def _lasts(call: Call, proved: proofs.AlreadyProved) -> Move:
    carry = [line("stepped_up.carry")] if proved.carry else []
    change = [line("stepped_up.change")] if proved.requests else []
    draft, topics = proved.draft, tuple(str(topic) for topic in Topic if topic in map(topic_of, proved.carry))
    waits = [line("stepped_up.hand_in", number=draft.number, action=draft.action)] if draft else []
    known = replace(call, at="stepped_up", topics=topics, told=draft.number if draft else 0)
    said = line("stepped_up.lasts", minutes=proved.minutes)
    if not carry and not change and not waits:
        return menu(call, said)
    return screen(known, Gather(1), said, *carry, *change, *waits, line("star_back"))


def _hear_stepped_up(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return menu(call)
        case Keys("1") if len(call.topics) == 1:
            return call, f.GiveReference(call.topics[0])
        case Keys("1") if call.topics:
            return goto(call, "carry")
        case Keys("3") if call.told:
            return hand_in(replace(call, then=f"{HAND_IN}{call.told}"))
        case Keys("2"):
            return goto(call, "request")
        case Keys():
            return not_a_choice(call)
        case proofs.Reference():
            return _reference(call, event)
        case proofs.WaysFound() | proofs.NoNeed():  # it has run out meanwhile
            return hear_step_up(call, event)
        case proofs.AlreadyProved():
            return _lasts(call, event)
    return unexpected(call, event)


def _hear_carry(call: Call, event: Event) -> Move:
    """What it is for in Slack is asked as what it is: nobody has to know which topic that belongs to."""
    match event:
        case proofs.AlreadyProved(_, carry) if carry:
            offered = [line(f"request.{n}") for n, action in enumerate(REQUESTS, 1) if action in carry]
            return screen(replace(call, at="carry"), Gather(1), line("which_in_slack"), *offered, line("star_back"))
        case proofs.AlreadyProved() | proofs.WaysFound() | proofs.NoNeed():
            return hear_step_up(call, event)
        case Keys("*"):
            return goto(call, "stepped_up")
        case Keys(keyed) if len(keyed) == 1 and keyed in "12345678" and _topic(keyed) in call.topics:
            return call, f.GiveReference(_topic(keyed))
        case Keys():
            return not_a_choice(call)
        case proofs.Reference():
            return _reference(call, event)
    return unexpected(call, event)


def _topic(keyed: str) -> str:
    return str(topic_of(REQUESTS[int(keyed) - 1]))


def _reference(call: Call, told: proofs.Reference) -> Move:
    if told.digits is None:
        return menu(call, line("reference.none"))
    said = line("reference.code", reference=told), line("reference.again", reference=told)
    return noted(call, *said, line("reference.use"))


PLACES = {
    "step_up": Place(_find, hear_step_up),
    "step_code": Place(_ask_code, _hear_code, silences=5, ends_with_hash=True),  # it is looked up, or on its way
    "approving": Place(_ask_approving, _hear_approving, silence_speaks=True),
    "stepped_up": Place(_find, _hear_stepped_up),
    "carry": Place(_find, _hear_carry),
}
RESUMED["prove"] = menu
