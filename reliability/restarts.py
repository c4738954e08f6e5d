"""One PostgreSQL is killed under load and comes back by itself: nothing that was acknowledged is lost. What of `make cluster` needs no other machine.

    python -m reliability.restarts [--seconds 10] [--kills 3] [--callers 20]

One of its processes is killed with SIGKILL, on which it throws everybody out and reads its log from the last checkpoint. The load and the checker
are those of cluster.py. The control has `synchronous_commit` off: a COMMIT returns before it is on the disk. Exits 1 where something acknowledged is lost, or
where the control lost nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.measuring import databases
from benchmarks.measuring import machine as measured_on
from benchmarks.slack_side import WebApi, desk_settings
from reliability import acknowledged
from reliability.journal import Journal
from reliability.light_load import Caller, Light, furnish, outage
from reliability.service import Service

KIND: Final = "PostgreSQL"
BACK: Final = 60.0  # seconds in which it has to be


def postmaster(url: str) -> int:
    """The server behind a database that `benchmarks.measuring.databases` made."""
    home = str(make_url(url).query["host"])
    return int((Path(home) / "data" / "postmaster.pid").read_text("ascii").split("\n", 1)[0])


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def admin(url: str) -> psycopg.Connection[Any]:
    parsed = make_url(url)
    return psycopg.connect(
        host=str(parsed.query["host"]), port=5432, user="postgres", dbname=parsed.database, autocommit=True
    )


def forgetful(url: str) -> None:
    """The control, from the next connection on: what is committed is on the disk ten seconds later."""
    with admin(url) as connection:
        connection.execute(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off".encode())
        for setting in ("wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


async def killed(light: Light, url: str, seconds: float) -> dict[str, float]:
    """After so long, when there is something of each kind that could be lost. For how long nothing was acknowledged then."""
    before = {what: len(times) for what, times in light.acknowledged.items()}
    until = time.monotonic() + BACK
    await asyncio.sleep(seconds)
    while not _grown(light, before) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    at = time.monotonic()
    os.kill(children(postmaster(url))[0], signal.SIGKILL)
    while (
        not all(any(one > at for one in times) for times in light.acknowledged.values())
        and time.monotonic() < at + BACK
    ):
        await asyncio.sleep(0.05)
    return {what: outage(times, at, time.monotonic()) for what, times in light.acknowledged.items()}


async def loaded(
    name: str, service: Service, url: str, people: list[Caller], path: Path, given: argparse.Namespace
) -> bool:
    """One of the two, whether it went as it has to. Prints what came of it."""
    light = Light(service.port, service.public, Journal(path), people, tickets=given.tickets, calls=given.calls)
    driven, kills = asyncio.create_task(light.run()), given.kills if name != "control" else 1
    out = [await killed(light, url, given.seconds) for _ in range(kills)]
    light.stop()
    await driven
    found = await asyncio.to_thread(acknowledged.check, url, path)
    good = found.whole if name != "control" else found.losses > 0
    longest = {what: max(one[what] for one in out) for what in light.acknowledged}
    print(
        f"{name:9}{kills} kills{'' if name != 'control' else ', synchronous_commit off'}: {found}\n"
        f"{'':9}nothing acknowledged for at most {longest['ticket']:.1f} s (tickets), {longest['turn']:.1f} s (calls); "
        f"{light.refused} refused   {'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    return good


async def run(url: str, given: argparse.Namespace, folder: Path) -> bool:
    people, api = furnish(url, given.callers), WebApi()
    with admin(url) as connection:  # or it would wait for each of its files when it comes back
        connection.execute("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")
        connection.execute("SELECT pg_reload_conf()")
    service = Service(url, desk_settings(url, await api.open()), folder / "service.log")
    try:
        await asyncio.to_thread(service.ready)
        good = await loaded("restarts", service, url, people, folder / "restarts.jsonl", given)
        forgetful(url)
        return await loaded("control", service, url, people, folder / "control.jsonl", given) and good
    finally:
        await asyncio.to_thread(service.stop)
        api.close()


def _grown(light: Light, before: dict[str, int]) -> bool:
    """Whether there is something of each kind that could be lost."""
    return all(len(times) > before[what] + 2 for what, times in light.acknowledged.items())


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=10.0, help="of load before each kill")
    asked.add_argument("--kills", type=int, default=3)
    asked.add_argument("--callers", type=int, default=20)
    asked.add_argument("--tickets", type=float, default=10.0, help="a second")
    asked.add_argument("--calls", type=float, default=2.0, help="a second, of six turns each")
    given = asked.parse_args()
    print(measured_on(), flush=True)
    with databases("restarts", kinds=(KIND,)) as urls, tempfile.TemporaryDirectory() as folder:
        good = asyncio.run(run(urls[KIND, "restarts"], given, Path(folder)))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
