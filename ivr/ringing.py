"""What is done for a caller who asks for a person: ringing the desk, the queue, the room and the way back, callbacks.

Each way it can end leaves something written down: a ticket where they are to be called back, and how it ended in any case.
"""

from __future__ import annotations

from typing import Final

from authz import Grant, Proof, Subject
from desk import by_phone, opening_hours, spoken
from desk.actors import judge
from desk.opening_hours import Opening
from desk.outcomes import Opened
from ivr import desk_port as port
from ivr.asks import DeskSettings, judged, keep, ring_ask
from ivr.desk_port import GivesUp
from ivr.types import Call
from store.accounts.account_details import Refused
from store.accounts.people import resolve
from store.calls import agent_legs, callbacks, live_calls, support_calls
from store.calls.support_calls import SupportCall
from store.codes import one_time_codes
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.messages import opening_exceptions
from store.verification import call_approvals, step_ups

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
    if call.about == "emergency" or call.callback is not None:
        return None
    hours = opening_hours.on_other_days(settings.hours, opening_exceptions.read(tx))
    return None if hours is None or hours.are_open(tx.now) else hours.next(tx.now)


def ring(tx: Transaction, settings: DeskSettings, call: Call) -> int | port.SupportCallEnded | Refused | Opening:
    granted = judged(tx, ring_ask(tx, call))
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
    support_call = support_calls.start(
        tx, granted, numbers=numbers, service=call.service, own_number=own_number, callback=call.callback
    )
    look_again(tx, support_call)
    for leg in range(len(numbers)):
        job_queue.enqueue(tx, "ring_agent", f"{support_call}:{leg}", {"support_call": support_call, "leg": leg})
    return support_call if numbers else _ended(tx, call, support_calls.NOBODY_CAME)


def open_phones(tx: Transaction, settings: DeskSettings, call: Call) -> tuple[str, ...]:
    """The phones to ring: the emergency line's, that of the agent who had them called, or the desk's; of whoever is not away."""
    if call.about == "emergency":
        return agent_legs.open_phones(tx, settings.emergency, emergency=True)
    theirs = callbacks.staff_phone(tx, call.callback) if call.callback is not None else None
    own = agent_legs.open_phones(tx, (theirs,)) if theirs else ()
    return own or agent_legs.open_phones(tx, settings.agents)


def look_again(tx: Transaction, support_call: int) -> None:
    """Has the worker look a while later whether the caller is still there."""
    again = {"support_call": support_call, "call": tx.call}
    job_queue.enqueue_once(tx, "check_waiting_caller", f"{support_call}:{tx.now}", again, after=RING_FOR + RING_GRACE)


def has_gone(tx: Transaction, support_call: SupportCall) -> bool:
    """Whether a waiting caller has gone: Twilio would have asked for their next words by now."""
    return support_call.seen_at < tx.now - RING_FOR


def look(tx: Transaction, call: Call) -> int | port.Taken | Refused | None:
    assert call.support_call is not None
    may = _still_may(tx, call)
    if isinstance(may, Refused):
        return may
    support_call = support_calls.lock(tx, call.support_call)
    if support_call is not None and support_call.taken:
        return _taken(tx, support_call)
    if support_call is None or support_call.over or _is_enough(tx, support_call):
        return None
    support_calls.seen(tx, support_call.id)
    return support_calls.place(tx, support_call)


def _still_may(tx: Transaction, call: Call) -> Grant | Refused:
    """Whether they may still talk to the desk. If not, the support call ends."""
    found = judge(tx, ring_ask(tx, call))
    if isinstance(found, Grant):
        return found
    support_calls.end(tx, tx.call or "", support_calls.REFUSED)
    return by_phone.why_not(tx, found)


def _taken(tx: Transaction, support_call: SupportCall) -> port.Taken:
    words = live_calls.words(tx, support_call.id)
    assert words is not None
    support_calls.met(tx, support_call.id)
    return port.Taken(support_calls.room(support_call.id), words)


def _is_enough(tx: Transaction, support_call: SupportCall) -> bool:
    """They have waited for long enough; longer while a phone is busy with somebody before them."""
    so_far = agent_legs.progress(tx, support_call.id)
    waited = tx.now - max(support_call.started_at, so_far.rung_at)
    return tx.now - support_call.started_at > QUEUE_FOR or (waited > RING_FOR and not so_far.busy_elsewhere)


