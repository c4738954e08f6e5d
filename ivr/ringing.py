"""What is done for somebody who wants a person: the desk is rung, its queue, the room and the way back, calls of ours.

Each way it can end leaves something written down: a ticket where they are to be called back, and how it ended in any case.
"""

from __future__ import annotations

from typing import Any, Final

from authz import Grant, Proof
from ivr import outcomes as o
from ivr import shapes as s
from ivr.asks import Desk, keep, refused, ring_ask
from ivr.outcomes import Outcome
from ivr.shapes import Call
from store.accounts.people import resolve, subject_of
from store.calls import agent_legs, callbacks, live_calls, support_calls
from store.calls.support_calls import Ring
from store.codes import one_time_codes
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.tickets import customer_tickets
from store.verification import slack_approvals, step_ups

RING_FOR: Final = 45_000  # ms until nobody has come
QUEUE_FOR: Final = 10 * 60_000  # ms at most, while phones are busy with others
MOST_RINGS: Final = 3  # in one call: who goes back and asks again and again does not keep the desk's phones ringing
RING_GRACE: Final = 15_000  # ms more, then the worker looks: the caller may be gone, and Twilio never have said so


def _ring_desk(tx: Transaction, desk: Desk, call: Call, _effect: object) -> Outcome:
    ask = ring_ask(tx, call)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    emergency, ours = call.about == "emergency", call.call_back
    if not emergency and ours is None and desk.hours is not None and not desk.hours.are_open(tx.now):
        return o.DeskClosed(desk.hours.next(tx.now))
    numbers = desk.emergency if emergency else desk.agents
    if ours is not None:
        theirs = callbacks.staff_phone(tx, ours)
        numbers = (theirs,) if theirs else numbers
        callbacks.moved(tx, ours, "proved")
    numbers = agent_legs.open_phones(tx, numbers)
    if call.rung >= MOST_RINGS:
        numbers = ()  # nobody is rung: it ends as when nobody comes, with a call-back ticket
    own_number = resolve(tx, call.support_id, call.number)[1]
    ring = support_calls.start(
        tx, verdict, numbers=numbers, service=call.service, own_number=own_number, call_back=call.call_back
    )
    look_again(tx, ring)
    for leg in range(len(numbers)):
        job_queue.enqueue(tx, "ring", f"{ring}:{leg}", {"ring": ring, "leg": leg})
    return o.Ringing(ring) if numbers else _give_up_ring(tx, desk, call, s.GiveUpRing(nobody_came=True))


def look_again(tx: Transaction, ring: int) -> None:
    """A while later the worker looks whether the caller is still there."""
    again = {"ring": ring, "call": tx.call}
    job_queue.enqueue_once(tx, "ring_over", f"{ring}:{tx.now}", again, after=RING_FOR + RING_GRACE)


def has_gone(tx: Transaction, ring: Ring) -> bool:
    """Nothing was heard of a caller who waits: they would have been told something by now."""
    return ring.seen_at < tx.now - RING_FOR


