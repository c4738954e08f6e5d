"""Breaks the code in one small place after the other and sees that a test notices: `make mutants`. docs/mutants.md

    python -m benchmarks.mutants [judge guard …] [--list] [--at-once 2]

Each mutant is a forked process in which one module is compiled from a changed syntax tree, so nothing is written anywhere;
only the tests that are about the module run, the quick ones first, to the first that fails. A mutant that no test notices is
printed, and the run exits 1, unless docs/mutants.md lists it with the reason. Kept tools were looked at first and the page
says why it is not one of them.
"""

from __future__ import annotations

import argparse
import gc
import importlib.abc
import importlib.machinery
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.mutations import Mutant, mutants

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "mutants.md"
SQLITE: Final = ("-k", "sqlite or not postgresql")
BARE: Final = ("--noconftest",)  # they need nothing of the desk, which takes seconds to import
SLOW: Final = (*BARE, "-k", "not any_cell_flipped", "tests/authz/test_hand_table.py", "tests/authz/test_properties.py")
LEFT_OUT: Final = {
    *SLOW,
    "tests/authz/test_cedar.py",
}  # what Cedar says takes as long as all the others together: it is not tried
QUICK: Final = (
    *BARE,
    *(
        name
        for path in sorted((ROOT / "tests" / "authz").glob("test_*.py"))
        if (name := f"tests/authz/{path.name}") not in LEFT_OUT
    ),
)


def authz(*first: str) -> tuple[tuple[str, ...], ...]:
    """The tests of `authz`, those about this module before all others."""
    return *((*BARE, f"tests/authz/test_{name}.py") for name in first), QUICK, SLOW


GUARD: Final = (
    (*SQLITE, "tests/store/test_guard.py", "tests/store/test_guard_reach.py"),
    (*SQLITE, "tests/store/test_guard_model.py", "tests/ivr/test_pin_refusals.py", "tests/ivr/test_locked_out.py"),
    ("-k", "postgresql", "tests/store/test_guard.py", "tests/store/test_guard_reach.py"),
)
PINS: Final = (
    (*SQLITE, "tests/store/test_pin_policy.py", "tests/store/test_pins.py", "tests/store/test_duress_pins.py"),
    (*SQLITE, "tests/cli/test_pin_commands.py", "tests/store/test_import_pins.py", "tests/ivr/test_pin_refusals.py"),
)
CALLS: Final = (
    (*SQLITE, "tests/ivr/test_pin_refusals.py", "tests/ivr/test_locked_out.py", "tests/ivr/test_duress.py"),
    (
        *SQLITE,
        "tests/ivr/test_strangers.py",
        "tests/ivr/test_turns.py",
        "tests/channels/test_notices.py",
        "tests/ivr/test_radar.py",
    ),
)
# module → the tests that are about it, in stages: a stage is gone through only when the ones before it noticed nothing
TRIED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "authz.judge": authz("judge", "lent", "lock", "support_first", "forward"),
    "authz.scheme": authz("matrix", "decision_table", "judge", "schemes"),
    "authz.grant": authz("grant"),
    "authz.vocabulary": authz("words", "decision_table"),
    "authz.matrix": authz("matrix"),
    "authz.scheme_files": authz("schemes"),
    "authz.scheme_notices": authz("notices"),
    "authz.contact_rules": authz("contact_rules", "moves"),
    "authz.moves": authz("moves"),
    "authz.way_forward": authz("forward"),
    "authz.house_decisions": authz("words"),
    "authz.key_scopes": authz("key_scopes"),
    "store.verification.attempt_limits": GUARD,
    "store.verification.pins": PINS,
    "ivr.pin": CALLS,
}
PROMISED: Final = tuple(
    name for name in TRIED if name.startswith("authz.") or name == "store.verification.attempt_limits"
)
# Seconds for a stage, of the processor's time, and for a mutant: one that goes round for ever has been noticed, on a busy machine as well.
ROUNDS: Final = 120
PATIENCE: Final = 1800.0


class Ended(NamedTuple):
    mutant: Mutant
    noticed: bool
    stopped: bool  # PATIENCE was over before a test had said anything


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=str(path_of(name)))
        spec.has_location = True
        return spec

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: object) -> None:
        code = compile(self._mutant.tree, str(path_of(self._mutant.module)), "exec")
        exec(code, module.__dict__)


