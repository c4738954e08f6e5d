"""D1: what was recorded, and what was not: nothing there is asked for again, told on the ticket, and never fetched for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from simulator.recording import Recording
from store import tables
from tests.desk import Desk
from tests.ivr.test_spoken import FIRST, later, speaking, tickets
from tests.ivr.wire import Caller, Wire, rows


@pytest.fixture
def caller(one_desk: Desk) -> Caller:
    return Caller(Wire(one_desk))


def sound(desk: Desk) -> tuple[str, int]:
    """How far the recording has come, and how often it was tried to fetch it."""
    state = rows(desk, select(tables.recordings.c.state))[0][0]
    w = tables.jobs.c
    return state, rows(desk, select(w.attempts).where(w.kind == "fetch_recording"))[0][0]


def told(caller: Caller, status: str, sid: str = FIRST, **more: str) -> int:
    """The recording's own callback, as Twilio sends it where there is none."""
    form = [("AccountSid", caller.wire.account), ("CallSid", caller.sid), ("RecordingStatus", status)]
    form += [("RecordingSid", sid)] if sid else []
    return caller.post("/ivr/recording", [*form, *more.items()]).status


class Silent(Recording):
    """A WAV with a head and no sound."""

    def wav(self) -> bytes:
        return super().wav()[:44]


def test_d1_a_recording_of_no_length_is_asked_for_again_and_is_no_ticket(one_desk: Desk, caller: Caller) -> None:
    """D1: "Your ticket is open" is not said of nothing; after the second time the call ends."""
    speaking(caller)
    for heard in ("We did not hear anything.", "We did not hear anything. Goodbye."):
        form = [(name, "0" if name == "RecordingDuration" else value) for name, value in caller.spoken(FIRST)]
        caller.answer = caller.post(caller.answer.action, form)
        assert caller.answer.said[0] == heard
        assert told(caller, "completed", RecordingDuration="0") == 200
    caller.hang_up()
    assert told(caller, "absent", sid="") == 200
    later(one_desk)
    assert tickets(one_desk) == []


def test_d1_who_speaks_the_second_time_has_a_ticket(one_desk: Desk, caller: Caller) -> None:
    speaking(caller)
    form = [(name, "0" if name == "RecordingDuration" else value) for name, value in caller.spoken("RE" + "2" * 32)]
    caller.answer = caller.post(caller.answer.action, form)
    caller.say(FIRST)
    assert tickets(one_desk) == [("open", FIRST)]


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_d1_what_twilio_says_later_stands_on_the_ticket(one_desk: Desk, caller: Caller, status: str) -> None:
    speaking(caller).say(FIRST)
    assert told(caller, status) == 200
    one_desk.work()
    assert sound(one_desk)[0] == "nothing"
    assert told(caller, status) == 200, "told again"


def test_d1_a_recording_twilio_never_has_is_given_up(one_desk: Desk, caller: Caller) -> None:
    """D1: 404 may mean not yet; half an hour later it means never."""
    one_desk.exchange.lost.add(FIRST)
    speaking(caller).say(FIRST)
    one_desk.work()
    assert sound(one_desk) == ("waiting", 1)
    for _ in range(8):
        later(one_desk, 3601)
    assert sound(one_desk) == ("gone", 6)
    w = tables.jobs.c
    assert rows(one_desk, select(w.error).where(w.given_up)) == [("Twilio has no such recording",)]


def test_d1_one_that_comes_late_is_here(one_desk: Desk, caller: Caller) -> None:
    one_desk.exchange.lost.add(FIRST)
    speaking(caller).say(FIRST)
    one_desk.work()
    one_desk.exchange.lost.clear()
    later(one_desk)
    assert sound(one_desk) == ("here", 2)
    assert told(caller, "absent") == 200
    assert sound(one_desk)[0] == "here", "what is here is not said to be nothing"


def test_d1_a_sound_of_nothing_is_nothing(one_desk: Desk, caller: Caller) -> None:
    one_desk.exchange.recordings[FIRST] = Silent(FIRST, caller.sid, "")
    speaking(caller).say(FIRST)
    one_desk.work()
    assert sound(one_desk) == ("nothing", 1)


def test_d1_a_completed_recording_has_a_sid(caller: Caller) -> None:
    speaking(caller)
    assert told(caller, "completed", sid="") == 400
