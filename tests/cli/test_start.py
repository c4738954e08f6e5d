"""What stops a start, in one line that names it."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from deskgate import __version__
from tests.cli.conftest import Said, Shell, free_port
from tests.desk import SECRET

TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
    "TWILIO_AUTH_TOKEN": "a-token-of-the-tests",
    "TWILIO_NUMBER": "+441632960000",
}
SLACK = {"SLACK_SIGNING_SECRET": "a-secret-of-the-tests", "SLACK_BOT_TOKEN": "xoxb-of-the-desk"}
PRODUCTION = {"DESKGATE_ENV": "production", "PUBLIC_URL": "https://desk.example", **TWILIO}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What uvicorn was to run: here it runs nothing."""
    runs: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **how: runs.append(how | {"app": app}))
    return runs


# --- serve


def test_a_start(light: Shell, started: list[dict[str, Any]]) -> None:
    port = free_port()
    said = light.run("serve", "--port", str(port))
    assert (said.code, said.err) == (0, "")
    assert f"http://localhost:{port}/simulator" in said.out
    assert f"`PUBLIC_URL=http://localhost:{port} deskgate staff invite agent.kim`" in said.out, (
        "E17: or its link is dead"
    )
    (how,) = started
    assert (how["host"], how["port"], how["workers"]) == ("127.0.0.1", port, 1)
    assert isinstance(how["app"], FastAPI), "made once: what was tried at the start is what runs"
    assert how["access_log"] is False, "a PIN is never in a URL, and URLs are never in a log"