def path_of(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def listed() -> dict[str, str]:
    """The mutants that may survive, with the reason: the table of docs/mutants.md."""
    rows = re.findall(r"^\| `(.+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE) if PAGE.exists() else []
    return {name.replace("\\|", "|"): why for name, why in rows}


def tried(mutant: Mutant | None, stages: Sequence[Sequence[str]], folder: str) -> int:
    """Goes through the stages, each in a process of its own: 0 when no test noticed anything."""
    os.environ |= {
        "HYPOTHESIS_STORAGE_DIRECTORY": folder,
        "CI": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # always the same, and a busy machine is no failure
    if mutant is not None:
        sys.meta_path.insert(0, Changed(mutant))
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
    for stage in stages:
        code = forked(lambda stage=stage: run_tests(stage))  # type: ignore[misc]
        _, status = os.waitpid(code, 0)
        if status != 0:
            return 1
    return 0


def run_tests(stage: Sequence[str]) -> int:
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (ROUNDS, ROUNDS))
    quiet = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    return int(pytest.main([*quiet, *stage]))


def forked(does: Callable[[], int]) -> int:
    """The id of a process that does it and ends with what it gives."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = does()
        finally:
            os._exit(code)
    return child


def warm() -> None:
    """What every mutant needs and none of them changes, imported once."""
    import alembic.command  # noqa: F401
    import argon2  # noqa: F401
    import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
    import fastapi.testclient  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import psycopg  # noqa: F401
    import slack_bolt  # noqa: F401
    import sqlalchemy.ext  # noqa: F401
    import twilio.rest  # noqa: F401


def run(every: list[Mutant], at_once: int, stages: int) -> Iterator[Ended]:
    """Each mutant in its own process, so many at once; in the order they end."""
    under_way: dict[int, tuple[Mutant, float]] = {}
    waiting = list(reversed(every))
    with tempfile.TemporaryDirectory() as folder:
        while waiting or under_way:
            while waiting and len(under_way) < at_once:
                mutant = waiting.pop()
                child = forked(lambda mutant=mutant: alone(mutant, stages, folder))  # type: ignore[misc]
                under_way[child] = mutant, time.monotonic()
            child, status = os.waitpid(-1, os.WNOHANG)
            if child:
                mutant, began = under_way.pop(child)
                stop(child)
                noticed = not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)
                yield Ended(mutant, noticed, os.WIFSIGNALED(status) and time.monotonic() - began > PATIENCE)
                continue
            for child, (_mutant, began) in list(under_way.items()):
                if time.monotonic() - began > PATIENCE:
                    stop(child)
            time.sleep(0.02)


def alone(mutant: Mutant, stages: int, folder: str) -> int:
    os.setpgid(0, 0)
    return tried(mutant, TRIED[mutant.module][:stages], folder)


def stop(group: int) -> None:
    """What a test started goes with it."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def main() -> int:
    asked = argparse.ArgumentParser(description="mutants, and the tests that notice them")
    asked.add_argument("names", nargs="*", help="parts of module names; none: authz and the guard")
    asked.add_argument("--list", action="store_true", help="only print the mutants")
    asked.add_argument("--at-once", type=int, default=2)
    asked.add_argument("--stages", type=int, default=9, help="only so many: quicker, and more seem to survive")
    asked.add_argument("--only", default="", help="only mutants whose names hold this")
    asked.add_argument("--every", type=int, default=1, help="only each n-th")
    given = asked.parse_args()
    chosen = [name for name in TRIED if any(part in name for part in given.names or PROMISED)]
    every = [mutant for name in chosen for mutant in mutants(name, path_of(name).read_text("utf-8"))][:: given.every]
    every = [mutant for mutant in every if given.only in mutant.name]
    if given.list:
        print("\n".join(mutant.name for mutant in every))
        return 0
    warm()
    gc.freeze()
    for stage in dict.fromkeys(stage for name in chosen for stage in TRIED[name][: given.stages]):
        if tried(None, [stage], tempfile.gettempdir()) != 0:
            sys.exit("the tests fail without any mutant: see to that first")
    began, known, survived, count = time.monotonic(), listed(), [], dict.fromkeys(chosen, 0)
    for ended in run(every, given.at_once, given.stages):
        count[ended.mutant.module] += ended.noticed
        if ended.stopped:
            print(f"stopped after {PATIENCE:.0f} s, and counted as noticed: {ended.mutant.name}", flush=True)
        if not ended.noticed:
            survived.append(ended.mutant.name)
            print(f"survived{' (listed)' if ended.mutant.name in known else ''}: {ended.mutant.name}", flush=True)
    for name in chosen:
        made = sum(mutant.module == name for mutant in every)
        print(f"{name}: {made} mutants, {count[name]} noticed, {made - count[name]} survived")
    unlisted = [name for name in survived if name not in known]
    all_names = {mutant.name for mutant in every}
    stale = [
        name
        for name in known
        if given.every == 1
        and not given.only
        and name.partition(" ")[0] in chosen
        and (name not in all_names or name not in survived)
    ]
    for name in stale:
        print(f"listed and not there, or noticed after all: {name}")
    print(f"{len(every)} mutants in {time.monotonic() - began:.0f} s; {len(unlisted)} survived and are not listed")
    return 1 if unlisted or not every else 0


if __name__ == "__main__":
    sys.exit(main())
