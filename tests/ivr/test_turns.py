"""Turns through signed requests: a repeat gets its stored response and has one effect, anything else is refused.

T12, T13
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from store import tables
from store.calls import call_state
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, all_at_once, change, count, kept, rows

pytestmark = pytest.mark.both_databases

GOODBYE = ["Goodbye."]


@pytest.fixture
def caller(desk: Desk) -> Caller:
    return Caller(Wire(desk))


def is_refusal(answer: Answer) -> bool:
    assert answer.kind == "application/xml"
    return answer.status == 403 and answer.said == GOODBYE


def attempts(desk: Desk) -> list[tuple[int, int]]:
    return [(row.generation, row.lifetime) for row in rows(desk, select(tables.pin_guards))]


# --- repeats


def test_every_turn_repeated_gives_the_same_bytes_and_changes_nothing(desk: Desk, caller: Caller) -> None:
    caller.dial()
    # ID, wrong PIN, right PIN, invoices (refused), ticket, its service, what is spoken, tickets, add to it, spoken
    turns = ["", "11111112", "17846325", "3", "1", "1", "say", "2", "1", "say"]
    for n, turn in enumerate(turns):
        caller.say(f"RE{n:032x}") if turn == "say" else caller.key(turn)
        assert caller.answer.status == 200
        before = kept(desk)
        assert caller.again() == caller.answer == caller.again()
        assert kept(desk) == before, f"turn {n} had a second effect"
    assert count(desk, tables.tickets) == 1
    assert count(desk, tables.messages) == 2
    assert attempts(desk) == [(2, 1)], "two attempts, of which the wrong one stays"


def test_other_keys_or_another_recording_are_refused(desk: Desk, caller: Caller) -> None:
    caller.prove()
    assert is_refusal(caller.again(digits="17846326"))
    caller.key("1")
    caller.key("0")
    caller.say()
    before = kept(desk)
    assert is_refusal(caller.again(recording="RE" + "f" * 32))
    assert is_refusal(caller.again(digits="1"))
    assert kept(desk) == before
    assert count(desk, tables.tickets) == 1


def test_a_skipped_step_an_old_one_and_a_made_up_one_are_refused(desk: Desk, caller: Caller) -> None:
    first = caller.dial().action
    second = caller.key("").action
    third = caller.key("17846325").action
    assert len({first, second, third}) == 3
    other = Caller(caller.wire)
    other.dial()
    for path in (
        first,
        "/ivr/turn?t=",
        "/ivr/turn",
        "/ivr/turn?t=AAAAAAAAAAAAAAAAAAAA",
        "/ivr/turn?t=%ff",
        f"{third}A",
    ):
        assert is_refusal(caller.wire.post(path, caller.form(("Digits", "2"))))
    assert is_refusal(caller.wire.post(third, other.form(("Digits", "2")))), "another call's token"
    assert is_refusal(caller.wire.post(second, caller.form(("Digits", "2")))), "other keys than in the turn before"
    assert rows(desk, select(tables.calls.c.step).where(tables.calls.c.sid == caller.sid)) == [(2,)]


def test_a_token_is_good_for_its_own_turn_only(caller: Caller) -> None:
    caller.prove()
    ahead = caller.answer.action
    caller.key("9")
    assert is_refusal(caller.wire.post(ahead, caller.form(("Digits", "2"))))
    assert caller.wire.post(ahead, caller.form(("Digits", "9"))) == caller.answer
    caller.key("9")
    assert is_refusal(caller.wire.post(ahead, caller.form(("Digits", "9")))), "two turns ago"


def test_a_call_nobody_knows_is_refused(desk: Desk, caller: Caller) -> None:
    caller.dial()
    stranger = Caller(caller.wire)
    before = kept(desk)
    for path, form in (
        (caller.answer.action, stranger.form(("Digits", "1"))),
        (
            "/ivr/recording",
            [
                ("AccountSid", caller.wire.account),
                ("CallSid", stranger.sid),
                ("RecordingSid", "RE" + "0" * 32),
                ("RecordingStatus", "completed"),
            ],
        ),
    ):
        assert is_refusal(caller.wire.post(path, form))
    assert kept(desk) == before


# --- the beginning and the end


def test_a_call_begins_once(desk: Desk, caller: Caller) -> None:
    first = caller.dial()
    assert caller.again() == first
    assert caller.wire.post("/ivr/voice", Caller(caller.wire, "+441632960109", caller.sid).form()).said == GOODBYE
    caller.key("")
    before = kept(desk)
    late = caller.wire.post("/ivr/voice", caller.form(status="ringing"))
    assert (late.status, late.said) == (200, GOODBYE)
    assert kept(desk) == before
    assert count(desk, tables.calls) == 1
    assert caller.key("17846325").said[0] == "Thank you.", "the call itself goes on"


def test_a_call_that_is_over_takes_nothing_but_a_recording(desk: Desk, caller: Caller) -> None:
    caller.prove()
    caller.key("1")
    caller.key("0")
    recording_turn = caller.answer.action
    caller.hang_up()
    assert is_refusal(caller.wire.post(recording_turn, caller.form(("Digits", "1"))))
    assert is_refusal(caller.wire.post(recording_turn, caller.form()))
    assert count(desk, tables.tickets) == 0
    saved = caller.wire.post(recording_turn, caller.spoken(digits="hangup"))
    assert saved.status == 200
    assert count(desk, tables.tickets) == 1
    assert caller.wire.post(recording_turn, caller.spoken(digits="hangup")) == saved
    assert count(desk, tables.tickets) == 1


def test_the_end_is_told_once(desk: Desk, caller: Caller) -> None:
    caller.prove()
    assert caller.hang_up().status == 200
    before = kept(desk)
    assert caller.hang_up().status == 200
    assert kept(desk) == before


# --- many at once


def test_twenty_deliveries_of_a_pin_are_one_attempt(desk: Desk, caller: Caller) -> None:
    caller.dial()
    caller.key("")
    for pin, lifetime in (("11111112", 1), ("17846325", 1)):
        form = caller.form(("Digits", pin))
        answers = all_at_once(20, caller.answer.action, form, caller.wire)
        assert len(set(answers)) == 1
        assert answers[0].status == 200
        caller.answer = answers[0]
        assert [row[1] for row in attempts(desk)] == [lifetime]
    assert attempts(desk) == [(2, 1)]
    assert answers[0].said[0] == "Thank you."


def test_deliveries_of_two_different_pins_at_once_are_one_attempt(desk: Desk, caller: Caller) -> None:
    caller.dial()
    path = caller.key("").action
    with ThreadPoolExecutor(8) as threads:
        forms = [caller.form(("Digits", pin)) for pin in ("11111112", "17846325", "22222223", "33333334") * 2]
        answers = list(threads.map(lambda form: caller.wire.post(path, form), forms))
    taken = {answer for answer in answers if answer.status == 200}
    assert len(taken) == 1, "one of them was the turn, the others were repeats with other keys"
    assert sum(answer.status == 403 for answer in answers) >= 6
    assert [row[0] for row in attempts(desk)] == [1]


def test_twenty_deliveries_of_a_recording_are_one_ticket(desk: Desk, caller: Caller) -> None:
    caller.prove()
    caller.key("1")
    caller.key("0")
    answers = all_at_once(20, caller.answer.action, caller.spoken(), caller.wire)
    assert len(set(answers)) == 1
    assert answers[0].said[0] == "Thank you. Your ticket is open."
    assert count(desk, tables.tickets) == count(desk, tables.messages) == 1


def test_twenty_beginnings_are_one_call(desk: Desk, caller: Caller) -> None:
    answers = all_at_once(20, "/ivr/voice", caller.form(status="ringing"), caller.wire)
    assert len(set(answers)) == 1
    assert answers[0].said[0] == "Welcome to the support desk."
    assert count(desk, tables.calls) == 1


# --- what is kept


def everything(desk: Desk, sample_url: str) -> bytes:
    """The database as it lies on the disk, or all rows of it."""
    path = sample_url.removeprefix("sqlite:///")
    if path != sample_url:
        return b"".join(file.read_bytes() for file in Path(path).parent.glob(f"{Path(path).name}*"))
    return repr([rows(desk, select(table)) for table in tables.Base.metadata.sorted_tables]).encode()


def test_the_stored_response_is_sealed_and_goes_after_the_call(desk: Desk, sample_url: str) -> None:
    caller = Caller(Wire(desk), "+441632960104")
    caller.prove(pin="90734682")
    told = caller.key("3")
    assert "20 dollars" in told.text
    lying = everything(desk, sample_url)
    assert caller.sid.encode() in lying, "the test looks where nothing is"
    for open_words in (b"20 dollars", b"<Say", b"<Response", b"90734682"):
        assert open_words not in lying
    caller.hang_up()
    desk.pass_time(call_state.RESPONSE_KEPT / 1000 - 1)
    desk.container.worker.sweep()
    assert caller.wire.post(*caller.sent[-2][:2]) == told, "a late repeat still gets its answer"
    desk.pass_time(2)
    desk.container.worker.sweep()
    assert [row.response for row in rows(desk, select(tables.calls))] == [None]
    assert is_refusal(caller.wire.post(*caller.sent[-2][:2]))


def test_an_answer_moved_to_another_call_opens_nothing(desk: Desk, caller: Caller) -> None:
    caller.prove()
    other = Caller(caller.wire, "+441632960104")
    other.prove(pin="90734682")
    other.key("3")
    ((sealed,),) = rows(desk, select(tables.calls.c.response).where(tables.calls.c.sid == other.sid))
    change(desk, tables.calls.update().where(tables.calls.c.sid == caller.sid).values(response=sealed))
    assert "20 dollars" not in caller.again().text


# --- any process can take any turn


@pytest.fixture
def second_desk(sample_url: str, desk: Desk) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


def test_two_processes_take_turns_with_one_call(desk: Desk, second_desk: Desk) -> None:
    wires = [Wire(desk), Wire(second_desk)]
    caller = Caller(wires[0])
    for n, turn in enumerate(["dial", "", "17846325", "1", "1", "say", "2"]):
        caller.wire = wires[n % 2]
        answer = caller.dial() if turn == "dial" else caller.say() if turn == "say" else caller.key(turn)
        assert answer.status == 200
        caller.wire = wires[(n + 1) % 2]
        assert caller.again() == answer, "the other process gives the stored response"
    assert caller.answer.said[0] == "Ticket 1 0 0 1: Miniserver tide-web (by phone)."
    assert count(desk, tables.tickets) == 1
