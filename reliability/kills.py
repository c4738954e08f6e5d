"""The service is killed with SIGKILL at every named point, started again, and the flow goes on as the platform does; then the checker. `make chaos`

    python -m reliability.kills [--flow call …] [--point "before COMMIT" …] [--only SQLite] [--every 3] [--most N]

Over real sockets, with the world around it (world/players.py). The n-th time the process comes past a point (points.py) it is gone, for n = 1, 1 + every, … until a
flow is done without it. Whoever asked asks again as soon as it listens: Twilio the fallback, then the caller again; Slack delivers again; a browser sends the form
again. Exits 1 where the checker names anything or a flow does not come to its end.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from benchmarks.measuring import KINDS, machine
from benchmarks.slack_side import Service
from reliability import history as histories
from reliability.checker import Finding, check
from reliability.flows import FLOWS, Played, guesses, links, message, rings
from reliability.furnishing import Customer, furnished, hired, opened
from reliability.history import History
from reliability.points import POINTS, counted
from reliability.world.browsers import Browser
from reliability.world.calls import Twilio
from reliability.world.lines import Answer, Lines
from reliability.world.players import World
from reliability.world.slack_people import SlackPeople
from store import migrate, now_ms, tables
from tests.desk import SECRET
from tests.postgres import Server, running_server

PEOPLE: Final = 2
PATIENCE: Final = 20.0  # seconds in which what is due is done
SOON: Final = 10_000  # ms: what is due later is nobody's debt here
TINY: Final = (("slack", "before COMMIT", 8), ("call", "PIN compared, not settled", 1))


class Killed:
    """The service on one port: armed at first, and started anew once it is gone."""

    def __init__(self, url: str, world: World, folder: Path, point: str) -> None:
        self.url, self.deaths = url, 0
        known = {**world.environment(), "DATABASE_URL": url, "SECRET_KEYS": SECRET}
        known |= {"CHAOS_POINT": point, "CHAOS_JOURNAL": str(world.path)}
        self.service = Service("reliability.points:app", known, folder / "log")
        self.service.start()

    async def up(self) -> None:
        """Waits until it listens; one that has died is started without a point."""
        while True:
            if not self.service.is_alive:
                self._again()
            try:
                return await asyncio.wait_for(self.service.ready(), 60)
            except RuntimeError:  # it died while it began
                continue

    def _again(self) -> None:
        self.deaths += 1
        self.service._environment["CHAOS_POINT"] = ""
        store = opened(self.url)  # the leases of the dead are over, as they are in two minutes
        with store.engine.begin() as connection:
            jobs = tables.jobs.c
            connection.execute(update(tables.jobs).where(jobs.done_at.is_(None), jobs.attempts > 0).values(run_at=0))
        store.engine.dispose()
        self.service.start()


class Patient(Lines):
    """Lines of platforms that find somebody there again."""

    def __init__(self, killed: Killed) -> None:
        super().__init__("127.0.0.1", killed.service.port)
        self._killed = killed

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Answer:
        await self._killed.up()
        return await super().post(path, body, headers, patience)


class Remote:
    """What flows.py asks of a stage, of a service in a process of its own."""

    def __init__(self, killed: Killed, world: World, folder: Path, secrets: dict[str, str]) -> None:
        self.killed, self.world, self._folder, self._secrets = killed, world, folder, secrets
        self._began, self.ahead = world.path.stat().st_size, 0
        lines = Patient(killed)
        self.twilio = Twilio(lines, killed.service._environment["PUBLIC_URL"], world.journal)
        self.slack = SlackPeople(lines, world.journal)

    def settle(self) -> int:
        """Waits until nothing is due. How much is after all."""
        store, jobs = opened(self.killed.url), tables.jobs.c
        until = time.monotonic() + PATIENCE
        while True:
            if not self.killed.service.is_alive:
                self.killed._again()
            with store.engine.connect() as connection:
                due = jobs.done_at.is_(None), jobs.run_at < now_ms() + SOON
                left = len(connection.execute(tables.jobs.select().where(*due)).all())
            if not left or time.monotonic() > until:
                store.engine.dispose()
                return left
            time.sleep(0.1)

    def history(self) -> History:
        own = self._folder / "own.jsonl"
        with self.world.path.open("rb") as every:
            every.seek(self._began)
            own.write_bytes(every.read())
        log = self._folder / "log"
        return histories.read(self.killed.url, journal=own, keys=SECRET, secrets=self._secrets, artefacts=[log])


async def _signs_in(played: Played) -> None:
    """An agent joins by their link, signs in and looks at the desk; where nothing came, once more."""
    stage: Any = played.stage
    browser = Browser(stage.killed.service._environment["PUBLIC_URL"], stage.world.journal)
    for _ in range(4):
        await stage.killed.up()
        try:
            if "join" in played.kept:
                await browser.join(played.kept["join"])
                del played.kept["join"]
            await stage.killed.up()
            if await browser.sign_in("agent.one"):
                played.kept["in"] = True
                break
        except RuntimeError:
            if (browser.status, "join" in played.kept) == (200, True):
                del played.kept["join"]  # it was taken, and the answer lost
    await browser.close()


KILLED: Final[dict[str, Callable[[Played], Awaitable[None]]]] = {
    "call": rings,
    "guesses": guesses,
    "slack": message,
    "link": links,
    "sign-in": _signs_in,
}


async def _played(flow: str, played: Played) -> None:
    stage: Any = played.stage
    await stage.killed.up()
    await KILLED[flow](played)


def one(flow: str, point: str, n: int, url: str, world: World, folder: Path, made: Made) -> tuple[bool, list[Finding]]:
    """Whether it was killed, and what is wrong afterwards."""
    (folder / "log").unlink(missing_ok=True)
    world.forget()
    killed = Killed(url, world, folder, f"{point}:{n}")
    stage: Any = Remote(killed, world, folder, {customer.pin: "PIN" for customer in made.customers})
    kept = {"join": hired(url, "agent.one")[0]} if flow == "sign-in" else {}  # anew: the link is good for minutes alone
    played = Played(stage, made.customers, kept)
    try:
        asyncio.run(_played(flow, played))
        left = stage.settle()
        found = check(stage.history())
        found += [Finding("flow", f"{left} jobs are still due")] if left else []
        ended = FLOWS[flow].ended(played) if flow == "link" else ""
        ended = ended or ("" if flow != "sign-in" or played.kept.get("in") else "the agent never came in")
        return killed.deaths > 0, found + ([Finding("flow", ended)] if ended else [])
    finally:
        killed.service.kill()


class Made:
    """A furnished database to copy."""

    def __init__(self, url: str) -> None:
        migrate(url)
        self.customers: list[Customer] = furnished(url, PEOPLE)


@contextmanager
def on_sqlite(folder: Path, _server: Server | None) -> Iterator[tuple[Made, Callable[[], AbstractContextManager[str]]]]:
    there, copy = folder / "desk.db", folder / "run.db"

    @contextmanager
    def lend() -> Iterator[str]:
        for one in folder.glob(f"{copy.name}*"):  # what is remembered of the one before as well, or this is a restore
            one.unlink()
        shutil.copyfile(there, copy)
        yield f"sqlite:///{copy}"

    yield Made(f"sqlite:///{there}"), lend


@contextmanager
def on_postgres(
    _folder: Path, server: Server | None
) -> Iterator[tuple[Made, Callable[[], AbstractContextManager[str]]]]:
    assert server is not None

    @contextmanager
    def lend() -> Iterator[str]:
        with server.lend("killed") as url:
            yield url.replace("postgresql+psycopg", "postgresql")

    yield Made(server.create("killed")), lend


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--flow", choices=KILLED, action="append")
    asked.add_argument("--point", choices=POINTS, action="append")
    asked.add_argument("--only", choices=KINDS)
    asked.add_argument("--every", type=int, default=3)
    asked.add_argument("--most", type=int, default=1_000)
    asked.add_argument("--tiny", action="store_true", help="two kills, on SQLite")
    given = asked.parse_args()
    print(machine(), flush=True)
    kills, wrong = Counter[str](), list[str]()
    with tempfile.TemporaryDirectory(prefix="deskgate-kills-") as name, ExitStack() as stack:
        folder = Path(name)
        world = stack.enter_context(World(folder / "journal.jsonl"))
        wants_server = given.only != "SQLite" and not given.tiny
        server = stack.enter_context(running_server(Path("/tmp"))) if wants_server else None
        for kind in ("SQLite",) if given.tiny else (given.only,) if given.only else KINDS:
            with (on_sqlite if kind == "SQLite" else on_postgres)(folder, server) as (made, lend):

                def tried(flow: str, point: str, n: int, kind: str = kind) -> bool:
                    with lend() as url:
                        was, found = one(flow, point, n, url, world, folder, made)
                    kills[point] += was
                    for finding in found:
                        wrong.append(f"{kind}, {flow}, {point} {n}: {finding.invariant} {finding.words}")
                        print(f"   WRONG  {wrong[-1]}", flush=True)
                    return was

                if given.tiny:
                    for flow, point, n in TINY:
                        assert tried(flow, point, n), f"{point} {n} was not met"
                    continue
                for flow in given.flow or KILLED:
                    for point in given.point or POINTS:
                        n, began = 1, time.monotonic()
                        while n <= given.most and tried(flow, point, n):
                            n += given.every
                        print(f"{kind:11}{flow:9}{point:34} n up to {n}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{kills.total()} kills: {counted(kills)}")
    print(f"{len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
