"""The database goes away in the middle of a call: a turn is tried again, or apologises and goes on to the fallback."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import make_url

from ivr import router
from store import tables
from store.pool import PLACES
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, change, count, rows

SORRY = "We are sorry, something went wrong on our side."
DEAD_END = "We are sorry, something went wrong on our side. Please call again later. Goodbye."
TICKET = ["", "17846325", "1", "1", "say", "2", "1", "say", "0", "*", "3"]


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def postgres_desk(sample_postgres: str) -> Iterator[Desk]:
    opened = Desk(sample_postgres, **ACCOUNT)
    yield opened
    opened.close()


def is_twiml(answer: Answer) -> bool:
    """What Twilio can play, whatever else is broken."""
    return answer.kind == "application/xml" and ElementTree.fromstring(answer.text).tag == "Response"


@contextmanager
def beside(desk: Desk) -> Iterator[psycopg.Connection]:
    """A connection to the server, but not to this desk's database."""
    url = make_url(desk.store.url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(), autocommit=True) as connection:
        yield connection


def hang_up_on(desk: Desk) -> None:
    """Ends every connection of the desk to its database, as a restart of the server does."""
    with beside(desk) as server:
        name = make_url(desk.store.url).database
        ended = server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert ended.fetchall() or desk.store.engine.pool.checkedin() == 0


@contextmanager
def away(desk: Desk) -> Iterator[None]:
    """Nobody gets at the database: no server for it, or a file that is none."""
    url = make_url(desk.store.url)
    if url.get_backend_name() == "postgresql":
        with beside(desk) as server:
            server.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'.encode())
            hang_up_on(desk)
            try:
                yield
            finally:
                server.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'.encode())
        return
    desk.store.engine.dispose()
    assert url.database
    path = Path(url.database)
    aside = path.with_name("aside.db")
    path.rename(aside)
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)


def act(caller: Caller, turn: str, n: int = 1) -> Answer:
    return caller.say(f"RE{n:032x}") if turn == "say" else caller.key(turn)


