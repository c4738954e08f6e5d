"""A mistake of ours has a number, which whoever meets it and the log both have; what the exception says of somebody stands nowhere."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import structlog
import structlog.testing
from prometheus_client import generate_latest
from sqlalchemy import text

from desk import faults
from deskgate import metrics, uncaught
from deskgate.serve import log_as_lines
from store.db.last_seen import state_folder
from store.jobs import job_queue
from tests.api.asking import operators, problem
from tests.bot.by_hand import command, send
from tests.bot.conftest import slack_once, slack_stage  # noqa: F401 - fixtures
from tests.bot.slack_desk import SlackDesk
from tests.cli.conftest import Shell, light, nowhere  # noqa: F401 - fixtures
from tests.desk import SECRET, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, change
from tests.personal import held, personal
from tests.portal.browsing import Agent

QUOTES: Final = "Mia Chen mia@tideworks.example +441632960108 10000081"
Told = Callable[[], str]


def broken(desk: Desk, table: str) -> Callable[[], None]:
    """Nothing can be written there, and what the database says of it quotes somebody. Gives what mends it."""
    change(desk, text(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, '{QUOTES}'); END"))
    return lambda: change(desk, text("DROP TRIGGER broken"))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the service has written into its log since it was last asked."""
    paper = io.StringIO()
    monkeypatch.setattr("sys.stderr", paper)
    log_as_lines(production=True)

    def told() -> str:
        said = paper.getvalue()
        paper.seek(0)
        paper.truncate()
        return said

    return told


def lines(said: str) -> list[dict[str, Any]]:
    assert not held(said), "the log quotes somebody"
    return [line for line in map(json.loads, said.splitlines()) if line["event"] in ("internal_error", "job_failed")]


def the_fault(said: str, channel: str) -> str:
    """Its number, by the log: one line, with our code in it."""
    (line,) = lines(said)
    assert line.get("channel", "worker") == channel
    assert any(at.startswith(("store/", "portal/", "api/", "bot/", "ivr/", "deskgate/")) for at in line["at"]), line
    number: str = line["fault"]
    assert len(number) == 6
    return number


def test_a_page_says_the_number_that_the_log_has(sample_sqlite: str, written: Told) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    kim = Agent(desk)
    kim.sign_in()
    broken(desk, "ledger")
    written()
    kim.get("/desk/tickets?words=10000081")
    said = written()
    assert kim.page is not None
    assert kim.page.status_code == 500
    assert f"its number: {the_fault(said, 'portal')}" in kim.words
    assert lines(said)[0]["code"] == "SQLITE_CONSTRAINT_TRIGGER"
    desk.close()


