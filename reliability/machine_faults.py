"""What the machine does to a desk while people ask: the disk full, read-only, no file handles, the clock an hour off, the database gone and back. `make chaos`

    python -m reliability.machine_faults [--flow call …] [--fault full …] [--only SQLite] [--every 2]

In this process (stage.py). From the k-th request of a flow to the one after next the fault lasts, for k = 1, 1 + every, … until the flow has fewer requests; then it is
over, the platform goes on, what is owed is worked off, and the checker reads. A disk that is really full takes a small tmpfs, and so root; where there is none that is said.
Exits 1 where the checker names anything or a flow does not come to its end. T26
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock

import pytest
import structlog

from benchmarks.measuring import DURABLE, KINDS, machine
from reliability.checker import Finding, check
from reliability.failing_machine import FAULTS, Fault, Where
from reliability.faults_controls import compared
from reliability.flows import FLOWS, Played
from reliability.furnishing import furnished
from reliability.judged_told import SORRY
from reliability.stage import Stage, Straight
from reliability.world.lines import Answer
from store import migrate
from tests import postgres
from tests.postgres import Server, running_server

LASTS: Final = 3  # requests
SMALL: Final = "16m"
FLOWS_HERE: Final = ("call", "slack", "contacts")


@contextmanager
def lasting(on: Where, fault: Fault, k: int, patch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The fault, from the k-th request on. Gives how many requests there were."""
    post, seen = Straight.post, [0]
    with ExitStack() as during:

        async def meets(self: Straight, path: str, *rest: Any) -> Answer:
            seen[0] += 1
            if seen[0] == k:
                on.stage.journal.write("operator", "did", "fault")
                during.enter_context(fault(on))
            if seen[0] == k + LASTS:
                during.close()
            return await post(self, path, *rest)

        patch.setattr(Straight, "post", meets)
        yield seen


class Came(NamedTuple):
    """Of one run: whether it had so many requests, whether anybody noticed the fault, and what is wrong afterwards."""

    met: bool
    felt: bool
    wrong: list[Finding]


def one(flow: str, fault: str, k: int, on: Where, first: Played) -> Came:
    with pytest.MonkeyPatch.context() as patch:
        compared(on.stage.journal, patch.setattr)
        played = replace(first, stage=on.stage, kept={})
        FLOWS[flow].prepare(played)
        with lasting(on, FAULTS[fault], k, patch) as seen:
            asyncio.run(FLOWS[flow].does(played))
        left, ended = on.stage.settle(), FLOWS[flow].ended(played)
        history = on.stage.history()
        wrong = check(history)
        wrong += [Finding("flow", f"{left} jobs are owed for ever")] if left else []
        wrong += [Finding("flow", ended)] if ended else []
    refused = any(
        e["kind"] == "asked" and (e["status"] >= 400 or SORRY in str(e["facts"].get("said"))) for e in history.events
    )
    return Came(seen[0] >= k, refused or any(job.attempts > 1 for job in history.rows("jobs")), wrong)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A tmpfs of its own; None where nobody may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=0777", "tmpfs", str(disk)]
    mounted = subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield disk if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


class Databases:
    """A furnished one, and new copies of it."""

    def __init__(self, kind: str, folder: Path, disk: Path | None, server: Server | None) -> None:
        self.kind, self._folder, self.disk, self.server = kind, folder, disk, server
        self._there = folder / "desk.db"
        url = f"sqlite:///{self._there}" if server is None else server.create("machine")
        migrate(url)
        self.first = Played(None, furnished(url, 2))
        if server is not None and disk is not None:
            room = disk / "space"
            room.mkdir()
            if os.geteuid() == 0:
                os.chown(room, pwd.getpwnam("nobody").pw_uid, -1)
            server._admin.execute(f"CREATE TABLESPACE small LOCATION '{room}'".encode())

    @contextmanager
    def lend(self) -> Iterator[Where]:
        with ExitStack() as stack:
            if self.server is None:
                copy = (self.disk or self._folder) / "run.db"
                for left in copy.parent.glob("run.db*"):
                    left.unlink()
                url = f"sqlite:///{shutil.copyfile(self._there, copy)}"
            else:
                space = "TABLESPACE small" if self.disk is not None else ""
                self.server._admin.execute(b"DROP DATABASE IF EXISTS machine_run WITH (FORCE)")
                self.server._admin.execute(f"CREATE DATABASE machine_run TEMPLATE machine {space}".encode())
                url = self.server.url("machine_run")
            secrets = {customer.pin: "PIN" for customer in self.first.customers}
            stage = stack.enter_context(Stage(url, self._folder, secrets=secrets))
            yield Where(stage, self.server, self.disk)


