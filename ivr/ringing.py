"""What is done for a caller who asks for a person: ringing the desk, the queue, the room and the way back, callbacks.

Each way it can end leaves something written down: a ticket where they are to be called back, and how it ended in any case.
"""

from __future__ import annotations

from typing import Final

from authz import Grant, Proof, Subject
from desk import by_phone, spoken
from desk.actors import judge
from desk.outcomes import Opened
from ivr import desk_port as port
from ivr.asks import DeskSettings, judged, keep, ring_ask
from ivr.desk_port import GivesUp
from ivr.hours import Opening
from ivr.types import Call
from store.accounts.account_details import Refused
from store.accounts.people import resolve
from store.calls import agent_legs, callbacks, live_calls, support_calls
from store.calls.support_calls import SupportCall
from store.codes import one_time_codes
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.verification import slack_approvals, step_ups

RING_FOR: Final = 45_000  # ms until nobody has come
QUEUE_FOR: Final = 10 * 60_000  # ms at most, while phones are busy with others
MOST_RINGS: Final = 3  # in one call: who goes back and asks again and again does not keep the desk's phones ringing
RING_GRACE: Final = 15_000  # ms more, then the worker looks: the caller may be gone, and Twilio never have said so

_ASKED_FOR: Final = "Call back: asked for a person"
_EMERGENCIES: Final = {
    support_calls.CALLBACK: "Emergency: asked to be called back",
    support_calls.NOBODY_CAME: "Emergency: nobody answered",
    support_calls.CALLER_LEFT: "Emergency: the caller hung up while waiting",
}


def closed_until(tx: Transaction, settings: DeskSettings, call: Call) -> Opening | None:
    """When people answer again; None: now. In an emergency, and for somebody we called, people always answer."""
    hours = settings.hours
    if call.about == "emergency" or call.callback is not None or hours is None or hours.are_open(tx.now):
        return None
    return hours.next(tx.now)


def ring(tx: Transaction, settings: DeskSettings, call: Call) -> int | port.RingEnded | Refused | Opening:
    granted = judged(tx, settings, ring_ask(tx, call))
    if isinstance(granted, Refused):
        return granted
    closed = closed_until(tx, settings, call)
    if closed is not None:
        return closed
    if call.callback is not None:
        callbacks.moved(tx, call.callback, "proved")
    numbers = open_phones(tx, settings, call)
    if call.rung >= MOST_RINGS:
        numbers = ()  # nobody is rung: it ends as when nobody comes, with a callback ticket
    own_number = resolve(tx, call.support_id, call.number)[1]
    ring = support_calls.start(
        tx, granted, numbers=numbers, service=call.service, own_number=own_number, callback=call.callback
    )
    look_again(tx, ring)
    for leg in range(len(numbers)):
        job_queue.enqueue(tx, "ring_agent", f"{ring}:{leg}", {"ring": ring, "leg": leg})
    return ring if numbers else _ended(tx, call, support_calls.NOBODY_CAME)


def open_phones(tx: Transaction, settings: DeskSettings, call: Call) -> tuple[str, ...]:
    """The phones to ring: the emergency line's, that of the agent who had them called, or the desk's."""
    if call.about == "emergency":
        return agent_legs.open_phones(tx, settings.emergency)
    theirs = callbacks.staff_phone(tx, call.callback) if call.callback is not None else None
    return agent_legs.open_phones(tx, (theirs,) if theirs else settings.agents)


def look_again(tx: Transaction, ring: int) -> None:
    """Has the worker look a while later whether the caller is still there."""
    again = {"ring": ring, "call": tx.call}
    job_queue.enqueue_once(tx, "check_waiting_caller", f"{ring}:{tx.now}", again, after=RING_FOR + RING_GRACE)


def has_gone(tx: Transaction, ring: SupportCall) -> bool:
    """Whether a waiting caller has gone: Twilio would have asked for their next words by now."""
    return ring.seen_at < tx.now - RING_FOR


def look(tx: Transaction, settings: DeskSettings, call: Call) -> int | port.Taken | Refused | None:
    assert call.ring is not None
    may = _still_may(tx, settings, call)
    if isinstance(may, Refused):
        return may
    ring = support_calls.hold(tx, call.ring)
    if ring is not None and ring.taken:
        return _taken(tx, ring)
    if ring is None or ring.over or _is_enough(tx, ring):
        return None
    support_calls.seen(tx, ring.id)
    return support_calls.place(tx, ring)


def _still_may(tx: Transaction, settings: DeskSettings, call: Call) -> Grant | Refused:
    """Whether they may still talk to the desk. If not, the support call ends."""
    found = judge(tx, ring_ask(tx, call))
    if isinstance(found, Grant):
        return found
    support_calls.end(tx, tx.call or "", support_calls.REFUSED)
    return by_phone.why_not(tx, found, slack=settings.slack)


def _taken(tx: Transaction, ring: SupportCall) -> port.Taken:
    words = live_calls.words(tx, ring.id)
    assert words is not None
    support_calls.met(tx, ring.id)
    return port.Taken(support_calls.room(ring.id), words)


def _is_enough(tx: Transaction, ring: SupportCall) -> bool:
    """They have waited for long enough; longer while a phone is busy with somebody before them."""
    so_far = agent_legs.progress(tx, ring.id)
    waited = tx.now - max(ring.started_at, so_far.rung_at)
    return tx.now - ring.started_at > QUEUE_FOR or (waited > RING_FOR and not so_far.held_up)


