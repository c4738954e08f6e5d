"""Every measurement runs, tiny, on SQLite (benchmarks/tiny.py); at every change a few of them. What it finds so, and how fast that was, is no test's matter."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Final

import pytest

from authz import load_schemes
from benchmarks import all as everything
from benchmarks import chores, filling, growth, measuring, mutants, mutations, tickets, tiny, turns
from benchmarks.tiny import TINY
from ivr import phrases
from ivr.turn import open_phone
from ivr.webhook import Twilio
from store import open_store, tables
from tests.house.test_names import ROOT
from tests.sizes import is_everything

FEW: Final = ("all", "decisions", "ledger", "slack_storm", "tickets", "turns")  # at every change
BY_THEMSELVES: Final = {  # started by tests of their own
    "reliability.checker": "test_checker.py",
    **dict.fromkeys(("reliability.faults", "reliability.kills", "reliability.machine_faults"), "test_chaos.py"),
    **dict.fromkeys(("reliability.capacity", "reliability.cluster", "reliability.restarts"), "test_cluster.py"),
}


def starts(path: Path) -> bool:
    """Whether it is more than what others import."""
    tree = ast.parse(path.read_text("utf-8"))
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)


def mutants_of(module: str) -> set[str]:
    return {mutant.name for mutant in mutations.mutants(module, mutants.path_of(module).read_text("utf-8"))}


def unbroken(tried: Collection[str]) -> list[str]:
    """The modules of `authz` in which something can be broken, and that are not tried."""
    modules = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "authz").rglob("*.py"))
    return sorted(module for module in modules if module not in tried and mutants_of(module))


def test_make_mutants_breaks_every_module_of_authz() -> None:
    assert unbroken(mutants.PROMISED) == []
    assert "store.verification.attempt_limits" in mutants.PROMISED


def test_a_module_of_authz_that_it_does_not_break_is_seen() -> None:
    assert unbroken(set(mutants.PROMISED) - {"authz.moves"}) == ["authz.moves"]


def test_a_mutant_that_may_go_unnoticed_is_still_there() -> None:
    """Where the code has changed, its reason is looked at anew."""
    assert mutants.listed()
    assert mutants.listed().keys() - set[str]().union(*map(mutants_of, mutants.TRIED)) == set()


@pytest.mark.begins_first
def test_f5_every_measurement_runs() -> None:
    """F5: from its beginning to its end. At every change those of one kind each, for all take as long as a tenth of the suite."""
    names = [*TINY] if is_everything() else [*FEW]
    command = [sys.executable, "-m", "benchmarks.tiny", *names]
    ran = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("\n=== ") == len(names)


@pytest.mark.parametrize(("broken", "code"), [("raise SystemExit(2)", 2), ("1 / 0", 1), ("print('nothing')", 0)])
def test_f5_one_that_does_not_run_is_seen(broken: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "all.py").write_text(broken)
    shutil.copy(tiny.__file__, tmp_path / "benchmarks")
    quick = "from benchmarks import tiny; tiny.DESK = (); raise SystemExit(tiny.main())"
    command = [sys.executable, "-c", quick, "all"]
    ran = subprocess.run(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ran.returncode == 1, ran.stdout
    assert ran.stdout.endswith(f"all ended with {code}\n")


def test_f5_no_measurement_is_left_out() -> None:
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if starts(path)}
    modules |= {f"reliability.{path.stem}" for path in (ROOT / "reliability").glob("*.py") if starts(path)}
    assert modules - set(BY_THEMSELVES) == {*TINY, "tiny"}
    for name, file in BY_THEMSELVES.items():
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", (Path(__file__).with_name(file)).read_text("utf-8")), name
    assert set(everything.QUICK) < set(TINY)


def test_f5_the_types_of_the_measurements_and_of_the_tests_are_checked() -> None:
    """`make check` sees a function that takes something else by now, in each of them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert {"benchmarks", "reliability", "tests"} <= set(settings["files"])
    assert settings["strict"]


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
    filled = growth.Filled(store, open_phone(store, twilio, growth.DESK, phrases.load()), made)
    for operation in growth.OPERATIONS.values():
        assert operation(filled, [growth.customer(1), growth.customer(2)]) > 0
    for chore in chores.CHORES.values():
        assert chore(store) > 0
    for piece in tickets.PIECES.values():
        piece(store, growth.customer(3))
    store.close()
