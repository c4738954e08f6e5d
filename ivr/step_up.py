"""A second proof on the phone: choosing a factor, keying the code or answering in Slack, and going on with what it was needed for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from authz import REQUESTS, Topic
from desk.outcomes import NotProved
from ivr import desk_port as port
from ivr.desk_port import Desk
from ivr.request import WANTED
from ivr.ticket_list import HAND_IN, drafted, hand_in
from ivr.transitions import RESUMED, State, goto, menu, not_a_choice, not_told, noted, resume, screen, unexpected
from ivr.types import Call, Event, Gather, Keys, Said, Utterance, say
from store.accounts.account_details import Refused
from store.tickets.customer_tickets import topic_of

STEP_UP: Final = "step.up"  # no cell of the rules: for a caller who needs a second proof and has a way to give one
WAYS: Final = {
    "1": "authenticator",
    "2": "slack_code",
    "3": "slack_approval",
    "4": "text",
    "5": "transfer_code",
    "7": "passkey",
}
WRONG_IN_ONE_GO: Final = 3


def _ask_step_up(call: Call, desk: Desk) -> Said:
    return _found(call, desk, desk.ways(call))


def _found(call: Call, desk: Desk, found: port.WaysFound | port.AlreadyProved | port.NotTold | None) -> Said:
    match found:
        case port.WaysFound(()):
            fresh = [say(f"fresh.{word}") for word in found.fresh]
            return _back(call, desk, say("step.nothing"), *fresh, say("step.set_up"))
        case port.WaysFound(ways, ending, _, draft):
            offered = [say(f"prove.{digit}", ending=ending) for digit, way in WAYS.items() if way in ways]
            if draft is None:
                return screen(replace(call, at="step_up"), Gather(1), *offered, say("star_back"))
            waits = say("step.draft", number=draft.number, action=draft.action)
            known = replace(call, at="step_up", then=f"{HAND_IN}{draft.number}")
            return screen(known, Gather(1), waits, *offered, say("step.other"), say("star_back"))
        case port.AlreadyProved():
            return resume(call, desk) if call.then == "talk" else _lasts(call, desk, found)
        case None:
            return _back(call, desk, say("step.no_need"))
        case port.BeingUpdated() | Refused():
            return not_told(call, desk, found)


def _hear_step_up(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*") if call.then.startswith(WANTED):
            return goto(replace(call, then="", about="", service=None), desk, "request")
        case Keys("*"):
            return _back(call, desk)
        case Keys("6") if drafted(call) is not None:
            return goto(replace(call, then="prove"), desk, "step_up")
        case Keys(keyed) if keyed in WAYS:
            return _prove_by(replace(call, way=WAYS[keyed], wrong=0), desk)
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _prove_by(call: Call, desk: Desk) -> Said:
    asked = desk.prove_by(call)
    match asked:
        case "code_wanted":
            return goto(call, desk, "step_code")
        case port.ApprovalAsked(id):
            first = say("approval.page" if call.way == "passkey" else "approval.number", asked=asked)
            said = first, say("approval.again", asked=asked), say("approval.say_it")
            return screen(replace(call, at="approving", approval=id), Gather(1, seconds=4), *said, say("star_back"))
        case "not_now":
            return goto(call, desk, "step_up", say("step.not_now"))
        case "not_offered":
            return not_a_choice(call, desk)
        case port.BeingUpdated():
            return not_told(call, desk, asked)


def _back(call: Call, desk: Desk, *lead: Utterance) -> Said:
    """Without a second proof: to the menu, or to the agent who waits."""
    return resume(call, desk, *lead) if call.then == "talk" else menu(call, desk, *lead)


def _ask_code(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(9, until_hash=True, seconds=15), say(f"key_code.{call.way}"))


def _hear_code(call: Call, desk: Desk, event: Event) -> Said:
    digits = 6 if call.way == "authenticator" else 8
    match event:
        case Keys("*"):
            return goto(call, desk, "step_up")
        case Keys(keyed) if re.fullmatch(f"[0-9]{{{digits}}}", keyed):
            return _check(call, desk, keyed)
        case Keys():
            return _once_more(call, desk, say("step.not_whole"))
    raise unexpected(call, event)


def _check(call: Call, desk: Desk, digits: str) -> Said:
    checked = desk.check_code(call, digits)
    match checked:
        case port.SteppedUp(minutes):
            return resume(call, desk, say("step.done", minutes=minutes))
        case NotProved.WRONG:
            return _once_more(call, desk, say("step.wrong"))
        case NotProved():
            return _back(call, desk, say("step.busy" if checked is NotProved.BUSY else "step.locked"))
        case port.BeingUpdated():
            return not_told(call, desk, checked)


def _once_more(call: Call, desk: Desk, why: Utterance) -> Said:
    if call.wrong + 1 == WRONG_IN_ONE_GO:
        return _back(call, desk, why)
    return goto(replace(call, wrong=call.wrong + 1), desk, "step_code", why)


def _ask_approving(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1, seconds=4), _waiting(call), say("star_back"))


def _waiting(call: Call) -> Utterance:
    return say("approval.page_waiting" if call.way == "passkey" else "approval.waiting")


def _hear_approving(call: Call, desk: Desk, event: Event) -> Said:
    if not isinstance(event, Keys):
        raise unexpected(call, event)
    looked = desk.give_up_approval(call) if event.keyed == "*" else desk.look_at_approval(call)
    match looked:
        case None:
            return goto(replace(call, approval=0), desk, "step_up")
        case "waiting":
            return screen(call, Gather(1, seconds=4), _waiting(call))
        case port.SteppedUp(minutes):
            return resume(call, desk, say("step.done", minutes=minutes))
        case "no":
            return _back(call, desk, say("approval.page_no" if call.way == "passkey" else "approval.no"))
        case port.BeingUpdated():
            return not_told(call, desk, looked)


# --- somebody who has given a second proof


def _lasts(call: Call, desk: Desk, proved: port.AlreadyProved) -> Said:
    carry = [say("stepped_up.carry")] if proved.carry else []
    change = [say("stepped_up.change")] if proved.requests else []
    draft, topics = proved.draft, tuple(str(topic) for topic in Topic if topic in map(topic_of, proved.carry))
    waits = [say("stepped_up.hand_in", number=draft.number, action=draft.action)] if draft else []
    known = replace(call, at="stepped_up", topics=topics, told=draft.number if draft else 0)
    said = say("stepped_up.lasts", minutes=proved.minutes)
    if not carry and not change and not waits:
        return menu(call, desk, said)
    return screen(known, Gather(1), said, *carry, *change, *waits, say("star_back"))


def _ask_stepped_up(call: Call, desk: Desk) -> Said:
    found = desk.ways(call)  # it may have run out meanwhile
    return _lasts(call, desk, found) if isinstance(found, port.AlreadyProved) else _found(call, desk, found)


def _hear_stepped_up(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return menu(call, desk)
        case Keys("1") if len(call.topics) == 1:
            return _reference(call, desk, call.topics[0])
        case Keys("1") if call.topics:
            return goto(call, desk, "carry")
        case Keys("3") if call.told:
            return hand_in(replace(call, then=f"{HAND_IN}{call.told}"), desk)
        case Keys("2"):
            return goto(call, desk, "request")
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _ask_carry(call: Call, desk: Desk) -> Said:
    """Asks what the transfer code is for by naming the action: nobody has to know its topic."""
    found = desk.ways(call)
    match found:
        case port.AlreadyProved(_, carry) if carry:
            offered = [say(f"request.{n}") for n, action in enumerate(REQUESTS, 1) if action in carry]
            return screen(replace(call, at="carry"), Gather(1), say("which_in_slack"), *offered, say("star_back"))
    return _found(call, desk, found)


def _hear_carry(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return goto(call, desk, "stepped_up")
        case Keys(keyed) if len(keyed) == 1 and keyed in "12345678" and _topic(keyed) in call.topics:
            return _reference(call, desk, _topic(keyed))
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _topic(keyed: str) -> str:
    return str(topic_of(REQUESTS[int(keyed) - 1]))


def _reference(call: Call, desk: Desk, topic: str) -> Said:
    code = desk.transfer_code(call, topic)
    if code is None:
        return menu(call, desk, say("transfer_code.none"))
    if isinstance(code, port.BeingUpdated):
        return not_told(call, desk, code)
    said = say("transfer_code.code", code=code), say("transfer_code.again", code=code)
    return noted(call, desk, *said, say("transfer_code.use"))


STATES = {
    "step_up": State(_ask_step_up, _hear_step_up, known=True),
    "step_code": State(
        _ask_code, _hear_code, silences=5, ends_with_hash=True, known=True
    ),  # it is looked up, or on its way
    "approving": State(_ask_approving, _hear_approving, silence_speaks=True, known=True),
    "stepped_up": State(_ask_stepped_up, _hear_stepped_up, known=True),
    "carry": State(_ask_carry, _hear_carry, known=True),
}
RESUMED["prove"] = menu
