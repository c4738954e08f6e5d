"""Who is told by mail: the person and their owners, nobody else; and nothing is lost while mail cannot be sent."""

from __future__ import annotations

import re

import pytest

from authz import Action, Ask, Grant, Proof
from deskgate import mail
from store import OPERATOR
from store.accounts import people, recipients
from store.jobs import job_queue
from store.jobs.job_queue import Backlog
from store.operator import lookups
from store.verification import pin_changes, pins
from store.verification.pins import Pin
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT

WRONG = "caller presses 55512986#\n"


def lock_leo(desk: Desk) -> None:
    """Five wrong PINs in a row: three in one call, two in the next."""
    desk.ring("from +441632960109\ndesk: …\ncaller presses #\ndesk: …\n" + (WRONG + "desk: …\n") * 3)
    desk.ring("from +441632960109\ndesk: …\ncaller presses #\ndesk: …\n" + (WRONG + "desk: …\n") * 2)


def owed(desk: Desk) -> Backlog:
    return desk.store.backlog()


def test_a_locked_pin_is_told_to_the_person_and_the_admin_contact(sample_url: str) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_url, smtp_url=mailbox.url, mail_from="desk@desk.example")
        lock_leo(desk)
        desk.work()
        desk.close()
    assert {mail["To"] for mail in mailbox.mails} == {"leo@tideworks.example", "raj@tideworks.example"}
    assert "Your support PIN was keyed wrongly" in mailbox.to("leo@tideworks.example")[0]
    assert "The support PIN of Leo Fox was keyed wrongly" in mailbox.to("raj@tideworks.example")[0]
    assert not any("55512986" in mail.as_string() for mail in mailbox.mails)


def test_a_new_pin_is_told_without_the_pin(sample_sqlite: str) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        with desk.store.transaction("shell") as tx:
            grant = tx.ask(Ask(OPERATOR, Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            person = lookups.find_person(tx, grant, "mia.chen")
            assert person is not None
            pin_changes.set_pin(tx, grant, pins.keep(tx.keys, person, Pin("40817263")))
        desk.work()
        desk.close()
    assert {mail["To"] for mail in mailbox.mails} == {"mia@tideworks.example", "raj@tideworks.example"}
    assert not any("40817263" in mail.as_string() for mail in mailbox.mails)


@pytest.mark.parametrize("kind", recipients.OWN_SECURITY)
def test_of_a_persons_own_security_they_and_their_owners_are_told(sample_sqlite: str, kind: str) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        with desk.store.transaction("test") as tx:
            person, _ = people.resolve(tx, "10000099", None)
            job_queue.enqueue(tx, "notice", "k", {"notice": kind, "person": person})
        desk.work()
        desk.close()
    assert {mail["To"] for mail in mailbox.mails} == {"leo@tideworks.example", "raj@tideworks.example"}
    (own,), (owners,) = mailbox.to("leo@tideworks.example"), mailbox.to("raj@tideworks.example")
    assert "Leo Fox" not in own.partition(",")[2]
    assert "Leo Fox" in owners
    subjects = {mail["To"]: mail["Subject"] for mail in mailbox.mails}
    assert re.search(r"\byour?\b", subjects["leo@tideworks.example"], re.IGNORECASE)
    assert not re.search(r"\byour?\b", subjects["raj@tideworks.example"] + owners.partition(",")[2], re.IGNORECASE)


def test_every_notice_has_words_and_no_words_lie_unused() -> None:
    own = {*recipients.OWN_SECURITY, *recipients.OF_CONTACT, *recipients.OF_STAFF, *recipients.OF_MAIL}
    assert set(mail.load()["notice"]) == {*own, *recipients.OF_ACCOUNT, *recipients.OF_DECIDERS, *recipients.OF_DESK}


def test_without_a_mail_server_notices_wait_and_say_why(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    lock_leo(desk)
    desk.work()
    backlog = owed(desk)
    desk.close()
    assert (backlog.pending, backlog.failing) == (1, 1)
    assert "SMTP_URL is not set" in (backlog.error or "")


def test_a_mail_server_that_refuses_is_tried_again(sample_sqlite: str) -> None:
    with Mailbox(refusing=True) as away:
        desk = Desk(sample_sqlite, smtp_url=away.url)
        lock_leo(desk)
        desk.work()
        assert owed(desk).failing == 2  # a mail each, for Leo and for Raj
        desk.close()
    with Mailbox() as back:
        desk = Desk(sample_sqlite, smtp_url=back.url)
        desk.pass_time(10)
        desk.work()
        assert owed(desk).pending == 0
        desk.close()
    assert len(back.mails) == 2


def test_an_unanswered_emergency_alarms_the_supervisors(sample_sqlite: str) -> None:
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        desk.ring(
            "from +441632960108\ndesk: …\ncaller presses #\ndesk: …\ncaller presses 17846325#\ndesk: …\n"
            "caller presses 5\ndesk: …\nagent declines\ncaller waits\ndesk: …\ncaller hangs up\n"
        )
        desk.close()
    assert [mail["To"] for mail in mailbox.mails if "Alarm" in mail["Subject"]] == ["ana@desk.example"]
    assert "Tideworks Ltd" in mailbox.to("ana@desk.example")[0]
