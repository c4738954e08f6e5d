"""Every measurement runs, tiny, on SQLite, and ends within a bound. What it finds so, and how fast that was, is no test's matter."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress

import pytest

from authz import load_schemes
from benchmarks import all as everything
from benchmarks import chores, filling, growth, measuring, tickets, turns
from ivr import phrases
from ivr.turn import open_line
from ivr.webhook import Twilio
from store import open_store, tables
from tests.house.test_names import ROOT

BOUND = 240  # seconds: each takes a few, and one that hangs is ended
SQLITE = ("--only", "SQLite")
TINY: dict[str, tuple[str, ...]] = {  # measurement -> with what it is a matter of seconds
    "all": ("--help",),
    "decisions": ("--questions", "4", "--rounds", "1"),
    "growth": ("--tiny", *SQLITE),
    "import_speed": ("20", *SQLITE),
    "ledger": ("--seconds", "0.2", "--rounds", "1", *SQLITE),
    "mutants": ("grant", "--every", "1000"),
    "pin_kills": ("--kills", "2", "--people", "4", *SQLITE),
    "pin_storm": ("--guesses", "6", "--connections", "2", "--processes", "1", *SQLITE),
    "pin_timing": ("--samples", "2", *SQLITE),
    "slack_ack": ("--seconds", "1", "--rate", "5", "--hang", "1", *SQLITE),
    "slack_bolt": ("--seconds", "0.1", "--rounds", "1", *SQLITE),
    "slack_storm": ("--cases", "4", "--kills", "1", "--control", "0", *SQLITE),
    "tickets": ("--seconds", "0.2", "--rounds", "1", "--apart", "10", *SQLITE),
    "turns": ("--seconds", "0.1", "--rounds", "1", "--keys", "9", "--apart", "10", *SQLITE),
}


def starts(module: str) -> bool:
    """Whether it is more than what others import."""
    tree = ast.parse((ROOT / "benchmarks" / f"{module}.py").read_text("utf-8"))
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)


@pytest.mark.parametrize("name", TINY)
def test_f5_every_measurement_runs(name: str) -> None:
    """F5: 1 at the end says that a figure is not the one wanted, which of so few it cannot be."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *TINY[name]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, **pipes) as process:
        try:
            said, _ = process.communicate(timeout=BOUND)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with the servers it has started
    assert process.returncode in (0, 1), said
    assert "Traceback" not in said
    assert said.count("\n") > 2, said


def test_f5_no_measurement_is_left_out() -> None:
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert {name for name in modules if starts(name)} == set(TINY)
    assert set(everything.QUICK) < set(TINY)


def test_f5_the_types_of_the_measurements_are_checked() -> None:
    """`make check` sees a function that takes something else by now, in each of them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert "benchmarks" in settings["files"]


def test_f5_every_part_that_is_timed_is_there(capsys: pytest.CaptureFixture[str], sqlite_url: str) -> None:
    store = open_store(sqlite_url, growth.KEYS, load_schemes())
    with measuring.Stopwatch(turns.PARTS | tickets.PARTS, store.engine):
        pass
    store.close()
    assert "is gone" not in capsys.readouterr().out


def test_f5_the_pieces_of_growth_and_of_tickets_run(sqlite_url: str) -> None:
    """G: and those of a desk with a past."""
    store = open_store(sqlite_url, growth.KEYS, load_schemes())
    made = growth.fill(store, 30)
    filling.past(store, made, 60, store.clock(), without=[tables.checkpoints])
    tickets.SCRATCH.create(store.engine)
    twilio = Twilio("AC" + "0" * 32, ("token",), "http://127.0.0.1:8000")
    filled = growth.Filled(store, open_line(store, twilio, growth.DESK, phrases.load()), made)
    for operation in growth.OPERATIONS.values():
        assert operation(filled, [growth.customer(1), growth.customer(2)]) > 0
    for chore in chores.CHORES.values():
        assert chore(store) > 0
    for piece in tickets.PIECES.values():
        piece(store, growth.customer(3))
    store.close()
