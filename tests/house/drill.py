"""A drill: a real service in a folder as an operator has it, something broken in it, and a page of docs/operations followed by what stands in its code blocks alone.

What the page types is run: `deskgate` and `curl` by the same code without a process of their own, everything else by bash. The paths of the units
(/srv/deskgate, /var/lib/…) are those of the folder, `systemctl` starts and stops the service, `journalctl` prints its log.
"""

from __future__ import annotations

import io
import os
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import structlog
from typer.testing import CliRunner

from deskgate.__main__ import commands
from deskgate.app import make_app
from deskgate.http_client import http_client
from deskgate.serve import log_as_lines
from deskgate.settings import read_settings
from store import migrate
from tests.desk import SECRET
from tests.house.recipe import Block, blocks, pattern
from tests.house.recipe import commands as typed_in
from tests.house.test_names import ROOT
from tests.serving import serving

LONG: Final = 10.0  # seconds that something is waited for: a busy machine is no fault of the code
ELSEWHERE: Final = (
    "runuser -u deskgate -- git ",
    "runuser -u deskgate -- make ",
    "patronictl ",
    "systemctl start deskgate-backup",
)
ANSWER: Final = ("grep", "pg_isready")  # which say something by how they end
OTHER_ACCOUNT: Final = "runuser -u deskgate -- "


def until(holds: Callable[[], Any], what: str = "") -> Any:
    """Its value, as soon as it is true."""
    ends = time.monotonic() + LONG
    while not (found := holds()):
        assert time.monotonic() < ends, f"waited in vain: {what or holds}"
        time.sleep(0.02)
    return found


class Site:
    """Where Deskgate is installed: `.env`, the database, the backups, the log, and the service."""

    def __init__(self, folder: Path, url: str, settings: Mapping[str, str], *, migrates: bool = True) -> None:
        self.folder, self.log = folder, folder / "log"
        self.migrates = migrates  # whether a start does, as without --no-migrate
        self.state = Path(os.environ["STATE_DIRECTORY"])
        for name in ("database", "backups", "bin"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "deploy").symlink_to(ROOT / "deploy")
        (folder / ".venv").symlink_to(Path(sys.prefix))
        self._shim("journalctl", f'case "$*" in *backup*) cat "{folder}/backup-log";; *) cat "{self.log}";; esac')
        self.paper = self.log.open("a", buffering=1, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.here = f"127.0.0.1:{self.port}"
        given = {"DATABASE_URL": url, "SECRET_KEYS": SECRET, "PUBLIC_URL": f"http://{self.here}", **settings}
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in given.items()), "utf-8")
        (folder / ".env").chmod(0o600)
        self.app: Any = None
        self._running: ExitStack | None = None

    def _shim(self, name: str, does: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)

    def start(self) -> None:
        """As `deskgate serve` does."""
        settings = read_settings()
        if self.migrates:
            migrate(settings.database_url)
        self.log_here()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        with ExitStack() as running:
            twilio, slack = (
                running.enter_context(http_client(url)) for url in (settings.twilio_api_url, settings.slack_api_url)
            )
            self.app = make_app(settings, twilio_api=twilio, slack_api=slack)
            running.callback(self.app.state.container.store.engine.dispose)
            running.enter_context(serving(self.app, listener))
            self._running = running.pop_all()

    def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None

    def log_here(self) -> None:
        """Commands that are run in this process have a log of their own."""
        before, sys.stderr = sys.stderr, self.paper
        try:
            log_as_lines(production=True)
        finally:
            sys.stderr = before

    def said(self) -> str:
        return self.log.read_text("utf-8")

    @property
    def store(self) -> Any:
        return self.app.state.container.store


@contextmanager
def site(folder: Path, url: str, settings: Mapping[str, str], **how: Any) -> Iterator[Site]:
    before = structlog.get_config()
    made = Site(folder, url, settings, **how)
    try:
        yield made
    finally:
        made.stop()
        structlog.configure(**before)
        made.paper.close()


