"""`deskgate doctor` says everything that is wrong, and how to mend it. What is asked of Slack and of the mail server: beside this file."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from store import tables
from tests.cli.conftest import Said, Shell
from tests.cli.test_start import SAYS, TWILIO, WRONG
from tests.desk import SECRET


def findings(said: Said) -> list[tuple[str, str]]:
    assert said.err == ""
    return [(line[:5].strip(), line[5:]) for line in said.out.splitlines()]


def test_a_healthy_desk(shell: Shell) -> None:
    said = shell.run("doctor")
    assert said.code == 0
    kind = "postgresql" if shell.url.startswith("postgresql") else "sqlite"
    assert findings(said) == [
        ("ok", "settings read; development, the simulator plays Twilio and Slack"),
        ("ok", f"database reachable and migrated ({kind})"),
        ("ok", "key 1 of SECRET_KEYS is in use for pin-pepper, pin-wrap, ledger"),
        (
            "ok",
            "ledger: the newest checkpoint is good, nothing waits for one (`deskgate audit verify` reads all of it)",
        ),
        (
            "note",
            "this machine has not seen this database before: if it was restored from a backup, run `deskgate restored` now; otherwise there is nothing to do",
        ),
        ("ok", "0 background jobs pending, none stuck"),
        ("ok", "phone: simulated"),
        ("ok", "Slack: simulated"),
        ("note", "SMTP_URL is not set: people cannot be told by mail, their notices wait: set it, with MAIL_FROM"),
    ]


@pytest.mark.parametrize(
    "url", ["sqlite:///not-yet.db", "sqlite:////nowhere/at/all.db", "postgresql:///x?host=/nowhere"]
)
def test_no_database(light: Shell, url: str) -> None:
    light.set(DATABASE_URL=url)
    said = light.run("doctor")
    assert said.code == 1
    what = "the database is not reachable or not migrated: check DATABASE_URL, run `deskgate migrate`"
    kept = "what is in the database (keys, ledger, jobs, installations): not checked; mend that, then run this again"
    assert findings(said)[1:5] == [
        ("BAD", what),
        ("note", kept),
        ("ok", "phone: simulated"),
        ("ok", "Slack: simulated"),
    ]


def test_the_doctor_names_every_wrong_setting_and_what_it_did_not_check(light: Shell, nowhere: Path) -> None:
    light.set(**WRONG)
    said = light.run("doctor")
    assert (said.code, findings(said)) == (
        1,
        [
            *(("BAD", line) for line in SAYS),
            ("note", "the database: not checked; mend DATABASE_URL and SECRET_KEYS, then run this again"),
            ("note", "Twilio: not checked; mend PUBLIC_URL, then run this again"),
            ("note", "Slack: not checked; mend SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, then run this again"),
            ("note", "mail: not checked; mend SMTP_URL, then run this again"),
        ],
    )
    assert list(nowhere.iterdir()) == []


def test_the_doctor_goes_on_with_what_a_wrong_setting_does_not_touch(light: Shell) -> None:
    light.set(OPENING_HOURS="always", SMTP_URL="smtp://127.0.0.1:1")
    (wrong, database, *rest) = findings(light.run("doctor"))
    assert wrong == ("BAD", "OPENING_HOURS: must be like Mon-Fri 08:00-18:00, Sat 10:00-14:00 Europe/London")
    assert database == ("ok", "database reachable and migrated (sqlite)")
    assert ("ok", "phone: simulated") in rest
    assert rest[-1][1].startswith("mail: the mail server cannot be reached")


def test_keys_come_and_go(light: Shell) -> None:
    newer = base64.b64encode(b"a newer key for tests, 32 bytes.").decode()
    light.set(SECRET_KEYS=f"{SECRET},{newer}")
    assert ("note", "key 2 of SECRET_KEYS is no longer needed: remove it") in findings(light.run("doctor"))
    light.set(SECRET_KEYS=f"{newer},{SECRET}")
    assert ("ok", "key 2 of SECRET_KEYS is in use for pin-pepper, pin-wrap, ledger") in findings(light.run("doctor"))
    light.set(SECRET_KEYS=newer)
    said = light.run("doctor")
    assert said.code == 1
    lost = "something is kept under a key that is no longer in SECRET_KEYS; put the old key back"
    assert [words for state, words in findings(said) if state == "BAD"] == [
        f"{use}: {lost}" for use in ("pin-pepper", "pin-wrap", "ledger")
    ]


def test_a_scheme_that_is_gone(light: Shell) -> None:
    light.change(update(tables.accounts).where(tables.accounts.c.number == "400639").values(scheme="ours"))
    said = light.run("doctor")
    assert said.code == 1
    assert ("BAD", "accounts use the scheme ours, which is not there: check SCHEMES_DIR") in findings(said)


def test_work_that_is_stuck(light: Shell) -> None:
    row = {"kind": "notice", "key": "k", "payload": "{}", "run_at": 0, "attempts": 3, "created_at": 0}
    light.change(insert(tables.jobs).values(**row, error="SMTP: refused"))
    said = light.run("doctor")
    assert said.code == 0
    (words,) = (words for state, words in findings(said) if state == "note" and "pending" in words)
    stuck = (
        r"1 background jobs pending, 1 failing, the oldest from 1970-01-01T00:00:\d\d\.\d{3}Z: SMTP: refused; "
        "see `deskgate jobs`"
    )
    assert re.fullmatch(stuck, words)


def test_a_twilio_that_cannot_be_reached(light: Shell) -> None:
    light.set(**TWILIO, TWILIO_API_URL="http://127.0.0.1:9")
    said = light.run("doctor")
    assert said.code == 1
    assert any(
        state == "BAD" and words.startswith("Twilio cannot be reached (ConnectError): check")
        for state, words in findings(said)
    )
    assert "a-token-of-the-tests" not in said.out
