"""More call than can be answered in time: a new caller is asked to call again, at once and in words; calls that go on go on, and nothing Twilio tells is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr import admission, router
from ivr.admission import Waiting
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, count

FULL = ["More people are calling just now than we can answer. Please call again in a few minutes. Goodbye."]
WAITED = 0.2  # seconds, in place of those of `admission`; nobody who found a thread waits for so long
LOOKS = 1_000_000  # far more than it takes


@pytest.fixture
def sqlite_desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **ACCOUNT)
    yield opened
    opened.close()


def is_full(monkeypatch: pytest.MonkeyPatch, *handlers: router.Handler) -> None:
    """As if somebody had waited for long, to who comes there."""
    for handler in handlers:
        monkeypatch.setitem(router._BOUNDS, handler, -1.0)


def test_who_calls_while_others_wait_for_long_is_asked_to_call_again(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for a thread, all of which wait to write; when they can, everybody who was let in is answered."""
    wire = Wire(sqlite_desk)
    patient, late = [Caller(wire) for _ in range(5)], Caller(wire)
    with ThreadPoolExecutor(len(patient) + 1) as threads:
        with sqlite_desk.store.gate.locked():
            answers = [threads.submit(caller.dial) for caller in patient]
            assert any(router._WAITING.longest() > WAITED for _ in range(LOOKS)), "nobody waits"
            monkeypatch.setitem(router._BOUNDS, router.voice, WAITED)
            turned_away = threads.submit(late.dial).result(10)
        welcome = [answer.result().said[0] for answer in answers]
    assert (turned_away.status, turned_away.said) == (200, FULL)
    assert "<Hangup" in turned_away.text
    assert set(welcome) == {"Welcome to the support desk."}
    assert router._WAITING.longest() == 0
    assert late.dial().said[0] == "Welcome to the support desk.", "and now there is room"


def test_a_call_that_was_turned_away_leaves_nothing_behind(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(Wire(one_desk))
    is_full(monkeypatch, router.voice)
    assert caller.dial().said == FULL
    assert caller.hang_up().status == 200
    assert count(one_desk, tables.calls) == 0


def test_calls_that_go_on_have_more_time_than_new_ones(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(one_desk)
    caller = Caller(wire)
    caller.prove()
    is_full(monkeypatch, router.voice)
    assert Caller(wire).dial().said == FULL
    assert caller.key("2").said[0] == "There are no tickets on this account yet."
    assert admission.NEW_CALL < admission.TURN < 15, "Twilio gives up then"


def test_a_pin_that_is_turned_away_was_not_tried_and_the_call_says_so(
    one_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(Wire(one_desk))
    caller.dial()
    caller.key("")
    with monkeypatch.context() as full:
        is_full(full, router.turn)
        assert caller.post(caller.answer.action, caller.form(("Digits", "17846325"))).said == FULL
        assert count(one_desk, tables.ledger, tables.ledger.c.action == "pin.attempt") == 0
    assert caller.key("17846325").said[0] == "Thank you."


def test_what_was_spoken_is_kept_though_its_turn_was_turned_away(
    one_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio tells of the recording by itself, and would not tell it twice."""
    caller = Caller(Wire(one_desk))
    caller.prove()
    caller.key("1")
    assert "<Record" in caller.key("1").text
    is_full(monkeypatch, *router._BOUNDS)
    assert caller.say().said == FULL
    assert [caller.recorded().status, caller.transcribed("our site is down").status, caller.hang_up().status] == [
        200
    ] * 3
    one_desk.pass_time(61)
    one_desk.work()
    assert count(one_desk, tables.tickets, tables.tickets.c.status == "open") == 1
    assert count(one_desk, tables.messages, tables.messages.c.body == "our site is down") == 1


def test_whoever_waits_longest_counts() -> None:
    now = 100.0
    waiting = Waiting(lambda: now)
    first, second = waiting.came(), waiting.came()
    now += 3
    third = waiting.came()
    waiting.begun(second)
    assert waiting.longest() == 3
    waiting.begun(first)
    waiting.begun(first)
    assert waiting.longest() == 0
    now += 1
    assert waiting.longest() == 1
    waiting.begun(third)
    assert waiting.longest() == 0
