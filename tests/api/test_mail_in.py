"""T39, T58. Mail in: a mail tells nothing and changes nobody until whoever has that address has signed in and said that it was them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, update

from desk import mail_in
from store import tables
from store.mail_in import pending_mails
from store.mail_in.pending_mails import Mail
from tests.api.mailing import SETTINGS, MailServer, written
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.portal.browsing import Agent, Browser
from tests.portal.customers import Customer

MIA = "mia@tideworks.example"
STRANGER = "nobody@elsewhere.example"


@pytest.fixture
def desk(sample_url: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_url, smtp_url=mailbox.url, mail_from="desk@desk.example", **SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def server(desk: Desk) -> Iterator[MailServer]:
    with MailServer(desk) as opened:
        yield opened


def signed_in(desk: Desk, username: str = "mia.chen") -> Customer:
    customer = Customer(desk, username)
    customer.sign_in()
    return customer


def first_mail(browser: Browser, page: str = "/mails") -> str:
    browser.get(page)
    found = re.search(r'href="(/(?:desk/)?mails/\d+)"', browser.text)
    assert found, browser.words
    browser.get(found[1])
    return found[1]


def choice(browser: Browser) -> str:
    """What a ticket may be about, the first of the list."""
    found = re.search(r'<option value="([^"]+:[a-z]+)"', browser.text)
    assert found, browser.words
    return found[1]


def email_of(desk: Desk, username: str) -> str:
    p = tables.people.c
    with desk.store.transaction("test") as tx:
        return str(tx.connection.execute(select(p.email).where(p.username == username)).scalar_one())


def mia_ticket(desk: Desk) -> int:
    with desk.store.transaction("test") as tx:
        number: int = (
            tx.connection.execute(select(tables.tickets.c.number).order_by(tables.tickets.c.number.desc()))
            .scalars()
            .first()
            or 0
        )
    return number


def tickets_of(desk: Desk) -> list[tuple[str, str, str]]:
    t = tables.tickets.c
    with desk.store.transaction("test") as tx:
        return [tuple(row) for row in tx.connection.execute(select(t.title, t.channel, t.proof).order_by(t.number))]


def test_a_mail_becomes_a_ticket_when_its_writer_says_that_it_was_them(
    desk: Desk, server: MailServer, mailbox: Mailbox
) -> None:
    before = tickets_of(desk)
    assert server.says(MIA, "Our shop is down.\n\n-- \nMia\n") == (250, "2.0.0 kept")
    desk.work()
    assert tickets_of(desk) == before
    (answer,) = mailbox.mails
    assert (answer["To"], answer["Auto-Submitted"]) == (MIA, "auto-replied")
    assert "Our shop" not in answer.get_content()
    mia = signed_in(desk)
    page = first_mail(mia)
    assert "Our shop is down." in mia.read(page)
    mia.send(f"{page}/ticket", about=choice(mia))
    assert "It is down" in mia.words
    assert "Your ticket is open" in mia.words
    assert tickets_of(desk)[len(before) :] == [("It is down", "mail", "verified")]
    assert "No mail of yours waits" in mia.read("/mails")


def test_without_a_confirmation_nothing_is_known_by_it(desk: Desk, server: MailServer, mailbox: Mailbox) -> None:
    """An address on file and one of nobody's: the same answer, the same mail, the same statements."""
    said = [server.says(sender, "Who am I?") for sender in (MIA, STRANGER)]
    desk.work()
    first, second = mailbox.mails
    assert said[0] == said[1]
    contents = [re.sub(r"/yours/\d+-[0-9a-f]{32}\s", "/yours/… ", mail.get_content()) for mail in (first, second)]
    assert contents[0] == contents[1]
    for name in ("Subject", "From", "Auto-Submitted"):
        assert first[name] == second[name]
    assert {mail["To"] for mail in mailbox.mails} == {MIA, STRANGER}


