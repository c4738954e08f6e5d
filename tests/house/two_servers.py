"""A PostgreSQL and its synchronous standby, from the wheel of the tests: what a failover needs. Both go when the tests do, however they end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.postgres import _binaries
from tests.scratch import SCRATCH

SETTINGS: Final = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c autovacuum=off -c max_connections=60 -c wal_level=replica"
KEEPER: Final = """
{ "$1/initdb" -D first -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions &&
  "$1/pg_ctl" -D first -w -l first.log -o "$2 -c port=$3" start &&
  "$1/pg_basebackup" -h 127.0.0.1 -p "$3" -U postgres -D standby -R -X stream -c fast --no-sync &&
  "$1/pg_ctl" -D standby -w -l standby.log -o "$2 -c port=$4" start; } >setup.log 2>&1 && echo ready || echo failed
cat >/dev/null
for one in first standby; do "$1/pg_ctl" -D "$one" -m immediate stop; done >/dev/null 2>&1
cd / && rm -rf "$5"
"""


class Pair:
    """`ports` of the first and of its standby; `account`: who runs them, for subprocess."""

    def __init__(self, home: Path, binaries: Path, ports: tuple[int, int], account: dict[str, Any]) -> None:
        self.home, self.binaries, self.ports, self.account = home, binaries, ports, account

    @property
    def url(self) -> str:
        first, second = self.ports
        hosts = f"host=127.0.0.1:{first}&host=127.0.0.1:{second}"
        return f"postgresql://postgres@/deskgate?{hosts}&target_session_attrs=read-write&connect_timeout=2"

    def ask(self, which: int, words: bytes) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host="127.0.0.1", port=self.ports[which], user="postgres", dbname="postgres", autocommit=True
        ) as opened:
            found = opened.execute(words)
            return found.fetchall() if found.description else []

    def kill_the_first(self) -> None:
        stop = [str(self.binaries / "pg_ctl"), "-D", "first", "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, cwd=self.home, check=True, capture_output=True, **self.account)


@contextmanager
def two_servers() -> Iterator[Pair]:
    home = Path(tempfile.mkdtemp(prefix="deskgate-pair-", dir=SCRATCH))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    binaries = _binaries(home, account)
    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", binaries, SETTINGS, *map(str, ports), home],
        cwd=home,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        **account,
    )
    assert keeper.stdin
    assert keeper.stdout
    try:
        assert keeper.stdout.readline() == b"ready\n", (home / "setup.log").read_text()
        pair = Pair(home, binaries, ports, account)
        pair.ask(0, b"CREATE DATABASE deskgate")
        pair.ask(0, b"ALTER SYSTEM SET synchronous_standby_names = '*'")
        pair.ask(0, b"SELECT pg_reload_conf()")
        yield pair
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=60)
        keeper.stdout.close()
        shutil.rmtree(home, ignore_errors=True)
