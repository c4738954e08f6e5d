"""The desk as an operator with a Twilio account has it: here `desk` is without the simulator's pages, and quicker to make."""

from __future__ import annotations

from collections.abc import Iterator

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
