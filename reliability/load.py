"""A desk under load from outside: calls, PINs, tickets, open pages; a burst of Slack's; five times as much; and nothing lost, doubled or wrongly told. `make load`

    python -m reliability.load [--seconds 600] [--rate 1] [--sqlite-seconds 300] [--sqlite-rate 0.5] [--only SQLite] [--ladder] [--port 9200]

At rate 1: 200 live calls, twenty new ones a second with a PIN each, ten tickets by phone and ten by Slack a second (crowd.py), ten open pages; PostgreSQL
with two workers, SQLite with one. Then 500 messages of Slack's within a second; then `--over` times the rate, where callers may be asked to call again, and back.
At the end everything is matched by its own words (matching.py). First come the controls, which have to be found out (load_controls.py).

The generator says what it could not do: `begun late` is by how much people came after their moment. Where that is more than a tenth of a second (p99), the
rate was not reached, and the figures are of the rate that is named. `--ladder` climbs from rung to rung instead and says up to which the bounds hold.
Exits 1 where a bound is missed, anything is lost, doubled or wrongly told, or a control was not found out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import uvloop
from sqlalchemy import text

from benchmarks.measuring import KINDS, aim, databases, machine
from reliability.crowd import CALLS, LISTENS, TALKS, TICKETS_BY_SLACK, Crowd, Timed
from reliability.furnishing import furnished, hired, opened
from reliability.load_controls import CONTROLS
from reliability.machine_use import MachineUse, database_processes
from reliability.matching import Fault, in_words, matched
from reliability.service import Service
from reliability.world.browsers import Browser
from reliability.world.players import World

WEBHOOK, ACKNOWLEDGED = 1_000.0, 300.0  # ms at the 99th percentile
IN_TIME: Final = 3.0  # seconds that Slack waits
DRAINED: Final = 60.0  # seconds until what was owed is done, and until all is as before
WARM_UP: Final = 5.0  # seconds that do not count
LATE: Final = 0.1  # seconds at the 99th percentile: later, and the generator did not keep its rate
TURNED_AWAY: Final = 0.01  # of all calls and messages, at the rate that is to be borne
PAGES: Final = ("/desk", "/desk/tickets")
RUNGS: Final = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
PUT_OFF: Final = ("late_recording", "late_transcript", "message_not_left", "check_waiting_caller", "unlink_unfit")
OWED: Final = f"SELECT count(*) FROM jobs WHERE done_at IS NULL AND kind NOT IN {PUT_OFF}"
WELL: Final = ("opened a ticket", "listened", "written")


class Options(NamedTuple):
    seconds: float
    rate: float
    burst: int
    over: float
    over_seconds: float
    pages: int
    workers: int
    port: int
    pace: float = 1.0
    rungs: tuple[float, ...] = ()


class Run:
    """One database, one service, one crowd. `say` prints; what is wrong is kept in `faults`."""

    def __init__(self, name: str, url: str, options: Options, folder: Path, broken: str = "") -> None:
        self.name, self.url, self.options = name, url, options
        self.path, self._log = folder / f"{name}.journal", folder / f"{name}.log"
        most = max(options.rate * max(1.0, options.over), *options.rungs, 0.0)
        callers = int(most * CALLS * (TALKS * 7 + LISTENS * 4) / 2 * 1.3) + 4
        self.customers = furnished(url, callers + int(most * TICKETS_BY_SLACK * 4) + 20, with_pins=callers)
        self._callers, self._members = deque(self.customers[:callers]), deque(self.customers[callers:])
        self._links = hired(url, *(f"agent.{n}" for n in range(options.pages)))
        self._store = opened(url)
        self._database = partial(database_processes, self._store)
        self._broken = broken
        self.faults = list[Fault]()

    def say(self, words: str) -> None:
        print(f"{self.name:16}{words}", flush=True)

    def owed(self) -> int:
        with self._store.engine.connect().execution_options(reads_only=True) as connection:
            return int(connection.execute(text(OWED)).scalar_one())

    async def drained(self, patience: float) -> float:
        """Seconds until nothing is owed; infinite where that takes too long."""
        began = time.monotonic()
        while self.owed():
            if time.monotonic() - began > patience:
                return float("inf")
            await asyncio.sleep(0.25)
        return time.monotonic() - began

    def bad(self, kind: str, words: str) -> None:
        self.faults.append(Fault(kind, words))

    def run(self) -> None:
        """All of it; afterwards `faults` says what is wrong."""
        world = World(self.path)
        try:
            given = (
                self.options.workers,
                self.options.port,
                f"reliability.load_controls:{self._broken}" if self._broken else "",
            )
            workers, port, broken = given
            with Service(
                self.url, world.environment(), self._log, workers=workers, port=port, broken=broken
            ) as service:
                uvloop.run(self._plays(service, world))
            for line in [line for line in service.faults() if not self._broken][:3]:
                self.bad("fault", line[:300])
        finally:
            world.close()
            self._store.engine.dispose()

    async def _plays(self, service: Service, world: World) -> None:
        crowd, stop = Crowd(service, world.journal, self._callers, self._members, self.options.pace), asyncio.Event()
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as pages:
            watchers = list[Browser]()
            for n, link in enumerate(self._links):
                browser = Browser(service.public, world.journal)
                stack.push_async_callback(browser.close)
                await browser.join(link)
                if not await browser.sign_in(f"agent.{n}"):
                    raise RuntimeError(f"agent.{n} cannot sign in: {browser.status}")
                watchers.append(browser)
                pages.create_task(browser.watch(PAGES[n % len(PAGES)], stop))
            if self.options.rungs:
                await self._climbs(crowd, service, world)
            else:
                await self._bears(crowd, service, world)
            waited = await self.drained(2 * DRAINED)
            stop.set()
        if waited == float("inf"):
            self.bad("lost", f"{self.owed()} jobs are still owed after {2 * DRAINED:.0f} s")
        crowd.close()
        self.faults += [Fault("told", words) for words in crowd.wrong]
        self.faults += matched(self.url, self.path, crowd.cases, self.customers, crowd.calls)
        promised = sum(case.promised for case in crowd.cases)
        heard = sum(one.heard for one in watchers)
        self.say(
            f"{len(crowd.calls)} calls, {promised} tickets promised of {len(crowd.cases)} asked for, each matched by its words; pages heard {heard} events"
        )

    async def _bears(self, crowd: Crowd, service: Service, world: World) -> None:
        given = self.options
        await crowd.come(given.rate, min(WARM_UP, given.seconds))
        await self._stage(crowd, service, world, given.rate, given.seconds, bound=True)
        if given.burst:
            await self._burst(crowd)
        if given.over > 1:
            await self._stage(crowd, service, world, given.rate * given.over, given.over_seconds, bound=False)
            await self._recovers(crowd)

    async def _climbs(self, crowd: Crowd, service: Service, world: World) -> None:
        """From rung to rung, until one does not hold."""
        held = 0.0
        for rate in self.options.rungs:
            before = len(self.faults)
            await self._stage(crowd, service, world, rate, self.options.seconds, bound=True)
            if len(self.faults) > before:
                break
            held = rate
        self.faults = [fault for fault in self.faults if fault.kind not in ("slow", "turned away", "late")]
        self.say(f"the bounds hold up to rate {held:g} on this machine")

    async def _stage(
        self, crowd: Crowd, service: Service, world: World, rate: float, seconds: float, *, bound: bool
    ) -> None:
        first, began_late, before = len(crowd.times), len(crowd.late), Counter(crowd.outcomes)
        crowd.most_live = crowd.live
        use = MachineUse(
            service=service.processes,
            database=self._database,
            generator=lambda: [os.getpid()],
            world=lambda: [world.process.pid],
        )
        began = time.monotonic()
        coming = asyncio.create_task(crowd.come(rate, seconds))
        await asyncio.sleep(seconds)
        shares, cores, owed = use.said(), use.shares(), self.owed()
        served = sum((crowd.outcomes - before)[name] for name in WELL)
        each = (cores["service"] + cores["database"]) * (time.monotonic() - began) / max(1, served) * 1000
        await coming
        times, late = crowd.times[first:], sorted(crowd.late[began_late:])
        came = crowd.outcomes - before
        total, well = came.total(), sum(came[name] for name in WELL)
        reached = len(late) / max(seconds, late[-1] + seconds) / (CALLS + TICKETS_BY_SLACK)
        self.say(
            f"rate {rate:g} for {seconds:g} s ({'to be borne' if bound else 'too much'}): reached {reached:.2f}, {crowd.most_live} live calls at most, "
            f"begun late by {_of(0.99, late):.0f} ms (p99); cores: {shares}; {owed} jobs owed at the end"
            f"; {each:.0f} ms of the processor, service and database, for each call or message that was served"
        )
        self._told(times)
        self.say("  " + ", ".join(f"{count} {name}" for name, count in came.most_common()))
        if not_taken := [one for one in times if one.kind == "webhook" and not 200 <= one.status < 300]:
            self.bad("unplayed", f"{len(not_taken)} of Twilio's webhooks had no answer it can play, at rate {rate:g}")
        if not bound:
            return
        if _of(0.99, late) > LATE * 1000:
            self.say("  THE GENERATOR DID NOT KEEP ITS RATE: the figures are of what it reached")
        for kind, most in (("webhook", WEBHOOK), ("acknowledgement", ACKNOWLEDGED)):
            p99 = _p99(times, kind)
            aim(f"{self.name}: {kind} p99 at rate {rate:g}, in ms", p99, most, at_most=True)
            if p99 > most:
                self.bad("slow", f"{kind} p99 is {p99:.0f} ms at rate {rate:g}")
        if total - well > TURNED_AWAY * total:
            self.bad("turned away", f"{total - well} of {total} were not served at rate {rate:g}")
        took = await self.drained(DRAINED)
        self.say(f"  drained {took:.1f} s after the last of them, {time.monotonic() - began:.0f} s after the first")
        if took > DRAINED:
            self.bad("late", f"{self.owed()} jobs owed {DRAINED:.0f} s after rate {rate:g}")

    def _told(self, times: list[Timed]) -> None:
        for kind in ("webhook", "acknowledgement"):
            took = [one.took for one in times if one.kind == kind and one.status]
            p50, p99 = _of(0.5, took), _of(0.99, took)
            none = sum(one.kind == kind and not one.status for one in times)
            self.say(
                f"  {len(took)} {kind}s: p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {max(took, default=0) * 1000:.0f} ms; {none} without an answer"
            )

    async def _burst(self, crowd: Crowd) -> None:
        took = await crowd.burst(self.options.burst)
        late = sum(one > IN_TIME for one in took)
        drained = await self.drained(DRAINED)
        self.say(
            f"{len(took)} messages of Slack's within a second: the last was taken after {max(took):.2f} s, {late} too late; drained {drained:.1f} s later"
        )
        aim(f"{self.name}: of {len(took)} messages of Slack's in a second, not taken in time", late, 0, at_most=True)
        aim(f"{self.name}: seconds until they are drained", drained, DRAINED, at_most=True)
        if late:
            self.bad("slow", f"{late} of {len(took)} messages of Slack's were not taken within {IN_TIME:g} s")
        if drained > DRAINED:
            self.bad("late", f"{self.owed()} jobs owed {DRAINED:.0f} s after the burst")

    async def _recovers(self, crowd: Crowd) -> None:
        """Back at the rate that is to be borne: how long until five seconds in a row are as they should be."""
        began, span = time.monotonic(), min(5.0, self.options.seconds)
        while (passed := time.monotonic() - began) < DRAINED:
            first, before = len(crowd.times), Counter(crowd.outcomes)
            await crowd.come(self.options.rate, span)
            times, came = crowd.times[first:], crowd.outcomes - before
            served = sum(came[name] for name in WELL) >= (1 - TURNED_AWAY) * came.total()
            if served and _p99(times, "webhook") <= WEBHOOK and _p99(times, "acknowledgement") <= ACKNOWLEDGED:
                break
        else:
            self.bad("late", f"not as before {DRAINED:.0f} s after five times the load")
        self.say(f"  as before {passed:.0f} s after that")
        aim(f"{self.name}: seconds until all is as before", passed, DRAINED, at_most=True)


def _p99(times: list[Timed], kind: str) -> float:
    """ms; what was not answered took as long as was waited for it."""
    return _of(0.99, [one.took for one in times if one.kind == kind])


def _of(share: float, seconds: list[float]) -> float:
    """ms within which that share of them was."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000 if seconds else 0.0