def test_one_answer_a_day_and_none_to_what_answers_by_itself(desk: Desk, server: MailServer, mailbox: Mailbox) -> None:
    for n in range(3):
        server.says(STRANGER, f"Mail {n}")
    automatic = [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<things.example>"},
        {"X_Deskgate_Loop": "answered"},
        {"X_Auto_Response_Suppress": "All"},
    ]
    for n, headers in enumerate(automatic):
        server.says(f"robot{n}@elsewhere.example", "I am away", **headers)
    server.says("bounce@elsewhere.example", "It could not be delivered", returns_to="")
    server.says("mailer-daemon@elsewhere.example", "It could not be delivered")
    server.says("support@desk.example", "A loop")
    server.says("forged@elsewhere.example", "x", Authentication_Results="mx.desk.example; dmarc=fail; spf=pass")
    desk.work()
    assert [mail["To"] for mail in mailbox.mails] == [STRANGER]
    desk.pass_time(25 * 3600)
    server.says(STRANGER, "The next day")
    desk.work()
    assert [mail["To"] for mail in mailbox.mails] == [STRANGER, STRANGER]


def test_an_address_is_the_same_however_it_is_written(desk: Desk, server: MailServer, mailbox: Mailbox) -> None:
    server.says("MIA@Tideworks.example", "Our shop is down.")
    server.says(MIA, "Still down")
    desk.work()
    assert len(mailbox.mails) == 1
    mia = signed_in(desk)
    mia.get("/mails")
    assert len(re.findall(r'href="/mails/\d+"', mia.text)) == 2


def test_so_many_are_answered_and_the_others_wait_all_the_same(desk: Desk) -> None:
    many = pending_mails.ANSWERS.most + 5
    with desk.store.transaction("mail") as tx:
        for n in range(many):
            assert mail_in.keep(tx, Mail("", f"a{n}@x.example", f"a{n}@x.example", "Hello", "Hello"))
    jobs, mails = tables.jobs.c, tables.pending_mails.c
    with desk.store.transaction("test") as tx:
        owed = tx.connection.execute(select(func.count()).where(jobs.kind == pending_mails.WORK)).scalar_one()
        waiting = tx.connection.execute(select(func.count()).where(mails.state == "waiting")).scalar_one()
    assert (owed, waiting) == (pending_mails.ANSWERS.most, many)


def test_the_answer_comes_from_nobody(desk: Desk, server: MailServer, mailbox: Mailbox) -> None:
    """So that nothing answers it, and it names the mail it answers only where that is a Message-ID."""
    mailbox.says["MAIL desk@desk.example"] = "550 not you"
    server.says(STRANGER, "Hello", Message_ID="<one@elsewhere.example>")
    server.says("other@elsewhere.example", "Hello", Message_ID='<a b\t"c>')
    desk.work()
    assert {mail["To"]: mail["In-Reply-To"] for mail in mailbox.mails} == {
        STRANGER: "<one@elsewhere.example>",
        "other@elsewhere.example": None,
    }


def test_the_same_mail_twice_has_one_effect(desk: Desk, server: MailServer) -> None:
    for _ in range(2):
        assert server.says(MIA, "Once", Message_ID="<once@tideworks.example>")[0] == 250
    mia = signed_in(desk)
    page = first_mail(mia)
    mia.send(f"{page}/ticket", about=choice(mia))
    assert server.says(MIA, "Once", Message_ID="<once@tideworks.example>")[0] == 250
    assert "No mail of yours waits" in mia.read("/mails")
    assert [title for title, channel, _ in tickets_of(desk) if channel == "mail"] == ["It is down"]


def test_a_mail_is_for_nobody_but_whoever_has_its_address(desk: Desk, server: MailServer) -> None:
    """A mail of Mia's, asked for by somebody else, and one that is not there: the same page."""
    server.says(MIA, "Our shop is down.")
    mia, leo = signed_in(desk), signed_in(desk, "leo.fox")
    page = first_mail(mia)
    assert "No mail of yours waits" in leo.read("/mails")
    assert (leo.get(page).status_code, leo.text) == (leo.get("/mails/999999").status_code, leo.text)
    leo.get("/tickets/new")
    token = re.search(r'name="token" value="([^"]+)"', leo.text)
    assert token
    for deed in ("ticket", "answer", "not-mine"):
        leo.post(f"{page}/{deed}", {"token": token[1], "about": "200417:technical"})
    assert not [title for title, channel, _ in tickets_of(desk) if channel == "mail"]
    assert "Our shop is down" in mia.read(page)


