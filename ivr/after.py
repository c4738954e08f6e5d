"""What happens to a call outside its turns: a recording that came on its own, its end, and the fallback."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr import dialogue, effects, moves
from ivr.shapes import Call, Screen, Spoken
from ivr.turn import Line, Refused
from store import calls, recordings, rings, tickets, work
from store.people import claimed_by
from store.timeline import Recorded
from store.transaction import NOBODY

LATE: Final = 60_000  # ms: by then a turn that brings its own recording has come, or never will
LONGEST_TRANSCRIPT: Final = 8_000


def recorded(line: Line, sid: str, spoken: Recorded) -> None:
    """Twilio tells of a finished recording. Its turn brings it too; this is for when that never comes."""
    with line.store.transaction("phone", sid) as tx:
        row = calls.load(tx, sid)
        if row is None:
            raise Refused("a call we do not know")
        if row.ended_at is None:
            late = {"call": sid, "recording": spoken.sid, "seconds": spoken.seconds}
            work.enqueue_once(tx, "late_recording", spoken.sid, late, after=LATE)
            return
    keep_late(line, sid, spoken)


def keep_late(line: Line, sid: str, spoken: Recorded) -> None:
    """Nothing that was spoken is lost: what no turn has brought becomes what it would have been."""
    with line.store.transaction("phone", sid) as tx:
        row = calls.load(tx, sid)
        if row is None or tickets.has_recording(tx, spoken.sid):
            return
        call = Call.from_json(row.state)
        effect = dialogue.spoken_after(call, Spoken(spoken))
        if effect is None:  # its turn was lost and the call went on: for the desk to sort out
            claimed = NOBODY if call.subject else claimed_by(tx, call.support_id, call.number)
            tickets.leave_pending(
                tx,
                subject="Spoken by phone, and lost on the way to a ticket",
                body="",
                recorded=spoken,
                who=call.subject or NOBODY,
                claimed=claimed,
                account=call.account,
            )
        else:
            effects.carry_out(tx, line.desk, call, effect)
            if row.ended_at is not None:  # a call that goes on stays where its caller is
                calls.update_state(tx, sid, replace(call, at="over").to_json())


def transcribed(line: Line, sid: str, recording: str, text: str) -> None:
    """Twilio has written down what was said. It may come before the ticket does: then it is tried again later."""
    words = speakable_transcript(text)
    with line.store.transaction("phone", sid) as tx:
        if not words or recordings.transcribed(tx, recording, words):
            return
        if not tickets.has_recording(tx, recording):  # otherwise it has words already
            late = {"recording": recording, "text": words}
            work.enqueue_once(tx, "late_transcript", recording, late, after=LATE)


def speakable_transcript(text: str) -> str:
    """Kept as it was heard, less control characters, and of a bounded length."""
    return "".join(c for c in text[:LONGEST_TRANSCRIPT] if c.isprintable() or c == "\n").strip()


def ended(line: Line, sid: str) -> None:
    """The caller's leg is over. Whoever was waiting for a person is called back."""
    with line.store.transaction("phone", sid) as tx:
        row = calls.load(tx, sid)
        if row is None or not calls.end(tx, sid):
            return
        call = Call.from_json(row.state)
        tx.record(call.subject or NOBODY, call.account, "call", "ended")
        effect = dialogue.abandoned(call)
        if effect is not None:
            effects.carry_out(tx, line.desk, call, effect)
        else:
            rings.end(tx, sid)


def ring_over(line: Line, sid: str, ring: int) -> None:
    """A while after the desk was rung: if the caller still waits as far as we know, they have gone, and are called back."""
    with line.store.transaction("phone", sid) as tx:
        row = calls.load(tx, sid)
        call = Call.from_json(row.state) if row else Call()
        effect = dialogue.abandoned(call)
        if effect is not None and call.ring == ring:
            effects.carry_out(tx, line.desk, call, effect)
            calls.update_state(tx, sid, replace(call, at="over").to_json())


def fall_back(line: Line, sid: str, number: str | None) -> str:
    """Something failed and Twilio came here: apologise, take a message. Works for a call whose beginning was lost."""
    with line.store.transaction("phone", sid) as tx:
        row = calls.load(tx, sid)
        before = Call.from_json(row.state) if row else Call(number=number)
        call, screen = moves.TABLE["message"].prompt(
            replace(before, at="message", about="fallback", silent=False, lead=())
        )
        assert isinstance(screen, Screen)
        if row is not None and (row.ended_at is not None or before.at == "over"):
            raise Refused("the call is over")
        if row is not None and before.about == "fallback":  # once more: the same answer, and no effect
            return line.draw(screen, sid, row.step)
        if (owed := dialogue.abandoned(before)) is not None:
            effects.carry_out(tx, line.desk, before, owed)
        fingerprint = line.store.keys.digest("fingerprint", "fallback", sid)
        answer = line.draw(screen, sid, row.step + 1 if row else 0)
        if row is not None:
            calls.save(tx, row, call.to_json(), fingerprint, answer)
        else:
            calls.begin(tx, sid, call.to_json(), fingerprint, answer)
        tx.record(call.subject or NOBODY, None, "call", "fallback")
        return answer