def controls(names: Sequence[str], urls: Mapping[str, str], options: Options, folder: Path) -> bool:
    """Whether each service that is broken on purpose was found out."""
    good = True
    for name in names:
        run, wanted = Run(f"control {name}", urls[name], options, folder, broken=name), CONTROLS[name]
        run.run()
        caught = any(fault.kind == wanted for fault in run.faults)
        run.say(
            "found out: " + "; ".join(in_words([one for one in run.faults if one.kind == wanted]))
            if caught
            else "NOT FOUND OUT"
        )
        good &= caught
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="against PostgreSQL, or of each rung")
    parser.add_argument("--rate", type=float, default=1.0, help="against PostgreSQL")
    parser.add_argument("--sqlite-seconds", type=float)
    parser.add_argument("--sqlite-rate", type=float)
    parser.add_argument("--burst", type=int, default=500, help="messages of Slack's within a second; 0: none")
    parser.add_argument("--over", type=float, default=5.0, help="times the rate; 1: not")
    parser.add_argument("--over-seconds", type=float, default=30.0)
    parser.add_argument("--pages", type=int, default=10, help="that stay open")
    parser.add_argument("--control", type=float, default=8.0, help="seconds of each control; 0: none")
    parser.add_argument("--controls", nargs="*", choices=[*CONTROLS], default=[*CONTROLS], metavar="NAME")
    parser.add_argument("--pace", type=float, default=1.0, help="times the pauses between two keys")
    parser.add_argument(
        "--ladder", action="store_true", help="rung by rung, each of --seconds (20 if not said otherwise)"
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--only", choices=KINDS)
    given = parser.parse_args()
    kinds = (given.only,) if given.only else KINDS
    print(machine(), flush=True)
    broken = given.controls if given.control and not given.ladder else []
    good = True
    with databases("load", *broken, kinds=kinds) as urls, tempfile.TemporaryDirectory() as folder:
        small = Options(given.control, 0.1, 0, 1, 0, 0, 1, given.port, given.pace)
        good &= controls(broken, {name: urls[kinds[0], name] for name in broken}, small, Path(folder))
        for kind in kinds:
            few = kind == "SQLite"
            seconds = (given.sqlite_seconds or given.seconds / 2) if few else given.seconds
            rate = (given.sqlite_rate or given.rate / 2) if few else given.rate
            if given.ladder:
                seconds = 20.0 if given.seconds == 600.0 else given.seconds
            rungs = RUNGS if given.ladder else ()
            how = Options(
                seconds,
                rate,
                given.burst,
                1.0 if given.ladder else given.over,
                given.over_seconds,
                given.pages,
                1 if few else 2,
                given.port,
                given.pace,
                rungs,
            )
            run = Run(kind, urls[kind, "load"], how, Path(folder))
            run.run()
            run.say("as wanted" if not run.faults else "WRONG: " + "\n".join(in_words(run.faults)))
            good &= not run.faults
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
