"""What a mail says is read by the desk before anybody has confirmed it: without the PINs and the codes in it, as what is written on any channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from authz import Subject
from desk import mail_in
from store import tables
from store.codes import one_time_codes
from store.mail_in import pending_mails
from store.mail_in.pending_mails import Mail, MailFile
from store.text.pin_redaction import MARK
from tests.api.mailing import SETTINGS, MailServer, written
from tests.api.test_mail_in import MIA, STRANGER, first_mail, signed_in
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Agent

PIN = "48291327"


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **SETTINGS)
    yield opened
    opened.close()


def code_of_raj(desk: Desk) -> str:
    person = rows(desk, select(tables.people.c.id).where(tables.people.c.username == "raj.patel"))[0][0]
    with desk.store.transaction("test") as tx:
        return one_time_codes.issue(tx, "link", Subject.of_person(person))


def is_good(desk: Desk) -> bool:
    return rows(desk, select(tables.codes.c.used_at))[0][0] is None


def test_no_pin_and_no_good_code_stands_in_what_the_desk_reads(desk: Desk) -> None:
    code = code_of_raj(desk)
    halves = f"{code[:4]} {code[4:]}"
    quoted = f"My PIN is {PIN}, invoice 20261234.\n\nOn Sun, 22 Nov 2026 Raj wrote:\n> your code is {halves}\n"
    mail = written(MIA, quoted, f"The code {code}")
    mail.add_attachment(b"x", "image", "png", filename=f"{code}.png")
    with MailServer(desk) as server:
        assert server.sends(mail.as_bytes(), MIA)[0] == 250
    assert not is_good(desk), "whoever reads it could use it"
    mia, kim = signed_in(desk), Agent(desk)
    kim.sign_in()
    for reader, page in ((mia, "/mails"), (kim, "/desk/tickets?status=pending")):
        first_mail(reader, page)
        assert f"My PIN is {MARK}, invoice 20261234." in reader.words
        assert "The code ••••••••" in reader.words
        assert not [said for said in (PIN, code, halves) if said in reader.text]
    assert "your code is •••• ••••" in kim.text
    assert "••••••••.png" in kim.text
    notices = rows(desk, select(tables.jobs.c.payload).where(tables.jobs.c.kind == "notice"))
    assert any("code_overheard" in str(row[0]) for row in notices), "and they are told"


def test_strangers_do_not_try_numbers_by_mail(desk: Desk) -> None:
    """After so many mails with digits nothing is looked up: what may be a code is not shown, and stays good."""
    code = code_of_raj(desk)
    said = Mail("", STRANGER, "", "Numbers", "It is 10000000.")
    with desk.store.transaction("mail") as tx:
        for n in range(pending_mails.LOOKED_UP):
            mail_in.keep(tx, replace(said, id=f"<{n}@x.example>", sender=f"{n}@x.example"))
    last = Mail("", MIA, "", f"About {code}", f"{code} My PIN is {PIN}", files=(MailFile(f"{code}.txt", b"x"),))
    with desk.store.transaction("mail") as tx:
        mail_in.keep(tx, last)
        mail_in.keep(tx, replace(last, title="No digits", words="Slow.", files=(), vouched_by="tideworks.example"))
    assert is_good(desk)
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets?status=pending")
    assert "About ••••••••" in kim.words
    with desk.store.transaction("test") as tx:
        seen, masked = pending_mails.of_person(tx, Subject.of_person(rows(desk, _MIA)[0][0]))
    assert seen.title == "No digits"
    assert (masked.words, masked.files) == (f"•••••••• My PIN is {'•' * 8}", ("••••••••.txt",))
    with desk.store.transaction("mail") as tx:
        mail_in.keep(tx, replace(last, vouched_by="tideworks.example", id="<later@x.example>"))
    assert not is_good(desk), "what others write does not cost those for whom their own servers speak"


_MIA = select(tables.people.c.id).where(tables.people.c.email == MIA)
