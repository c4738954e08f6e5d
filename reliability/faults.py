"""The n-th statement, COMMIT, call, mail or answer fails, for n = 1, 2, 3 … until a flow is done without; after each run the checker. `make chaos`

    python -m reliability.faults [--flow call …] [--kind statement …] [--only SQLite] [--every 1] [--most N] [--tiny]

A flow (flows.py) is played on a desk in this process, on a database as it was before, and one thing fails in it, once: a statement or a COMMIT (disk full; on
PostgreSQL also a connection that is lost, at a COMMIT after it was done), a call to Twilio or Slack (refused, timed out, done and timed out, 429, 500, half a JSON),
a mail (451, 554, cut off, silence), or the answer on its way back to whoever asked. The platform goes on as it does, what is owed is worked off, and all twelve
invariants are checked. `--every 5`: each fifth n. The controls play the same with a protection off, and each has to be found out.
Exits 1 where the checker names anything, a flow does not come to its end, or a control goes unnoticed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import structlog

from benchmarks.measuring import KINDS, machine
from reliability.checker import Finding, check
from reliability.failing import Place, failing, kinds
from reliability.faults_controls import CONTROLS, compared
from reliability.flows import FLOWS, Played, browser
from reliability.furnishing import furnished
from reliability.stage import Stage
from store import migrate
from tests.portal.browsing import Browser
from tests.postgres import running_server

PEOPLE: Final = 2
TINY: Final = (("slack", "statement", 40), ("call", "commit", 25), ("slack", "call accepted, timed out", 2))


class Ran(NamedTuple):
    """Of one run: where the fault was, and what is wrong afterwards."""

    place: Place
    wrong: list[Finding]


class Prepared:
    """A flow on a database of its own, as it stands before anything fails."""

    def __init__(self, name: str, folder: Path, lend: Callable[[], AbstractContextManager[str]], first: Played) -> None:
        self.name, self.flow, self._folder, self._lend, self._first = name, FLOWS[name], folder, lend, first
        self._cookies = {key: dict(one.client.cookies) for key, one in first.kept.items() if isinstance(one, Browser)}

    def run(self, kind: str, n: int, *, broken: Callable[[pytest.MonkeyPatch], None] | None = None) -> Ran:
        with self._lend() as url, pytest.MonkeyPatch.context() as patch:
            secrets = {customer.pin: "PIN" for customer in self._first.customers}
            with Stage(url, self._folder, secrets=secrets, **self.flow.settings) as stage:
                played = replace(self._first, stage=stage, kept=dict(self._first.kept))
                for key, cookies in self._cookies.items():
                    browser(played.kept[key], stage).client.cookies.clear()
                    played.kept[key].client.cookies.update(cookies)
                compared(stage.journal, patch.setattr)
                self.flow.begins(played)
                if broken is not None:
                    broken(patch)
                with failing(stage, kind, n) as place:
                    asyncio.run(self.flow.does(played))
                    stage.settle()
                left, ended = stage.settle(), self.flow.ended(played)
                wrong = check(stage.history())
                wrong += [Finding("flow", f"{left} jobs are owed for ever")] if left else []
                wrong += [Finding("flow", ended)] if ended else []
        return Ran(place, wrong)


@contextmanager
def on_sqlite(name: str, folder: Path) -> Iterator[Prepared]:
    there, copy = folder / f"{name}.db", folder / f"{name}-run.db"
    migrate(f"sqlite:///{there}")

    @contextmanager
    def lend() -> Iterator[str]:
        for one in folder.glob(f"{copy.name}*"):  # what is remembered of the one before as well, or this is a restore
            one.unlink()
        shutil.copyfile(there, copy)
        yield f"sqlite:///{copy}"

    yield Prepared(name, folder, lend, _prepared(name, f"sqlite:///{there}", folder))


@contextmanager
def on_postgres(name: str, folder: Path, server: Any) -> Iterator[Prepared]:
    url = server.create(f"of_{name.replace('-', '_')}")
    migrate(url)
    first = _prepared(name, url, folder)
    yield Prepared(name, folder, lambda: server.lend(f"of_{name.replace('-', '_')}"), first)


def _prepared(name: str, url: str, folder: Path) -> Played:
    customers, flow = furnished(url, PEOPLE), FLOWS[name]
    with Stage(url, folder, secrets={}, **flow.settings) as stage:
        played = Played(stage, customers)
        flow.prepare(played)
        stage.settle()
    return played


class Tally:
    """Runs, and what was found in them."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.found: list[str] = []

    def each(self, prepared: Prepared, where: str, kind: str, every: int, most: int) -> None:
        """Until the flow is done without a fault."""
        n, began, wrong, many = 1, time.monotonic(), 0, 0
        while n <= most:
            ran = prepared.run(kind, n)
            if not ran.place.met:
                break
            self.runs[kind] += 1
            many += 1
            wrong += bool(ran.wrong)
            for one in ran.wrong:
                self.found.append(f"{where}, {prepared.name}, {kind} {n} ({ran.place.at}): {one.invariant} {one.words}")
                print(f"   WRONG  {self.found[-1]}", flush=True)
            n += every
        took = time.monotonic() - began
        print(f"{where:11}{prepared.name:10}{kind:28}{many:5} runs, {wrong} wrong, {took:.0f} s", flush=True)


