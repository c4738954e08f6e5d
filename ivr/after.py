"""What happens to a call outside its turns: a recording that came on its own, its end, and the fallback."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from ivr import dialogue, message, ringing, transitions
from ivr.store_desk import desk_for
from ivr.turn import PhoneContext, RefusedError, call_of
from ivr.types import Call
from ivr.webhook import step_token
from store.accounts.people import claimed_by
from store.calls import call_state, message_limits, support_calls
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.messages import recordings
from store.messages.timeline import Recorded
from store.security import alerts
from store.text import pin_redaction
from store.tickets import customer_tickets
from store.verification import call_approvals

# ms: Twilio tells of a recording within seconds; given back sooner, who hangs up would speak for nothing
UNSPOKEN: Final = 30_000
LATE: Final = 60_000  # ms: by then a turn that brings its own recording has come, or never will


def recorded(on: PhoneContext, sid: str, spoken: Recorded) -> None:
    """Twilio tells of a finished recording. Its turn brings it too; this is for when that never comes."""
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        if row is None:
            raise RefusedError("a call we do not know")
        if row.ended_at is None:
            late = {"call": sid, "recording": spoken.sid, "seconds": spoken.seconds}
            job_queue.enqueue_once(tx, "late_recording", spoken.sid, late, after=LATE)
            return
    keep_late(on, sid, spoken)


def nothing_recorded(on: PhoneContext, sid: str, recording: str | None) -> None:
    """Twilio reports that nothing was recorded: the ticket says so. Where its turn has not come yet, what the worker
    finds will say it."""
    with on.store.transaction("phone", sid) as tx:
        if recording is not None:
            recordings.never(tx, recording, recordings.NOTHING)
        _unspoken(tx, sid)


def _give_back(tx: Transaction, call: Call) -> bool:
    """What was counted for a message that was not left."""
    if call.counted:
        failed = call.about == "fallback"
        message_limits.give_back(tx, call.number, attested=call.attested, failed=failed, on_file=call.on_file)
    return call.counted


def unspoken(on: PhoneContext, sid: str) -> None:
    """A while after a call that asked for a message: every recording has arrived by now."""
    with on.store.transaction("phone", sid) as tx:
        _unspoken(tx, sid)


def _unspoken(tx: Transaction, sid: str) -> None:
    """Gives the message budget back when a call is over and no message was left."""
    row = call_state.load(tx, sid)
    if row is None or row.ended_at is None:
        return
    call = Call.from_json(row.state)
    if _give_back(tx, call):
        call_state.update_state(tx, sid, replace(call, counted=False).to_json())


def keep_late(on: PhoneContext, sid: str, spoken: Recorded) -> None:
    """Nothing that was spoken is lost: a recording that no turn has brought becomes the ticket or reply it was meant to be."""
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        if row is None or customer_tickets.has_recording(tx, spoken.sid):
            return
        call = call_of(row)
        if dialogue.spoken_after(call, desk_for(tx, on.settings, call), spoken):
            at = call.at if row.ended_at is None else "over"  # a call that goes on stays where its caller is
            call_state.update_state(tx, sid, replace(call, at=at, counted=False).to_json())
        else:  # its turn was lost and the call went on: for the desk to sort out
            claimed = NOBODY if call.subject else claimed_by(tx, call.support_id, call.number)
            customer_tickets.leave_pending(
                tx,
                title="Spoken by phone, and lost on the way to a ticket",
                body="",
                recorded=spoken,
                who=call.subject or NOBODY,
                claimed=claimed,
                account=call.account,
            )


def transcribed(on: PhoneContext, sid: str, recording: str, text: str) -> None:
    """Twilio sends a transcription. It may come before the ticket exists: then it is tried again later."""
    words = pin_redaction.left_out(text.strip())  # it may wait in a job
    with on.store.transaction("phone", sid) as tx:
        if not words or recordings.transcribed(tx, recording, words):
            return
        if not customer_tickets.has_recording(tx, recording):  # otherwise it has words already
            late = {"recording": recording, "text": words}
            job_queue.enqueue_once(tx, "late_transcript", recording, late, after=LATE)


def ended(on: PhoneContext, sid: str) -> None:
    """The caller has hung up. A caller who was waiting for a person is called back; an agent who waits in the room is told."""
    warn(on)
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        if row is None or not call_state.end(tx, sid):
            return
        call = call_of(row)
        tx.record(call.subject or NOBODY, call.account, "call", "ended")
        if call.counted:
            job_queue.enqueue_once(tx, "message_not_left", sid, {"call": sid}, after=UNSPOKEN)
        _leave(tx, on, call)


def _leave(tx: Transaction, on: PhoneContext, call: Call) -> None:
    """Whoever was waiting for a person is called back."""
    if dialogue.is_waiting(call):
        desk_for(tx, on.settings, call).caller_left(call)
    else:
        support_calls.end(tx, tx.call or "", support_calls.CALLER_LEFT)


def warn(on: PhoneContext) -> None:
    """Tells the desk what the radar has seen. Here, after the call, because no caller waits for an answer."""
    if not on.radar.has_news(on.store.clock()):
        return
    with on.store.transaction("phone") as tx:  # and then taken, or where the database is away it would be forgotten
        trips = on.radar.take(tx.now)
        tx.if_undone(partial(on.radar.put_back, trips))
        for trip in trips:
            alerts.alert(tx, trip.kind, trip.same, subject=trip.subject, account=trip.account, detail=trip.detail)


def support_call_over(on: PhoneContext, sid: str, support_call: int) -> None:
    """A while after the desk was rung: if the caller still waits as far as we know and nothing was heard of them, they have
    gone, and are called back. Otherwise they wait for a phone that is busy, and it is looked again."""
    with on.store.transaction("phone", sid) as tx:
        row, now = call_state.load(tx, sid), support_calls.look(tx, support_call)
        call = call_of(row) if row else Call()
        if not dialogue.is_waiting(call) or call.support_call != support_call or now is None:
            return
        if not ringing.has_gone(tx, now):
            ringing.look_again(tx, support_call)
            return
        desk_for(tx, on.settings, call).caller_left(call)
        call_state.update_state(tx, sid, replace(call, at="over").to_json())


def summons(on: PhoneContext, support_call: int, asked_at: int) -> tuple[str, str] | None:
    """(call, path) to send a caller to the keypad; None where no proof is asked any longer, or they are there already. Raises `RetryLaterError` while
    they are still on their way into the room."""
    with on.store.transaction("phone") as tx:
        now = support_calls.look(tx, support_call)
        if now is None or now.over or now.agent_left or now.requested_at != asked_at or now.verification_result:
            return None
        row = call_state.load(tx, now.call)
        at = call_of(row).at if row is not None and row.ended_at is None else ""
        if at == "on_hold":
            raise job_queue.RetryLaterError("the caller is not in the room yet", 2)
        if row is None or at != "talking":
            return None
        return now.call, f"/ivr/keypad?{urlencode({'t': step_token(tx.keys, now.call, row.step)})}"


def not_recalled(on: PhoneContext, support_call: int, asked_at: int) -> None:
    """The caller gave no proof: they could not be sent to the keypad, or keyed nothing in time."""
    with on.store.transaction("phone") as tx:
        now = support_calls.look(tx, support_call)
        if now is None or call_state.load(tx, now.call) is None:  # locked first, as by a turn of that call
            return
        now = support_calls.lock(tx, support_call)
        if now is None or now.requested_at != asked_at or now.verification_result:
            return
        support_calls.proved(tx, support_call, passed=False)
        if now.requested_proof == "pin" and not now.over:  # as whoever keys a wrong one
            call_approvals.end_in(tx, now.subject, now.call)
            call_state.unproved(tx, now.call)


def fall_back(on: PhoneContext, sid: str, number: str | None) -> str:
    """The fallback after a fault: apologises and takes a message. It works for a call whose beginning was lost."""
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        before = call_of(row) if row else Call(number=number)
        fresh = replace(before, at="message", about="fallback", silent=0, lead=(), counted=False, on_file=False)
        if row is not None and (row.ended_at is not None or before.at == "over"):
            raise RefusedError("the call is over")
        desk = desk_for(tx, on.settings, before)
        if row is not None and before.about == "fallback":  # once more: the same response, and nothing is done
            _, again = transitions.TABLE["message"].prompt(fresh, desk)
            return on.draw(again, sid, row.step)
        _give_back(tx, before)
        _leave(tx, on, before)
        call, screen = message.leave_message(fresh, desk, "fallback")
        fingerprint = on.store.keys.digest("fingerprint", "fallback", sid)
        response = on.draw(screen, sid, row.step + 1 if row else 0)
        if row is not None:
            call_state.save(tx, row, call.to_json(), fingerprint, response, proved_by=call.proved_by)
        else:
            call_state.begin(tx, sid, call.to_json(), fingerprint, response)
        tx.record(call.subject or NOBODY, None, "call", "fallback")
        return response