def possible(kind: str, disk: Path | None) -> list[str]:
    return [
        fault
        for fault in FAULTS
        if (fault != "database crashed" or kind == "PostgreSQL") and (fault != "disk full" or disk is not None)
    ]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--flow", choices=FLOWS_HERE, action="append")
    asked.add_argument("--fault", choices=FAULTS, action="append")
    asked.add_argument("--only", choices=KINDS)
    asked.add_argument("--every", type=int, default=2)
    asked.add_argument("--control", choices=("too", "alone", "none"), default="too")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(machine(), flush=True)
    runs, wrong = Counter[str](), list[str]()
    for kind in () if given.control == "alone" else (given.only,) if given.only else KINDS:
        with tempfile.TemporaryDirectory(prefix="deskgate-machine-", dir="/tmp") as name, ExitStack() as stack:
            folder = Path(name)
            folder.chmod(0o755)
            disk = stack.enter_context(small_disk(folder))
            if disk is None:
                print("no disk can be mounted here: it is not filled", flush=True)
            # As it is run, not as the tests run theirs: what it has committed outlives a crash.
            stack.enter_context(mock.patch.dict(postgres.SETTINGS, DURABLE))
            server = stack.enter_context(running_server(Path("/tmp"))) if kind == "PostgreSQL" else None
            databases = Databases(kind, folder, disk, server)
            for fault in possible(kind, disk):
                if given.fault and fault not in given.fault:
                    continue
                for flow in given.flow or FLOWS_HERE:
                    k, bad, felt = 1, 0, 0
                    while True:
                        with databases.lend() as on:
                            came = one(flow, fault, k, on, databases.first)
                        if not came.met:
                            break
                        runs[fault] += 1
                        bad, felt = bad + bool(came.wrong), felt + came.felt
                        for finding in came.wrong:
                            wrong.append(f"{kind}, {flow}, {fault} {k}: {finding.invariant} {finding.words}")
                            print(f"   WRONG  {wrong[-1]}", flush=True)
                        k += given.every
                    print(
                        f"{kind:11}{flow:10}{fault:24}{k // given.every:4} runs, noticed in {felt}, {bad} wrong",
                        flush=True,
                    )
    unnoticed = given.control != "none" and given.only != "SQLite" and not _control()
    print(f"{runs.total()} runs: " + ", ".join(f"{many} {fault}" for fault, many in runs.items()))
    print(f"{len(wrong)} things wrong")
    return 1 if wrong or unnoticed else 0


def _control() -> bool:
    """A server that says that it has committed what is not on the disk: whether that is found out when it crashes."""
    with (
        tempfile.TemporaryDirectory(prefix="deskgate-machine-", dir="/tmp") as name,
        running_server(Path("/tmp")) as server,
    ):
        databases, found, k = Databases("PostgreSQL", Path(name), None, server), list[Finding](), 1
        while not found and k < 24:
            with databases.lend() as on:
                found = one("call", "database crashed", k, on, databases.first).wrong
            k += 4
    print(
        f"control    a server that does not wait for its disk, crashed: {found[0].invariant if found else 'NOTHING'} found it",
        flush=True,
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