def give_up(tx: Transaction, call: Call, why: GivesUp) -> port.Taken | port.RingEnded:
    now = support_calls.hold(tx, call.ring) if call.ring is not None else None
    if now is not None and now.taken:
        return _taken(tx, now)  # somebody came just now
    return _ended(tx, call, why)


def caller_left(tx: Transaction, call: Call) -> None:
    _ended(tx, call, support_calls.CALLER_LEFT)


def _ended(tx: Transaction, call: Call, why: str) -> port.RingEnded:
    assert tx.call is not None
    ring = support_calls.end(tx, tx.call, why)
    if ring is None or why == support_calls.WENT_BACK:
        return port.RingEnded(None, False)
    if ring.emergency:
        job_queue.enqueue(
            tx, "alarm", f"emergency:{ring.id}", {"notice": "emergency_unanswered", "account": ring.account}
        )
    number = callback_ticket(tx, call, why, ring.started_at, emergency=ring.emergency, taken=ring.taken)
    return port.RingEnded(number, why == support_calls.NOBODY_CAME, why == support_calls.CALLBACK)


def _why_back(why: str, waited: int, *, taken: bool) -> str:
    """Why they are to be called back, for the desk: what happened, and nothing else. `waited` in seconds."""
    if why == support_calls.CALLBACK:
        return "The caller asked for a person by phone, and then to be called back instead of waiting."
    if why == support_calls.NOBODY_CAME:
        return "The caller asked for a person by phone and nobody took the call."
    if taken:
        return f"The caller asked for a person by phone. The call was taken after {waited} s, and the caller had gone."
    return f"The caller asked for a person by phone and hung up after {waited} s, before anyone answered."


def callback_ticket(
    tx: Transaction, call: Call, why: str, since: int, *, emergency: bool, taken: bool = False
) -> int | None:
    """Under the right to a person, asked for anew; None where that has gone: then it waits with the desk. `since` (ms) they
    have waited."""
    subject = _EMERGENCIES[why] if emergency else _ASKED_FOR
    body = _why_back(why, (tx.now - since) // 1000, taken=taken)
    opened = spoken.callback(tx, ring_ask(tx, call), subject, body, service=call.service, urgent=emergency)
    if isinstance(opened, Opened):
        return opened.number
    keep(tx, call, None, subject, body)
    return None


def ask_callback(tx: Transaction, settings: DeskSettings, call: Call) -> port.RingEnded | Refused:
    body = "The caller asked for a person by phone while the desk was closed."
    opened = spoken.callback(tx, ring_ask(tx, call), _ASKED_FOR, body, service=call.service)
    if isinstance(opened, Opened):
        return port.RingEnded(opened.number, nobody_came=False, asked=True)
    return by_phone.why_not(tx, opened, slack=settings.slack)


def end_talk(tx: Transaction) -> None:
    """The caller is still there, so it was the other one who left."""
    support_calls.end(tx, tx.call or "", support_calls.AGENT_LEFT)


def what_is_asked(tx: Transaction, call: Call) -> str:
    ring = support_calls.look(tx, call.ring) if call.ring is not None else None
    return ring.requested_proof if ring is not None and not ring.verification_result else ""


def back_to_talk(
    tx: Transaction, settings: DeskSettings, call: Call, keyed: bool | None
) -> port.BackInRoom | Refused | None:
    """A caller who passed is asked again whether they may talk to the desk; one who failed goes back to the agent, who sees it."""
    assert call.ring is not None
    assert tx.call is not None
    ring = support_calls.hold(tx, call.ring)
    passed = keyed if keyed is not None else _stepped_up(tx, call, ring)
    support_calls.proved(tx, call.ring, passed=passed, threatened=call.duress)
    # A caller who fails is nobody, and one under a threat proves nothing: their second proof is worth nothing.
    if (keyed is False or call.duress) and call.subject is not None:
        slack_approvals.end_in(tx, call.subject, tx.call)
    if ring is None or ring.over or ring.agent_left or not ring.taken:
        support_calls.end(tx, tx.call, support_calls.AGENT_LEFT)
        return None
    if keyed is not False:
        may = _still_may(tx, settings, call)
        if isinstance(may, Refused):
            return may
    return port.BackInRoom(support_calls.room(ring.id), passed)


def _stepped_up(tx: Transaction, call: Call, ring: SupportCall | None) -> bool:
    """Whether a second proof holds on this call now: there was none that was good enough, or the agent would not have asked."""
    if ring is None or call.subject is None or call.proof < Proof.VERIFIED:
        return False
    return step_ups.until(tx, call.subject, ring.account, tx.call or "") is not None


def unlock_code(tx: Transaction, call: Call) -> port.Code | None:
    """The code for somebody who answered on a number on file and pressed a key: it lets them at the PIN again, and does nothing else."""
    person = resolve(tx, call.support_id, call.number)[0]
    ours = callbacks.look(tx, call.callback) if call.callback is not None else None
    if person is None or ours is None or ours.person != person or ours.status != "answered":
        return None
    tx.record(NOBODY, None, "pin.unlock", "code_told", fields=(f"claimed:{Subject.of_person(person)}",))
    return port.Code(one_time_codes.issue(tx, "unlock", Subject.of_person(person)))
