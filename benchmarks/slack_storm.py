"""Ten thousand messages in Slack, each delivered 1 to 5 times and the service killed all the while: as many tickets.

    python -m benchmarks.slack_storm [--cases 10000] [--kills 40] [--control 600] [--at-once 20] [--only SQLite]

Every case is one message of Mia Chen that opens a ticket: three of four are direct messages, each fourth mentions the app in
a channel, of which Slack tells twice (`message`, `app_mention`). Every event is delivered 1 to 5 times, half of them close
together, the others anywhere; 20 deliveries are under way at any time. The service's process is killed with SIGKILL at random
moments and started again. A delivery that got no 2xx is made again until it gets one: so what was accepted must be there, and
nothing twice. Slack's Web API is played by a process that says ok, and the worker works meanwhile.

Exits 1 unless there is exactly one ticket for every case, or if a control finds nothing wrong: the same with the two things
that refuse a repeat taken out, and the same acknowledged before it is written down, as Bolt does by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import uvloop
from sqlalchemy import func, select

from benchmarks.measuring import KINDS, databases, machine
from benchmarks.slack_side import Asked, Hands, Line, Service, WebApi, desk_settings, furnished, opened
from store import tables
from store.ledger.verify import verify

if TYPE_CHECKING:
    from fastapi import FastAPI
    from slack_bolt import App

    from bot.platform.context import SlackContext

COPIES = 5
NEAR = 12  # deliveries: copies as close as this are under way at once
CONTROLS = {"forgetful": "nothing refuses a repeat", "hasty": "acknowledged before it is written down"}


# --- in the process that is killed


def app() -> FastAPI:
    """The service as it is."""
    from deskgate import serve

    return serve.app()


def forgetful() -> FastAPI:
    """A control: neither a delivery nor the message a ticket came from is remembered."""
    from store.calls import call_state
    from store.messages import timeline

    add = timeline.add

    def added(*given: Any, **named: Any) -> None:
        add(*given, **named | {"source": None})

    call_state.first_delivery = lambda tx, key: True
    timeline.add = added
    return app()


def hasty() -> FastAPI:
    """A control: the response is given first, and the work done on threads afterwards."""
    from bot import router

    respond, threads = router.respond, ThreadPoolExecutor(router.THREADS)

    def acknowledged(context: SlackContext, bolt: App, body: dict[str, Any]) -> router.Acknowledgement:
        threads.submit(respond, context, bolt, body)
        return 200, ""

    router.respond = acknowledged
    return app()


# --- in the process that delivers


def written(cases: int) -> list[list[Asked]]:
    """Of each case the events that Slack sends."""
    hands, found = Hands(), []
    for case in range(1, cases + 1):
        if case % 4:
            hands.mia.dm(f"our site is down, case {case}")
        else:
            hands.mia.says("help", f"@Deskgate our site is down, case {case}")
        found.append(hands.heard())
    assert all(len(events) == (1 if case % 4 else 2) for case, events in enumerate(found, 1))
    return found


def shuffled(events: list[Asked], dice: random.Random) -> list[Asked]:
    """Each 1 to 5 times, in an order in which some copies are close and some far from each other."""
    placed = []
    for event in events:
        first, near = dice.uniform(0, 1), dice.random() < 0.5
        for _ in range(dice.randint(1, COPIES)):
            place = first + dice.uniform(0, NEAR / 3 / len(events)) if near else dice.uniform(0, 1)
            placed.append((place, event))
    return [event for _, event in sorted(placed, key=lambda one: one[0])]


class Storm:
    """Deliveries of one run, and what became of them."""

    def __init__(self, service: Service, waiting: list[Asked], kills: int, dice: random.Random) -> None:
        self._service, self._waiting, self._dice = service, deque(waiting), dice
        self._deaths = sorted(dice.sample(range(len(waiting)), kills))
        self.deliveries, self.accepted, self.kills = len(waiting), 0, 0
        self.again: Counter[str] = Counter()

    async def run(self, at_once: int) -> None:
        self._service.start()
        await self._service.ready()
        killer = asyncio.create_task(self._kill())
        await asyncio.gather(*(self._deliver() for _ in range(at_once)))
        killer.cancel()
        with suppress(asyncio.CancelledError):
            await killer

    async def _deliver(self) -> None:
        line = Line(self._service.port)
        while self._waiting:
            event = self._waiting.popleft()
            while not await self._accepted(line, event):
                await asyncio.sleep(0.05)
            self.accepted += 1
        line.close()

    async def _accepted(self, line: Line, event: Asked) -> bool:
        up = self._service.listens
        answer = await line.ask(event)
        if answer is not None and 200 <= answer[0] < 300:
            return True
        self.again[str(answer[0]) if answer is not None else "cut off" if up else "nobody there"] += 1
        return False

    async def _kill(self) -> None:
        for death in self._deaths:
            while self.accepted < death:
                await asyncio.sleep(0.002)
            await asyncio.sleep(self._dice.uniform(0, 0.05))
            self._service.kill()
            self.kills += 1
            self._service.start()
            await self._service.ready()


class Found(NamedTuple):
    tickets: int
    missing: int
    doubled: int
    owed: int
    broken: str | None


def counted(url: str, cases: int) -> Found:
    """What stands in the database. Waits while more comes in: what is written late is not lost."""
    store, t, m = opened(url), tables.tickets.c, tables.messages.c
    before, now = -1, 0
    while now != before:
        time.sleep(1 if before >= 0 else 0)
        with store.transaction("test") as tx:
            before, now = now, tx.connection.execute(select(func.count(t.number))).scalar_one()
            if before == 0:
                before = -1
    with store.transaction("test") as tx:
        bodies = tx.connection.execute(select(m.body).join(tables.tickets, t.number == m.ticket)).scalars().all()
        of = Counter(int(found[1]) for body in bodies if (found := re.fullmatch(r"our site is down, case (\d+)", body)))
    owed = store.backlog().pending
    broken = verify(store).broken
    store.close()
    missing = sum(case not in of for case in range(1, cases + 1))
    return Found(len(bodies), missing, sum(count > 1 for count in of.values()), owed, broken)


async def storm(kind: str, url: str, factory: str, cases: int, kills: int, at_once: int, folder: Path) -> bool:
    """One run on one database. Prints what came of it; whether it is as wanted."""
    dice, api = random.Random(2026), WebApi()
    furnished(url)
    log = folder / f"{kind} {factory}.log"
    service = Service(f"benchmarks.slack_storm:{factory}", desk_settings(url, await api.open()), log)
    events = [event for case in written(cases) for event in case]
    run, began = Storm(service, shuffled(events, dice), kills, dice), time.monotonic()
    await run.run(at_once)
    took = time.monotonic() - began
    found = counted(url, cases)
    service.stop()
    api.close()
    whole = (found.tickets, found.missing, found.doubled, found.broken) == (cases, 0, 0, None)
    good = whole if factory == "app" else not whole
    again = ", ".join(f"{count} {why}" for why, count in run.again.most_common()) or "none"
    print(
        f"{kind:11}{CONTROLS.get(factory, 'as it is')}: {cases} cases as {len(events)} events in {run.deliveries} "
        f"deliveries, {at_once} at a time, {run.kills} kills, {took:.0f} s\n"
        f"{'':11}made again: {again}; {service.faults()} faults logged; ledger {found.broken or 'whole'}; "
        f"{found.owed} jobs still owed, Slack was asked {api.asked} times\n"
        f"{'':11}{found.tickets} tickets, {found.missing} cases without one, {found.doubled} with more than one   "
        f"{'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    if not good:
        print(f"{'':11}log: {log.read_text('utf-8', 'replace')[-4000:]}")
    return good


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--kills", type=int, default=40)
    asked.add_argument("--control", type=int, default=600, help="cases of each control; 0: no controls")
    asked.add_argument("--at-once", type=int, default=20)
    asked.add_argument("--only", choices=KINDS)
    given = asked.parse_args()
    runs = {"app": (given.cases, given.kills)}
    runs |= dict.fromkeys(CONTROLS, (given.control, 6)) if given.control else {}
    print(machine(), flush=True)
    good = True
    kinds = (given.only,) if given.only else KINDS
    with databases(*runs, kinds=kinds) as urls, tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for factory, (cases, kills) in runs.items():
                at = (kind, urls[kind, factory], factory, cases, kills, given.at_once, Path(folder))
                good &= uvloop.run(storm(*at))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
