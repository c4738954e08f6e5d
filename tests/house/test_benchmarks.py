"""Every measurement begins: its names are there, its arguments are read, and its pieces run once. How long they take is no test's matter."""

from __future__ import annotations

import importlib
import sys
import tomllib

import pytest

from authz import load_schemes
from benchmarks import all as everything
from benchmarks import chores, filling, growth, measuring, tickets, turns
from ivr import phrases
from ivr.turn import open_line
from ivr.webhook import Twilio
from store import open_store, tables
from tests.house.test_names import ROOT

NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_f5_every_measurement_is_imported_and_reads_its_arguments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    if "argparse" in vars(module):
        monkeypatch.setattr(sys, "argv", [name, "--help"])
        with pytest.raises(SystemExit) as end:
            module.main()
        assert end.value.code == 0


def test_f5_all_starts_measurements_that_are_there() -> None:
    assert set(everything.QUICK) <= set(NAMES)
    assert len(NAMES) > 12


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
