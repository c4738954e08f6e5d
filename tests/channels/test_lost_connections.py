"""A connection to the database is lost in the middle of a call: the turn is tried once more, and has one effect."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import structlog
import structlog.testing
from sqlalchemy import select, text

from store import tables
from store.verification.hash_pool import PLACES, own_folder
from tests.channels.faults import hang_up_on, pool
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, change, count, rows

pytestmark = pytest.mark.both_databases

TICKET = ["", "17846325", "1", "1", "say", "2", "1", "say", "0", "*", "3"]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def postgres_desk(sample_postgres: str) -> Iterator[Desk]:
    opened = Desk(sample_postgres, **ACCOUNT)
    yield opened
    opened.close()


def act(caller: Caller, turn: str, n: int = 1) -> Answer:
    return caller.say(f"RE{n:032x}") if turn == "say" else caller.key(turn)


def test_a_call_does_not_notice_a_lost_connection(postgres_desk: Desk) -> None:
    """All connections are cut before every single request: each is tried once more, and has one effect."""
    desk, wire = postgres_desk, Wire(postgres_desk)
    cut, plain = Caller(wire), Caller(wire)
    plain.dial()
    hang_up_on(desk)
    cut.dial()
    for n, turn in enumerate(TICKET):
        act(plain, turn, n)
        hang_up_on(desk)
        act(cut, turn, 100 + n)
        assert [said for said in cut.answer.said if " 1 0 0 " not in said] == [
            said for said in plain.answer.said if " 1 0 0 " not in said
        ]
        assert cut.again() == cut.answer
    hang_up_on(desk)
    assert cut.hang_up().status == 200
    assert count(desk, tables.tickets) == 2
    assert count(desk, tables.messages) == 4
    assert rows(desk, select(tables.calls.c.ended_at.is_not(None)).where(tables.calls.c.sid == cut.sid)) == [(True,)]


def test_connections_lost_again_and_again_do_not_wear_out_the_pool(postgres_desk: Desk) -> None:
    caller = Caller(Wire(postgres_desk))
    caller.prove()
    for _ in range(12):
        hang_up_on(postgres_desk)
        assert caller.key("9").said[-1] == "Press 9 to hear this again."
    assert pool(postgres_desk).checkedout() == 0


def test_a_commit_that_is_cut_off_is_one_ticket(postgres_desk: Desk) -> None:
    """The server ends the connection in the middle of the COMMIT that would have kept the ticket; once."""
    change(
        postgres_desk,
        text("CREATE SEQUENCE once"),
        text(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('once') = 1 THEN "
            "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$"
        ),
        text(
            "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON tickets DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION cut()"
        ),
    )
    caller = Caller(Wire(postgres_desk))
    caller.prove()
    caller.key("1")
    caller.key("0")
    assert caller.say().said[0] == "Thank you. Your ticket is open."
    assert count(postgres_desk, tables.tickets) == count(postgres_desk, tables.messages) == 1
    assert rows(postgres_desk, text("SELECT last_value FROM once")) == [(2,)], "it was cut off, and tried again"


@contextmanager
def hashing_waits() -> Iterator[None]:
    """Both places where PINs are hashed are taken, as by other processes of this machine."""
    with ExitStack() as stack:
        for n in range(PLACES):
            file = stack.enter_context((own_folder() / f"argon2-{n}.lock").open("a"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_connection_lost_while_a_pin_is_hashed_costs_no_call(postgres_desk: Desk) -> None:
    caller = Caller(Wire(postgres_desk))
    caller.dial()
    caller.key("")
    leased_to = select(tables.calls.c.leased_to.is_not(None)).where(tables.calls.c.sid == caller.sid)
    with ThreadPoolExecutor(1) as aside:
        with hashing_waits():
            turn = aside.submit(caller.key, "17846325")
            while rows(postgres_desk, leased_to) != [(True,)]:
                assert not turn.done()
            hang_up_on(postgres_desk)
        assert turn.result(30).said[0] == "Thank you."
    assert rows(postgres_desk, select(tables.pin_guards.c.generation)) == [(1,)], "one attempt"
