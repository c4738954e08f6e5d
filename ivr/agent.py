"""The phones of the desk: an agent who answers hears "Press 1 to take a support call", and only then who is calling.

Once they talk, the agent alone hears what came of the keypad, and that the caller has hung up.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from desk import calls
from desk.calls import NotTaken, TakenCall
from ivr import screens
from ivr.turn import PhoneContext, RefusedError
from ivr.types import Conference, Gather, HangUp, Screen, say
from ivr.webhook import OVER, Webhook, is_step_token, step_token
from store import Keys
from store.calls import agent_legs, call_state, support_calls
from store.calls.support_calls import SupportCall
from store.db.transaction import Transaction
from store.text import numbers

_CAME = ("passed", "failed", "guarded")


def leg_urls(keys: Keys, support_call: int, leg: int) -> tuple[str, str]:
    """Where Twilio asks what to play on a leg of the desk, and where it tells how the leg fared: paths with their token."""
    query = urlencode(
        {"support_call": support_call, "leg": leg, "t": step_token(keys, f"support_call {support_call}", leg)}
    )
    return f"/ivr/agent?{query}", f"/ivr/agent/status?{query}"


def rung(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """An agent has answered, or has pressed a key."""
    with on.store.transaction("phone", found.call_sid) as tx:
        support_call, leg = _support_call(tx, on, query)
        screen = _screen(tx, support_call, leg, found)
    action, status = leg_urls(on.store.keys, support_call.id, leg)
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
    return f"/ivr/agent/over?{urlencode({'support_call': support_call, 'leg': 0, 't': step_token(keys, f'support_call {support_call}', 0)})}"


def over(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """Tells the agent that the caller has hung up, and that they had failed at the keypad if they had."""
    with on.store.transaction("phone", found.call_sid) as tx:
        support_call, _leg = _support_call(tx, on, query)
    failed = (
        [say("agent.failed")] if support_call.requested_proof and support_call.verification_result == "failed" else []
    )
    screen = Screen((*failed, say("agent.over")), HangUp())
    return screens.twiml(screen, on.phrases, action=on.twilio.url("/ivr/agent"), recording="")


def _screen(tx: Transaction, support_call: SupportCall, leg: int, found: Webhook) -> Screen:
    if found.dial_call_status:  # the talk is over
        return Screen((say("agent.declined"),), HangUp())
    if agent_legs.is_closed(tx, support_call.id, leg):
        return Screen((say("agent.closed"),), HangUp())
    return _pressed(tx, support_call, leg, found) if found.digits is not None else _offered(support_call)


def _offered(support_call: SupportCall) -> Screen:
    if support_call.over or support_call.taken:
        return Screen((say("agent.taken" if support_call.taken else "agent.gone"),), HangUp())
    return Screen((say("agent.offer_emergency" if support_call.emergency else "agent.offer"),), Gather(1, seconds=8))


def _pressed(tx: Transaction, support_call: SupportCall, leg: int, found: Webhook) -> Screen:
    if found.digits != "1":
        return Screen((say("agent.declined"),), HangUp())
    match calls.take(tx, support_call, found.call_sid, leg):
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


def _support_call(tx: Transaction, on: PhoneContext, query: Mapping[str, str]) -> tuple[SupportCall, int]:
    """The support call and agent leg a URL is about. Raises `RefusedError` unless it is one of ours."""
    support_call, leg = (numbers.parse_int(query.get(name, "")) for name in ("support_call", "leg"))
    if (
        support_call is None
        or leg is None
        or not is_step_token(on.store.keys, query.get("t", ""), f"support_call {support_call}", leg)
    ):
        raise RefusedError("not a support call of ours")
    found = support_calls.lock(tx, support_call)
    if found is None:
        raise RefusedError("a support call we do not know")
    return found, leg