def _look_at_ring(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    assert call.ring is not None
    ask = ring_ask(tx, call)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        support_calls.end(tx, tx.call or "", support_calls.REFUSED)
        return refused(tx, ask, verdict)
    ring = support_calls.hold(tx, call.ring)
    if ring is not None and ring.taken:
        return _taken(tx, ring)
    if ring is None or ring.over or _is_enough(tx, ring):
        return o.NobodyCame()
    support_calls.seen(tx, ring.id)
    return o.StillRinging(support_calls.place(tx, ring))


def _taken(tx: Transaction, ring: Ring) -> Outcome:
    words = live_calls.words(tx, ring.id)
    assert words is not None
    support_calls.met(tx, ring.id)
    return o.Taken(support_calls.room(ring.id), words)


def _is_enough(tx: Transaction, ring: Ring) -> bool:
    """They have waited for long enough; longer while a phone is busy with somebody before them."""
    so_far = agent_legs.progress(tx, ring.id)
    waited = tx.now - max(ring.started_at, so_far.rung_at)
    return tx.now - ring.started_at > QUEUE_FOR or (waited > RING_FOR and not so_far.held_up)


def _give_up_ring(tx: Transaction, desk: Desk, call: Call, effect: s.GiveUpRing) -> Outcome:
    assert tx.call is not None
    if call.ring is not None and call.at == "holding" and not effect.gone:
        now = support_calls.hold(tx, call.ring)
        if now is not None and now.taken:
            return _taken(tx, now)  # somebody came just now
    ring = support_calls.end(tx, tx.call, _ending(call, effect))
    if ring is None or not (effect.nobody_came or effect.asked):
        return o.RingEnded(None, False)
    if ring.emergency:
        job_queue.enqueue(
            tx, "alarm", f"emergency:{ring.id}", {"notice": "emergency_unanswered", "account": ring.account}
        )
    number = call_back_ticket(tx, call, effect, ring.started_at, emergency=ring.emergency, taken=ring.taken)
    return o.RingEnded(number, effect.nobody_came, effect.asked)


def _why_back(effect: s.GiveUpRing, waited: int, *, taken: bool) -> str:
    """Why they are to be called back, for the desk: what happened, and nothing else. `waited` in seconds."""
    if effect.asked:
        return "The caller asked for a person by phone, and then to be called back instead of waiting."
    if effect.gone and taken:
        return f"The caller asked for a person by phone. The call was taken after {waited} s, and the caller had gone."
    if effect.gone:
        return f"The caller asked for a person by phone and hung up after {waited} s, before anyone answered."
    return "The caller asked for a person by phone and nobody took the call."


def _ending(call: Call, effect: s.GiveUpRing) -> str:
    if effect.gone:
        return support_calls.CALLER_LEFT
    if call.at == "talking":
        return support_calls.AGENT_LEFT  # the caller is still there, so it was the other one
    return (
        support_calls.NOBODY_CAME
        if effect.nobody_came
        else support_calls.CALL_BACK
        if effect.asked
        else support_calls.WENT_BACK
    )


def call_back_ticket(
    tx: Transaction, call: Call, effect: s.GiveUpRing, since: int, *, emergency: bool, taken: bool = False
) -> int | None:
    """Under the right to a person, asked for anew; None where that has gone: then it waits with the desk. `since` (ms) they
    have waited."""
    subject = "Call back: asked for a person"
    if emergency:
        subject = "Emergency: asked to be called back" if effect.asked else "Emergency: nobody answered"
        subject = "Emergency: the caller hung up while waiting" if effect.gone else subject
    body = _why_back(effect, (tx.now - since) // 1000, taken=taken)
    verdict = tx.ask(ring_ask(tx, call))
    if not isinstance(verdict, Grant):
        keep(tx, call, None, subject, body)
        return None
    return customer_tickets.open(tx, verdict, subject=subject, body=body, service=call.service, urgent=emergency)


def _ask_call_back(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    ask = ring_ask(tx, call)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    body = "The caller asked for a person by phone while the desk was closed."
    number = customer_tickets.open(
        tx, verdict, subject="Call back: asked for a person", body=body, service=call.service
    )
    return o.RingEnded(number, nobody_came=False, asked=True)


def _what_is_asked(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    ring = support_calls.look(tx, call.ring) if call.ring is not None else None
    return o.Asked(ring.asked if ring is not None and not ring.told else "")


def _back_to_talk(tx: Transaction, _desk: Desk, call: Call, effect: s.BackToTalk) -> Outcome:
    """Whoever has passed may still talk to the desk, or not; whoever has failed goes back to the agent, who sees it."""
    assert call.ring is not None
    assert tx.call is not None
    ring = support_calls.hold(tx, call.ring)
    passed = effect.passed if effect.passed is not None else _stepped_up(tx, call, ring)
    support_calls.proved(tx, call.ring, passed=passed, threatened=call.duress)
    # Who fails is nobody, and whoever is threatened proves nothing: a second proof is worth nothing.
    if (effect.passed is False or call.duress) and call.subject is not None:
        slack_approvals.end_in(tx, call.subject, tx.call)
    if ring is None or ring.over or ring.agent_left or not ring.taken:
        support_calls.end(tx, tx.call, support_calls.AGENT_LEFT)
        return o.RingEnded(None, False)
    if effect.passed is not False:
        ask = ring_ask(tx, call)
        verdict = tx.ask(ask)
        if not isinstance(verdict, Grant):
            support_calls.end(tx, tx.call, support_calls.REFUSED)
            return refused(tx, ask, verdict)
    return o.BackInRoom(support_calls.room(ring.id), passed)


def _stepped_up(tx: Transaction, call: Call, ring: Ring | None) -> bool:
    """Whether a second proof holds on this call now: there was none that was good enough, or the agent would not have asked."""
    if ring is None or call.subject is None or call.proof < Proof.VERIFIED:
        return False
    return step_ups.until(tx, call.subject, ring.account, tx.call or "") is not None


def _tell_unlock_code(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    """To whoever answered on a number on file and pressed a key: enough to be let at the PIN again, and for nothing else."""
    person = resolve(tx, call.support_id, call.number)[0]
    ours = callbacks.look(tx, call.call_back) if call.call_back is not None else None
    if person is None or ours is None or ours.person != person or ours.status != "answered":
        return o.UnlockCode(None)
    tx.record(NOBODY, None, "pin.unlock", "code_told", fields=(f"claimed:{subject_of(person)}",))
    return o.UnlockCode(one_time_codes.issue(tx, "unlock", subject_of(person)))


DONE: dict[type, Any] = {
    s.RingDesk: _ring_desk,
    s.LookAtRing: _look_at_ring,
    s.GiveUpRing: _give_up_ring,
    s.AskCallBack: _ask_call_back,
    s.WhatIsAsked: _what_is_asked,
    s.BackToTalk: _back_to_talk,
    s.TellUnlockCode: _tell_unlock_code,
}