def test_a_program_is_told_it(sample_sqlite: str, written: Told) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    program = operators(desk)
    broken(desk, "ledger")
    written()
    desk.client = type(desk.client)(desk.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    answer = program.get("/tickets")
    assert problem(answer, "fault")["detail"].endswith(f"its number: {the_fault(written(), 'api')}.")
    desk.close()


def test_somebody_in_slack_is_told_it(slack_once: SlackDesk, written: Told) -> None:  # noqa: F811
    broken(slack_once, "jobs")
    written()
    answer = send(slack_once, command("/ticket", "our shop is down"))
    number = the_fault(written(), "slack")
    assert f"its number: {number}" in answer.json()["text"]


def test_a_call_and_a_job_have_it_in_the_log(sample_sqlite: str, written: Told) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    caller = Caller(Wire(desk))
    caller.dial()
    caller.key("10000081")
    before = metrics.REGISTRY.get_sample_value("deskgate_faults_total", {"channel": "phone"})
    assert before is not None
    mend = broken(desk, "ledger")
    written()
    assert "went wrong" in caller.key("17846325").said[0]
    the_fault(written(), "phone")
    assert f'deskgate_faults_total{{channel="phone"}} {before + 1:.1f}' in generate_latest(metrics.REGISTRY).decode()
    mend()

    def fails(_tx: object, _job: object) -> None:
        raise ValueError(QUOTES)

    desk.container.deliveries["ticket_update"] = fails
    with desk.store.transaction("test") as tx:
        job_queue.enqueue(tx, "ticket_update", "one", {"ticket": 1})
    desk.work()
    the_fault(written(), "worker")
    desk.close()


def test_what_nothing_caught_has_one_too(written: Told) -> None:
    """In a library's log, and in a thread."""

    def raises() -> None:
        raise ValueError(QUOTES)

    try:
        raises()
    except ValueError as fault:
        record = logging.makeLogRecord({"exc_info": (ValueError, fault, None), "msg": QUOTES})
        assert not uncaught.is_without_words(record)
        assert not uncaught.is_without_words(record), "once more, which is no other fault"
    assert uncaught.is_without_words(logging.makeLogRecord({"msg": "a line without a fault"}))
    assert [line["channel"] for line in lines(written())] == ["web"]
    hook, threading.excepthook = threading.excepthook, uncaught.of_a_thread
    try:
        thread = threading.Thread(target=raises, name="one")
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook
    assert [line["thread"] for line in lines(written())] == ["one"]


# --- for the maintainers


def planted(shell: Shell) -> None:
    """A desk with a fault, a job that fails and one that was given up, each of which would quote somebody."""
    desk = Desk(shell.url, **ACCOUNT)
    broken(desk, "ledger")
    Caller(Wire(desk)).dial()
    change(desk, text("DROP TRIGGER broken"))
    for error in (f"Twilio answered 400 (21211) to a call of {QUOTES}", f"550 5.1.1 {QUOTES}", QUOTES):
        with desk.store.transaction("test") as tx:
            job_queue.enqueue(tx, "mail", error[:3], {"to": "mia@tideworks.example"})
        change(desk, text("UPDATE jobs SET error = :why, attempts = 3 WHERE error IS NULL").bindparams(why=error))
    desk.close()


def test_the_report_has_what_mends_it_and_nobody_in_it(light: Shell, tmp_path: Path) -> None:  # noqa: F811
    with structlog.testing.capture_logs() as logged:
        planted(light)
    number = next(line["fault"] for line in logged if line["event"] == "internal_error")
    file = tmp_path / "report.json"
    light.set(TWILIO_NUMBER="+441632960000", MAIL_FROM="desk@desk.example", METRICS_TOKEN="not-for-strangers")
    said = light.run("doctor", "--report", str(file))
    assert said.out.splitlines()[-1] == f"Written to {file}: read it, then send it to whoever mends Deskgate."
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_text("utf-8")
    assert held(kept, {"441632960000", "desk@desk.example", "not-for-strangers", SECRET, str(tmp_path)}) == set()
    told = json.loads(kept)
    assert told["faults"][-1]["number"] == number
    assert told["faults"][-1]["code"] == "SQLITE_CONSTRAINT_TRIGGER"
    assert told["database"]["schema"] == [told["database"]["newest"]]
    assert told["database"]["rows"]["people"] == 9
    assert [(one["kind"], one["code"], one["attempts"]) for one in told["database"]["jobs"]] == [
        ("mail", "550 5.1.1", 3),
        ("mail", "answered 400 (21211)", 3),
        ("mail", "no code", 3),
    ]
    settings = told["settings"]
    assert (settings["TWILIO_NUMBER"], settings["STEP_UP_MINUTES"], settings["SMS"]) == ("set", 15, "off")
    assert light.run("doctor", "--report", str(file)).code == 1, "what is there is not written over"


def test_the_report_is_written_without_a_database_too(light: Shell, tmp_path: Path) -> None:  # noqa: F811
    light.set(DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert light.run("doctor", "--report", str(tmp_path / "one.json")).code == 1
    assert "why_not" in json.loads((tmp_path / "one.json").read_text("utf-8"))["database"]


def test_somebody_in_a_report_would_be_found(light: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: F811
    """The control: the same, with what jobs say left whole."""
    planted(light)
    monkeypatch.setattr("store.operator.report_figures.CODES", re.compile(".+"))
    light.run("doctor", "--report", str(tmp_path / "report.json"))
    found = held((tmp_path / "report.json").read_text("utf-8"))
    assert {"Mia Chen", "mia@tideworks.example", "+441632960108", "10000081"} <= found
    assert len(personal()) > 60


def test_the_last_hundred_are_kept_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LARGEST", 30_000)
    faults.keep_in(tmp_path)
    try:
        numbers = [faults.of(ValueError(QUOTES), "web").number for _ in range(300)]
    finally:
        faults.keep_in(state_folder())
    assert [one["number"] for one in faults.kept(tmp_path)] == numbers[-100:]
    assert (tmp_path / faults.NAME).stat().st_size < 40_000
    assert not held((tmp_path / faults.NAME).read_text("utf-8"))
