"""Calls one can read: each file in calls/ is played against the whole desk, on both databases, and must be heard word by word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT, SLACK

CALLS = sorted((Path(__file__).parent / "calls").glob("*.txt"))


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    """With Slack, as `make run` has it: these calls are played against that as well."""
    opened = Desk(sample_url, **ACCOUNT, **SLACK)
    yield opened
    opened.close()


@pytest.mark.parametrize("call", CALLS, ids=lambda path: path.stem)
def test_call(desk: Desk, call: Path) -> None:
    desk.ring(call.read_text("utf-8"))


def test_there_are_calls() -> None:
    assert {"mia", "leo", "bea", "tom", "ines"} <= {call.stem for call in CALLS}
