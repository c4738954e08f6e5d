"""A PIN that somebody says on the phone or types on a page stands on no ticket, in no title, mail or event, and no search finds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from store import tables
from store.text.pin_redaction import MARK
from tests.channels.mailbox import Mailbox
from tests.channels.test_webhooks import added
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows
from tests.portal.browsing import Agent
from tests.portal.test_customers import entered
from tests.portal.test_requests import CANCEL, MIA, RAJ, proves

PIN, SAID, RECORDING = "48291327", "four eight two nine, one three two seven", "RE" + "1" * 32


def kept(desk: Desk) -> str:
    """All rows of the database."""
    return "".join(repr(rows(desk, select(table))) for table in tables.Base.metadata.sorted_tables)


@pytest.fixture
def mailed(sample_sqlite: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, smtp_url=mailbox.url, mail_from="desk@desk.example", ticket_mail_text="on")
    yield opened
    opened.close()


def test_not_a_transcript_its_title_its_mail_or_its_event(mailed: Desk, mailbox: Mailbox) -> None:
    desk = mailed
    added(desk, "https://crm.example/hooks")
    caller = Caller(Wire(desk))
    caller.prove()
    caller.key("1")
    caller.key("0")
    caller.transcribed(f"My PIN is {PIN}", "RE" + "2" * 32)  # before its ticket: it waits
    assert PIN not in kept(desk)
    caller.say(RECORDING)
    caller.transcribed(f"The shop is down. My PIN is {SAID}. Or {PIN} is my PIN.", RECORDING)
    desk.work()
    (body,) = rows(desk, select(tables.messages.c.body))[0]
    assert body == f"The shop is down. My PIN is {MARK}. Or {MARK} is my PIN."
    (title,) = rows(desk, select(tables.tickets.c.title))[0]
    assert "The shop is down. My PIN is" in title
    assert "four" not in title
    everything = kept(desk) + "".join(map(str, mailbox.mails))
    assert mailbox.mails
    assert rows(desk, select(tables.webhook_messages))
    assert PIN not in everything
    assert SAID not in everything


def test_not_what_customers_type_on_pages_and_they_are_told(mailed: Desk) -> None:
    desk, raj = mailed, entered(mailed, RAJ)
    proves(desk, raj, RAJ, 3)
    opens = {"about": "400639:technical", "service": ""}
    for path, fields in (
        ("/tickets/new", opens),
        (CANCEL, {"as": "sent", "service": "ms-1"}),
    ):
        raj.get(path)
        assert raj.post(path, raj.fields(path) | fields | {"words": f"It is slow, my PIN is {PIN}"}).status_code == 422
        assert "digits in this may be a PIN. They are left out below" in raj.words
        assert f"It is slow, my PIN is {MARK}" in raj.text
        assert PIN not in raj.text
        assert raj.post(path, raj.fields(path) | fields | {"words": f"It is slow, my PIN is {MARK}"}).status_code == 200
    (number,) = rows(desk, select(tables.tickets.c.number))[0]
    raj.get(f"/tickets/{number}")
    assert raj.send(f"/tickets/{number}/reply", words=f"pin code: {SAID}").status_code == 422
    assert f"pin code: {MARK}</textarea>" in raj.text
    assert SAID not in raj.text
    assert PIN not in kept(desk)


def test_not_what_the_desk_writes_down_for_them_and_no_search_finds_it(mailed: Desk) -> None:
    desk, mia = mailed, entered(mailed, MIA)
    mia.get("/tickets/new")
    about = {"about": "400639:technical", "service": "", "words": "It is slow"}
    mia.post("/tickets/new", mia.fields("/tickets/new") | about)
    (number,) = rows(desk, select(tables.tickets.c.number))[0]
    kim = Agent(desk)
    kim.sign_in()
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/note", words=f"She says her PIN is {PIN}")
    assert f"She says her PIN is {MARK}" in kim.read(f"/desk/tickets/{number}")
    assert f"/desk/tickets/{number}" not in kim.read(f"/desk/tickets?q={PIN}&status=all")
    assert PIN not in kept(desk)
