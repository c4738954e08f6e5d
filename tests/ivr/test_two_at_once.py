"""What a caller's turn and the desk's own phone or an import do at the same moment, on PostgreSQL: two real transactions, one in the other. T13"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import text

from authz import load_schemes
from simulator.phone import Phone
from store import Keys, Transaction, open_store
from store.calls import support_calls
from store.imports import import_run
from store.imports.file_format import read
from tests.desk import SECRET, Desk
from tests.ivr.conftest import ACCOUNT, SLACK
from tests.ivr.elsewhere import asks_for, kim
from tests.ivr.switchboard import CALLBACK, asks, tickets
from tests.ivr.switchboard import rings as ringing
from tests.ivr.wire import Caller, Wire, rows
from tests.statements import watched

LOOKS = 5_000  # far more than it takes: a test that would wait for ever fails instead
WAITS = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def desk(sample_postgres: str) -> Iterator[Desk]:
    opened = Desk(sample_postgres, **ACCOUNT)
    yield opened
    opened.close()


def meanwhile(desk: Desk, does: Callable[[Transaction], object], then: Callable[[], None]) -> None:
    """`does` is done and not yet committed when `then` comes upon it."""
    with ThreadPoolExecutor(1) as threads:
        with desk.store.transaction("phone") as tx:
            does(tx)
            other = threads.submit(then)
            assert any(rows(desk, WAITS) for _ in range(LOOKS)), "it did not come upon it"
        other.result()


def waiting(desk: Desk) -> tuple[Phone, Phone]:
    """Somebody who waits, and a phone of the desk that was picked up."""
    kim(desk)
    mia = asks(desk)
    (agent,) = ringing(desk)
    agent.answer()
    return mia, agent


@pytest.mark.parametrize("waited", [4, 46])
def test_h4_a_caller_is_put_through_though_an_agent_takes_the_call_in_the_same_moment(desk: Desk, waited: int) -> None:
    """H4: not thrown out, and not told that nobody came, when the call is taken between two looks of one turn."""
    mia, agent = waiting(desk)
    desk.pass_time(waited)
    meanwhile(desk, lambda tx: support_calls.take(tx, 1, agent.sid), mia.wait)
    assert mia.state == "in conference desk-1"
    assert tickets(desk) == []
    assert not any("sorry" in said.lower() for said in mia.heard)


def test_h4_a_caller_is_not_put_into_a_room_the_agent_has_just_left(desk: Desk) -> None:
    mia, agent = waiting(desk)
    agent.press("1")
    meanwhile(desk, lambda tx: support_calls.leg_gone(tx, 1, agent.sid), mia.wait)
    assert mia.state == "gathering"
    assert tickets(desk) == [CALLBACK]


def test_h4_a_caller_back_from_the_keypad_does_not_wait_for_an_agent_who_has_just_left(desk: Desk) -> None:
    mia, agent = waiting(desk)
    agent.press("1")
    mia.wait()
    assert asks_for(desk, "pin")
    meanwhile(desk, lambda tx: support_calls.leg_gone(tx, 1, agent.sid), lambda: mia.press("17846325#"))
    assert mia.state == "gathering"


def test_h1_an_import_that_meets_the_call_of_whom_it_changes_throws_neither_out(sample_postgres: str) -> None:
    """It has locked the person and wants their call; the turn has locked the call and wants the person. PostgreSQL ends one of the
    two: the caller heard an apology, or the operator a traceback."""
    desk = Desk(sample_postgres, **ACCOUNT, **SLACK)
    importing = open_store(sample_postgres, Keys.parse(SECRET), load_schemes(), lambda: desk.now)
    mia, reached, go_on = Caller(Wire(desk)), Event(), Event()
    mia.prove()
    changed = {"people": [{"username": "mia.chen", "email": "mia@elsewhere.example"}]}

    def seen(statement: str) -> None:
        if statement.startswith("SELECT calls.sid") and not reached.is_set():
            reached.set()
            assert go_on.wait(20)

    with watched(importing.engine, seen), ThreadPoolExecutor(2) as threads:
        brought = threads.submit(import_run.run, importing, read(json.dumps(changed).encode()))
        assert reached.wait(20)
        pressed = threads.submit(mia.key, "7")
        assert any(rows(desk, WAITS) for _ in range(LOOKS)), "the turn did not come upon it"
        go_on.set()
        assert brought.result(30).counts == {"people.changed": 1}
        assert pressed.result(30).said[0].startswith("Your code to link Slack is"), "it was tried again"
    importing.engine.dispose()
    desk.close()


@pytest.mark.parametrize("times", [1, 3])
def test_h1_a_turn_that_is_ended_more_than_once_is_still_answered(sample_postgres: str, times: int) -> None:
    """PostgreSQL gives a lock to whoever asks first: the turn that was ended and begins again at once can meet the same import again."""
    desk = Desk(sample_postgres, **ACCOUNT, **SLACK)
    mia = Caller(Wire(desk))
    mia.prove()
    ended = f"""
        CREATE SEQUENCE met;
        CREATE FUNCTION meets() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF nextval('met') <= {times} THEN RAISE EXCEPTION 'met' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER meets BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION meets()
    """
    with desk.store.engine.begin() as connection:
        connection.execute(text(ended))
    assert mia.key("7").said[0].startswith("Your code to link Slack is")
    desk.close()
