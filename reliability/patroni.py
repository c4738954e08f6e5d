"""PostgreSQL under Patroni with etcd on machines of their own (machines.py), from the very file an operator starts from: deploy/patroni/patroni.yml."""

from __future__ import annotations

import json
import pwd
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from reliability.machines import Machine, wait_for

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "patroni" / "patroni.yml"
PASSWORD = "of-the-drill-alone"
URL = (  # as docs/operating.md has it
    "postgresql://deskgate:{password}@/{database}?{hosts}&target_session_attrs=read-write&connect_timeout=2"
    "&tcp_user_timeout=5000&keepalives_idle=3&keepalives_interval=2&keepalives_count=2"
)


class Cluster:
    """`databases` have PostgreSQL, Patroni and etcd each, `witness` etcd alone: two of three can always agree."""

    def __init__(self, databases: list[Machine], witness: Machine) -> None:
        self._databases, self._all = databases, [*databases, witness]
        self._account = next(name for name in ("postgres", "nobody") if _there(name))

    def start(self) -> None:
        for machine in self._all:
            self._etcd(machine)
        for machine in self._databases:
            self._patroni(machine)
        wait_for("a leader and a synchronous standby", self._is_whole)
        with self.admin() as connection:
            connection.execute(f"CREATE ROLE deskgate LOGIN PASSWORD '{PASSWORD}'".encode())

    def create(self, database: str) -> str:
        """A new database of the service's own; its URL, which names all machines."""
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {database} OWNER deskgate".encode())
        hosts = "&".join(f"host={machine.address}:5432" for machine in self._databases)
        return URL.format(password=PASSWORD, database=database, hosts=hosts)

    def admin(self) -> psycopg.Connection[Any]:
        leader = self.leader()
        assert leader is not None
        return psycopg.connect(
            host=leader.address,
            user="postgres",
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
            connect_timeout=3,
        )

    def leader(self) -> Machine | None:
        return next((machine for machine in self._databases if _status(machine, "leader") == 200), None)

    def standby(self) -> Machine:
        return next(machine for machine in self._databases if machine is not self.leader())

    def again(self, machine: Machine) -> float:
        """A machine that was lost is back, as a standby. Seconds until it follows."""
        machine.kill()
        machine.plug_in()
        self._etcd(machine)
        self._patroni(machine)
        try:
            return wait_for(f"{machine.name} to follow again", self._is_whole, 180)
        except TimeoutError:
            print((machine.folder / "patroni.log").read_text("utf-8", "replace")[-4000:])
            raise

    def configure(self, **changed: Any) -> None:
        """What `patronictl edit-config` changes."""
        leader = self.leader()
        assert leader is not None
        asked = urllib.request.Request(
            f"http://{leader.address}:8008/config", json.dumps(changed).encode(), method="PATCH"
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:
            assert answer.status == 200
        wait_for("the change to be followed", self._is_whole)

    def _is_whole(self) -> bool:
        """A leader, everybody else follows it, and where it is asked for one of them synchronously."""
        leader = self.leader()
        if leader is None:
            return False
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(f"http://{leader.address}:8008/cluster", timeout=3) as answer,
        ):
            members = {one["name"]: one for one in json.load(answer)["members"]}
            others = [one for one in members.values() if one["role"] not in ("leader", "master")]
            with urllib.request.urlopen(f"http://{leader.address}:8008/config", timeout=3) as asked:
                wanted = "sync_standby" if json.load(asked).get("synchronous_mode") else "replica"
            follow = all(one["state"] in ("running", "streaming") for one in others)
            return len(members) == len(self._databases) and follow and wanted in {one["role"] for one in others}
        return False

    def _etcd(self, machine: Machine) -> None:
        peers = ",".join(f"{one.name}=http://{one.address}:2380" for one in self._all)
        there = f"http://{machine.address}"
        machine.start(
            *("etcd", "--name", machine.name, "--data-dir", str(machine.folder / "etcd"), "--logger", "zap"),
            *("--listen-client-urls", f"{there}:2379", "--advertise-client-urls", f"{there}:2379"),
            *("--listen-peer-urls", f"{there}:2380", "--initial-advertise-peer-urls", f"{there}:2380"),
            *("--initial-cluster", peers, "--initial-cluster-token", "drill"),
        )

    def _patroni(self, machine: Machine) -> None:
        machine.start(
            *("patroni", str(CONFIGURATION)),
            user=self._account,
            PATRONI_NAME=machine.name,
            PATRONI_RESTAPI_LISTEN=f"{machine.address}:8008",
            PATRONI_RESTAPI_CONNECT_ADDRESS=f"{machine.address}:8008",
            PATRONI_POSTGRESQL_LISTEN=f"{machine.address}:5432",
            PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"{machine.address}:5432",
            PATRONI_POSTGRESQL_DATA_DIR=str(machine.folder / "data"),
            PATRONI_POSTGRESQL_PGPASS=str(machine.folder / "pgpass"),
            PATRONI_ETCD3_HOSTS=",".join(f"{one.address}:2379" for one in self._all),
            PATRONI_SUPERUSER_PASSWORD=PASSWORD,
            PATRONI_REPLICATION_PASSWORD=PASSWORD,
        )


def _status(machine: Machine, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://{machine.address}:8008/{path}", timeout=1) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as other:
        return other.code
    except OSError:
        return 0


def _there(account: str) -> bool:
    with suppress(KeyError):
        pwd.getpwnam(account)
        return True
    return False
