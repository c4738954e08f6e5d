"""A real Request Tracker 5 for the tests that ask for one (`rt`), and the word at the end about whether they ran.

Where Debian's package is not there these tests are left out and counted. With DESKGATE_REQUIRE_RT set, as `.ci/run` sets it where it could
install that, a run without them has failed. One RT a process, started for the first test that asks; each test has queue and people of its own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import quopri
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from tests.outer_programs import Program, counted
from tests.scratch import SCRATCH

SERVER: Final = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP: Final = Path("/usr/sbin/rt-setup-database-5")
PASSWORD: Final = "eight lamps over the quay"
OURS: Final = "deskgate"
AGENTS: Final = ("agent.kim", "lead.ana", "nobody.here")
_RIGHTS: Final = "SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket"
_PEOPLE: Final = f"""
@Users = (map {{ {{Name => $_, RealName => $_, Password => '{PASSWORD}', Privileged => 1}} }} qw({" ".join((OURS, *AGENTS))}));
@ACL = ({{Right => 'AdminUsers', UserId => '{OURS}'}},
  map {{ my $who = $_; map {{ {{Right => $_, UserId => $who, Queue => 'General'}} }} qw({_RIGHTS}) }} qw({" ".join((OURS, *AGENTS))}));
1;
"""
_SETTINGS: Final = """
Set($rtname, 'desk.test'); Set($Organization, 'desk.test'); Set($Timezone, 'UTC'); Set($WebDomain, '127.0.0.1');
Set($CorrespondAddress, 'rt@desk.invalid'); Set($CommentAddress, 'rt-comment@desk.invalid');
Set($WebPort, {port}); Set($WebBaseURL, 'http://127.0.0.1:{port}'); Set($WebPath, '');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{folder}/rtdb');
Set($MailCommand, 'sendmailpipe'); Set($SendmailPath, '{folder}/mail'); Set($SendmailArguments, '');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'error');
Set($MasonDataDir, '{folder}/mason'); Set($MasonSessionDir, '{folder}/sessions');
1;
"""
_MAIL: Final = "#!/bin/sh\ncat >>{folder}/mailed\n"


class RequestTracker:
    """`url` is where it is; `mailed()` all it has mailed to anybody. `kill()` and `start()` in between: nothing of it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None
        for name in ("mason", "sessions", "conf"):
            (folder / name).mkdir()
        (folder / "settings.pm").write_text(_SETTINGS.format(port=self.port, folder=folder))
        (folder / "mail").write_text(_MAIL.format(folder=folder))
        (folder / "mail").chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        where = {"RT_SITE_CONFIG": f"{self.folder}/settings.pm", "RT_SITE_CONFIG_DIR": f"{self.folder}/conf"}
        return os.environ | where

    def prepare(self) -> None:
        """Its database, made once for all runs: it takes seconds."""
        made = SCRATCH / f"deskgate-rt-{_digest()}.db"
        if not made.exists():
            people = self.folder / "people.pl"
            people.write_text(_PEOPLE)
            for arguments in (("init",), ("insert", "--datafile", str(people))):
                done = subprocess.run(
                    [SETUP, "--skip-create", "--action", *arguments],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                )
                assert done.returncode == 0, done.stdout + done.stderr
            ours = made.with_suffix(f".{os.getpid()}")
            shutil.copyfile(self.folder / "rtdb", ours)
            ours.rename(made)
        shutil.copyfile(made, self.folder / "rtdb")

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [SERVER, "--host", "127.0.0.1", "--port", str(self.port), "--max-workers", "1"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(600):
            try:
                httpx2.get(f"{self.url}/REST/2.0/rt", trust_env=False)
            except httpx2.HTTPError:
                time.sleep(0.05)  # it starts within two seconds
            else:
                return
        raise AssertionError(f"RT does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """All its processes, at once, in the middle of whatever they do."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def said(self, ticket: int) -> list[tuple[str, str, str]]:
        """What was said on one of its tickets: which kind, by whom, what. Looked up where it is kept, for RT takes its time."""
        with closing(sqlite3.connect(f"file:{self.folder}/rtdb?mode=ro", uri=True, timeout=60)) as database:
            rows = database.execute(_SAID, {"ticket": ticket}).fetchall()
        found: dict[int, tuple[str, str, list[str]]] = {}
        for id, kind, who, content, encoding in rows:
            found.setdefault(id, (kind, who, []))[2].extend([_text(content, encoding)] if content else [])
        return [(kind, who, "\n".join(parts)) for kind, who, parts in found.values()]

    def one(self, ticket: int) -> dict[str, str]:
        """Its status and the number it goes by now."""
        with closing(sqlite3.connect(f"file:{self.folder}/rtdb?mode=ro", uri=True, timeout=60)) as database:
            row = database.execute("SELECT Status, EffectiveId FROM Tickets WHERE id = ?", (ticket,)).fetchone()
        return {"status": row[0], "goes_by": str(row[1])}

    def forget(self) -> None:
        """It knows no ticket of ours any more by where it is: every desk of a test begins with the same number."""
        with closing(sqlite3.connect(self.folder / "rtdb", timeout=60)) as database:
            database.execute("DELETE FROM Links")
            database.commit()

    def mailed(self) -> str:
        there = self.folder / "mailed"
        return there.read_text("utf-8", "replace") if there.exists() else ""

    def ask(self, who: str, method: str, path: str, json: object = None, **params: str | int) -> Any:
        """As one of its users; what it answers."""
        with httpx2.Client(trust_env=False, auth=(who, PASSWORD), timeout=60) as http:
            answer = http.request(method, f"{self.url}/REST/2.0/{path}", json=json, params=params)
        assert answer.status_code < 300, answer.text
        return answer.json()


_SAID: Final = """
SELECT t.id, t.Type, u.Name, a.Content, a.ContentEncoding FROM Transactions t JOIN Users u ON u.id = t.Creator
LEFT JOIN Attachments a ON a.TransactionId = t.id
WHERE t.ObjectType = 'RT::Ticket' AND t.ObjectId = :ticket AND t.Type IN ('Create', 'Correspond', 'Comment') ORDER BY t.id, a.id
"""


def _text(content: str | bytes, encoding: str) -> str:
    sent = content.encode() if isinstance(content, str) else content
    match encoding:
        case "quoted-printable":
            sent = quopri.decodestring(sent).rstrip(b"\n")
        case "base64":
            sent = base64.b64decode(sent)
    return sent.decode("utf-8", "replace")


def _digest() -> str:
    version = SERVER.stat().st_mtime_ns
    return hashlib.sha256(f"{version}{_PEOPLE}".encode()).hexdigest()[:16]


def is_there() -> bool:
    return SERVER.exists() and SETUP.exists()


@pytest.fixture(scope="session")
def _request_tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    made = RequestTracker(tmp_path_factory.mktemp("rt"))
    made.prepare()
    made.start()
    yield made
    made.kill()


@pytest.fixture
def rt(_request_tracker: RequestTracker) -> RequestTracker:
    """Tests that ask for it are left out where there is none."""
    if _request_tracker._server is None:
        _request_tracker.start()
    _request_tracker.forget()
    return _request_tracker


def pytest_configure(config: pytest.Config) -> None:
    without = "it is not installed (request-tracker5)"
    counted(config, Program("Request Tracker", "rt", "DESKGATE_REQUIRE_RT", without, is_there))
