"""A mail that can never go is given up with its reason, and one that may go later waits; no address in the log either way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from store import tables
from store.accounts import people
from store.jobs import job_queue
from store.jobs.job_queue import Backlog
from store.operator.failed_jobs import PATIENCE
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows

LEO = "leo@tideworks.example"
DAY = 24 * 3600


@pytest.fixture
def posted(sample_sqlite: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, smtp_url=mailbox.url, mail_from="Der Empfänger <desk@desk.example>")
    yield opened
    opened.close()


def told_leo(desk: Desk) -> list[str]:
    """A change to Leo's own security: a mail to him and one to Raj. What stands in the log of the work, as text."""
    with desk.store.transaction("test") as tx:
        person, _ = people.resolve(tx, "10000099", None)
        job_queue.enqueue(tx, "notice", "k", {"notice": "pin_set", "person": person})
    with capture_logs() as log:
        desk.work()
    return [str(line) for line in log]


def mails(desk: Desk) -> Backlog:
    return desk.store.backlog("mail")


def reasons(desk: Desk) -> list[str]:
    w = tables.jobs.c
    return [str(row[0]) for row in rows(desk, select(w.error).where(w.kind == "mail", w.given_up).order_by(w.id))]


@pytest.mark.parametrize(
    ("command", "answer", "reason"),
    [
        (f"RCPT {LEO}", "550 5.1.1 no such user leo@tideworks.example", "refuses the address for good (550)"),
        (f"RCPT {LEO}", "553 bad mailbox", "refuses the address for good (553)"),
        ("DATA", "554 not wanted", "refuses the mail for good (554)"),
    ],
)
def test_d5_what_is_refused_for_good_is_given_up_once(
    posted: Desk, mailbox: Mailbox, command: str, answer: str, reason: str
) -> None:
    """The other reader's mail goes all the same; the desk is told once, and nothing is tried again. An owner hears of an address that
    takes no mail."""
    mailbox.says[command] = answer
    log = told_leo(posted)
    refused = 2 if command == "DATA" else 1
    assert [mail["Subject"] for mail in mailbox.mails if "comes back" in mail["Subject"]] == (
        [] if command == "DATA" else ["Mail to a contact comes back"]
    )
    assert len([mail for mail in mailbox.mails if "comes back" not in mail["Subject"]]) == 2 - refused
    assert reasons(posted) == [f"the mail server {reason}"] * refused
    assert not any("@tideworks" in line for line in log), log
    alerts = rows(posted, select(tables.alerts.c.kind, tables.alerts.c.detail))
    assert [kind for kind, _ in alerts] == ["job_given_up"]
    assert reason in alerts[0][1]
    assert "@" not in alerts[0][1]
    posted.pass_time(2 * DAY)
    posted.work()
    assert (mails(posted).pending, mails(posted).given_up) == (0, refused)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (f"RCPT {LEO}", "451 greylisted"),
        (f"RCPT {LEO}", "452 4.2.2 leo@tideworks.example is full"),
        (f"RCPT {LEO}", "550 5.7.1 leo@tideworks.example: relaying denied"),
        (f"RCPT {LEO}", "530 5.7.0 sign in first"),
        ("MAIL", "550 we do not know desk@desk.example"),
        ("EHLO", "421 busy"),
    ],
)
def test_d5_what_may_pass_or_is_the_operators_to_mend_waits(
    posted: Desk, mailbox: Mailbox, command: str, answer: str
) -> None:
    mailbox.says[command] = answer
    if command == "EHLO":
        mailbox.says["HELO"] = answer
    log = told_leo(posted)
    waiting = 1 if command.startswith("RCPT ") else 2
    assert (mails(posted).failing, mails(posted).given_up) == (waiting, 0), mails(posted)
    assert not any("@" in line for line in log), log
    mailbox.says.clear()
    posted.pass_time(3600)
    posted.work()
    assert {mail["To"] for mail in mailbox.mails} == {LEO, "raj@tideworks.example"}
    assert len(mailbox.mails) == 2


def test_d5_nothing_is_tried_for_ever(posted: Desk, mailbox: Mailbox) -> None:
    """What could have gone later, and never did, is given up after five days, kept, and told once."""
    mailbox.says[f"RCPT {LEO}"] = "451 greylisted"
    told_leo(posted)
    for _ in range(4):
        posted.pass_time(DAY)
        posted.work()
    assert mails(posted).failing == 1
    posted.pass_time(DAY)
    posted.work()
    assert PATIENCE == 5 * DAY * 1000
    assert (mails(posted).pending, reasons(posted)) == (0, ["the mail server refuses the address for now (451)"])
    assert len(rows(posted, select(tables.alerts.c.id))) == 1


@pytest.mark.parametrize(
    ("address", "arrives", "reason"),
    [
        ("leo@müller.example", "leo@xn--mller-kva.example", ""),
        ("leo@straße.example", "leo@xn--strae-oqa.example", ""),  # not strasse.example, which may be somebody else's
        ("löwe@tideworks.example", None, "the address has letters outside ASCII before the @"),
        ("leo@-ö-.example", None, "the address has a domain that cannot exist"),
    ],
)
def test_d5_addresses_outside_ascii(
    posted: Desk, mailbox: Mailbox, address: str, arrives: str | None, reason: str
) -> None:
    p = tables.people
    change(posted, update(p).where(p.c.email == LEO).values(email=address))
    log = told_leo(posted)
    assert {mail["To"] for mail in mailbox.mails} == {"raj@tideworks.example", *([arrives] if arrives else [])}
    assert [reason in given for given in reasons(posted)] == ([True] if reason else []), reasons(posted)
    assert not any(address.partition("@")[0] + "@" in line for line in log)
