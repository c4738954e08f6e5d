"""The database is away, full or broken: every route answers in TwiML, apologises and goes on to the fallback. T26"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
import structlog
import structlog.testing
from sqlalchemy import select, text

from deskgate.serve import log_as_lines
from ivr import router
from store import tables
from tests.channels.faults import DEAD_END, SORRY, away, full, is_twiml
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, change, count, rows

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


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
    with away(desk):
        sorry = caller.key("1")
    caller.answer = caller.wire.post(sorry.action, caller.form())
    assert caller.answer.said[0].startswith(SORRY.removesuffix("."))
    first = caller.answer
    assert caller.wire.post(sorry.action, caller.form()) == first, "a repeat"
    assert caller.say().said == ["Thank you. We have your message. Goodbye."]
    assert caller.wire.post(sorry.action, caller.form()).status == 403, "its message was left"
    t = tables.tickets.c
    assert rows(desk, select(t.status, t.title.contains("something had failed"))) == [("pending", True)]


def test_whoever_waited_for_a_person_is_called_back_from_the_fallback_too(desk: Desk) -> None:
    caller = Caller(Wire(desk))
    caller.prove()
    caller.key("0")
    with away(desk):
        sorry = caller.key("")
    assert caller.wire.post(sorry.action, caller.form()).said[0].startswith(SORRY.removesuffix("."))
    t = tables.tickets.c
    assert rows(desk, select(t.status, t.title)) == [("open", "Call back: asked for a person")]


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


@pytest.mark.parametrize("table", ["ledger", "jobs", "messages"])
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


def test_a_file_that_somebody_else_has_locked(sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.db.engine.LONGEST", 0.02)
    monkeypatch.setattr("store.db.engine.LOCK", 0.02)
    desk = Desk(sample_sqlite, **ACCOUNT)
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


@pytest.mark.parametrize("table", ["calls", "pins", "contacts", "ledger_segments", "pin_guards"])
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


@pytest.mark.parametrize("production", [True, False])
def test_a_fault_is_in_the_log_and_quotes_nothing(
    sample_sqlite: str, production: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """As the service writes it: what failed, and not one digit of what was keyed."""
    desk = Desk(sample_sqlite, **ACCOUNT)
    caller = Caller(Wire(desk))
    caller.dial()
    caller.key("10000081")
    pin_prompt = caller.answer.action
    mend = full(desk, "ledger")
    log_as_lines(production=production)
    assert caller.key("17846325").said == [SORRY]
    mend()
    desk.close()
    written = capfd.readouterr().err
    assert "SQLITE_CONSTRAINT_TRIGGER" in written
    assert "/ivr/turn" in written
    for secret in ("17846325", "10000081", "441632960108", caller.sid, pin_prompt.partition("t=")[2]):
        assert secret not in written