def test_b9_a_fastapi_that_another_put_in_its_place_is_not_started(
    light: Shell, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `opentelemetry-instrument` does before the program begins."""

    class Traced(FastAPI):
        pass

    monkeypatch.setattr("deskgate.app.FastAPI", Traced)
    assert "would record every request" in light.refuses("serve")
    assert started == []


def test_a_port_that_is_taken(light: Shell, started: list[dict[str, Any]]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = light.refuses("serve", "--port", str(port))
    assert said == (
        f"port {port} is taken: stop what listens there, or choose another: "
        f"`--port {port + 1}`, `make run PORT={port + 1}`"
    ), "E17: whoever typed `make run` reads what to type"
    assert not started


@pytest.mark.parametrize(
    ("settings", "words", "line"),
    [
        (
            {"DATABASE_URL": "mysql://x/y"},
            (),
            "DATABASE_URL must be a SQLite file (sqlite:///deskgate.db) or PostgreSQL (postgresql://user:password@host/name)",
        ),
        (
            {"DATABASE_URL": "nonsense"},
            (),
            "DATABASE_URL is not a database URL: write sqlite:///deskgate.db or postgresql://user:password@host/name",
        ),
        (
            {"SECRET_KEYS": "c2hvcnQ="},
            (),
            "SECRET_KEYS: key 1 has 5 bytes, at least 32 are needed; make one with `openssl rand -base64 32`",
        ),
        (
            {"SECRET_KEYS": f"{SECRET},not base64!"},
            (),
            "SECRET_KEYS: key 2 is not base64; make one with `openssl rand -base64 32`",
        ),
        ({"PUBLIC_URL": "desk.example"}, (), "PUBLIC_URL: must be a base URL like https://desk.example"),
        ({"PROXIES": "desk.example"}, (), "PROXIES: must be addresses or networks like 127.0.0.1, 10.0.0.0/24"),
        ({"PIN_CHOICE": "perhaps"}, (), "PIN_CHOICE: must be 'on' or 'off'"),
        ({"AGENT_NUMBER": "0163 2960"}, (), "AGENT_NUMBER: must be a telephone number like +441632960000"),
        (
            {**TWILIO, "TWILIO_AUTH_TOKEN": ""},
            (),
            "TWILIO_AUTH_TOKEN: is missing; the phone needs both the account and its token",
        ),
        ({**TWILIO, "TWILIO_NUMBER": ""}, (), "TWILIO_NUMBER: is missing; it is the number callers dial"),
        (
            {"SLACK_SIGNING_SECRET": "s"},
            (),
            "SLACK_BOT_TOKEN: is missing; or set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET to install by OAuth",
        ),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, (), "SLACK_SIGNING_SECRET: is missing; or set SLACK_APP_TOKEN for Socket Mode"),
        (
            {**SLACK, "SLACK_BOT_TOKEN": "xoxp-1"},
            (),
            "SLACK_BOT_TOKEN: must begin with xoxb-; this is another kind of token",
        ),
        (
            {**SLACK, "SLACK_APP_TOKEN": "xoxb-1"},
            (),
            "SLACK_APP_TOKEN: must begin with xapp-; this is another kind of token",
        ),
        (
            {**SLACK, "SLACK_CLIENT_ID": "1.2", "SLACK_TEAMS": "T0DESK"},
            (),
            "SLACK_CLIENT_SECRET: is missing; OAuth needs both",
        ),
        (
            {**SLACK, "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "x"},
            (),
            "SLACK_TEAMS: is missing; OAuth needs the workspaces that may install, the desk's own first",
        ),
        (
            {**SLACK, "SLACK_AGENT_CHANNEL": "#desk"},
            (),
            "SLACK_AGENT_CHANNEL: must be a channel's id like C0123ABC, from its About, not its name",
        ),
        ({**SLACK, "SLACK_API_URL": "https://slack.com"}, (), "SLACK_API_URL: must be a base URL that ends in /api/"),
        ({**SLACK, **PRODUCTION, "SLACK_API_URL": "http://x/api/"}, (), "SLACK_API_URL: must be https in production"),
        ({**PRODUCTION, "SECRET_KEYS": ""}, (), "SECRET_KEYS: is missing; make one with `openssl rand -base64 32`"),
        ({**PRODUCTION, "PUBLIC_URL": "http://desk.example"}, (), "PUBLIC_URL: must be https in production"),
        ({**TWILIO, "SECRET_KEYS": ""}, (), "SECRET_KEYS: is missing; make one with `openssl rand -base64 32`"),
        (
            TWILIO,
            ("--workers", "2"),
            "--workers needs PostgreSQL: on SQLite one process is fastest (docs/operating.md)",
        ),
        (
            {"DATABASE_URL": "postgresql:///nothing"},
            ("--workers", "2"),
            "--workers does not go with the simulator, which keeps its calls in one process",
        ),
        (
            {},
            ("--host", "0.0.0.0"),
            "the simulator listens on loopback only; set TWILIO_ACCOUNT_SID or DESKGATE_ENV=production for another --host",
        ),
    ],
)
def test_what_stops_a_start_is_one_line_that_names_it(
    light: Shell, started: list[dict[str, Any]], settings: dict[str, str], words: tuple[str, ...], line: str
) -> None:
    light.set(**settings)
    assert light.refuses("serve", *words) == line
    assert started == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEYS", "supersecret!"),
        ("TWILIO_ACCOUNT_SID", "supersecret"),
        ("TWILIO_AUTH_TOKEN", "supersecret"),
        ("DATABASE_URL", "nosuch://user:supersecret@host/db"),
        ("DATABASE_URL", "postgresql://user:supersecret@127.0.0.1:9/db"),
    ],
)
def test_no_secret_is_quoted(light: Shell, started: list[dict[str, Any]], name: str, value: str) -> None:
    light.set(**{name: value})
    for words in (("serve",), ("migrate",), ("tickets",), ("doctor",)):
        said = light.run(*words)
        assert said.code in (1, 2) or words == ("migrate",), "which needs no key"
        assert "supersecret" not in said.out + said.err
    assert started == []


def test_a_broken_scheme_file_is_named(light: Shell, started: list[dict[str, Any]], nowhere: Path) -> None:
    (nowhere / "schemes").mkdir()
    (nowhere / "schemes" / "ours.toml").write_text("scheme = ", "utf-8")
    light.set(SCHEMES_DIR="schemes")
    assert "ours.toml" in light.refuses("serve")
    assert started == []


def test_a_database_that_cannot_be_reached_exits_1(light: Shell, started: list[dict[str, Any]]) -> None:
    for url in ("sqlite:////nowhere/at/all.db", "postgresql:///nothing?host=/nowhere"):
        light.set(DATABASE_URL=url)
        for words in (("serve",), ("migrate",), ("tickets",)):
            said = light.run(*words)
            assert (said.code, said.out) == (1, ""), said
            assert said.err.startswith("deskgate: ")
            assert said.err.count("\n") == 1, said.err
    assert started == []


def test_a_database_of_another_version_exits_1(light: Shell, started: list[dict[str, Any]]) -> None:
    """One of which none of before 9999 may go on."""
    light.change(text("UPDATE alembic_version SET version_num = '9999'"))
    light.change(text("UPDATE schema_since SET revision = '9999'"))
    said = light.run("serve")
    assert said.code == 1
    assert said.err.startswith("deskgate: the database was made by another version of Deskgate: ")
    assert said.err.count("\n") == 1
    assert started == []


# --- migrate, --version


def test_migrate_makes_a_database_and_leaves_one_alone(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell("sqlite:///new.db", monkeypatch)
    assert "run `deskgate migrate`" in shell.run("tickets").err
    for _ in range(2):
        assert shell.run("migrate") == Said(0, "The database is up to date.\n", "")
    assert (nowhere / "new.db").exists()
    assert shell.run("tickets").code == 0


def test_the_version(light: Shell) -> None:
    assert light.run("--version") == Said(0, f"{__version__}\n", "")


def test_the_key_that_is_made_is_for_its_owner_alone(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell("sqlite:///new.db", monkeypatch)
    shell.set(SECRET_KEYS="")
    shell.run("migrate")
    assert shell.run("tickets").code == 0
    key = nowhere / "new.db.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert shell.run("tickets").code == 0, "the same key is found again"
    assert key.read_text() not in shell.run("doctor").out
    with sqlite3.connect(nowhere / "new.db") as database:
        assert database.execute("SELECT count(DISTINCT key) FROM ledger_segments").fetchone() == (1,)
    database.close()


# --- several at once


WRONG = {
    "SECRET_KEYS": "c2hvcnQ=",
    "PIN_CHOICE": "perhaps",
    "DATABASE_URL": "mysql://x/y",
    "SMTP_URL": "mail.example",
    "SLACK_BOT_TOKEN": "xoxp-1",
    "PUBLIC_URL": "https://desk.example",
}
SAYS = [
    "DATABASE_URL must be a SQLite file (sqlite:///deskgate.db) or PostgreSQL (postgresql://user:password@host/name)",
    "SECRET_KEYS: key 1 has 5 bytes, at least 32 are needed; make one with `openssl rand -base64 32`",
    "SMTP_URL: must be like smtps://user:password@mail.example:465; in a password write % / @ : as %25 %2F %40 %3A",
    "PIN_CHOICE: must be 'on' or 'off'",
    "SLACK_SIGNING_SECRET: is missing; or set SLACK_APP_TOKEN for Socket Mode",
    "SLACK_BOT_TOKEN: must begin with xoxb-; this is another kind of token",
    (
        "PUBLIC_URL: names another machine, and the simulator plays Twilio on this one only; set TWILIO_ACCOUNT_SID "
        "or DESKGATE_ENV=production"
    ),
]


@pytest.mark.parametrize("words", [("serve",), ("migrate",), ("import", "accounts.json")])
def test_every_wrong_setting_is_named_at_once(
    light: Shell, started: list[dict[str, Any]], nowhere: Path, words: tuple[str, ...]
) -> None:
    light.set(**WRONG)
    said = light.run(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [f"deskgate: {line}" for line in SAYS]
    assert started == []
    assert list(nowhere.iterdir()) == [], "no key was made"


def test_a_line_about_a_default_is_not_said_of_what_is_wrong_by_itself(light: Shell) -> None:
    """Without this SID the simulator would play Twilio, and PUBLIC_URL would be wrong."""
    light.set(**PRODUCTION | {"DESKGATE_ENV": "prod", "TWILIO_ACCOUNT_SID": "AC1"})
    assert [
        line.partition(":")[0] for line in light.run("serve").err.removeprefix("deskgate: ").split("\ndeskgate: ")
    ] == [
        "TWILIO_ACCOUNT_SID",
        "DESKGATE_ENV",
    ]
