"""How soon Slack hears from us while Slack's own API hangs: fifty requests a second for a minute, each timed from its due moment.

    python -m benchmarks.slack_ack [--seconds 60] [--rate 50] [--hang 30] [--only SQLite]

Requests begin by the clock whether those before were answered or not, so that a slow moment is felt by all that fall into it.
Mixed: commands that list tickets and that open a form, messages that open a ticket, messages that are none of ours, an opened
home tab, clicks. Each is new, and each makes something the worker would tell Slack, which accepts every call and says nothing
for half a minute. The first seconds, in which everything is compiled, do not count. Exits 1 when the 99th percentile is not
under 300 ms, when anything took more than Slack's three seconds, or was not answered as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import uvloop

from benchmarks.measuring import KINDS, aim, databases, machine, percentiles
from benchmarks.slack_side import Asked, Hands, Line, Service, WebApi, desk_settings, furnished, opened
from bot.text import phrases

BAR, PATIENCE = 0.300, 3.0  # seconds
WARM_UP = 5.0  # seconds at the same rate that do not count
MIX = (
    *("a ticket by message", "/tickets", "a ticket by message", "/ticket words", "a click"),
    *("none of ours", "a ticket by message", "/tickets", "home", "/ticket words"),
)


class Timed(NamedTuple):
    what: str
    due: float  # seconds after the beginning
    took: float
    fault: str  # or empty


def written(count: int) -> list[tuple[str, Asked]]:
    """Requests in the mix, in a random order."""
    hands, dice, found = Hands(), random.Random(2026), list[tuple[str, Asked]]()
    do: dict[str, Callable[[int], object]] = {
        "a ticket by message": lambda n: hands.mia.dm(f"our site is down, case {n}"),
        "/tickets": lambda n: hands.mia.command("/tickets"),
        "/ticket words": lambda n: hands.mia.command("/ticket", f"the shop shows an error, case {n}"),
        "a click": lambda n: hands.click("tell_services", "services"),
        "none of ours": lambda n: hands.mia.says("help", f"lunch at noon, anybody? {n}"),
        "home": lambda n: hands.mia.open_home(),
    }
    for n in range(count):
        what = MIX[n % len(MIX)]
        do[what](n)
        (asked,) = hands.heard()
        found.append((what, asked))
    dice.shuffle(found)
    return found


class Clock:
    """Sends each request when it is due, over the connections that are free, or a new one."""

    def __init__(self, port: int, rate: float) -> None:
        self._port, self._rate = port, rate
        self._free: list[Line] = []
        self._sorry = phrases.load().say("sorry").encode()
        self.timed: list[Timed] = []
        self.late = 0.0  # the most that a request began after its moment: the generator's own fault

    async def run(self, requests: list[tuple[str, Asked]]) -> None:
        began, under_way = time.perf_counter(), list[asyncio.Task[None]]()
        for n, (what, asked) in enumerate(requests):
            due = n / self._rate
            await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
            under_way.append(asyncio.create_task(self._one(what, asked, began, due)))
        await asyncio.gather(*under_way)
        for line in self._free:
            line.close()

    async def _one(self, what: str, asked: Asked, began: float, due: float) -> None:
        self.late = max(self.late, time.perf_counter() - began - due)
        line = self._free.pop() if self._free else Line(self._port)
        answer = await line.ask(asked)
        took = time.perf_counter() - began - due
        self._free.append(line)
        fault = "no answer" if answer is None else "" if answer[0] == 200 else str(answer[0])
        if answer is not None and self._sorry in answer[1]:
            fault = "sorry"
        self.timed.append(Timed(what, due, took, fault))


async def measure(kind: str, url: str, seconds: float, rate: float, hang: float, folder: Path) -> bool:
    """Prints what came of it on one database; whether it is as wanted."""
    api = WebApi(hang)
    furnished(url)
    log = folder / f"{kind}.log"
    service = Service("deskgate.serve:app", desk_settings(url, await api.open()), log)
    requests = written(int((seconds + WARM_UP) * rate))
    service.start()
    await service.ready()
    clock = Clock(service.port, rate)
    await clock.run(requests)
    asked = api.asked
    service.kill()  # a clean stop would wait for Slack
    api.close()
    store = opened(url)
    owed = store.backlog()
    store.close()
    counted = [one for one in clock.timed if one.due >= WARM_UP]
    faults = Counter(f"{one.what}: {one.fault}" for one in clock.timed if one.fault)
    times = [one.took for one in counted]
    p50, p99 = percentiles(times)
    slow = sum(took > PATIENCE for took in times) / len(times)
    print(
        f"\n{kind}: {len(times)} requests at {rate:g} a second, Slack's API hangs for {hang:g} s ({asked} calls); "
        f"the generator was late by {clock.late * 1000:.0f} ms at most\n"
        f"  {'':24}{'number':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
    )
    each: dict[str, list[float]] = defaultdict(list)
    for one in counted:
        each[one.what].append(one.took)
    for what, took in (("all", times), *sorted(each.items())):
        first, second = percentiles(took)
        print(f"  {what:24}{len(took):8}{first:9.1f}{second:9.1f}{max(took) * 1000:9.1f}")
    said = ", ".join(f"{count} × {what}" for what, count in faults.items()) or "none"
    print(f"  over {PATIENCE:g} s: {slow:.2%}; faults: {said}; {service.faults()} logged; {owed.pending} jobs owed")
    print(f"  p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {max(times) * 1000:.1f} ms", flush=True)
    aim(f"{kind}: acknowledged at {rate:g} a second, p99 in ms, Slack hanging", p99, BAR * 1000, at_most=True)
    if faults:
        print(log.read_text("utf-8", "replace")[-3000:])
    return p99 < BAR * 1000 and not slow and not faults


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--rate", type=float, default=50.0)
    asked.add_argument("--hang", type=float, default=30.0)
    asked.add_argument("--only", choices=KINDS)
    given = asked.parse_args()
    print(machine(), flush=True)
    kinds, good = (given.only,) if given.only else KINDS, True
    with databases("ack", kinds=kinds) as urls, tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            at = (kind, urls[kind, "ack"], given.seconds, given.rate, given.hang, Path(folder))
            good &= uvloop.run(measure(*at))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