def test_what_a_program_wrote_is_nobodys_to_confirm(desk: Desk, server: MailServer) -> None:
    server.says(MIA, "I am away", Auto_Submitted="auto-replied")
    mia, kim = signed_in(desk), Agent(desk)
    kim.sign_in()
    page = first_mail(kim, "/desk/mails").removeprefix("/desk")
    assert "No mail of yours waits" in mia.read("/mails")
    assert mia.get(page).status_code == 404


def test_who_has_no_address_has_no_mail_of_nobodys(desk: Desk, server: MailServer) -> None:
    """A mail that says it is from two says it is from nobody."""
    server.sends(b"From: a@x.example\nFrom: b@x.example\nSubject: Hello\n\nHello", "a@x.example")
    mia, p = signed_in(desk), tables.people
    with desk.store.transaction("test") as tx:
        tx.connection.execute(update(p).where(p.c.username == "mia.chen").values(email=""))
    assert "No mail of yours waits" in mia.read("/mails")


def test_what_became_of_one_is_not_changed_afterwards(desk: Desk, server: MailServer) -> None:
    """The desk has it open and removes it, when its writer has just confirmed it."""
    server.says(MIA, "Our shop is down.")
    mia, kim = signed_in(desk), Agent(desk)
    kim.sign_in()
    opened = first_mail(kim, "/desk/tickets?status=pending")
    page = first_mail(mia)
    mia.send(f"{page}/ticket", about=choice(mia))
    assert kim.send(f"{opened}/remove").status_code == 404
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.pending_mails.c.state)).scalar_one() == "confirmed"


def test_support_first_counts_for_mail(desk: Desk, server: MailServer) -> None:
    """Leo may see bills on the pages, and may get no support: his mail becomes no ticket, and the page says why."""
    server.says(email_of(desk, "leo.fox"), "Please cancel everything")
    leo = signed_in(desk, "leo.fox")
    page = first_mail(leo)
    assert "You may open no ticket by mail" in leo.read(page)
    leo.post(f"{page}/ticket", {**leo.fields(f"{page}/not-mine"), "about": "200417:technical"})
    assert "Nothing was opened" in leo.words
    assert not [title for title, channel, _ in tickets_of(desk) if channel == "mail"]


def test_who_did_not_write_it_says_so(desk: Desk, server: MailServer) -> None:
    mail = written(MIA, "Give me the password")
    mail.add_attachment(b"x", "image", "png", filename="a.png")
    server.sends(mail.as_bytes(), MIA)
    mia = signed_in(desk)
    page = first_mail(mia)
    mia.send(f"{page}/not-mine")
    assert "It is removed" in mia.words
    assert mia.get(page).status_code == 404
    m = tables.pending_mails.c
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(m.state, m.sealed, m.files)).one() == ("disowned", None, None)


def test_an_answer_to_a_mail_about_a_ticket_finds_it(desk: Desk, server: MailServer, mailbox: Mailbox) -> None:
    mia = signed_in(desk)
    mia.get("/tickets/new")
    mia.send("/tickets/new", about=choice(mia), words="The first words", service="")
    desk.work()
    mailbox.mails.clear()
    kim = Agent(desk)
    kim.sign_in()
    number = mia_ticket(desk)
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/take")
    kim.answers(f"/desk/tickets/{number}", "Try again now.", status="waiting")
    desk.work()
    told = next(mail for mail in mailbox.mails if mail["To"] == MIA and str(number) in mail["Subject"])
    assert told["Reply-To"] == "support@desk.example"
    forged = re.sub(r"ticket\.\d+", "ticket.1", told["Message-ID"])
    quoted = "It works.\n\nOn Sun, 22 Nov 2026 the desk wrote:\n> Try again now.\n"
    server.says(MIA, quoted, "Re: it", In_Reply_To=told["Message-ID"])
    server.says(MIA, "Forged", "Re: other", In_Reply_To=forged)
    pages = re.findall(r'href="(/mails/\d+)"', (mia.get("/mails")).text)
    assert "It answers ticket" not in mia.read(pages[1])
    assert f"It answers ticket #{number}" in mia.read(pages[0]), "first, as nobody but we can make what it answers"
    mia.send(f"{pages[0]}/answer")
    assert "It works." in mia.words
    assert "the desk wrote" not in mia.words
    assert "whole-mail.txt" in mia.words
