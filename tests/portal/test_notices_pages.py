"""Notices on pages: supervisors write them, look at who gets them and see what becomes of each; customers see what they are sent and why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from store import tables
from store.notices import mail_bounces
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Agent
from tests.portal.peopling import proved
from tests.portal.test_customers import entered
from tests.portal.test_own_pages import MIA, OLIVIA, RAJ, opened

TEXT = "Works on Sunday\nThe servers are away from two to three.\nSorry for that."


@pytest.fixture
def mailed(sample_sqlite: str) -> Iterator[tuple[Desk, Mailbox]]:
    with Mailbox() as mailbox:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        yield desk, mailbox
        desk.close()


def supervisor(desk: Desk) -> Agent:
    ana = Agent(desk, "lead.ana")
    ana.sign_in()
    return ana


def preview(who: Agent, **form: str) -> str:
    who.get("/desk/notices")
    who.send("/desk/notices/preview", **({"kind": "billing", "accounts": "200417", "words": TEXT} | form))
    return who.words


def test_a_supervisor_sees_who_gets_it_and_why_then_sends_it_and_sees_what_became_of_it(
    mailed: tuple[Desk, Mailbox],
) -> None:
    desk, mailbox = mailed
    ana = supervisor(desk)
    mailbox.says["RCPT accounts@harbourbakery.example"] = "550 5.1.1 nobody here"
    page = preview(ana, accounts="200417, 300528")
    assert "4 people" in page
    for line in ("Olivia Hart olivia.hart · MT-7", "Bea Lund bea.lund · MT-20", "Ines Costa ines.costa · SR-10"):
        assert line in page, page
    assert "@" not in page.replace("@ ", ""), "no address of anybody is shown"
    assert rows(desk, select(func.count()).select_from(tables.notices)) == [(0,)], "nothing is sent by looking"
    ana.send("/desk/notices")
    assert "It is on its way" in ana.words
    desk.work()
    page = ana.read("/desk/notices/1")
    assert "Works on Sunday" in page
    assert "Bea Lund bea.lund · MT-20 · refused by their mail server" in page
    assert "the mail server refuses the address for good (550)" in page
    assert "Olivia Hart olivia.hart · MT-7 · sent" in page
    assert "Bea Lund" not in ana.read("/desk/notices/1?state=sent")
    assert "3 sent · 1 refused by their mail server" in ana.read("/desk/notices")
    assert sorted(str(mail["To"]) for mail in mailbox.mails if mail["Subject"] == "Works on Sunday") == [
        "ines@northlight.example",
        "olivia@harbourbakery.example",
        "sam@northlight.example",
    ]
    e = tables.ledger.c
    found = rows(desk, select(e.who, e.action, e.decision, e.fields).where(e.action == "notice.billing"))
    assert ("staff:2", "notice.billing", "queued", "notice:1 people:2") in found
    assert ("desk:worker", "notice.billing", "sent", "notice:1 person:1") in found


def test_sent_twice_it_goes_once_and_what_was_typed_wrongly_is_still_there(mailed: tuple[Desk, Mailbox]) -> None:
    desk, _ = mailed
    ana = supervisor(desk)
    preview(ana)
    form = ana.fields("/desk/notices")
    for _again in range(2):
        ana.post("/desk/notices", form)
    assert rows(desk, select(func.count()).select_from(tables.notices)) == [(1,)]
    preview(ana)
    ana.send("/desk/notices")
    assert "The same text went to these accounts today" in ana.words
    assert "There is no account 999. Nothing was sent." in preview(ana, accounts="999")
    assert "The servers are away" in ana.text
    assert 'value="999"' in ana.text
    assert "Write the title in the first line" in preview(ana, words="One line")
    assert "Choose what it is about." in preview(ana, kind="ticket")
    assert rows(desk, select(func.count()).select_from(tables.notices)) == [(1,)]


def test_agents_have_no_such_page(mailed: tuple[Desk, Mailbox]) -> None:
    desk, _ = mailed
    kim = Agent(desk)
    kim.sign_in()
    assert "/desk/notices" not in kim.text
    for path in ("/desk/notices", "/desk/notices/1"):
        assert kim.get(path).status_code == 404
    kim.get("/desk")
    token = re.search(r'name="token" value="([^"]+)"', kim.text)
    assert token
    for path in ("/desk/notices", "/desk/notices/preview"):
        form = {"token": token[1], "kind": "billing", "accounts": "200417", "words": TEXT}
        assert kim.post(path, form).status_code == 404
    assert rows(desk, select(func.count()).select_from(tables.notices)) == [(0,)]


def test_a_customer_sees_what_they_are_sent_and_why_and_turns_mail_about_tickets_off(
    mailed: tuple[Desk, Mailbox],
) -> None:
    desk, mailbox = mailed
    tom = entered(desk, 3)
    page = tom.read("/me/notices")
    assert "Services, maintenance and advice rule D-notices.technical" in page
    assert "Invoices" not in page
    number = opened(tom, "200417:technical")
    desk.work()
    assert f"Ticket {number}: opened" in tom.read("/me/notices")
    assert [mail["To"] for mail in mailbox.mails if "Ticket" in mail["Subject"]] == [
        "olivia@harbourbakery.example",
        "tom@harbourbakery.example",
    ]
    tom.send("/me/notices")
    assert "You get no mail about your tickets from now on." in tom.words
    mailbox.mails.clear()
    opened(tom, "200417:technical")
    desk.work()
    assert [mail["To"] for mail in mailbox.mails] == ["olivia@harbourbakery.example"], "MT-7: every notice"
    tom.get("/me/notices")
    tom.send("/me/notices")
    assert "You get mail about your tickets from now on." in tom.words


def test_whose_mail_comes_back_reads_it_on_their_page(mailed: tuple[Desk, Mailbox]) -> None:
    desk, mailbox = mailed
    olivia = entered(desk, OLIVIA)
    mailbox.says["RCPT olivia@harbourbakery.example"] = "550 5.1.1 nobody here"
    opened(olivia, "200417:technical")
    desk.work()
    assert "Our mail to you comes back" in olivia.read("/me/notices")
    assert "refused by your mail server" in olivia.words
    mailbox.says.clear()
    opened(olivia, "200417:billing")
    desk.work()
    assert "Our mail to you comes back" not in olivia.read("/me/notices")


def test_the_people_page_says_what_each_is_sent_and_whose_address_refuses(one_desk: Desk) -> None:
    raj = proved(one_desk, RAJ)
    page = "/accounts/400639/people"
    assert "invoices and renewals, technical notices, account changes and their own tickets" in raj.read(
        f"{page}/raj.patel"
    )
    assert "By mail their own tickets" in raj.read(f"{page}/mia.chen")
    mia = entered(one_desk, MIA)
    assert "refuses our mail" not in mia.read("/me")
    with one_desk.store.transaction("test") as tx:
        mail_bounces.refused(tx, "mia@tideworks.example", "550")
    mia.get("/me/notices")
    mia.send("/me/notices", tickets="off")
    assert "refuses our mail since" in mia.read("/me")
    assert "By mail nothing but what concerns their own security Their address refuses our mail since" in raj.read(
        f"{page}/mia.chen"
    )
    assert raj.read(page).count("Their address refuses our mail since") == 1