class Drill:
    """Somebody with a page and a shell. `then`: what happens once a line with these words has been typed; `known`: variables of the shell."""

    def __init__(
        self, at: Site, database: str = "SQLite", path: str = "", runs: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        """`path`: where more programs are; `runs`: as whom one of them is run, for subprocess."""
        self.at, self.database, self._runs = at, database, dict(runs or {})
        self.then: dict[str, Callable[[], Any]] = {}
        self.known: dict[str, str] = {}
        self.printed, self.typed, self.looked = "", 0, 0
        self.elsewhere: list[str] = []
        self._path = f"{at.folder}/bin:{path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        # The longer first: one is the beginning of another.
        self._names = {
            "/var/lib/deskgate-database": f"{at.folder}/database",
            "/var/lib/deskgate-backups": f"{at.folder}/backups",
            "/tmp/looked-at": f"{at.folder}/looked-at",
            "/srv/deskgate": str(at.folder),
            "127.0.0.1:8000": at.here,
        }

    def stands_for(self, written: str, here: str) -> None:
        self._names[written] = here

    def follow(self, page: str) -> None:
        others = False  # what is printed by what was not typed
        for block in blocks(page):
            others = self._is_for_another(block) if block.kind == "sh" else others
            if others:
                continue
            if block.kind == "sh":
                self.printed = ""
                for line in typed_in(block.lines):
                    self.type(line)
            elif block.kind == "text":
                self.look(block.lines)

    def _is_for_another(self, block: Block) -> bool:
        other = {"SQLite": "PostgreSQL", "PostgreSQL": "SQLite"}[self.database]
        return block.before.startswith(other) or block.before.split(". ")[-1].startswith(other)

    def look(self, lines: list[str]) -> None:
        """Each of these was printed by the last block, in that order; `…` stands for anything."""
        printed = iter(self.printed.splitlines())
        for line in lines:
            assert any(pattern(line).search(one) for one in printed), f"not printed: {line}\n\n{self.printed}"
            self.looked += 1

    def type(self, line: str) -> None:
        if line.startswith(ELSEWHERE):
            self.elsewhere.append(line)
        elif not line.startswith(("cd ", "alias ")):
            self.typed += 1
            self._run(line)
        for words, happens in self.then.items():
            if words in line:
                happens()

    def _run(self, line: str) -> None:
        line = line.replace(OTHER_ACCOUNT, "").replace("install -o deskgate -g deskgate", "install")
        for name, here in self._names.items():
            line = line.replace(name, here)
        first, _, rest = line.partition(" | ")
        match first.split():
            case ["systemctl", "stop", "deskgate"]:
                self.at.stop()
            case ["systemctl", "start", "deskgate"]:
                self.at.start()
            case ["systemctl", "restart", "deskgate"]:
                self.at.stop()
                self.at.start()
            case ["export", *given]:
                self.known |= dict(one.split("=", 1) for one in given)
            case ["unset", *names]:
                self.known = {name: value for name, value in self.known.items() if name not in names}
            case ["deskgate", *words]:
                self._print(self._piped(self._deskgate(words), rest))
            case ["curl", "-s", address]:
                said = httpx2.get(address, trust_env=False, timeout=LONG).text
                self._print(self._piped(f"{said}\n", rest))
            case [".venv/bin/python", "deploy/backup.py", folder]:
                self._print(self._backed_up(folder))
            case _:
                self._print(self._bash(line))

    def _print(self, said: str) -> None:
        for name, here in self._names.items():
            said = said.replace(here, name)
        self.printed += said

    def _deskgate(self, words: list[str]) -> str:
        """0 and 1 are answers: 1 says that something is broken."""
        done = CliRunner().invoke(commands, words, env={"COLUMNS": "200", **self.known}, catch_exceptions=False)
        self.at.log_here()
        assert done.exit_code in (0, 1), (words, done.output)
        return done.stdout

    def _backed_up(self, folder: str) -> str:
        """What the nightly unit runs, without a second to start it in."""
        said = io.StringIO()
        with redirect_stdout(said), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["deploy/backup.py", folder])
            patch.setenv("PATH", self._path)
            runpy.run_path(str(ROOT / "deploy" / "backup.py"), run_name="__main__")
        return said.getvalue()

    def _piped(self, said: str, rest: str) -> str:
        return self._bash(f"cat | {rest}", said) if rest else said

    def _bash(self, line: str, given: str = "") -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            ["bash", "-c", line],
            cwd=self.at.folder,
            env=os.environ | {"PATH": self._path} | self.known,
            input=given,
            capture_output=True,
            text=True,
            **self._runs.get(line.split()[0], {}),
        )
        assert done.returncode == 0 or any(word in line for word in ANSWER), (line, done.stdout, done.stderr)
        return done.stdout + done.stderr
