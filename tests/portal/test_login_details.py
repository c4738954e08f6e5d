"""Login details: left by the desk on a request for them, opened once, by the one they are for, in their own session with a second proof."""

from __future__ import annotations

import re
from email.message import EmailMessage
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from store import tables
from store.imports import import_run
from store.imports.file_format import read
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered, holds_nothing
from tests.portal.test_requests import asks, proves

OLIVIA, RAJ, MIA, DEV = 1, 7, 8, 2  # people of the sample file, by their id
TIDEWORKS, ASK = 3, "/accounts/400639/requests/new/service.credentials"
DETAILS = "host tide-web.example\nuser root\nsecret Zaungast-48-<Muehlrad>"
DAY = 24 * 3_600


def kim(desk: Desk) -> Browser:
    """One of the staff, signed in however it was."""
    browser = Browser(desk)
    with desk.store.transaction("test") as tx:
        browser.client.cookies.set("deskgate_session", sessions.begin(tx, STAFF, 1))
    return browser


@pytest.fixture
def asked(mailing: Desk) -> tuple[Desk, Browser, Browser, int]:
    """Raj has asked for login details, with a second proof; he, and Kim of the desk, at the ticket."""
    raj = entered(mailing, RAJ)
    proves(mailing, raj, RAJ, TIDEWORKS)
    raj.get(ASK)
    asks(raj, "sent", "The root login, please", path=ASK)
    found = re.search(r"#(\d+)", raj.words)
    assert found, raj.words
    return mailing, raj, kim(mailing), int(found[1])


def leaves(desk: Desk, who: Browser, number: int, words: str = DETAILS, days: str = "1") -> None:
    who.get(f"/desk/tickets/{number}")
    who.send(f"/desk/tickets/{number}/login-details", details=words, days=days)


def link_in(mailbox: Mailbox, desk: Desk) -> str:
    """The newest."""
    desk.work()
    found = re.findall(r"(/login-details/\S+)", str(mails_with_links(mailbox)[-1].get_content()))
    assert len(found) == 1
    return str(found[0])


def mails_with_links(mailbox: Mailbox) -> list[EmailMessage]:
    return [mail for mail in mailbox.mails if mail["Subject"] == "Login details wait for you"]


def state(desk: Desk) -> list[tuple[str, bool]]:
    d = tables.login_details.c
    return [(row[0], row[1] is not None) for row in rows(desk, select(d.state, d.sealed).order_by(d.id))]


def test_x6_they_are_opened_once_in_their_own_proved_session(
    asked: tuple[Desk, Browser, Browser, int], mailbox: Mailbox
) -> None:
    desk, raj, agent, number = asked
    leaves(desk, agent, number)
    assert "The login details are kept, and a mail with the link is on its way." in agent.words
    assert "They wait to be opened, until:" in agent.words
    assert "secret" not in agent.words
    link = link_in(mailbox, desk)
    (mail,) = mails_with_links(mailbox)
    assert mail["To"] == "raj@tideworks.example"
    assert not [one for one in mailbox.mails if "Zaungast" in str(one)]
    assert "Login details wait for you." in raj.read(f"/tickets/{number}")
    assert link not in raj.text, "the way to them is in the mail alone"
    fresh = entered(desk, RAJ)
    assert "/prove?account=400639" in fresh.client.get(link).headers["location"], "without a second proof nothing opens"
    fresh.get("/")
    fresh.post(link, fresh.fields("/sign-out"))
    assert "root" not in fresh.words
    stranger = Browser(desk)
    assert stranger.client.get(link).headers["location"].startswith("/sign-in?to=/login-details/")
    for person in (OLIVIA, MIA, DEV):
        one = entered(desk, person)
        proves(desk, one, person, TIDEWORKS)
        assert (one.get(link).status_code, one.words) == (one.get("/login-details/" + "0" * 40).status_code, one.words)
        assert "There is nothing here" in one.words
        one.get("/")
        assert one.post(link, one.fields("/sign-out")).status_code == 404
    assert "They are shown once, to you alone." in raj.read(link)
    assert "root" not in raj.words
    form = raj.fields(link)
    answer = raj.post(link, form)
    assert "secret Zaungast-48-&lt;Muehlrad&gt;" in raj.text
    assert answer.headers["cache-control"] == "no-store"
    raj.post(link, form)
    assert "Zaungast-48" in raj.words, "the same form, sent twice while the desk was slow"
    raj.get(link)
    assert "They were opened once, and are gone:" in raj.words
    raj.post(link, form | {"token": raj.fields("/sign-out")["token"]})
    assert "Zaungast-48" not in raj.words, "another form"
    assert "Raj Patel opened the login details" in agent.read(f"/desk/tickets/{number}")
    desk.pass_time(11 * 60)
    desk.container.worker.sweep()
    raj.post(link, form)
    assert "Zaungast-48" not in raj.words
    assert state(desk) == [("opened", False)]
    e = tables.ledger.c
    told = {
        row[0] for row in rows(desk, select(e.fields).where(e.action == "service.credentials", e.who == "person:7"))
    }
    assert any("login_details.shown" in fields for fields in told)


