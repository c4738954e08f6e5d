"""A run of notices is sent once each, however often the process that sends them is killed.

Between a mail server's yes and our writing it down no protocol helps: who is killed there sends that one mail again, with the same Message-ID, by which
a mailbox drops the repeat. Nothing else is ever sent twice, and nothing is lost. Real processes, killed and stopped: benchmarks/notice_kills.py.
"""

from __future__ import annotations

from tests.channels.mailbox import Mailbox
from tests.channels.notice_runs import repeats, written
from tests.desk import Desk

LEASE = 130  # seconds; more than a worker that died holds a job


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


def test_killed_at_any_moment_nobody_is_left_out_and_only_the_mail_under_way_comes_again(sample_sqlite: str) -> None:
    houses, kills, in_between = 12, 0, 0
    with Mailbox() as mailbox:
        desk = Mortal(sample_sqlite, smtp_url=mailbox.url)
        written(desk.store, houses)
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
        assert repeats(desk.store, mailbox.mails, houses) == in_between
        desk.close()
