"""A desk on more than one machine loses some of them under load: nothing that was acknowledged is lost, and how long it was away. `make cluster`

    python -m reliability.cluster [--only NAME …] [--tickets 6] [--calls 1.5]

Two machines with PostgreSQL under Patroni (the very file of deploy/patroni), three with etcd, two web processes with their workers (`deskgate serve`)
behind HAProxy (deploy/patroni/haproxy.cfg). What is lost is said by the names below. Counts what Slack and Twilio were given an answer for, and looks
for each of it in the database that is left. The control is the same with `synchronous_mode` off: it has to be found out.

Exits 1 where something acknowledged is lost, or where the control lost nothing or nobody noticed. What needs none of that: restarts.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.measuring import machine as measured_on
from benchmarks.slack_side import WebApi, desk_settings, opened
from reliability import acknowledged, machines
from reliability.journal import Journal
from reliability.light_load import Light, furnish, outage
from reliability.machines import Machine, wait_for
from reliability.patroni import Cluster
from store import migrate
from store.security import reconcile_mode

ROOT: Final = Path(__file__).parents[1]
FRONT, WEBS = 9300, {"web1": 9301, "web2": 9302}
PUBLIC: Final = f"http://127.0.0.1:{FRONT}"
CALLERS: Final = 60
BEFORE, AFTER = 6.0, 12.0  # seconds of load before something happens, and after all is well again
BACK: Final = 120.0  # seconds in which it has to be
HELD: Final = 4.0  # seconds for which a standby hangs before the leader is lost
PACKAGES: Final = ("authz", "store", "desk", "ivr", "bot", "portal", "api", "simulator", "deskgate")
LATER: Final = '''"""What the next release adds"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, since = "{next}", "{last}", "{last}"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("weight", sa.Integer, nullable=False, server_default="0"))
    op.create_table("ticket_weights", sa.Column("id", sa.BigInteger, primary_key=True))
