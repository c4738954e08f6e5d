"""Many mails go in one session with the mail server, which ends with the last of them; whatever ends it before that repeats and loses none."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from deskgate import smtp
from store.jobs.job_queue import RetryLaterError
from tests.channels.mailbox import Mailbox
from tests.channels.notice_runs import repeats, written
from tests.desk import Desk


def mail(n: int = 0) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "desk@desk.example", f"o{n}@run.example", f"{n}"
    made.set_content("It is done.")
    return made


def sent(mailbox: Mailbox, many: int) -> list[str]:
    """The subjects of what arrived of so many."""
    server = smtp.MailServer(mailbox.url)
    for n in range(many):
        server.send(mail(n))
    server.hang_up()
    return [one["Subject"] for one in mailbox.mails]


def test_a_run_of_notices_is_one_session_that_ends_with_it(sample_sqlite: str) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        written(desk.store, 8)
        desk.work()
        assert repeats(desk.store, mailbox.mails, 8) == 0
        assert (mailbox.sessions, mailbox.ended) == (1, 1)
        desk.close()


def test_a_server_that_takes_no_more_in_a_session_is_called_again() -> None:
    with Mailbox(most=3) as mailbox:
        assert sent(mailbox, 7) == list("0123456")
        assert mailbox.sessions == 3


def test_a_session_that_the_server_has_ended_is_begun_anew() -> None:
    with Mailbox() as mailbox:
        mailbox.says["NOOP"] = "421 you were away for too long"
        assert sent(mailbox, 3) == list("012")
        assert mailbox.sessions == 3


def test_we_call_again_ourselves_before_most_servers_would_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "MOST_MAILS", 2)
    with Mailbox() as mailbox:
        assert sent(mailbox, 5) == list("01234")
        assert mailbox.sessions == 3


def test_a_server_that_takes_nothing_is_called_once_and_another_time_later() -> None:
    with Mailbox(most=0) as mailbox:
        server = smtp.MailServer(mailbox.url)
        with pytest.raises(RetryLaterError, match=r"refuses the sender \(421\)"):
            server.send(mail())
        assert (mailbox.mails, mailbox.sessions) == ([], 1)
