"""A call under a threat: it sounds as always and leaves what it always leaves, but nothing is told, nobody is rung, and whatever
is left is held for those who lead the desk, who were alarmed when the PIN was keyed (pin.py).

`call.duress` is set by a PIN (store/verification/pins.py), and stays. What one chooses by is the real thing: accounts, the menu, services; and
so is what one leaves. `tx.threatened` holds it (timeline.insert_ticket), while the caller, their lists and their Slack see what
they see of any other. A talk that was under way goes on: the agent reads what to say instead (live_calls.py). Whatever else there is or
ever will be is answered with "That is being updated", unless it stands here. So nothing is proved further and no code is read out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from authz import Grant, Proof
from ivr import outcomes as o
from ivr import ringing
from ivr import shapes as s
from ivr.asks import Desk, keep, refused, ring_ask
from ivr.outcomes import Outcome
from ivr.ringing import MOST_RINGS, RING_FOR
from ivr.shapes import Call, Effect
from store.calls import agent_legs, support_calls
from store.db.transaction import Transaction
from store.messages.timeline import Recorded
from store.tickets import customer_tickets

Doing = Callable[[Transaction, Desk, Call, Any], Outcome]
AS_ALWAYS: Final = (
    *(s.NameAccounts, s.FindAccount, s.Offer, s.MayOpen, s.NameServices, s.MayLeaveMessage),
    *(s.SaveTicket, s.LeaveMessage, s.AskCallBack, s.WhatIsAsked),
)
WITH_THE_DESK: Final = (s.LookAtRing, s.GiveUpRing, s.BackToTalk)  # as always, once the desk was really rung


def instead_of(call: Call, effect: Effect, usually: Doing) -> Doing:
    """How an effect is done under a threat, where it is `usually` done so."""
    really_rung = call.ring is not None and call.ring > 0
    if isinstance(effect, AS_ALWAYS) or (really_rung and isinstance(effect, WITH_THE_DESK)):
        return usually
    return _DO.get(type(effect), _being_updated)


def _being_updated(tx: Transaction, _desk: Desk, call: Call, effect: object) -> Outcome:
    """What was spoken with it is held all the same."""
    assert call.subject is not None
    recorded: Recorded | None = getattr(effect, "recorded", None)
    if recorded is not None and not customer_tickets.has_recording(tx, recorded.sid):
        keep(tx, call, recorded, "Left by phone")
    tx.record(
        call.subject, call.account, "duress", "not_told", proof=Proof(call.proof), fields=(type(effect).__name__,)
    )
    return o.BeingUpdated()


def _make_link_code(tx: Transaction, desk: Desk, call: Call, effect: object) -> Outcome:
    return _being_updated(tx, desk, call, effect) if desk.slack else o.LinkCode(None)


def _ring_desk(tx: Transaction, desk: Desk, call: Call, _effect: object) -> Outcome:
    """The ring that nobody hears has no row: its id says when it began, in ms below zero."""
    ask, emergency = ring_ask(tx, call), call.about == "emergency"
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    if not emergency and call.call_back is None and desk.hours is not None and not desk.hours.are_open(tx.now):
        return o.DeskClosed(desk.hours.next(tx.now))
    numbers = agent_legs.open_phones(tx, desk.emergency if emergency else desk.agents)
    if not numbers or call.rung >= MOST_RINGS:
        return _give_up_ring(tx, desk, call, s.GiveUpRing(nobody_came=True))
    return o.Ringing(-tx.now)


def _look_at_ring(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    since = -(call.ring or 0)
    if tx.now - since > RING_FOR:
        return o.NobodyCame()
    return o.StillRinging(support_calls.place_since(tx, since, emergency=call.about == "emergency"))


def _give_up_ring(tx: Transaction, _desk: Desk, call: Call, effect: s.GiveUpRing) -> Outcome:
    if not (effect.nobody_came or effect.asked):
        return o.RingEnded(None, False)
    since = tx.now if call.ring is None else -call.ring
    number = ringing.call_back_ticket(tx, call, effect, since, emergency=call.about == "emergency")
    return o.RingEnded(number, effect.nobody_came, effect.asked)


_DO: dict[type, Doing] = {
    s.MakeLinkCode: _make_link_code,
    s.RingDesk: _ring_desk,
    s.LookAtRing: _look_at_ring,
    s.GiveUpRing: _give_up_ring,
}
