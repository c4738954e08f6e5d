"""A run of notices is sent once each, however often the process that sends them is killed.

Between a mail server's yes and our writing it down no protocol helps: who is killed there sends that one mail again, with the same Message-ID, by which
a mailbox drops the repeat. Nothing else is ever sent twice, and nothing is lost. With `--everything` ten thousand, by real processes that are
killed with SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import func, select

from authz import Proof
from desk import notices
from desk.actors import Actor
from store import OPERATOR, tables
from store.imports import import_run
from store.imports.file_format import read
from tests.channels.mailbox import Mailbox
from tests.desk import NOON, SECRET, Desk
from tests.sizes import is_everything

ROOT = Path(__file__).parents[2]
LEASE = 130  # seconds; more than a worker that died holds a job
SERVICE = """
import sys
from deskgate.app import make_app
from deskgate.settings import read_settings

url, smtp, secret, now = sys.argv[1:]
settings = read_settings(_env_file=None, database_url=url, secret_keys=secret, smtp_url=smtp)
worker = make_app(settings, clock=lambda: int(now)).state.container.worker
while worker.do_one(["notice_mail"]):
    pass
"""


class KilledError(BaseException):
    """What no code of ours catches: it ends where it is, as a process does that is killed."""


class Mortal(Desk):
    """A desk that is killed when it has looked at the clock so often, at the beginning of any transaction."""

    looks = 10**9

    @property
    def now(self) -> int:
        self.looks -= 1
        if self.looks < 0:
            raise KilledError
        return self._now

    @now.setter
    def now(self, now: int) -> None:
        self._now = now


class Counted(list[EmailMessage]):
    """What a mailbox has taken; `enough` is set when there are `wanted`."""

    wanted = 0

    def __init__(self) -> None:
        super().__init__()
        self.enough = threading.Event()

    def append(self, mail: EmailMessage) -> None:
        super().append(mail)
        if len(self) >= self.wanted:
            self.enough.set()


def written(desk: Desk, houses: int) -> None:
    """One notice to the owners of so many accounts."""
    people = [{"username": f"owner{n}", "name": f"Owner {n}", "email": f"o{n}@run.example"} for n in range(houses)]
    accounts = [
        {"number": f"8{n:06d}", "name": f"House {n}", "scheme": "standard_roles"}
        | {"contacts": [{"person": f"owner{n}", "roles": ["owner"]}]}
        for n in range(houses)
    ]
    import_run.run(desk.store, read(json.dumps({"people": people, "accounts": accounts}).encode()))
    numbers = [f"8{n:06d}" for n in range(houses)]
    with desk.store.transaction("shell") as tx:
        sent = notices.send(tx, Actor(OPERATOR, Proof.NONE), "technical", numbers, "Works\nTonight.")
    assert isinstance(sent, notices.Sent)
    assert len(sent.recipients) == houses


def repeats(desk: Desk, mails: list[EmailMessage], houses: int) -> int:
    """How many mails came twice, all else being as it must: everybody has their one mail, and the list says so."""
    ids = Counter((mail["To"], mail["Message-ID"]) for mail in mails)
    assert sorted(to for to, _ in ids) == sorted(f"o{n}@run.example" for n in range(houses)), "one each, nobody missing"
    r = tables.notice_recipients.c
    with desk.store.transaction("test") as tx:
        states = tx.connection.execute(select(r.state, func.count()).group_by(r.state)).all()
    assert [tuple(row) for row in states] == [("sent", houses)]
    return len(mails) - len(ids)


def test_killed_at_any_moment_nobody_is_left_out_and_only_the_mail_under_way_comes_again(sample_sqlite: str) -> None:
    houses, kills, in_between = 12, 0, 0
    with Mailbox() as mailbox:
        desk = Mortal(sample_sqlite, smtp_url=mailbox.url)
        written(desk, houses)
        for looks in (1, 2, 3, 4, 5, 6, 7, 10**9):
            desk.looks = looks
            before = len(mailbox.mails)
            try:
                while desk.container.worker.do_one(["notice_mail"]):
                    before = len(mailbox.mails)
            except KilledError:
                kills, in_between = kills + 1, in_between + (len(mailbox.mails) > before)
            desk.looks = 10**9
            desk.pass_time(LEASE)
        assert kills == 7
        assert 0 < in_between < kills, "killed before a mail was taken and after"
        assert repeats(desk, mailbox.mails, houses) == in_between
        desk.close()


if is_everything():

    def test_ten_thousand_go_once_each_through_kills(sample_sqlite: str) -> None:
        houses, kills = 10_000, 12
        desk = Desk(sample_sqlite)
        written(desk, houses)
        with Mailbox() as mailbox:
            mailbox.mails = mails = Counted()
            for n in range(kills + 1):
                mails.wanted = houses * 10 if n == kills else (n + 1) * houses // (kills + 1)
                mails.enough.clear()
                process = subprocess.Popen(
                    [sys.executable, "-c", SERVICE, sample_sqlite, mailbox.url, SECRET, str(NOON + n * LEASE * 1000)],
                    cwd=ROOT,
                    env=os.environ | {"PYTHONPATH": str(ROOT)},
                )
                if n < kills:
                    assert mails.enough.wait(300)
                    process.send_signal(signal.SIGKILL)
                assert process.wait() == (-signal.SIGKILL if n < kills else 0)
            twice = repeats(desk, mails, houses)
        print(f"{houses} notices through {kills} kills: {len(mails)} mails taken, {twice} of them a repeat")
        assert twice <= kills
        desk.close()
