"""A call under a threat: it sounds as always, but nothing is told, nobody is rung, and whatever is left is held back.

`call.duress` is set by a PIN (store/pins.py), and stays. What one chooses by is the real thing: accounts, the menu, services.
Whatever else there is or ever will be is answered with "That is being updated", unless it stands here. So nothing is proved
further, no code is read out, and nothing comes to the desk's cards, to Slack or into what the owner can read: tickets are
held for those who lead the desk, who were alarmed when the PIN was keyed (pin.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from authz import Action, Grant, Proof
from ivr import outcomes as o
from ivr import shapes as s
from ivr.asks import Desk, by_topic, refused, ring_ask
from ivr.outcomes import Outcome
from ivr.shapes import Call, Effect
from store import held, rings, tickets
from store.timeline import Recorded
from store.transaction import Transaction

Doing = Callable[[Transaction, Desk, Call, Any], Outcome]
RING_FOR: Final = 45_000  # ms that nobody comes
AS_ALWAYS: Final = (s.NameAccounts, s.FindAccount, s.Offer, s.MayOpen, s.NameServices, s.MayLeaveMessage)


def instead_of(effect: Effect, usually: Doing) -> Doing:
    """How an effect is done under a threat, where it is `usually` done so."""
    return usually if isinstance(effect, AS_ALWAYS) else _DO.get(type(effect), _being_updated)


def _being_updated(tx: Transaction, _desk: Desk, call: Call, effect: object) -> Outcome:
    """What was spoken with it is held all the same."""
    assert call.subject is not None
    recorded: Recorded | None = getattr(effect, "recorded", None)
    if recorded is not None and not tickets.has_recording(tx, recorded.sid):
        _hold(tx, call, "Left by phone", recorded=recorded)
    tx.record(
        call.subject, call.account, "duress", "not_told", proof=Proof(call.proof), fields=(type(effect).__name__,)
    )
    return o.BeingUpdated()


def _make_link_code(tx: Transaction, desk: Desk, call: Call, effect: object) -> Outcome:
    return _being_updated(tx, desk, call, effect) if desk.slack else o.LinkCode(None)


def _save_ticket(tx: Transaction, _desk: Desk, call: Call, effect: s.SaveTicket) -> Outcome:
    granted = by_topic(tx, call, Action.TICKET_OPEN)
    verdict = next((g for g in granted if g.topic == call.topic), None) if isinstance(granted, list) else None
    if tickets.has_recording(tx, effect.recorded.sid):
        known = tickets.with_recording(tx, verdict, effect.recorded.sid) if verdict is not None else None
        return o.TicketKept() if known is None else o.TicketSaved(known)
    number = _hold(tx, call, "Left by phone", recorded=effect.recorded)
    return o.TicketKept() if verdict is None else o.TicketSaved(number)


def _save_reply(tx: Transaction, _desk: Desk, call: Call, effect: s.SaveReply) -> Outcome:
    if not tickets.has_recording(tx, effect.recorded.sid):
        _hold(tx, call, f"Left by phone for ticket {call.told}", recorded=effect.recorded)
    return o.TicketSaved(call.told)


def _leave_message(tx: Transaction, _desk: Desk, call: Call, effect: s.LeaveMessage) -> Outcome:
    if not tickets.has_recording(tx, effect.recorded.sid):
        _hold(tx, call, "Left by phone as a message", recorded=effect.recorded)
    return o.MessageLeft()


def _ring_desk(tx: Transaction, desk: Desk, call: Call, _effect: object) -> Outcome:
    """The ring that nobody hears has no row: its id says when it began, in ms below zero."""
    ask, emergency = ring_ask(tx, call), call.about == "emergency"
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    if not emergency and call.call_back is None and desk.hours is not None and not desk.hours.are_open(tx.now):
        return o.DeskClosed(desk.hours.next(tx.now))
    if not (desk.emergency if emergency else desk.agents):
        return _give_up_ring(tx, desk, call, s.GiveUpRing(nobody_came=True))
    return o.Ringing(-tx.now)


def _look_at_ring(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    waited = tx.now + (call.ring or 0)
    return o.NobodyCame() if waited > RING_FOR else o.StillRinging(1)


def _give_up_ring(tx: Transaction, _desk: Desk, call: Call, effect: s.GiveUpRing) -> Outcome:
    _leave_the_desk(tx)
    if not (effect.nobody_came or effect.asked):
        return o.RingEnded(None, False)
    emergency = call.about == "emergency"
    subject = "Emergency: asked for by phone" if emergency else "Call back: asked for a person"
    return o.RingEnded(_hold(tx, call, subject, urgent=emergency), effect.nobody_came, effect.asked)


def _ask_call_back(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    return o.RingEnded(_hold(tx, call, "Call back: asked for a person"), nobody_came=False, asked=True)


def _back_to_talk(tx: Transaction, _desk: Desk, _call: Call, _effect: object) -> Outcome:
    """The PIN was keyed in the middle of a talk: to the agent the caller has gone."""
    _leave_the_desk(tx)
    return o.RingEnded(None, False)


def _leave_the_desk(tx: Transaction) -> None:
    rings.end(tx, tx.call or "", rings.CALLER_LEFT)


def _hold(tx: Transaction, call: Call, subject: str, *, recorded: Recorded | None = None, urgent: bool = False) -> int:
    assert call.subject is not None
    topic = call.topic or "technical"
    return held.keep(
        tx,
        call.subject,
        call.account,
        topic=topic,
        subject=subject,
        service=call.service,
        urgent=urgent,
        recorded=recorded,
    )


_DO: dict[type, Doing] = {
    s.MakeLinkCode: _make_link_code,
    s.SaveTicket: _save_ticket,
    s.SaveReply: _save_reply,
    s.LeaveMessage: _leave_message,
    s.RingDesk: _ring_desk,
    s.LookAtRing: _look_at_ring,
    s.GiveUpRing: _give_up_ring,
    s.AskCallBack: _ask_call_back,
    s.BackToTalk: _back_to_talk,
}