def give_up(tx: Transaction, call: Call, why: GivesUp) -> port.Taken | port.SupportCallEnded:
    now = support_calls.lock(tx, call.support_call) if call.support_call is not None else None
    if now is not None and now.taken:
        return _taken(tx, now)  # somebody came just now
    return _ended(tx, call, why)


def caller_left(tx: Transaction, call: Call) -> None:
    _ended(tx, call, support_calls.CALLER_LEFT)


def _ended(tx: Transaction, call: Call, why: str) -> port.SupportCallEnded:
    assert tx.call is not None
    support_call = support_calls.end(tx, tx.call, why)
    if support_call is None or why == support_calls.WENT_BACK:
        return port.SupportCallEnded(None, False)
    if support_call.emergency:
        job_queue.enqueue(
            tx,
            "alarm",
            f"emergency:{support_call.id}",
            {"notice": "emergency_unanswered", "account": support_call.account},
        )
    number = callback_ticket(
        tx, call, why, support_call.started_at, emergency=support_call.emergency, taken=support_call.taken
    )
    return port.SupportCallEnded(number, why == support_calls.NOBODY_CAME, why == support_calls.CALLBACK)


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
    title = _EMERGENCIES[why] if emergency else _ASKED_FOR
    body = _why_back(why, (tx.now - since) // 1000, taken=taken)
    opened = spoken.callback(tx, ring_ask(tx, call), title, body, service=call.service, urgent=emergency)
    if isinstance(opened, Opened):
        return opened.number
    keep(tx, call, None, title, body)
    return None


def ask_callback(tx: Transaction, call: Call) -> port.SupportCallEnded | Refused:
    body = "The caller asked for a person by phone while the desk was closed."
    opened = spoken.callback(tx, ring_ask(tx, call), _ASKED_FOR, body, service=call.service)
    if isinstance(opened, Opened):
        return port.SupportCallEnded(opened.number, nobody_came=False, asked=True)
    return by_phone.why_not(tx, opened)


def end_talk(tx: Transaction) -> None:
    """The caller is still there, so it was the other one who left."""
    support_calls.end(tx, tx.call or "", support_calls.AGENT_LEFT)


def what_is_asked(tx: Transaction, call: Call) -> str:
    support_call = support_calls.look(tx, call.support_call) if call.support_call is not None else None
    return support_call.requested_proof if support_call is not None and not support_call.verification_result else ""


def back_to_talk(tx: Transaction, call: Call, keyed: bool | None) -> port.BackInRoom | Refused | None:
    """A caller who passed is asked again whether they may talk to the desk; one who failed goes back to the agent, who sees it."""
    assert call.support_call is not None
    assert tx.call is not None
    support_call = support_calls.lock(tx, call.support_call)
    passed = keyed if keyed is not None else _stepped_up(tx, call, support_call)
    support_calls.proved(tx, call.support_call, passed=passed, threatened=call.duress)
    # A caller who fails is nobody, and one under a threat proves nothing: their second proof is worth nothing.
    if (keyed is False or call.duress) and call.subject is not None:
        call_approvals.end_in(tx, call.subject, tx.call)
    if support_call is None or support_call.over or support_call.agent_left or not support_call.taken:
        support_calls.end(tx, tx.call, support_calls.AGENT_LEFT)
        return None
    if keyed is not False:
        may = _still_may(tx, call)
        if isinstance(may, Refused):
            return may
    return port.BackInRoom(support_calls.room(support_call.id), passed)


def _stepped_up(tx: Transaction, call: Call, support_call: SupportCall | None) -> bool:
    """Whether a second proof holds on this call now: there was none that was good enough, or the agent would not have asked."""
    if support_call is None or call.subject is None or call.proof < Proof.VERIFIED:
        return False
    return step_ups.until(tx, call.subject, support_call.account, tx.call or "") is not None


def unlock_code(tx: Transaction, call: Call) -> port.Code | None:
    """The code for somebody who answered on a number on file and pressed a key: it lets them at the PIN again, and does nothing else."""
    person = resolve(tx, call.support_id, call.number)[0]
    ours = callbacks.look(tx, call.callback) if call.callback is not None else None
    if person is None or ours is None or ours.person != person or ours.state != "answered":
        return None
    tx.record(NOBODY, None, "pin.unlock", "code_told", fields=(f"claimed:{Subject.of_person(person)}",))
    return port.Code(one_time_codes.issue(tx, "unlock", Subject.of_person(person)))
