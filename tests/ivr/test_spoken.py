"""Nothing that was spoken is lost, and nothing becomes two tickets: recordings with and without their turn, transcripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from store import tables
from store.text.cleaning import cleaned
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, count, rows

FIRST, SECOND = "RE" + "1" * 32, "RE" + "2" * 32


@pytest.fixture
def caller(desk: Desk) -> Caller:
    return Caller(Wire(desk))


def speaking(caller: Caller) -> Caller:
    """At the tone, for a ticket about no service."""
    caller.prove()
    caller.key("1")
    caller.key("0")
    return caller


def tickets(desk: Desk) -> list[tuple[str, str | None]]:
    joined = tables.tickets.join(tables.messages, tables.messages.c.ticket == tables.tickets.c.number)
    query = (
        select(tables.tickets.c.status, tables.messages.c.recording).select_from(joined).order_by(tables.messages.c.id)
    )
    return [tuple(row) for row in rows(desk, query)]


def later(desk: Desk, seconds: float = 61) -> None:
    desk.pass_time(seconds)
    desk.work()


def test_a_recording_alone_after_the_hang_up_opens_the_ticket(desk: Desk, caller: Caller) -> None:
    speaking(caller).hang_up()
    assert caller.recorded(FIRST).said == []
    assert tickets(desk) == [("open", FIRST)]
    t = tables.tickets.c
    assert rows(desk, select(t.title, t.channel, t.opened_by.is_not(None))) == [
        ("A technical question (by phone)", "phone", True)
    ]
    caller.recorded(FIRST)
    later(desk)
    assert tickets(desk) == [("open", FIRST)]


def test_a_recording_alone_before_the_hang_up_opens_the_ticket_a_minute_later(desk: Desk, caller: Caller) -> None:
    speaking(caller).recorded(FIRST)
    desk.work()
    assert tickets(desk) == [], "its turn may still come"
    caller.hang_up()
    later(desk)
    assert tickets(desk) == [("open", FIRST)]


@pytest.mark.parametrize("order", ["turn first", "recording first", "after the end", "turn after the end"])
def test_a_recording_and_its_turn_are_one_ticket(desk: Desk, caller: Caller, order: str) -> None:
    speaking(caller)
    action = caller.answer.action
    say, recorded = partial(caller.say, FIRST), partial(caller.recorded, FIRST)
    acts: dict[str, list[Callable[[], object]]] = {
        "turn first": [say, recorded, caller.hang_up],
        "recording first": [recorded, say, caller.hang_up],
        "after the end": [say, caller.hang_up, recorded],
        "turn after the end": [caller.hang_up, recorded],
    }
    for act in acts[order]:
        act()
    if order == "turn after the end":
        caller.wire.post(action, caller.spoken(FIRST, "hangup"))
    later(desk)
    later(desk)
    assert tickets(desk) == [("open", FIRST)]
    assert (
        rows(
            desk,
            select(tables.jobs.c.error).where(tables.jobs.c.error.is_not(None), tables.jobs.c.kind == "late_recording"),
        )
        == []
    )


def test_a_second_message_is_not_lost_to_the_late_work_of_the_first(desk: Desk, caller: Caller) -> None:
    speaking(caller).say(FIRST)
    caller.recorded(FIRST)
    caller.key("1")
    caller.key("0")  # and speaks for longer than a minute
    later(desk)
    assert caller.say(SECOND).said[0] == "Thank you. Your ticket is open."
    assert tickets(desk) == [("open", FIRST), ("open", SECOND)]


def test_a_message_left_at_the_fallback_is_not_lost_to_the_late_work_of_another(desk: Desk, caller: Caller) -> None:
    """The turn of the first recording failed; Twilio went to the fallback, where the caller speaks once more."""
    speaking(caller).recorded(FIRST)
    caller.answer = caller.post("/ivr/fallback", caller.form(("ErrorCode", "11200")))
    later(desk)
    assert tickets(desk) == [("pending", FIRST)]
    assert caller.say(SECOND).said == ["Thank you. We have your message. Goodbye."]
    assert tickets(desk) == [("pending", FIRST), ("pending", SECOND)]


def test_a_reply_is_kept_like_a_ticket(desk: Desk, caller: Caller) -> None:
    speaking(caller).say(FIRST)
    caller.key("2")
    caller.key("1")
    caller.hang_up()
    caller.recorded(SECOND)
    assert tickets(desk) == [("open", FIRST), ("open", SECOND)]
    assert count(desk, tables.tickets) == 1


def test_a_message_without_proof_is_kept_like_a_ticket(desk: Desk) -> None:
    caller = Caller(Wire(desk), "+441632960999")
    caller.dial()
    caller.key("10000081")
    caller.key("*")
    caller.hang_up()
    caller.recorded(FIRST)
    assert tickets(desk) == [("pending", FIRST)]
    t = tables.tickets.c
    assert rows(desk, select(t.account_id, t.opened_by)) == [(None, None)], "whoever says they are Mia is not Mia"


def test_silence_after_the_tone_opens_nothing(desk: Desk, caller: Caller) -> None:
    speaking(caller)
    assert caller.key("").said[0] == "We did not hear anything."
    assert caller.key("").said == ["We did not hear anything. Goodbye."]
    assert (
        caller.post(
            "/ivr/recording",
            [
                ("AccountSid", caller.wire.account),
                ("CallSid", caller.sid),
                ("RecordingSid", FIRST),
                ("RecordingStatus", "absent"),
            ],
        ).status
        == 200
    )
    later(desk)
    assert count(desk, tables.tickets) == 0


# --- transcripts


def bodies(desk: Desk) -> list[str]:
    return [row.body for row in rows(desk, select(tables.messages.c.body))]


def test_a_transcript_after_the_ticket_becomes_its_words(desk: Desk, caller: Caller) -> None:
    speaking(caller).say(FIRST)
    caller.transcribed("The shop is down\x07\nsince\u202e noon", FIRST)
    assert bodies(desk) == ["The shop is down\nsince noon"]
    caller.transcribed("something else", FIRST)
    later(desk)
    assert bodies(desk) == ["The shop is down\nsince noon"], "words that are there stay"
    assert count(desk, tables.jobs, tables.jobs.c.kind == "late_transcript") == 0


def test_a_transcript_before_the_ticket_waits_for_it(desk: Desk, caller: Caller) -> None:
    speaking(caller).transcribed("The shop is down", FIRST)
    caller.transcribed("The shop is down", FIRST)
    desk.work()
    assert bodies(desk) == []
    caller.say(FIRST)
    later(desk)
    assert bodies(desk) == ["The shop is down"]


def test_a_transcript_without_a_ticket_is_given_up_in_the_end(desk: Desk, caller: Caller) -> None:
    caller.prove()
    caller.transcribed("nothing was opened", FIRST)
    for _ in range(8):
        later(desk)
    assert rows(desk, select(tables.jobs.c.done_at.is_not(None)).where(tables.jobs.c.kind == "late_transcript")) == [
        (True,)
    ]
    assert bodies(desk) == []


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00\x07", "x" * 15_000], ids=["nothing", "spaces", "control characters", "long"]
)
def test_a_transcript_of_any_kind_is_taken(one_desk: Desk, text: str) -> None:
    caller = speaking(Caller(Wire(one_desk)))
    caller.say(FIRST)
    assert caller.transcribed(text, FIRST).status == 200
    assert bodies(one_desk)[0] == cleaned(text).strip(), "C6: whole"


def test_the_sound_is_fetched_and_lies_sealed(one_desk: Desk) -> None:
    phone = one_desk.exchange.phone("+441632960108")
    phone.dial()
    for keys in ("#", "17846325#", "1", "0"):
        phone.press(keys)
    phone.speak("the shop is down")
    one_desk.work()
    (row,) = rows(one_desk, select(tables.recordings))
    assert row.fetched_at == one_desk.now
    assert row.sealed
    assert b"RIFF" not in row.sealed
    assert bodies(one_desk) == ["the shop is down"]
