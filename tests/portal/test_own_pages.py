"""What a customer sees on their own pages: what is theirs and nothing else, and tickets that are opened, read and answered there."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from authz import Subject
from store import tables
from store.notices import mail_bounces
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent, Browser
from tests.portal.test_customers import entered, holds_nothing

# People of the sample file, by their id.
OLIVIA, DEV, SAM, INES, RAJ, MIA, LEO = 1, 2, 5, 6, 7, 8, 9
WORDS = "The site is <b>down</b>;\nsince 'noon' & before 👋"


def opened(who: Browser, about: str = "400639:technical", words: str = WORDS, service: str = "") -> int:
    who.get("/tickets/new")
    assert who.send("/tickets/new", about=about, words=words, service=service).status_code == 200
    found = re.search(r"#(\d+)", who.words)
    assert found, who.words
    return int(found[1])


def told(desk: Desk, person: int) -> set[str]:
    e = tables.ledger.c
    of = rows(desk, select(e.fields).where(e.who == Subject.of_person(person)))
    return {field for (fields,) in of for field in fields.split()}


def test_a_billing_contact_sees_invoices_and_no_tickets(one_desk: Desk) -> None:
    ines = entered(one_desk, INES)
    page = ines.read("/accounts/300528")
    assert "Northlight Studio Account 300528 · Active" in page
    assert "SR-118 64.50 EUR paid" in page
    assert "see what is owed" in page
    assert "Sam Okoro" in page, "who can give her more"
    assert "as-button" not in ines.text, "nothing to open"
    assert "You may see tickets on none of your accounts" in ines.read("/tickets")
    assert "You may open tickets on none of your accounts" in ines.read("/tickets/new")
    assert '<form method="post" action="/tickets/new"' not in ines.text
    assert {"invoice.amount", "account.status", "ticket.none"} & told(one_desk, INES) == {
        "invoice.amount",
        "account.status",
    }


def test_a_services_contact_sees_services_and_no_invoices(one_desk: Desk) -> None:
    leo = entered(one_desk, LEO)
    page = leo.read("/accounts/400639")
    assert "Miniserver tide-web running" in page
    assert "Miniserver tide-dev stopped" in page
    assert "Invoices" not in page
    assert "311.20" not in page
    assert "Raj Patel" in page
    assert "You change them in the OpenSRS interface." in page, "MS-47 to MS-49"
    assert "OpenSRS" not in entered(one_desk, OLIVIA).read("/accounts/200417")
    assert {"service.name", "service.status"} <= told(one_desk, LEO)
    assert "invoice.number" not in told(one_desk, LEO)


def test_a_ticket_is_opened_read_answered_solved_and_reopened(one_desk: Desk) -> None:
    mia, kim = entered(one_desk, MIA), Agent(one_desk)
    number = opened(mia, service="400639:ms-1")
    assert "Your ticket is open" in mia.words
    assert "The site is <b>down</b>; since 'noon' & before 👋" in mia.words
    assert "Miniserver tide-web" in mia.words
    kim.sign_in()
    page = kim.read(f"/desk/tickets/{number}")
    assert "by the portal" in page
    assert "an answer now waits for them on their account's pages" not in page, (
        "she never joined: only her phone is left"
    )
    change(one_desk, tables.person_logins.insert().values(person_id=MIA, password=b"x", set_at=one_desk.now))
    assert "an answer now waits for them on their account's pages" in kim.read(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/note", words="a note of ours alone")
    kim.answers(f"/desk/tickets/{number}", "We look at it.")
    assert "waits for Mia Chen on their account's pages" in kim.words
    with one_desk.store.transaction("test") as tx:
        mail_bounces.refused(tx, "mia@tideworks.example", "550")
    assert "Their address refuses our mail, so no mail tells them so." in kim.read(f"/desk/tickets/{number}")
    raj = entered(one_desk, RAJ)
    assert "We look at it." in raj.read(f"/tickets/{number}")
    assert "waits for Mia" in kim.read(f"/desk/tickets/{number}"), "whoever else reads it, she has not"
    page = mia.read(f"/tickets/{number}")
    assert "Kim Novak of the support desk" in page
    assert "We look at it." in page
    assert "a note of ours alone" not in page
    assert "Mia Chen read this on their account's pages" in kim.read(f"/desk/tickets/{number}")
    assert mia.send(f"/tickets/{number}/reply", words="  ").status_code == 422
    assert "Please write something." in mia.words
    mia.send(f"/tickets/{number}/reply", words="Thank you")
    assert "Your answer is with the desk." in mia.words
    mia.send(f"/tickets/{number}/solved")
    assert "Closed. Thank you." in mia.words
    mia.send(f"/tickets/{number}/reopen")
    assert "It is open again" in mia.words
    assert "Thank you" in kim.read(f"/desk/tickets/{number}")


def test_e11_a_form_sent_twice_opens_one_ticket_and_what_was_not_taken_is_still_there(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA)
    mia.get("/tickets/new")
    form = mia.fields("/tickets/new") | {"about": "", "words": WORDS, "service": ""}
    assert mia.post("/tickets/new", form).status_code == 422
    assert "Please choose what it is about." in mia.words
    assert "The site is &lt;b&gt;down" in mia.text
    form = mia.fields("/tickets/new") | {"about": "400639:technical", "words": WORDS, "service": ""}
    before = count(one_desk, tables.tickets)
    led = {mia.client.post("/tickets/new", data=form, headers={"Origin": PUBLIC}).headers["location"] for _ in range(3)}
    assert len(led) == 1
    assert count(one_desk, tables.tickets) == before + 1
    page = next(iter(led)).partition("?")[0]
    mia.get(page)
    form = mia.fields(f"{page}/reply") | {"words": "and again"}
    said = count(one_desk, tables.messages)
    for _ in range(3):
        mia.post(f"{page}/reply", form)
    assert count(one_desk, tables.messages) == said + 1


def test_nobody_of_another_account_gets_anything_and_all_hear_the_same(one_desk: Desk) -> None:
    """Every person who is not on Tideworks asks for all that is its: as if it did not exist."""
    number = opened(entered(one_desk, MIA))
    there = {f"/accounts/{account}": "/accounts/999999" for account in ("400639",)} | {
        f"/tickets/{number}": "/tickets/999999"
    }
    before = count(one_desk, tables.messages), count(one_desk, tables.tickets)
    c = tables.contacts.c
    on = select(c.person_id).join(tables.accounts).where(tables.accounts.c.number == "400639")
    strangers = [id for (id,) in rows(one_desk, select(tables.people.c.id).where(tables.people.c.id.not_in(on)))]
    assert len(strangers) == 5
    for person in strangers:
        one = entered(one_desk, person)
        for theirs, nobodys in there.items():
            assert (one.get(theirs).status_code, one.words) == (one.get(nobodys).status_code, one.words)
            assert one.page is not None
            assert one.page.status_code == 404
        one.get("/")
        token = one.fields("/sign-out")
        answers = [
            [
                (one.post(f"/tickets/{n}/{deed}", token | {"words": "mine now"}).status_code, one.words)
                for n in (number, 999999)
            ]
            for deed in ("reply", "solved", "reopen")
        ]
        assert all(ours == nobodys and ours[0] == 404 for ours, nobodys in answers)
        for about in (
            "400639:technical",
            "400639:billing",
            "400639:contacts.manage",
            "999999:technical",
            ":",
            "400639:",
        ):
            form = token | {"about": about, "words": "mine now", "service": "400639:ms-1" if "4006" in about else ""}
            assert one.post("/tickets/new", form).status_code == 422
            assert "Tideworks" not in one.words
        assert f"#{number}" not in one.read("/tickets")
        assert "Tideworks" not in one.read("/tickets/new?account=400639")
    assert (count(one_desk, tables.messages), count(one_desk, tables.tickets)) == before


def test_fields_that_are_forged_give_nothing(one_desk: Desk) -> None:
    """Mia may open technical tickets on Tideworks and nothing else: no other topic, no request, no account, no service of others."""
    mia = entered(one_desk, MIA)
    before = count(one_desk, tables.tickets)
    mia.get("/tickets/new")
    for about in (
        "400639:billing",
        "400639:service.cancel",
        "400639:contacts.manage",
        "200417:technical",
        "400639:account",
        "8:technical",
    ):
        assert mia.send("/tickets/new", about=about, words="forged", service="").status_code == 422, about
    assert (
        mia.send("/tickets/new", about="400639:technical", words="forged", service="200417:grid-1").status_code == 422
    )
    assert count(one_desk, tables.tickets) == before
    number = opened(mia, service="400639:grid-1")
    assert "Grid" not in mia.words, "a service that is not there is none"
    t = tables.tickets.c
    assert rows(one_desk, select(t.service, t.channel).where(t.number == number)) == [(None, "portal")]


def test_a_right_that_was_taken_away_is_gone_at_the_next_click(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA)
    number = opened(mia)
    mia.get("/tickets/new")
    form = mia.fields("/tickets/new") | {"about": "400639:technical", "words": "too late", "service": ""}
    mia.get(f"/tickets/{number}")
    reply = mia.fields(f"/tickets/{number}/reply") | {"words": "too late"}
    holds_nothing(one_desk, MIA)
    before = count(one_desk, tables.messages)
    assert mia.post("/tickets/new", form).status_code == 422
    assert "too late" in mia.words, "what was typed is not lost"
    assert mia.post(f"/tickets/{number}/reply", reply).status_code == 404
    assert mia.get(f"/tickets/{number}").status_code == 404
    assert mia.get("/accounts/400639").status_code == 404
    assert count(one_desk, tables.messages) == before


def test_what_was_written_in_a_session_that_has_ended_is_shown_to_its_writer_and_not_sent(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA)
    mia.get("/tickets/new")
    one_desk.pass_time(61 * 60)
    answer = mia.send("/tickets/new", about="400639:technical", words=WORDS, service="")
    assert answer.status_code == 403
    assert 'deskgate_account="";' in answer.headers["set-cookie"]
    assert "You were signed out before this was sent" in mia.words
    assert "The site is <b>down</b>" in mia.words
    assert count(one_desk, tables.tickets) == 0


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_what_is_left_of_an_account_that_is(one_desk: Desk, state: str) -> None:
    change(one_desk, tables.accounts.update().where(tables.accounts.c.number == "400639").values(status=state))
    raj = entered(one_desk, RAJ)
    page = raj.read("/accounts/400639")
    assert f"Account 400639 · {state.title()}" in page
    raj.get("/tickets/new")
    raj.send("/tickets/new", about="400639:billing", words="Why?", service="")
    assert f"Tideworks Ltd is {state}, so this went to billing" in raj.words
    assert raj.send("/sign-out").status_code == 200


def test_lists_come_in_pages_and_say_when_there_is_nothing(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA)
    assert "There are no tickets yet." in mia.read("/tickets")
    numbers = [opened(mia, words=f"Word {n}") for n in range(21)]
    first = mia.read("/tickets")
    assert [f"#{number} " in first for number in numbers] == [False] + [True] * 20
    assert "Older" in first
    assert f"#{numbers[0]} " in mia.read("/tickets?page=1")
    assert "Newer" in mia.words
    assert "There are no more tickets." in mia.read("/tickets?page=7")
