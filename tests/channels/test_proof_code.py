"""A code that an agent asked for: mailed to the person alone, and never seen in a log, a queue or by the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import structlog.testing
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import Transaction, tables
from store.codes import one_time_codes
from store.imports import import_run
from store.imports.file_format import read
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.staff import email_codes
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.seeking import stands_in

MIA = "mia@tideworks.example"


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


def asks_for_proof(desk: Desk) -> int:
    """Kim, an agent, has a code sent to whoever has Mia's support ID; that person."""
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(Subject("staff:1"), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        person = email_codes.find(tx, grant, "10000081")
        assert isinstance(person, int)
        assert email_codes.ask(tx, grant, person)
    return person


def code_in(mail: str) -> str:
    words = " ".join(mail.split())
    parted = re.search(r"Your code to link Slack to your account is ([0-9]{4}) ([0-9]{4})\. ", words)
    assert parted, words
    assert f"In Slack write to the desk: link {parted[1]}{parted[2]}. It is good for ten minutes" in words
    return parted[1] + parted[2]


def redeemed(desk: Desk, code: str) -> tuple[str, str] | None:
    with desk.store.transaction("test") as tx:
        return one_time_codes.redeem(tx, "link", code)


def test_the_code_goes_to_them_alone(sample_url: str, logged: list[structlog.typing.EventDict]) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_url, smtp_url=mailbox.url, mail_from="desk@desk.example")
        person = asks_for_proof(desk)
        desk.work()
    assert [mail["To"] for mail in mailbox.mails] == [MIA]
    assert "nobody at the desk can see this code" in " ".join(mailbox.to(MIA)[0].split())
    code = code_in(mailbox.to(MIA)[0])
    with desk.store.transaction("test") as tx:
        stored = [tx.connection.execute(select(table)).all() for table in tables.Base.metadata.sorted_tables]
    held = [tuple(row) for found in stored for row in found]  # the repr of a row itself leaves out what is long
    assert f"code_sent_to:person:{person}" in repr(held)
    for place in (repr(held), repr(logged), mailbox.mails[0]["Subject"], mailbox.mails[0]["Message-ID"]):
        assert not stands_in(code, place)
    assert redeemed(desk, code) == (Subject.of_person(person), "")
    desk.close()


def test_a_mail_that_could_not_be_sent_is_sent_later_with_another_code(
    sample_sqlite: str, logged: list[structlog.typing.EventDict]
) -> None:
    """Both codes were made, and the one that was never read is no longer valid; nor is a mail dropped as a repeat."""
    with Mailbox(refusing=True) as away:
        desk = Desk(sample_sqlite, smtp_url=away.url)
        person = asks_for_proof(desk)
        desk.work()
        desk.close()
    with Mailbox() as back:
        desk = Desk(sample_sqlite, smtp_url=back.url)
        desk.pass_time(10)
        desk.work()
    (mail,) = back.mails
    code, c = code_in(mail.get_content()), tables.codes.c
    with desk.store.transaction("test") as tx:
        made = tx.connection.execute(select(c.subject, c.used_at.is_(None)).order_by(c.made_at)).all()
    assert [tuple(row) for row in made] == [(Subject.of_person(person), False), (Subject.of_person(person), True)]
    assert redeemed(desk, code) is not None
    assert not stands_in(code, repr(logged))
    desk.close()


def test_a_mail_sent_twice_is_no_repeat(sample_sqlite: str) -> None:
    """A worker that dies after sending sends again, another code: the second mail must not be taken for the first."""
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        asks_for_proof(desk)
        for _ in range(2):
            with desk.store.transaction("test") as tx:
                job = job_queue.lease(tx, ["proof_code"])
            assert job is not None
            desk.do_again(job)
            desk.now += job_queue.LEASE
    first, second = mailbox.mails
    assert first["Message-ID"] != second["Message-ID"]
    assert redeemed(desk, code_in(first.get_content())) is None
    assert redeemed(desk, code_in(second.get_content())) is not None
    desk.close()


def test_without_a_mail_server_it_waits_and_no_code_is_made(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)  # the simulator has an inbox
    asks_for_proof(desk)
    desk.work()
    backlog = desk.store.backlog("proof_code")
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.codes)).all() == []
    desk.close()
    assert (backlog.pending, backlog.failing) == (1, 1)
    assert "SMTP_URL is not set" in (backlog.error or "")


def test_h1_a_mail_that_is_withdrawn_while_a_worker_sends_it_proves_nothing(sample_url: str) -> None:
    """A number is taken away just after a worker has leased the mail, and made its code with that: the code is no longer valid, and
    nothing is sent again."""
    with Mailbox() as mailbox:
        desk = Desk(sample_url, smtp_url=mailbox.url)
        asks_for_proof(desk)
        changed = b'{"people": [{"username": "mia.chen", "phones": ["+441632960177"]}]}'
        send: Any = desk.container.deliveries["proof_code"]

        def withdrawn(tx: Transaction, job: Job) -> Iterator[None]:
            sending = send(tx, job)
            yield next(sending)
            import_run.run(desk.store, read(changed))
            yield from sending

        desk.container.deliveries["proof_code"] = withdrawn
        desk.work()
        desk.pass_time(job_queue.LEASE / 1000 + 1)
        desk.work()
        assert redeemed(desk, code_in(mailbox.mails[0].get_content())) is None
        desk.close()
    assert len([mail for mail in mailbox.mails if mail["Subject"] == mailbox.mails[0]["Subject"]]) == 1
