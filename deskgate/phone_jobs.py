"""Background jobs on the telephone: the desk's phones rung, callers sent to the keypad and back, agents told, calls of ours made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from deskgate.settings import Settings
from deskgate.twilio_rest import TwilioRest
from ivr import after, outgoing
from ivr.agent import leg_urls, over_url, told_url
from ivr.turn import PhoneContext
from store import Transaction
from store.calls import agent_legs, callbacks, support_calls
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError, enqueue_once, outside
from store.text import numbers

RING_SECONDS: Final = 30
CALL_SECONDS: Final = 30  # a mailbox usually answers before
BUSY_FOR: Final = 3_000  # ms until it is looked again whether a phone is free


def deliveries(settings: Settings, phone: PhoneContext, twilio: TwilioRest) -> dict[str, Delivery]:
    return {
        "ring_agent": lambda tx, job: _support_call(phone, twilio, tx, job),
        "ring_returned": lambda tx, job: _returned(phone, tx, job),
        "check_waiting_caller": lambda _tx, job: outside(
            lambda: after.support_call_over(phone, job.payload["call"], job.payload["support_call"])
        ),
        "recall_to_keypad": lambda _tx, job: outside(lambda: _to_keypad(phone, twilio, job)),
        "keypad_timeout": lambda _tx, job: outside(
            lambda: after.not_recalled(phone, job.payload["support_call"], job.payload["asked_at"])
        ),
        "announce_result": lambda tx, job: _announce(phone, twilio, tx, job),
        "stop_agent_leg": lambda tx, job: _leg_stop(phone, twilio, tx, job),
        "announce_hangup": lambda _tx, job: outside(lambda: _leg_over(phone, twilio, job)),
        "callback": lambda tx, job: _callback(settings, phone, twilio, tx, job),
        "callback_timeout": lambda _tx, job: outside(
            lambda: outgoing.never_answered(phone, int(job.payload["callback"]))
        ),
    }


def _support_call(phone: PhoneContext, twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """Rings one phone of the desk, or waits until it is free. Done twice it would ring twice: so it is written down first."""
    support_call, leg = int(job.payload["support_call"]), int(job.payload["leg"])
    ring = agent_legs.next_ring(tx, support_call, leg)
    if ring.closed:
        support_calls.leg_gone(tx, support_call, "", leg)
    if ring.later and not job.payload.get("once"):
        looked = int(job.payload.get("looked", 0)) + 1
        again = {"support_call": support_call, "leg": leg, "looked": looked}
        enqueue_once(tx, "ring_agent", f"{support_call}:{leg}:{looked}", again, after=BUSY_FOR)
    if not ring.number:
        return
    yield
    answered, fared = leg_urls(phone.store.keys, support_call, leg)
    try:
        call = twilio.ring(ring.number, phone.twilio.url(answered), phone.twilio.url(fared), RING_SECONDS)
    except PermanentError:
        job.then.append(lambda tx: support_calls.leg_gone(tx, support_call, "", leg))
        raise
    except Exception:
        job.then.append(lambda tx: agent_legs.not_rung(tx, support_call, leg))
        raise
    job.then.append(lambda tx: agent_legs.rung(tx, support_call, leg, call))


def _returned(phone: PhoneContext, tx: Transaction, job: Job) -> Iterator[None]:
    """Done twice, the phone of whoever is back from away rings already."""
    agent_legs.join(tx, int(job.payload["staff"]), phone.settings.agents, phone.settings.emergency)
    yield from ()


def _to_keypad(phone: PhoneContext, twilio: TwilioRest, job: Job) -> None:
    """Takes the caller out of the room. Done twice it finds them at the keypad already, or back."""
    support_call, asked_at = int(job.payload["support_call"]), int(job.payload["asked_at"])
    summons = after.summons(phone, support_call, asked_at)
    if summons is not None and not twilio.redirect(summons[0], phone.twilio.url(summons[1])):
        after.not_recalled(phone, support_call, asked_at)


def _announce(phone: PhoneContext, twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """What came of the keypad, to the agent alone. Done twice they hear it twice."""
    support_call, told = int(job.payload["support_call"]), str(job.payload["told"])
    now = support_calls.look(tx, support_call)
    if now is not None and not now.over and now.verification_result == told and now.taken_by is not None:
        yield
        url = phone.twilio.url(told_url(phone.store.keys, support_call, now.announced))
        twilio.announce(support_calls.room(support_call), now.taken_by, url)


def _leg_stop(phone: PhoneContext, twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """A phone rings that nobody waits for any more. Whoever has picked it up is told why, or, `cut`, hears nothing more."""
    support_call, leg = int(job.payload["support_call"]), int(job.payload["leg"])
    call = agent_legs.to_stop(tx, support_call, leg)
    if call is None:
        return
    yield
    if not call:
        raise RetryLaterError("Twilio has not told us yet what it calls this leg", 1)
    why = phone.twilio.url(leg_urls(phone.store.keys, support_call, leg)[0])
    if job.payload["cut"]:
        twilio.hang_up(call)
    elif not twilio.cancel(call) and twilio.redirect(call, why):
        return  # its end is told us once it has heard that
    job.then.append(lambda tx: agent_legs.ended(tx, support_call, leg))


def _leg_over(phone: PhoneContext, twilio: TwilioRest, job: Job) -> None:
    support_call = int(job.payload["support_call"])
    twilio.redirect(str(job.payload["leg"]), phone.twilio.url(over_url(phone.store.keys, support_call)))


def _callback(settings: Settings, phone: PhoneContext, twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """Calls somebody on a number on file. Done twice it would ring twice: so it is written down first, and a call that was
    never made ends as one that nobody answered."""
    ours = callbacks.look(tx, int(job.payload["callback"]))
    if ours is None or ours.state != "owed":
        return
    number = callbacks.number_now(tx, ours)
    if number is None or not may_call(settings, number):
        outgoing.over(tx, ours, "withdrawn" if number is None else "gone")
        return
    if callbacks.asker_is_away(tx, ours):
        outgoing.over(tx, ours, "away")
        return
    if callbacks.to_ring(tx, ours.id, number) is None:
        return
    yield
    answered, fared = (phone.twilio.url(path) for path in outgoing.urls(phone.store.keys, ours.id))
    try:
        sid = twilio.ring(number, answered, fared, CALL_SECONDS, detect=True)
    except PermanentError:
        job.then.append(lambda tx: outgoing.over(tx, ours, "refused"))
        raise
    except Exception:
        job.then.append(lambda tx: callbacks.not_rung(tx, ours.id))
        raise
    job.then.append(lambda tx: callbacks.rung(tx, ours.id, sid))


def may_call(settings: Settings, number: str) -> bool:
    """Whether a number is in a country calls may go to: SMS_COUNTRIES, or that of TWILIO_NUMBER (T35)."""
    own = {numbers.region(own) for own in settings.twilio_number}
    allowed = set(settings.sms_countries) or own or {numbers.region(number)}
    return numbers.region(number) in allowed - {""}