'''


class Desk:
    """The machines with the web processes, HAProxy before them, the database behind."""

    def __init__(self, there: dict[str, Machine], cluster: Cluster) -> None:
        self.there, self.cluster = there, cluster
        self._settings: dict[str, str] = {}

    def serve(self, settings: dict[str, str]) -> None:
        """All web processes anew, on this database."""
        self._settings = settings
        for web in WEBS:
            self.there[web].kill()
        for web in WEBS:
            self.start(web)

    def start(self, web: str, code: Path = ROOT) -> None:
        """One web process of the version that lies in `code`; its machine remembers what it has seen of the database (decision 0011)."""
        machine = self.there[web]
        python, state = (
            str(ROOT / ".venv" / "bin" / "python"),
            machine.folder / f"state-{self._settings['DATABASE_URL'].partition('@/')[2][:8]}",
        )
        environment = {**self._settings, "STATE_DIRECTORY": str(state), "PUBLIC_URL": PUBLIC, "PYTHONPATH": str(code)}
        machine.start(python, "-m", "deskgate", "serve", "--port", str(WEBS[web]), **environment)
        wait_for(f"{web} to be ready", lambda: answers(WEBS[web], "readyz"))

    def migrate(self, code: Path) -> None:
        environment = {**os.environ, **self._settings, "PYTHONPATH": str(code)}
        subprocess.run(
            [sys.executable, "-m", "deskgate", "migrate"], env=environment, cwd=self.there["web1"].folder, check=True
        )


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


# --- what happens


def kill_leader(desk: Desk) -> str:
    """The leader's PostgreSQL, Patroni and etcd, by SIGKILL."""
    leader = lost(desk)
    leader.kill()
    return leader.name


def cut_off_leader(desk: Desk) -> str:
    """The leader's machine has no network any more, and nobody hears that a connection has ended."""
    leader = lost(desk)
    leader.cut_off()
    return leader.name


def freeze_then_kill(desk: Desk) -> str:
    """The standby hangs (SIGSTOP); four seconds later the leader's machine is gone with all that was under way; then the standby goes on."""
    leader, standby = lost(desk), desk.cluster.standby()
    standby.freeze()
    time.sleep(HELD)
    leader.cut_off()
    leader.kill()
    standby.thaw()
    return leader.name


def lose_worker(desk: Desk) -> str:
    """A web process and its worker, by SIGKILL."""
    desk.there["web1"].kill()
    return ""


def roll_out(desk: Desk) -> str:
    """The next version, whose schema has more in it: migrated while the old one serves, then one process after the other."""
    code = Path(shutil.copytree(ROOT / "store", desk.there["next"].folder / "code" / "store")).parent
    for package in PACKAGES:
        if package != "store":
            (code / package).symlink_to(ROOT / package)
    versions = code / "store" / "migrations" / "versions"
    last = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    (versions / f"{int(last) + 1:04}_next.py").write_text(LATER.format(next=f"{int(last) + 1:04}", last=last))
    desk.migrate(code)
    for web, port in WEBS.items():
        assert answers(port, "readyz"), "the old version goes on with the next one's schema"
        desk.there[web].end()
        desk.start(web, code)
    return ""


def lost(desk: Desk) -> Machine:
    leader = desk.cluster.leader()
    assert leader is not None
    return leader


class Scenario(NamedTuple):
    happens: Callable[[Desk], str]
    synchronous: bool = True


SCENARIOS: Final = {
    "kill-leader": Scenario(kill_leader),
    "cut-off-leader": Scenario(cut_off_leader),
    "freeze-then-kill": Scenario(freeze_then_kill),
    "lose-worker": Scenario(lose_worker),
    "roll-out": Scenario(roll_out),
    "control": Scenario(freeze_then_kill, synchronous=False),
}


async def run(desk: Desk, name: str, given: argparse.Namespace) -> bool:
    """Whether it went as it has to. Prints what came of it."""
    scenario, api = SCENARIOS[name], WebApi()
    await asyncio.to_thread(
        desk.cluster.configure, synchronous_mode=scenario.synchronous, maximum_lag_on_failover=100_000_000
    )
    url = await asyncio.to_thread(desk.cluster.create, f"desk_{name.replace('-', '_')}")
    migrate(url)
    people = furnish(url, CALLERS)
    await asyncio.to_thread(desk.serve, desk_settings(url, await api.open()))
    path = desk.there["next"].folder / f"{name}.jsonl"
    light = Light(FRONT, PUBLIC, Journal(path), people, tickets=given.tickets, calls=given.calls)
    driven = asyncio.create_task(light.run())
    await asyncio.sleep(BEFORE)
    began = time.monotonic()
    gone = await asyncio.to_thread(scenario.happens, desk)
    happened = time.monotonic()
    while (
        not all(any(at > happened for at in times) for times in light.acknowledged.values())
        and time.monotonic() < happened + BACK
    ):
        await asyncio.sleep(0.2)
    await asyncio.sleep(AFTER)
    light.stop()
    await driven
    ended, drained = time.monotonic(), await asyncio.to_thread(wait_for_jobs, url)
    found = acknowledged.check(url, path)
    out = {what: outage(times, began, ended) for what, times in light.acknowledged.items()}
    reconciling = await asyncio.to_thread(is_reconciling, url)
    good = found.whole and not reconciling if scenario.synchronous else found.losses > 0 and reconciling
    print(
        f"{name:18}{' '.join((scenario.happens.__doc__ or '').split())}{'' if scenario.synchronous else ' WITHOUT synchronous replication.'}\n"
        f"{'':18}{found}\n"
        f"{'':18}nothing acknowledged for at most {out['ticket']:.1f} s (tickets), {out['turn']:.1f} s (calls); {light.refused} refused meanwhile; "
        f"jobs done {drained:.0f} s after the load; {'' if reconciling else 'not '}in reconcile mode   {'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    for what, names in found.lost.items():
        if names and (scenario.synchronous or given.loud):
            print(f"{'':18}lost {what}: {', '.join(names[:5])}")
    api.close()
    if gone:
        took = await asyncio.to_thread(desk.cluster.again, desk.there[gone])
        print(f"{'':18}{gone} follows again after {took:.0f} s", flush=True)
    return good


def is_reconciling(url: str) -> bool:
    """Whether the web processes have noticed that the database lost its end: they have had ten seconds."""
    store = opened(url)
    try:
        with store.transaction("test") as tx:
            return reconcile_mode.since(tx) is not None
    finally:
        store.engine.dispose()


def wait_for_jobs(url: str) -> float:
    """Seconds until nothing is owed: what a worker that is gone held is done by another after two minutes."""
    store = opened(url)
    try:
        return wait_for("the jobs to be done", lambda: store.backlog().pending == 0, 240)
    finally:
        store.engine.dispose()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", choices=SCENARIOS, nargs="+", default=list(SCENARIOS))
    asked.add_argument("--tickets", type=float, default=6.0, help="a second")
    asked.add_argument("--calls", type=float, default=1.5, help="a second, of six turns each")
    asked.add_argument("--loud", action="store_true", help="name what the control lost")
    given = asked.parse_args()
    print(measured_on(), flush=True)
    good = True
    with machines.opened("db1", "db2", "witness", here=(*WEBS, "proxy", "next")) as there:
        cluster = Cluster([there["db1"], there["db2"]], there["witness"])
        cluster.start()
        addresses = {f"DESKGATE_{web.upper()}": f"127.0.0.1:{port}" for web, port in WEBS.items()}
        there["proxy"].start(
            "haproxy",
            "-db",
            "-f",
            str(ROOT / "deploy/patroni/haproxy.cfg"),
            DESKGATE_LISTEN=f"127.0.0.1:{FRONT}",
            **addresses,
        )
        desk = Desk(there, cluster)
        for name in given.only:
            good &= asyncio.run(run(desk, name, given))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
