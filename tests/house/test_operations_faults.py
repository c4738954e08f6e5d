"""The pages of docs/operations about what befalls a desk, followed on one that it has befallen: guesses, Slack or Twilio away, a full disk, the database's machine gone."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from reliability.world.lines import Lines
from reliability.world.orders import Order
from reliability.world.players import World
from reliability.world.slack_people import SlackPeople
from simulator.slack.sample import BOT
from store import migrate
from store.slack import installations
from store.slack.installations import Installation
from tests.desk import load_samples
from tests.house.drill import Drill, Site, site, until
from tests.house.installed import (
    HIS_ID,
    HIS_PIN,
    PAGES,
    SORRY,
    followed,
    installed,
    is_well,
    said_to,
)
from tests.house.two_servers import two_servers


def test_somebody_guesses_pins_until_the_desk_is_warned(here: Site) -> None:
    for _ in range(8):
        said_to(here, HIS_ID, *["60718293"] * 3)
    until(lambda: "pins_one_number" in here.said(), "the alert")
    drill, heard = Drill(here), list[str]()
    drill.then = {"systemctl restart": lambda: heard.append(said_to(here, number="+441632960108").said)}
    page = PAGES["attacked"].replace("mia.chen", "raj.patel")  # whom it was about
    drill.follow(page)
    assert ["call you back" in said and "support ID" not in said for said in heard] == [True, False], heard
    assert is_well(here, "+441632960999"), "his lock is lifted; of that number nobody may try for a while"


def member_writes(here: Site, words: str) -> int:
    async def says() -> int:
        people = SlackPeople(Lines("127.0.0.1", here.port))
        answer = await people.says("U0DEV", words)
        people.lines.close()
        await asyncio.sleep(0)
        return answer.status

    return asyncio.run(says())


def test_slack_is_away(here: Site, world: World) -> None:
    with here.store.transaction("test") as tx:
        installations.put(tx, Installation("T0DESK", "Deskgate Hosting", BOT, "B0"))
    world.order(Order("*", "500", times=10_000))
    assert member_writes(here, "our shop is down, nobody can order") == 200, "what comes in is taken"
    until(lambda: here.store.backlog("slack.%").failing, "a job that fails")
    drill = Drill(here)
    drill.then = {
        "deskgate jobs --state failing": world.withdraw,
        "jobs retry": lambda: until(lambda: not here.store.backlog("slack.%").pending, "what waited has gone"),
    }
    followed(drill, "slack-away")
    posted = [line for line in world.path.read_text("utf-8").splitlines() if '"chat.postMessage"' in line]
    assert any(json.loads(line)["status"] == 200 for line in posted)


def test_twilio_refuses_us(here: Site, world: World) -> None:
    world.order(Order("*", "500", times=10_000))
    heard = said_to(here, HIS_ID, HIS_PIN, "0")
    assert SORRY not in heard.said, "the caller is kept"
    until(lambda: here.store.backlog().failing, "a job that fails")
    drill = Drill(here)
    drill.then = {
        "deskgate jobs --state failing": world.withdraw,
        "jobs retry": lambda: until(lambda: not here.store.backlog().failing, "what waited has gone"),
    }
    followed(drill, "twilio-away")
    assert '"calls"' in world.path.read_text("utf-8")


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """The database and the backups on a disk of their own with little room. Whether it is one: elsewhere than as root nobody makes one."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], capture_output=True).returncode == 0
    )
    for name in ("database", "backups"):
        (disk / name).mkdir()
        (folder / name).symlink_to(disk / name)
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", disk], check=True)


def filled(folder: Path) -> None:
    """By old backups, to the last byte."""
    old = [folder / "backups" / f"deskgate-2026010{n}T020000Z.db" for n in range(1, 6)]
    for path in old:
        path.write_bytes(bytes(4096))
    with suppress(OSError), old[0].open("ab", buffering=0) as newest:
        while True:
            newest.write(bytes(4096))
    for n, path in enumerate(old):
        os.utime(path, (n, n))


def limited(here: Site, full: list[bool]) -> None:
    """Where there is no such disk: SQLite's own limit of pages, on every connection, once nothing is left of what was free in the file."""

    def limit(connection: Any, *_more: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")

    event.listen(here.store.engine, "checkout", limit)
    with closing(sqlite3.connect(here.folder / "database" / "desk.db")) as other, suppress(sqlite3.OperationalError):
        limit(other)
        other.execute("CREATE TABLE else_in_it (bytes)")
        while True:
            other.execute("INSERT INTO else_in_it VALUES (zeroblob(3000))")
            other.commit()


def test_the_disk_is_full(nowhere: Path, sample: Path, world: World) -> None:
    with small_disk(nowhere) as is_one, installed(nowhere, sample, world) as here:
        full = [True]
        filled(nowhere) if is_one else limited(here, full)
        until(lambda: SORRY in said_to(here, HIS_ID, HIS_PIN).said, "there is no room any more")
        assert "SQLITE_FULL" in here.said()
        if is_one:
            ready = f"http://{here.here}/readyz"
            until(
                lambda: "cannot be written" in httpx2.get(ready, trust_env=False).text, "it says that it is not ready"
            )
        drill = Drill(here)
        drill.then = {"xargs -r rm": full.clear}
        followed(drill, "disk-full")
        assert len(list((nowhere / "backups").iterdir())) == (3 if is_one else 0)
        assert is_well(here)


@pytest.mark.begins_first
def test_the_databases_machine_is_gone(nowhere: Path, world: World) -> None:
    """With Patroni, under load: `make cluster`."""
    world.withdraw()
    with two_servers() as pair:
        migrate(pair.url)
        load_samples(pair.url)
        with site(nowhere, pair.url, {**world.environment(), "TRANSCRIBE": "off"}) as here:
            here.start()
            assert is_well(here)
            here.app.state.container.worker.checkpoint()
            (told,) = pair.ask(0, b"SELECT sync_state FROM pg_stat_replication")
            assert told == ("sync",)
            drill = Drill(here, "PostgreSQL", str(pair.binaries), runs={"pg_ctl": pair.account})
            for name, port in zip(("db1", "db2"), pair.ports, strict=True):
                drill.stands_for(f"-h {name}", f"-h 127.0.0.1 -p {port}")
            drill.stands_for("/var/lib/postgresql/standby", f"{pair.home}/standby")
            drill.known["PGUSER"] = "postgres"
            pair.kill_the_first()
            assert SORRY in said_to(here, HIS_ID, HIS_PIN).said
            followed(drill, "failover")
            assert is_well(here)
            assert "database_restored" not in here.said(), "nothing is missing"
