"""A setting that is wrong says what to write instead, in our words and not in those of the library that reads it."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest
import structlog
import uvicorn
from fastapi.testclient import TestClient

from deskgate.app import make_app
from deskgate.settings import SettingError, Settings, read_settings
from tests.cli.conftest import Shell, free_port
from tests.desk import SECRET


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DESKGATE_ENV", "prod", "must be 'development' or 'production'"),
        ("TRANSCRIBE", "yes", "must be 'on' or 'off'"),
        ("PUBLIC_URL", "https://desk.example/ivr/voice", "must end before /ivr, which Deskgate adds by itself"),
        ("STEP_UP_MINUTES", "90", "must be 60 or less"),
        ("STEP_UP_MINUTES", "1", "must be 5 or more"),
        ("ACCOUNTS_AN_HOUR", "lots", "must be a whole number"),
        ("SMS_COUNTRIES", "ie,UK", "must be countries of two letters, like GB,IE (the United Kingdom is GB)"),
        ("SCHEMES_DIR", "nowhere", "nowhere: no such folder; name the one that holds your scheme files"),
        (
            "TWILIO_ACCOUNT_SID",
            "AC…",
            "must be AC and 32 characters, 0-9 and a-f: copy the Account SID from Twilio's console",
        ),
    ],
)
def test_what_is_wrong_says_what_to_write(light: Shell, name: str, value: str, line: str) -> None:
    light.set(**{name: value})
    assert light.refuses("tickets") == f"{name}: {line}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"])
def test_passkeys_are_required_only_where_browsers_make_them(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    monkeypatch.setenv("STAFF_PASSKEYS", "required")
    monkeypatch.setenv("SECRET_KEYS", SECRET)
    if "localhost" in url:
        assert read_settings().staff_passkeys == "required"
        return
    with pytest.raises(SettingError, match="STAFF_PASSKEYS: nobody could sign in"):
        read_settings()


@pytest.mark.parametrize(
    ("named", "own", "texting"),
    [
        ("", "", ("GB",)),
        ("", "+35312030060", ("IE",)),
        ("", "+35312030060,+441632960000", ("IE", "GB")),
        ("fr", "", ("FR",)),
    ],
)
def test_codes_go_to_the_countries_of_the_desks_own_numbers_where_none_is_named(
    monkeypatch: pytest.MonkeyPatch, named: str, own: str, texting: tuple[str, ...]
) -> None:
    """In the simulator its own number is the desk's."""
    account = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "t" * 32, "TWILIO_NUMBER": own}
    for name, value in {"SMS": "on", "SMS_COUNTRIES": named, **(account if own else {})}.items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None).texting == texting
    monkeypatch.setenv("SMS", "off")
    assert Settings(_env_file=None).texting == ()


def test_countries_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_COUNTRIES", "gb, ie")
    assert read_settings().sms_countries == ("GB", "IE")


@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_value_is_none_whatever_the_setting(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    unset = read_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), blank)
    read = read_settings()
    assert read == unset
    assert not read.model_fields_set


def test_an_empty_value_leaves_that_of_the_file(light: Shell, nowhere: Path) -> None:
    """SECRET_KEYS= in front of a command is no other key."""
    (nowhere / ".env").write_text(f"SECRET_KEYS={SECRET}\n")
    light.set(SECRET_KEYS="")
    assert light.run("tickets").code == 0
    assert not list(nowhere.glob("*.key"))


def test_an_empty_public_url_is_none_for_serve_as_well(light: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn, "run", lambda *_, **_how: None)
    light.set(PUBLIC_URL="")
    port = free_port()
    assert f"http://localhost:{port}/simulator" in light.run("serve", "--port", str(port)).out


@pytest.mark.parametrize("given", ["", b64encode(bytes(range(64, 96))).decode()])
@pytest.mark.parametrize(
    "words", [("tickets",), ("audit",), ("jobs",), ("staff", "list"), ("doctor",), ("audit", "verify")]
)
def test_a_command_with_another_key_writes_nothing(light: Shell, given: str, words: tuple[str, ...]) -> None:
    assert light.run("tickets").code == 0
    before = written(light)
    light.set(SECRET_KEYS=given)
    said = light.run(*words)
    assert said.code in (1, 2)
    line = "SECRET_KEYS: this database was written with another key: set that one, the way the service has it; "
    assert words == ("audit", "verify") or line in said.out + said.err
    assert written(light) == before
    light.set(SECRET_KEYS=SECRET)
    assert light.run("audit", "verify").code == 0


def test_who_lost_the_keys_begins_new_ones_with_the_service(light: Shell) -> None:
    light.set(SECRET_KEYS=b64encode(bytes(range(64, 96))).decode())
    assert light.run("pin", "set", "--person", "mia.chen", "--generate").code == 2
    structlog.reset_defaults()  # the command's own standard error is closed
    with TestClient(make_app(read_settings())):
        pass
    assert light.run("pin", "set", "--person", "mia.chen", "--generate").code == 0
    (begun,) = (entry for entry in light.run("audit", "--json").json if entry["action"] == "ledger.key")
    assert begun["decision"] == "begun"


def written(shell: Shell) -> list[int]:
    """Not through a store, which would open a segment."""
    with closing(sqlite3.connect(shell.url.removeprefix("sqlite:///"))) as database:
        tables = ("ledger", "ledger_segments", "ledger_checkpoints")
        return [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
