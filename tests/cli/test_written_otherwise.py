"""E15: settings written as people write them: taken, or refused in one line that says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
import uvicorn

from deskgate.settings import read_settings
from store.db.engine import make_engine
from tests.cli.conftest import Shell
from tests.desk import SECRET

PRODUCTION = {"DESKGATE_ENV": "production", "SECRET_KEYS": SECRET}
PLACES = "sqlite:///deskgate.db or postgresql://user:password@host/name"


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a setting is taken that should not be."""
    monkeypatch.setattr(uvicorn, "run", lambda app, **how: None)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("https://desk.example:443", "write https://desk.example"),
        ("https://Desk.Example", "write https://desk.example"),
        ("HTTPS://desk.example/", "write https://desk.example"),
        ("http://desk.example:80", "write http://desk.example"),
        ("https://[2001:DB8::1]:443", "write https://[2001:db8::1]"),
        ("https://Straße.example:8443", "write https://xn--strae-oqa.example:8443"),
        ("https://mia:hush@desk.example", "must be a base URL like https://desk.example"),
        ("https://desk.example:https", "must be a base URL like https://desk.example"),
        ("https://desk.example?x=1", "must be a base URL like https://desk.example"),
        ("https://", "must be a base URL like https://desk.example"),
    ],
)
def test_e15_an_address_that_browsers_write_otherwise(light: Shell, written: str, says: str) -> None:
    """Browsers send what they write, and Twilio signs over what was typed there: with another spelling here every sign-in and
    every call would be refused."""
    light.set(**PRODUCTION, PUBLIC_URL=written)
    assert light.refuses("serve") == f"PUBLIC_URL: {says}"


def test_e15_an_address_as_browsers_write_it(nowhere: Path) -> None:
    for written in ("https://desk.example", "https://desk.example/", "https://desk.example:8443", "https://[::1]:8000"):
        made = read_settings(public_url=written, deskgate_env="production", secret_keys=SECRET)
        assert made.public_url == written.rstrip("/")
    assert read_settings(slack_api_url="https://slack.example/x/api/").slack_api_url == "https://slack.example/x/api/"
    for name in ("twilio_api_url", "slack_api_url"):
        with pytest.raises(ValueError, match=r"write https://api\.example"):
            read_settings(**{name: "https://API.example:443/api/"})


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-16", ".env: is UTF-16, not UTF-8: save it as UTF-8"),
        ("utf-16-le", ".env: is UTF-16, not UTF-8: save it as UTF-8"),
        ("latin-1", ".env: line 2 is not UTF-8: save the file as UTF-8"),
    ],
)
def test_e15_a_dotenv_in_another_encoding(light: Shell, encoding: str, says: str) -> None:
    Path(".env").write_bytes("PIN_CHOICE=on\n# für später\n".encode(encoding))
    for command in ("serve", "migrate", "tickets"):
        assert light.refuses(command) == says
    bad, *_, note = light.run("doctor").out.splitlines()
    assert bad == f"BAD  {says}"
    assert note == "note the database, Twilio, Slack, mail: not checked; mend that, then run this again"


def test_e15_a_dotenv_that_begins_with_a_mark(light: Shell) -> None:
    """Some editors write one: it would be part of the first name, which nobody would read then."""
    Path(".env").write_bytes(b"\xef\xbb\xbfPUBLIC_URL=https://Desk.example\nPUBLICURL=x\n")
    assert light.refuses("serve") == "PUBLIC_URL: write https://desk.example"
    Path(".env").write_bytes(b"\xef\xbb\xbfPUBLICURL=x\n")
    assert "PUBLICURL in .env is no setting" in light.run("doctor").out


def test_e15_a_database_as_hosts_write_it() -> None:
    """Of psycopg alone: nothing is connected to here."""
    for written in (
        "postgres://u:hush@db.example/x",
        "POSTGRES://u:hush@db.example/x",
        "postgresql+psycopg://u:hush@db.example/x",
    ):
        engine, gate = make_engine(written)
        assert engine.url.render_as_string(hide_password=False) == "postgresql+psycopg://u:hush@db.example/x"
        assert gate.is_open
        engine.dispose()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (
            "postgres+asyncpg://u:hush@h/x",
            "DATABASE_URL names a driver of its own: write postgresql://… in place of postgres+asyncpg://…",
        ),
        (
            "postgresql+psycopg2://u:hush@h/x",
            "DATABASE_URL names a driver of its own: write postgresql://… in place of postgresql+psycopg2://…",
        ),
        (
            "sqlite+aiosqlite:///x.db",
            "DATABASE_URL names a driver of its own: write sqlite:///… in place of sqlite+aiosqlite://…",
        ),
        ("postgresql://u:hush@h:port/x", f"DATABASE_URL is not a database URL: write {PLACES}"),
        ("deskgate.db", f"DATABASE_URL is not a database URL: write {PLACES}"),
    ],
)
def test_e15_a_database_that_is_written_otherwise(light: Shell, written: str, says: str) -> None:
    light.set(DATABASE_URL=written)
    for command in ("serve", "migrate", "tickets"):
        assert light.refuses(command) == says


def test_e15_secrets_that_were_copied_with_something_else(light: Shell) -> None:
    light.set(SECRET_KEYS="…")
    assert light.refuses("serve") == "SECRET_KEYS: key 1 is not base64; make one with `openssl rand -base64 32`"
    light.set(SECRET_KEYS=SECRET, SLACK_SIGNING_SECRET="s", SLACK_BOT_TOKEN="xoxb-…")
    assert light.refuses("serve") == "SLACK_BOT_TOKEN: has a character that no token has; copy it from Slack again"
