"""What `make chaos` does, tiny: a few faults in the middle of a call and a message, and a control that the checker finds out. With `--everything` a kill and a full disk too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog.testing

from reliability import faults, points
from tests.house.test_names import ROOT
from tests.sizes import is_everything

COMMANDS = (
    ("reliability.kills", "--tiny"),
    ("reliability.machine_faults", "--only", "SQLite", "--flow", "slack", "--every", "9"),
)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


def test_a_fault_in_the_middle_is_survived_and_a_protection_taken_out_is_noticed(tmp_path: Path) -> None:
    assert faults.tiny(tmp_path) == []


def test_every_named_point_is_there() -> None:
    """Where the code has changed, its name is looked up anew."""
    assert [point for point in points.POINTS if not callable(points.found(point))] == []


def test_kills_and_what_the_machine_does_run() -> None:
    """With `--everything`."""
    for command in COMMANDS if is_everything() else ():
        ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "0 things wrong" in ran.stdout