# --- gone and back at once


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
    assert postgres_desk.store.engine.pool.checkedout() == 0


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
            path = Path(tempfile.gettempdir()) / f"deskgate-argon2-{os.getuid()}-{n}.lock"
            file = stack.enter_context(path.open("a"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_connection_lost_while_a_pin_is_hashed_costs_no_call(postgres_desk: Desk) -> None:
    caller = Caller(Wire(postgres_desk))
    caller.dial()
    caller.key("")
    claimed = select(tables.calls.c.claimed.is_not(None)).where(tables.calls.c.sid == caller.sid)
    with ThreadPoolExecutor(1) as aside:
        with hashing_waits():
            turn = aside.submit(caller.key, "17846325")
            while rows(postgres_desk, claimed) != [(True,)]:
                assert not turn.done()
            hang_up_on(postgres_desk)
        assert turn.result(30).said[0] == "Thank you."
    assert rows(postgres_desk, select(tables.pin_guards.c.minute_n)) == [(1,)], "one attempt"


# --- gone for good


def test_every_route_answers_in_twiml_while_the_database_is_away(desk: Desk) -> None:
    wire = Wire(desk)
    caller = Caller(wire)
    caller.dial()
    spoken = caller.form(
        ("RecordingSid", "RE" + "1" * 32),
        ("RecordingStatus", "completed"),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "hello"),
    )
    with away(desk):
        for path in router.ROUTES:
            query = caller.answer.action.removeprefix("/ivr/turn") if path == "/turn" else ""
            form = spoken if path in ("/recording", "/transcription") else caller.form(status="completed")
            answer = wire.post(f"/ivr{path}{query}", form)
            assert is_twiml(answer), path
            assert answer.status in (200, 403), path
            if path in ("/voice", "/turn"):
                assert (answer.said, answer.action) == ([SORRY], "/ivr/fallback")
            if path == "/fallback":
                assert answer.said == [DEAD_END]
    assert count(desk, tables.tickets) == 0


def test_a_caller_is_told_and_not_cut_off(desk: Desk) -> None:
    """As Twilio plays it: the apology, the fallback, and when that fails as well a goodbye, never its own error."""
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    with away(desk):
        phone.press("#")
    assert phone.heard[-2:] == [SORRY, DEAD_END]
    assert phone.state == "ended"
    assert list(desk.exchange.faults) == []


def test_the_fallback_takes_a_message_when_the_database_is_back(desk: Desk) -> None:
    caller = Caller(Wire(desk))
    caller.prove()
    caller.key("0")
    with away(desk):
        sorry = caller.key("")
    caller.answer = caller.wire.post(sorry.action, caller.form())
    assert caller.answer.said[0].startswith(SORRY.removesuffix("."))
    first = caller.answer
    assert caller.wire.post(sorry.action, caller.form()) == first, "a repeat"
    assert caller.say().said == ["Thank you. We have your message. Goodbye."]
    assert caller.wire.post(sorry.action, caller.form()).status == 403, "its message was left"
    t = tables.tickets.c
    assert rows(desk, select(t.status, t.subject.contains("something had failed"))) == [("pending", True)]


def test_a_call_whose_beginning_was_lost_can_leave_a_message(desk: Desk) -> None:
    caller = Caller(Wire(desk))
    with away(desk):
        sorry = caller.dial()
    caller.answer = caller.wire.post(sorry.action, caller.form())
    assert caller.say().said == ["Thank you. We have your message. Goodbye."]
    assert caller.wire.post("/ivr/voice", caller.form(status="ringing")).said == ["Goodbye."]
    (claimed,) = rows(desk, select(tables.ledger.c.fields).where(tables.ledger.c.action == "ticket.pending"))
    assert "claimed:person:" in claimed.fields, "the number is on file: somebody can be called back"


def test_the_same_turn_goes_on_when_the_database_is_back(desk: Desk) -> None:
    caller = Caller(Wire(desk))
    caller.prove()
    menu = caller.answer
    with away(desk):
        assert caller.key("1").said == [SORRY]
    caller.answer = menu
    assert caller.key("1").said[0] == "Which service is it about?"


# --- what fails in the middle of a turn


def full(desk: Desk, table: str) -> Callable[[], None]:
    """Nothing more can be written to a table. Gives what makes an end of it."""
    if make_url(desk.store.url).get_backend_name() == "postgresql":
        change(
            desk,
            text("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$"),
            text(f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no()"),
        )
        return lambda: change(desk, text(f"DROP TRIGGER disk_full ON {table}"), text("DROP FUNCTION no()"))
    change(desk, text(f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"))
    return lambda: change(desk, text("DROP TRIGGER disk_full"))


@pytest.mark.parametrize("table", ["ledger", "work", "messages"])
def test_nothing_is_told_or_kept_by_a_turn_that_fails(desk: Desk, table: str) -> None:
    caller = Caller(Wire(desk), "+441632960107")
    caller.prove(pin="53960281")
    for key in ("1", "1", "1"):
        caller.key(key)
    before, tone = rows(desk, select(tables.ledger.c.n)), caller.answer
    mend = full(desk, table)
    failed = caller.say()
    assert (failed.said, failed.action) == ([SORRY], "/ivr/fallback")
    assert count(desk, tables.tickets) == count(desk, tables.messages) == count(desk, tables.recordings) == 0
    assert len(rows(desk, select(tables.ledger.c.n))) == len(before)
    mend()
    caller.answer = tone
    assert caller.say().said[0] == "Thank you. Your ticket is open."
    assert count(desk, tables.tickets) == 1


def test_what_is_owed_is_not_told_when_it_cannot_be_written_down(desk: Desk) -> None:
    caller = Caller(Wire(desk), "+441632960107")
    menu = caller.prove(pin="53960281")
    mend = full(desk, "ledger")
    assert caller.key("3").said == [SORRY]
    mend()
    caller.answer = menu
    assert caller.key("3").said[0].startswith("Invoice")


def test_a_file_that_somebody_else_has_locked(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    event.listen(desk.store.engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=20"))
    caller = Caller(Wire(desk))
    menu = caller.prove()
    locked = sqlite3.connect(sample_sqlite.removeprefix("sqlite:///"), isolation_level=None)
    desk.store.engine.dispose()
    locked.execute("BEGIN EXCLUSIVE")
    assert caller.key("9").said == [SORRY]
    assert caller.wire.post("/ivr/fallback", caller.form()).said == [DEAD_END]
    locked.execute("ROLLBACK")
    locked.close()
    caller.answer = menu
    assert caller.key("9").said == menu.said[1:]
    desk.close()


@pytest.mark.parametrize("table", ["calls", "pins", "contacts", "ledger_lanes", "pin_guards"])
def test_a_table_that_is_not_there(sample_sqlite: str, table: str) -> None:
    """Half a migration, or a file put back from an old copy: sorry, and nobody is let in."""
    desk = Desk(sample_sqlite, **ACCOUNT)
    phone = desk.exchange.phone("+441632960108")
    change(desk, text(f"DROP TABLE {table}"))
    phone.dial()
    for keys in ("#", "17846325#"):
        if phone.state != "ended" and phone.state != "recording":
            phone.press(keys)
    assert SORRY in phone.heard
    assert "Thank you." not in phone.heard
    assert list(desk.exchange.faults) == []
    desk.store.engine.dispose()
