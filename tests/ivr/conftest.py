"""The desk as an operator with a Twilio account has it: here `desk` is without the simulator's pages, and quicker to make."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskgate.settings import SIMULATED_AGENT, SIMULATED_NUMBER
from tests.desk import Desk

ACCOUNT = {
    "twilio_account_sid": "AC" + "0123456789abcdef" * 2,
    "twilio_auth_token": "the-tests-own-token",
    "twilio_number": SIMULATED_NUMBER,
    "agent_number": SIMULATED_AGENT,
    "transcribe": "on",
}


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def one_desk(sample_sqlite: str) -> Iterator[Desk]:
    """On SQLite alone, for what does not concern the database."""
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
