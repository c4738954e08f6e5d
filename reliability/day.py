"""A day in an hour: 24 slices of load between which the clock moves on by an hour, and nothing may grow; then weeks pass, and what is old has to go. `make day`

    python -m reliability.day [--minutes 30] [--slices 24] [--rate 0.3] [--only SQLite] [--control 8]

In each slice people call, open tickets by phone and by Slack, hear them read back, sign in at the desk and keep pages open (crowd.py); when all that is owed is
done, the service's memory, file handles and threads and the database's size are looked at (footprint.py). The first quarter is the warm-up. Afterwards the clock moves on by days, and what
docs/operating.md promises (Limits) is looked for: answers of calls, jobs, calls, recordings here and at Twilio; tickets and the ledger with its checkpoints stay, and it is whole.
`--minutes` is for each database. The control is a service that leaks, which has to be found out first. Exits 1 where anything grew, is kept too long, or is gone that is to be kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop
from sqlalchemy import text

from benchmarks.measuring import KINDS, databases, machine
from reliability import journal
from reliability.crowd import CALLS, LISTENS, TALKS, TICKETS_BY_SLACK, Crowd
from reliability.day_clock import VARIABLE, Ahead
from reliability.footprint import Footprint, grown, taken
from reliability.furnishing import furnished, hired, opened
from reliability.load import OWED, PAGES, WELL
from reliability.matching import in_words, matched
from reliability.service import Service
from reliability.world.browsers import Browser
from reliability.world.players import World
from store.ledger.verify import verify

HOUR, DAY = 3_600.0, 86_400.0  # seconds
PACE: Final = 0.3  # of the pauses that people make elsewhere
AGENTS: Final = 3
PATIENCE: Final = 120.0  # seconds until nothing is owed, and until the sweeps are through
QUIET: Final = 2.5  # seconds: connections are closed, a sweep has come round, and the ledger has a checkpoint
OPEN: Final = "SELECT count(*) FROM calls WHERE ended_at IS NOT NULL AND response IS NOT NULL"
LATER: Final[
    tuple[tuple[float, str, str], ...]
] = (  # days after that day → what has to be gone by then, and how that is counted
    (0.01, "answers to the last key press, a minute after the call", OPEN),
    (
        3.1,
        "jobs that are done",
        "SELECT count(*) FROM jobs WHERE done_at IS NOT NULL AND kind IN ('fetch_recording', 'mail')",
    ),
    (3.1, "keys of deliveries", "SELECT count(*) FROM deliveries"),
    (7.1, "calls", "SELECT count(*) FROM calls"),
    (90.1, "the sound of recordings", "SELECT count(*) FROM recordings WHERE sealed IS NOT NULL OR removed_at IS NULL"),
    (91.1, "what the change feed told", "SELECT count(*) FROM account_changes"),
)
UNSEALED: Final = "SELECT count(*) FROM ledger WHERE at > (SELECT coalesce(max(at), 0) FROM ledger_checkpoints)"
KEPT: Final = ("tickets", "messages", "ledger", "ledger_checkpoints")


class Played:
    """One database and one service for one day."""

    def __init__(
        self, name: str, url: str, folder: Path, *, seconds: float, slices: int, rate: float, first: str
    ) -> None:
        self.name, self.url, self.faults = name, url, list[tuple[str, str]]()
        self._seconds, self._slices, self._rate, self._first = seconds, slices, rate, first
        self._path, self._log = folder / f"{name}.journal", folder / f"{name}.log"
        self._ahead = Ahead(folder / f"{name}.ahead")
        callers = int(rate * CALLS * PACE * (TALKS * 7 + LISTENS * 4)) + 6
        self._customers = furnished(url, callers + int(rate * TICKETS_BY_SLACK) + 6, with_pins=callers)
        self._callers = callers
        self._links = hired(url, *(f"agent.{n}" for n in range(AGENTS)))
        self._store = opened(url)

    def say(self, words: str) -> None:
        print(f"{self.name:16}{words}", flush=True)

    def count(self, statement: str) -> int:
        with self._store.engine.connect().execution_options(reads_only=True) as connection:
            return int(connection.execute(text(statement)).scalar_one())

    async def until(self, done: Callable[[], bool], patience: float = PATIENCE) -> bool:
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > patience:
                return False
            await asyncio.sleep(0.25)
        return True

    def run(self, *, later: bool = True) -> None:
        world = World(self._path)
        environment = world.environment() | {VARIABLE: str(self._ahead.path)}
        try:
            with Service(self.url, environment, self._log, broken=f"reliability.day_clock:{self._first}") as service:
                uvloop.run(self._passes(service, world, later=later))
            self.faults += [("fault", line[:300]) for line in service.faults()[:3]]
        finally:
            world.close()
            self._store.engine.dispose()

    async def _passes(self, service: Service, world: World, *, later: bool) -> None:
        callers, members = deque(self._customers[: self._callers]), deque(self._customers[self._callers :])
        crowd = Crowd(service, world.journal, callers, members, PACE, self._ahead.now)
        agents = [Browser(service.public, world.journal, now=self._ahead.now) for _ in self._links]
        for browser, link in zip(agents, self._links, strict=True):
            await browser.join(link)
        each = list[Footprint]()
        for n in range(self._slices):
            each.append(await self._slice(crowd, agents, service))
            if n in (0, self._slices // 4, self._slices - 1):
                self.say(f"hour {n + 1:2}: {each[-1].said()}")
            await self._move_on(HOUR * 24 / self._slices - self._seconds / self._slices)
        for browser in agents:
            await browser.close()
        self.faults += grown(each)
        unlike = crowd.outcomes.total() - sum(crowd.outcomes[name] for name in WELL)
        self.say(f"{crowd.outcomes.total()} calls and messages, {unlike} not as wanted: {dict(crowd.outcomes)}")
        self.faults += [("unlike", f"{unlike} calls and messages")] if unlike > crowd.outcomes.total() / 100 else []
        if not later:
            return
        found = matched(self.url, self._path, crowd.cases, self._customers, crowd.calls)
        self.faults += [("matched", words) for words in in_words(found)]
        await self._weeks_pass()

    async def _slice(self, crowd: Crowd, agents: list[Browser], service: Service) -> Footprint:
        """An hour's people; then what the service takes when it has nothing left to do."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as pages:
            for n, browser in enumerate(agents):
                await browser.sign_in(f"agent.{n}")
                pages.create_task(browser.watch(PAGES[n % len(PAGES)], stop))
            await crowd.come(self._rate, self._seconds / self._slices)
            if not await self.until(lambda: self.count(OWED) == 0):
                self.faults.append(("owed", f"{self.count(OWED)} jobs after {PATIENCE:.0f} s"))
            stop.set()
        crowd.close()
        await asyncio.sleep(QUIET)
        return taken(service.processes(), self._store)

    async def _move_on(self, seconds: float) -> None:
        """Not before the ledger's newest entry has its checkpoint: an hour later it would be overdue."""
        if not await self.until(lambda: self.count(UNSEALED) == 0):
            self.faults.append(("unsealed", f"{self.count(UNSEALED)} entries after {PATIENCE:.0f} s"))
        self._ahead.move_on(seconds)

    async def _weeks_pass(self) -> None:
        """What is promised to go has gone, and what is promised to stay is there."""
        before, began = {table: self.count(f"SELECT count(*) FROM {table}") for table in KEPT}, self._ahead.ms
        recordings = self.count("SELECT count(*) FROM recordings")
        for days, what, statement in LATER:
            were = self.count(statement)
            await asyncio.sleep(QUIET)
            await self._move_on(days * DAY - (self._ahead.ms - began) / 1000)
            gone = await self.until(lambda statement=statement: self.count(statement) == 0)  # type: ignore[misc]
            self.say(f"{days:5g} days later: {what}: {were} were there, {self.count(statement)} are")
            self.faults += [] if gone else [("kept", f"{self.count(statement)} of {what}, {days:g} days later")]
        await self.until(lambda: self.count(OWED) == 0)
        at_twilio = sum(one["what"] == "recording.removed" for one in journal.read(self._path))
        after = {table: self.count(f"SELECT count(*) FROM {table}") for table in KEPT}
        self.say(f"of {recordings} recordings {at_twilio} were removed at Twilio; kept: {after}; then {self._size()}")
        if at_twilio != recordings:
            self.faults.append(("kept", f"{recordings - at_twilio} recordings at Twilio"))
        self.faults += [
            ("gone", f"{before[one] - after[one]} rows of {one}") for one in KEPT if after[one] < before[one]
        ]
        broken = verify(self._store).broken
        self.faults += [("ledger", broken)] if broken else []

    def _size(self) -> str:
        return taken([], self._store).said().partition("threads, ")[2]