def controls(folder: Path) -> list[str]:
    """Each protection off, on SQLite: the names of those that went unnoticed."""
    unnoticed = []
    with ExitStack() as stack:
        made: dict[str, Prepared] = {}
        for control in CONTROLS:
            if control.flow not in made:
                made[control.flow] = stack.enter_context(on_sqlite(control.flow, folder))
            found, n = Counter[str](), 0
            while control.invariant not in found and n < control.most:
                n += 1
                ran = made[control.flow].run(control.kind, n, broken=control.breaks)
                found.update(one.invariant for one in ran.wrong)
                if not ran.place.met and n > 1:
                    break
            good = control.invariant in found
            print(
                f"control    {control.words}: {control.invariant} {'found it' if good else 'DID NOT'} at n = {n} ({dict(found)})",
                flush=True,
            )
            unnoticed += [] if good else [control.words]
    return unnoticed


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--flow", choices=FLOWS, action="append")
    asked.add_argument("--kind", choices=kinds(postgres=True), action="append")
    asked.add_argument("--only", choices=KINDS)
    asked.add_argument("--every", type=int, default=1)
    asked.add_argument("--most", type=int, default=100_000)
    asked.add_argument("--controls", choices=("too", "alone", "none"), default="too")
    asked.add_argument("--tiny", action="store_true", help="three runs and one control: whether it runs at all")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL + 0))
    print(machine(), flush=True)
    tally, unnoticed = Tally(), list[str]()
    with tempfile.TemporaryDirectory(prefix="deskgate-faults-") as name, ExitStack() as stack:
        folder = Path(name)
        if given.tiny:
            found = tiny(folder)
            print(
                "\n".join(found) or "three faults and a control, as wanted\nthe checker was silent where it should be"
            )
            return 1 if found else 0
        server = None
        if given.only != "SQLite" and given.controls != "alone":
            server = stack.enter_context(running_server(Path("/tmp")))
        for where in () if given.controls == "alone" else ((given.only,) if given.only else KINDS):
            for flow in given.flow or FLOWS:
                opened = on_sqlite(flow, folder) if where == "SQLite" else on_postgres(flow, folder, server)
                with opened as prepared:
                    for kind in kinds(postgres=where == "PostgreSQL"):
                        if not given.kind or kind in given.kind:
                            tally.each(prepared, where, kind, given.every, given.most)
        if given.controls != "none":
            unnoticed = controls(folder)
    print(
        f"{sum(tally.runs.values())} runs with a fault: "
        + ", ".join(f"{many} {kind}" for kind, many in tally.runs.items())
    )
    print(
        f"{len(tally.found)} things wrong; {len(CONTROLS) if given.controls != 'none' else 0} controls, {len(unnoticed)} unnoticed"
    )
    return 1 if tally.found or unnoticed else 0


def tiny(folder: Path) -> list[str]:
    """A few faults and a control, on SQLite: what is not as it should be."""
    found = []
    with on_sqlite("slack", folder) as slack, on_sqlite("call", folder) as call:
        for flow, kind, n in TINY:
            ran = {"slack": slack, "call": call}[flow].run(kind, n)
            found += [] if ran.place.met else [f"{flow} has no {kind} {n}"]
            found += [f"{flow}, {kind} {n}: {one.invariant} {one.words}" for one in ran.wrong]
        hasty = next(one for one in CONTROLS if one.flow == "slack" and one.kind == "answer lost")
        ran = slack.run(hasty.kind, 1, broken=hasty.breaks)
        noticed = hasty.invariant in {one.invariant for one in ran.wrong}
        found += [] if noticed else [f"{hasty.words} went unnoticed"]
    return found


if __name__ == "__main__":
    sys.exit(main())
