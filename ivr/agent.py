"""The phones of the desk: an agent who answers keys the two digits their page shows beside the call, and only then hears who is calling. 1 will do
where there is nobody signed in whose page could show any.

Once they talk, the agent alone hears what came of the keypad, and that the caller has hung up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from desk import calls
from desk.calls import NotTaken, TakenCall
from ivr import screens
from ivr.turn import PhoneContext, RefusedError
from ivr.types import Conference, Gather, HangUp, Screen, Utterance, say
from ivr.webhook import OVER, Webhook, is_step_token, step_token
from store import Keys
from store.calls import agent_legs, call_state, support_calls
from store.calls.support_calls import SupportCall
from store.db.transaction import Transaction
from store.security import alerts
from store.text import numbers

_CAME = ("passed", "failed", "guarded")
TRIES: Final = 3  # at the digits


def leg_urls(keys: Keys, support_call: int, leg: int, tried: int = 0) -> tuple[str, str]:
    """Where Twilio asks what to play on a leg of the desk, and where it tells how the leg fared: paths with their token. `tried`: how
    often other digits were keyed on it."""
    token = step_token(keys, _about(support_call, tried), leg)
    query = urlencode({"support_call": support_call, "leg": leg, "tried": tried, "t": token})
    return f"/ivr/agent?{query}", f"/ivr/agent/status?{query}"


def rung(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """An agent has answered, or has pressed a key."""
    with on.store.transaction("phone", found.call_sid) as tx:
        support_call, leg = _support_call(tx, on, query)
        tried = _tried(query)
        screen = _screen(tx, support_call, leg, found, tried)
    action, _ = leg_urls(on.store.keys, support_call.id, leg, tried if found.digits is None else tried + 1)
    _, status = leg_urls(on.store.keys, support_call.id, leg)
    return screens.twiml(screen, on.phrases, action=on.twilio.url(action), recording=on.twilio.url(status))


def leg_status(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """An agent leg is over. If nobody took the call on it, one phone fewer is ringing."""
    if found.call_status in OVER:
        with on.store.transaction("phone", found.call_sid) as tx:
            support_call, leg = _support_call(tx, on, query)
            if call_state.first_delivery(tx, f"leg {support_call.id} {leg}"):
                support_calls.leg_gone(tx, support_call.id, found.call_sid, leg)
    return screens.nothing()


def told_url(keys: Keys, support_call: int, told: str) -> str:
    """Where Twilio asks what to say to the agent in the room: `told` is passed, failed or guarded."""
    return f"/ivr/agent/told?{urlencode({'support_call': support_call, 'told': told, 't': step_token(keys, f'told {told}', support_call)})}"


def told(on: PhoneContext, _found: Webhook, query: Mapping[str, str]) -> str:
    """What came of the keypad, for the agent's ears alone."""
    support_call, came = numbers.parse_int(query.get("support_call", "")), query.get("told", "")
    if (
        support_call is None
        or came not in _CAME
        or not is_step_token(on.store.keys, query.get("t", ""), f"told {came}", support_call)
    ):
        raise RefusedError("not a support call of ours")
    return screens.announced(on.phrases, say(f"agent.{came}"))


def over_url(keys: Keys, support_call: int) -> str:
    """Where an agent's leg is sent when the caller has hung up."""
    return f"/ivr/agent/over?{urlencode({'support_call': support_call, 'leg': 0, 't': step_token(keys, _about(support_call, 0), 0)})}"


def over(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """Tells the agent that the caller has hung up, and that they had failed at the keypad if they had."""
    with on.store.transaction("phone", found.call_sid) as tx:
        support_call, _leg = _support_call(tx, on, query)
    failed = (
        [say("agent.failed")] if support_call.requested_proof and support_call.verification_result == "failed" else []
    )
    screen = Screen((*failed, say("agent.over")), HangUp())
    return screens.twiml(screen, on.phrases, action=on.twilio.url("/ivr/agent"), recording="")


def _screen(tx: Transaction, support_call: SupportCall, leg: int, found: Webhook, tried: int) -> Screen:
    if found.dial_call_status:  # the talk is over
        return Screen((say("agent.declined"),), HangUp())
    if agent_legs.is_closed(tx, support_call.id, leg):
        return Screen((say("agent.closed"),), HangUp())
    digits = calls.digits(tx, support_call.id, leg)
    if found.digits is not None:
        return _pressed(tx, support_call, leg, found, digits, tried)
    emergency = support_call.emergency
    if digits:
        offer = say("agent.offer_emergency_by_digits" if emergency else "agent.offer_by_digits")
        return _asked(support_call, offer, 2)
    return _asked(support_call, say("agent.offer_emergency" if emergency else "agent.offer"), 1)


def _asked(support_call: SupportCall, how: Utterance, keys: int) -> Screen:
    if support_call.over or support_call.taken:
        return Screen((say("agent.taken" if support_call.taken else "agent.gone"),), HangUp())
    return Screen((how,), Gather(keys, seconds=8))


def _pressed(
    tx: Transaction, support_call: SupportCall, leg: int, found: Webhook, digits: Mapping[str, int], tried: int
) -> Screen:
    staff = digits.get(found.digits or "")
    if digits and staff is None and found.digits and tried + 1 < TRIES:
        return _asked(support_call, say("agent.other_digits"), 2)
    if digits and staff is None and found.digits:
        alerts.alert(tx, "take_digits", str(tx.now // alerts.HOUR))
    if staff is None and (digits or found.digits != "1"):
        return Screen((say("agent.declined"),), HangUp())
    match calls.take(tx, support_call, found.call_sid, leg, staff):
        case NotTaken.GONE:
            return Screen((say("agent.gone"),), HangUp())
        case NotTaken.TAKEN:
            return Screen((say("agent.taken"),), HangUp())
        case NotTaken.NOT_PERMITTED:
            raise RefusedError("the agents' line may not see a card")
        case TakenCall(to, words):
            who = say("agent.who", name=to.name, account=to.account_name, number=to.account_number, proof=to.proof)
            room = Conference(support_calls.room(support_call.id), ends=True)
            return Screen((who, say("agent.say", words=words)), room)


def _about(support_call: int, tried: int) -> str:
    """What the token of a leg's address is for."""
    return f"support_call {support_call} tried {tried}"


def _tried(query: Mapping[str, str]) -> int:
    return numbers.parse_int(query.get("tried", "")) or 0


def _support_call(tx: Transaction, on: PhoneContext, query: Mapping[str, str]) -> tuple[SupportCall, int]:
    """The support call and agent leg a URL is about. Raises `RefusedError` unless it is one of ours."""
    support_call, leg = (numbers.parse_int(query.get(name, "")) for name in ("support_call", "leg"))
    if (
        support_call is None
        or leg is None
        or not is_step_token(on.store.keys, query.get("t", ""), _about(support_call, _tried(query)), leg)
    ):
        raise RefusedError("not a support call of ours")
    found = support_calls.lock(tx, support_call)
    if found is None:
        raise RefusedError("a support call we do not know")
    return found, leg
