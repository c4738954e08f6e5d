"""A walk: a file of what people do, with all that they then hear, read and see below each line.

    # Why this walk is here. Blank lines and lines like this one stay.
    = opening_hours: Mon-Fri 08:00-18:00 Europe/London      a setting of the desk; these come first
    > mia rings                                             what somebody does: phone.py, slack.py, portal.py
    > 5 minutes pass
    > mail comes from a@b.example: Its title: its words     over SMTP, where MAIL_IN is set
    > $ deskgate doctor                                     what is typed into a shell: commands.py
    > staged: alert decoy                                   what no channel could bring about in a walk: staged.py
    and what came of it, which `make golden` writes anew.

`<code>` and the like in a deed is the newest of them that was met; `<app>` what somebody's authenticator app shows; `<newline>` a new line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.api.mailing import MailServer
from tests.bot.slack_desk import SlackDesk
from tests.channels.mailbox import Mailbox
from tests.golden.chance import Chance
from tests.golden.commands import ShellDoor
from tests.golden.labels import NothingCalledError
from tests.golden.people import PEOPLE
from tests.golden.phone import PhoneDoor
from tests.golden.portal import PageDoor
from tests.golden.slack import SlackDoor
from tests.golden.staged import stage

KEPT: Final = ("# ", "= ", "> ")
SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_MAIL: Final = re.compile(r"mail comes from (\S+): ([^:]+): (.+)")
_PASS: Final = re.compile(r"([0-9]+) (second|minute|hour|day)s? pass(?:es)?")


@dataclass
class Walk:
    """`lines` are those of the file that stay: notes, settings and deeds."""

    name: str
    lines: list[str]
    settings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Walk:
        kept = [line for line in path.read_text("utf-8").splitlines() if line.startswith(KEPT)]
        return cls(path.stem, kept, dict(line[2:].split(": ", 1) for line in kept if line.startswith("= ")))


class Walking:
    """One desk with all its doors, and a recorder at each."""

    def __init__(self, desk: SlackDesk, mailbox: Mailbox, folder: Path) -> None:
        self.desk, self.mailbox = desk, mailbox
        self.chance = Chance(folder)
        self.phone, self.slack = PhoneDoor(desk), SlackDoor(desk)
        self.pages, self.shell = PageDoor(desk, self.chance), ShellDoor(folder)
        self._mails = 0

    def written(self, walk: Walk) -> str:
        """The file as it has to be."""
        written = []
        for line in walk.lines:
            if line.startswith(KEPT[:2]):
                written.append(line)
                continue
            written += ["", line]
            try:
                self.do(self.chance.filled(line[2:]))
            except NothingCalledError as missing:
                missing.deed = f"{walk.name}.txt, {line!r}"
                raise
            except Exception as wrong:
                wrong.add_note("\n".join([f"at {line!r} of {walk.name}, after:", *written[-60:]]))
                raise
            written += self.news()
        return "\n".join(written).lstrip("\n") + "\n"

    def do(self, deed: str) -> None:
        if deed.startswith("$ "):
            self.desk.pass_time(1)  # or nothing would say which of two commands came first
            self.shell.type(deed[2:])
        elif deed.startswith("staged: "):
            stage(self.desk, deed.removeprefix("staged: "))
        elif deed == "the worker sweeps":
            self.desk.container.worker.sweep()
        elif found := _MAIL.fullmatch(deed):
            with MailServer(self.desk) as server:
                server.says(found[1], found[3].replace("<newline>", "\n"), found[2])
        elif found := _PASS.fullmatch(deed):
            self.desk.pass_time(int(found[1]) * SECONDS[found[2]])
        else:
            who, verb, *rest = deed.split(" ", 2)
            assert who in PEOPLE, f"nobody here is called {who}: {deed}"
            rest = [self._digits(who, words) for words in rest]
            done = any(channel.do(who, verb, "".join(rest)) for channel in (self.phone, self.slack, self.pages))
            assert done, f"nobody can do that: {deed}"
        self.desk.work()
        # What a job was to post and did not, or a response that Slack or Twilio could not take, would be recorded as if it belonged there.
        backlog = self.desk.store.backlog()
        assert not backlog.failing + backlog.given_up, backlog.error
        slack = self.desk.workspace
        failed = [*(words for one in slack.complaints.values() for words in one), *slack.deliveries.waiting()]
        failed += self.desk.exchange.faults
        assert not failed, f"an exchange failed: {failed}"

    def _digits(self, who: str, words: str) -> str:
        """`<long>` is more than anybody reads; `<app>` is what somebody's authenticator app shows, `<notapp>` and `<notnumber>` are as many digits that are wrong; `<digits>` what Kim's page
        shows beside the first call that waits."""
        words = words.replace("<long>", "so many words " * 900).replace("<newline>", "\n")
        if "<digits>" in words:
            words = words.replace("<digits>", self.pages.digits("kim"))
        if "<app>" in words or "<notapp>" in words:
            app, step = self.pages.app(who), self.desk.now // 1000
            near = {app.at(step + 30 * n) for n in range(-3, 4)}
            wrong = next(digits for n in range(10) if (digits := f"{n}12345") not in near)
            words = words.replace("<app>", app.at(step)).replace("<notapp>", wrong)
        if "<notnumber>" in words:
            words = words.replace("<notnumber>", f"{(int(self.chance.newest['number']) + 1) % 100:02}")
        return words

    def news(self) -> list[str]:
        return [self.chance.settled(line).rstrip() for line in self._raw()]

    def _raw(self) -> Iterator[str]:
        yield from self.shell.news()
        yield from self.phone.news()
        yield from self.slack.news()
        yield from self.pages.news()
        mails, self._mails = self.mailbox.mails[self._mails :], len(self.mailbox.mails)
        for mail in mails:
            yield f"mail to {mail['To']}: {mail['Subject']}"
            yield from (f"  {line}" for line in mail.get_content().rstrip().splitlines())
