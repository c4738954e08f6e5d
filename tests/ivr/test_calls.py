"""Calls one can read: each file in calls/ is played against the whole desk, on both databases, and must be heard word by word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT, SLACK
from tests.ivr.elsewhere import Elsewhere

CALLS = sorted((Path(__file__).parent / "calls").glob("*.txt"))


SETTINGS = {"after_hours": {"opening_hours": "Mon-Fri 08:00-18:00 Europe/London"}}


@pytest.fixture
def desk(sample_url: str, call: Path) -> Iterator[Desk]:
    """With Slack, as `make run` has it: these calls are played against that as well."""
    opened = Desk(sample_url, **ACCOUNT, **SLACK, **SETTINGS.get(call.stem, {}))
    yield opened
    opened.close()


@pytest.mark.parametrize("call", CALLS, ids=lambda path: path.stem)
def test_call(desk: Desk, call: Path) -> None:
    desk.ring(call.read_text("utf-8"), elsewhere=Elsewhere(desk))
    assert list(desk.exchange.faults) == []


def test_there_are_calls() -> None:
    assert {"mia", "leo", "bea", "tom", "ines"} <= {call.stem for call in CALLS}
