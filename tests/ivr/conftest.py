"""The desk as an operator with a Twilio account has it: here `desk` is without the simulator's pages, and quicker to make."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
import structlog.testing

from deskgate.settings import SIMULATED_AGENT, SIMULATED_NUMBER
from tests.desk import Desk

Opens = Callable[..., Desk]
SLACK = {"slack_signing_secret": "a secret of the tests", "slack_bot_token": "xoxb-of-the-tests"}
ACCOUNT = {
    "twilio_account_sid": "AC" + "0123456789abcdef" * 2,
    "twilio_auth_token": "the-tests-own-token",
    "twilio_number": SIMULATED_NUMBER,
    "agent_number": SIMULATED_AGENT,
    "transcribe": "on",
}


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


@pytest.fixture
def full(sample_url: str) -> Iterator[Desk]:
    """With Slack, and with text messages to Britain."""
    opened = Desk(sample_url, **ACCOUNT, **SLACK, sms="on", sms_countries="GB")
    yield opened
    opened.close()


@pytest.fixture
def one_full(one_sample_url: str) -> Iterator[Desk]:
    opened = Desk(one_sample_url, **ACCOUNT, **SLACK, sms="on", sms_countries="GB")
    yield opened
    opened.close()


@pytest.fixture
def one_desk(one_sample_url: str) -> Iterator[Desk]:
    """For what hardly concerns the database."""
    opened = Desk(one_sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_desk(sample_sqlite: str) -> Iterator[Desk]:
    """For what concerns SQLite alone."""
    opened = Desk(sample_sqlite, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def long_desk(_sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all tests of a file, which must not mind each other: calls of their own, and nothing else changed."""
    path = shutil.copyfile(_sample_template, tmp_path_factory.mktemp("long") / "sample.db")
    opened = Desk(f"sqlite:///{path}", **ACCOUNT)
    yield opened
    opened.close()


def opening(url: str) -> Iterator[Opens]:
    """Opens the desk with other settings."""
    opened: list[Desk] = []

    def open_with(**settings: str) -> Desk:
        opened.append(Desk(url, **ACCOUNT | settings))
        return opened[-1]

    yield open_with
    for desk in opened:
        desk.close()


@pytest.fixture
def open_desk(sample_url: str) -> Iterator[Opens]:
    yield from opening(sample_url)


@pytest.fixture
def open_one_desk(one_sample_url: str) -> Iterator[Opens]:
    yield from opening(one_sample_url)