def day(
    name: str, url: str, folder: Path, *, seconds: float, slices: int, rate: float, first: str = "played"
) -> list[tuple[str, str]]:
    """What is wrong."""
    played = Played(name, url, folder, seconds=seconds, slices=slices, rate=rate, first=first)
    played.run(later=first == "played")
    for what, words in played.faults:
        played.say(f"{what}: {words}")
    return played.faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="of load, for each database")
    parser.add_argument("--slices", type=int, default=24)
    parser.add_argument("--rate", type=float, default=0.3, help="as in load.py")
    parser.add_argument("--control", type=float, default=16.0, help="seconds of a service that leaks; 0: none")
    parser.add_argument("--only", choices=KINDS)
    given = parser.parse_args()
    kinds, good = (given.only,) if given.only else KINDS, True
    os.umask(0o077)
    print(machine(), flush=True)
    with databases("day", "leaks", kinds=kinds) as urls, tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        if given.control:
            found = day(
                "control leaks",
                urls[kinds[0], "leaks"],
                folder,
                seconds=given.control,
                slices=8,
                rate=given.rate,
                first="leaks",
            )
            good = {"memory", "handles", "threads"} <= {what for what, _ in found}
            print(f"{'control leaks':16}{'found out' if good else 'NOT FOUND OUT'}", flush=True)
        for kind in kinds:
            wrong = day(
                kind, urls[kind, "day"], folder, seconds=given.minutes * 60, slices=given.slices, rate=given.rate
            )
            print(f"{kind:16}{'WRONG' if wrong else 'as wanted'}", flush=True)
            good &= not wrong
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