def test_they_end_by_time_by_the_desk_and_by_what_is_taken_away(
    asked: tuple[Desk, Browser, Browser, int], mailbox: Mailbox
) -> None:
    desk, raj, agent, number = asked
    leaves(desk, agent, number)
    first = link_in(mailbox, desk)
    leaves(desk, agent, number, "others", days="7")
    second = link_in(mailbox, desk)
    assert "The desk took them back:" in raj.read(first)
    agent.get(f"/desk/tickets/{number}")
    agent.send(f"/desk/tickets/{number}/login-details/withdraw")
    assert "The login details are gone. Nobody can open them." in agent.words
    assert "The desk took them back:" in raj.read(second)
    leaves(desk, agent, number)
    third = link_in(mailbox, desk)
    desk.pass_time(DAY)
    raj = entered(desk, RAJ)
    proves(desk, raj, RAJ, TIDEWORKS)
    assert "Nobody opened them in time, and they are gone:" in raj.read(third)
    desk.container.worker.sweep()
    assert "Nobody opened the login details in time" in kim(desk).read(f"/desk/tickets/{number}")
    leaves(desk, kim(desk), number)
    fourth = link_in(mailbox, desk)
    import_run.run(desk.store, read(b'{"people": [{"username": "raj.patel", "phones": ["+441632960777"]}]}'))
    raj = entered(desk, RAJ)
    assert "Something on file for you changed, so they are gone:" in raj.read(fourth)
    assert state(desk) == [(one, False) for one in ("withdrawn", "withdrawn", "expired", "revoked")]


def test_the_right_is_judged_when_they_are_opened(asked: tuple[Desk, Browser, Browser, int], mailbox: Mailbox) -> None:
    desk, raj, agent, number = asked
    leaves(desk, agent, number)
    link = link_in(mailbox, desk)
    raj.get(link)
    form = raj.fields(link)
    change(desk, tables.accounts.update().where(tables.accounts.c.number == "400639").values(status="suspended"))
    assert raj.post(link, form).status_code == 403
    assert "Tideworks Ltd is suspended, so nobody can ask to have login details sent now." in raj.words
    change(desk, tables.accounts.update().where(tables.accounts.c.number == "400639").values(status="active"))
    holds_nothing(desk, RAJ)
    assert raj.post(link, form).status_code == 404
    assert state(desk) == [("waiting", True)]


def test_where_they_cannot_be_left_nothing_is_kept_and_the_page_says_why(
    asked: tuple[Desk, Browser, Browser, int], mailbox: Mailbox
) -> None:
    desk, raj, agent, number = asked
    leaves(desk, agent, number, " ")
    assert "Nothing was sent" in agent.words or "write" in agent.words.lower()
    change(desk, tables.people.update().where(tables.people.c.id == RAJ).values(email_since=desk.now))
    leaves(desk, agent, number)
    assert "less than 72 hours old" in agent.words
    change(desk, tables.people.update().where(tables.people.c.id == RAJ).values(email_since=0))
    agent.get(f"/desk/tickets/{number}")
    form = agent.fields(f"/desk/tickets/{number}/login-details") | {"details": DETAILS, "days": "1"}
    raj.get("/tickets/new")
    raj.send("/tickets/new", about="400639:technical", words="A plain ticket", service="")
    assert 'name="details"' not in agent.get(f"/desk/tickets/{number + 1}").text
    agent.post(f"/desk/tickets/{number + 1}/login-details", form)
    assert "Nothing was kept: login details can be left only on an open request" in agent.words
    assert state(desk) == []
    leaves(desk, agent, number)
    change(desk, tables.people.update().where(tables.people.c.id == RAJ).values(email_since=desk.now))
    desk.work()
    assert mails_with_links(mailbox) == [], "the address became young before the mail went out"
    assert state(desk) == [("not_sent", False)]
    assert "did not go out" in agent.read(f"/desk/tickets/{number}")


def test_of_two_who_open_them_at_once_one_is_shown_them(
    asked: tuple[Desk, Browser, Browser, int], mailbox: Mailbox
) -> None:
    desk, _, agent, number = asked
    leaves(desk, agent, number)
    link = link_in(mailbox, desk)
    seen, start = list[bool](), Barrier(2)
    two = [entered(desk, RAJ) for _ in range(2)]
    for one in two:
        proves(desk, one, RAJ, TIDEWORKS)
        one.get(link)

    def opens(one: Browser) -> None:
        start.wait()
        one.send(link)
        seen.append("Zaungast-48" in one.words)

    threads = [Thread(target=opens, args=(one,)) for one in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [False, True]
