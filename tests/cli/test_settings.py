"""A setting that is wrong says what to write instead, in our words and not in those of the library that reads it."""

from __future__ import annotations

import pytest

from deskgate.settings import read_settings
from tests.cli.conftest import Shell


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


def test_countries_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_COUNTRIES", "gb, ie")
    assert read_settings().sms_countries == ("GB", "IE")
