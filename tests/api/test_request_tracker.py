"""T55: Tickets go to a real Request Tracker 5 and come back from there: each thing once, to the right person, and notes to nobody else."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from api.help_desks import texts
from store import tables
from store.help_desks import help_desk_tickets
from tests.desk import Desk
from tests.ivr.test_duress import MIA as BY_PHONE
from tests.ivr.test_duress import PIN, UNDER_THREAT, give
from tests.ivr.wire import Caller, Wire, change, rows
from tests.portal.browsing import Agent
from tests.portal.test_files import MIA, RAJ, SHOT, known, opened, sends
from tests.request_tracker import OURS, PASSWORD, RequestTracker

KIM, ANA, STRANGER = "agent.kim", "lead.ana", "nobody.here"


def connected(url: str, rt: RequestTracker) -> Desk:
    desk = Desk(url, rt_url=rt.url, rt_user=OURS, rt_password=PASSWORD, webhook_networks="127.0.0.0/8")
    look(desk)
    return desk


@pytest.fixture
def desk(sample_url: str, rt: RequestTracker) -> Iterator[Desk]:
    opened = connected(sample_url, rt)
    yield opened
    opened.close()


def look(desk: Desk) -> None:
    """What the worker does there now and then, and all that comes of it."""
    assert desk.container.help_desk is not None
    desk.container.help_desk.look()
    desk.work()


def theirs(desk: Desk) -> list[int]:
    """Their numbers of our tickets, in our order."""
    h = tables.help_desk_tickets.c
    return [row.theirs for row in rows(desk, select(h.theirs).order_by(h.ticket))]


def answers(rt: RequestTracker, who: str, ticket: int, words: str, *, how: str = "correspond", **more: Any) -> None:
    """Somebody writes there, as the page of RT has it written: in HTML."""
    rt.ask(who, "POST", f"ticket/{ticket}/{how}", {"Content": words, "ContentType": "text/html", **more})


def test_a_ticket_goes_there_and_back_over_an_outage(desk: Desk, rt: RequestTracker) -> None:
    mia, kim = known(desk, MIA), Agent(desk)
    kim.sign_in()
    page = opened(desk, mia, ("shot.png", SHOT))
    desk.work()
    (ticket,) = theirs(desk)
    there = rt.ask(OURS, "GET", f"ticket/{ticket}")
    assert [one["id"] for one in there["Requestor"]] == [f"deskgate-person-{MIA}"]
    assert rt.ask(OURS, "GET", f"user/deskgate-person-{MIA}")["EmailAddress"] == "", "RT can mail them nothing"
    kinds = [(kind, words.splitlines()[0]) for kind, _, words in rt.said(ticket)]
    assert kinds == [
        ("Create", "See the picture"),
        ("Comment", "Mia Chen, for account 400639 (Tideworks Ltd), by portal. Proved by: verified."),
        ("Correspond", "(A file: shot.png.)"),
    ]

    # An answer and a note on each side, while RT is killed in the middle.
    answers(
        rt, KIM, ticket, "<p>Which <b>host</b>?</p><p>Kim &amp; co</p>", Attachments=[file("how to.txt", b"like so")]
    )
    answers(rt, KIM, ticket, "<p>she sounds odd: a secret of ours</p>", how="comment")
    answers(rt, STRANGER, ticket, "<p>click here</p>")
    look(desk)
    look(desk)
    rt.kill()
    assert "Which host? Kim & co" in mia.read(page)
    sends(mia, f"{page}/reply", [("log.txt", b"one line")], words="web1 é ☃")
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/note", words="another secret of ours")
    desk.work()
    look(desk)
    rt.start()
    desk.pass_time(301)
    look(desk)
    desk.pass_time(301)
    look(desk)
    assert rt.said(ticket)[6:] == [
        (
            "Comment",
            OURS,
            texts.word("not_done", "unknown", username=STRANGER),
        ),
        ("Correspond", OURS, "web1 é ☃"),
        ("Correspond", OURS, "(A file: log.txt.)\none line"),
        ("Comment", OURS, "another secret of ours"),
    ]
    shown = mia.read(page)
    assert shown.count("Which host? Kim & co") == 1
    assert "Kim Novak" in shown
    assert "how to.txt" in shown
    assert not [word for word in ("secret", "click here", "nobody.here") if word in mia.text]
    assert "she sounds odd" in kim.read("/desk/tickets/1001"), "the desk sees its notes on both sides"

    # The status, both ways.
    rt.ask(KIM, "PUT", f"ticket/{ticket}", {"Status": "resolved"})
    look(desk)
    assert "closed this ticket" in mia.read(page)
    mia.send(f"{page}/reopen")
    sends(mia, f"{page}/reply", [], words="It is down again")
    desk.work()
    assert (rt.one(ticket)["status"], rt.said(ticket)[-1]) == ("open", ("Correspond", OURS, "It is down again"))
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/status", status="closed")
    desk.work()
    look(desk)
    assert rt.one(ticket)["status"] == "resolved"
    assert "mia@tideworks.example" not in rt.mailed()
    assert "To: deskgate-person" not in rt.mailed()
    assert owed(desk) == []


def file(name: str, content: bytes) -> dict[str, str]:
    return {"FileName": name, "FileType": "text/plain", "FileContent": base64.b64encode(content).decode()}


def owed(desk: Desk) -> Sequence[Any]:
    j = tables.jobs.c
    return rows(desk, select(j.kind, j.error).where(j.done_at.is_(None) | j.given_up, j.kind.like("help_desk.%")))


@pytest.mark.long_story
def test_what_was_done_and_not_written_down_is_not_done_again(desk: Desk, rt: RequestTracker) -> None:
    """A worker died just after RT had it: all of it is tried again, and RT is asked before."""
    mia = known(desk, MIA)
    page = opened(desk, mia, ("shot.png", SHOT))
    sends(mia, f"{page}/reply", [], words="It is web1")
    desk.work()
    before, (ticket,) = rt.said(theirs(desk)[0]), theirs(desk)
    m = tables.help_desk_messages
    for lost in (delete(m).where(m.c.key != "said:1"), delete(tables.help_desk_tickets)):
        change(desk, lost)
        with desk.store.transaction("test") as tx:
            help_desk_tickets.owe(tx, 1001)
        desk.work()
        assert (theirs(desk), rt.said(ticket)) == ([ticket], before)
    answers(rt, KIM, ticket, "<p>Thanks</p>")
    look(desk)
    change(desk, delete(tables.help_desk_transactions))
    change(desk, update(tables.help_desk_positions).values(seen=0))
    look(desk)
    assert mia.read(page).count("Thanks") == 1
    assert len(rt.said(ticket)) == len(before) + 1, "its own loop is broken"


@pytest.mark.long_story
def test_two_customers_in_one_of_their_tickets_reach_neither_of_them_there(desk: Desk, rt: RequestTracker) -> None:
    mia, raj = known(desk, MIA), known(desk, RAJ)
    pages = [opened(desk, one) for one in (mia, raj)]
    desk.work()
    first, second = theirs(desk)
    answers(rt, KIM, first, "<p>for Mia alone</p>")
    rt.ask(KIM, "PUT", f"ticket/{first}", {"MergeInto": second})
    answers(rt, KIM, second, "<p>for whom is this?</p>")
    look(desk)
    look(desk)
    anew = theirs(desk)
    assert not {first, second} & set(anew)
    assert [rt.ask(OURS, "GET", f"ticket/{one}")["Requestor"][0]["id"][-1] for one in anew] == [str(MIA), str(RAJ)]
    assert [words for kind, _, words in rt.said(anew[0]) if kind == "Correspond"] == ["for Mia alone"]
    assert any("holds two customers'" in words and "Not sent" in words for _, _, words in rt.said(second))
    assert "for Mia alone" in mia.read(pages[0])
    assert "for Mia alone" not in raj.read(pages[1])
    assert "for whom" not in mia.read(pages[0]) + raj.read(pages[1])
    answers(rt, KIM, anew[1], "<p>for Raj</p>")
    look(desk)
    assert "for Raj" in raj.read(pages[1])
    assert "for Raj" not in mia.read(pages[0])


@pytest.mark.long_story
def test_tickets_of_one_requester_are_merged_on_either_side(desk: Desk, rt: RequestTracker) -> None:
    mia, kim = known(desk, MIA), Agent(desk)
    kim.sign_in()
    pages = [opened(desk, mia) for _ in range(3)]
    desk.work()
    first, second, third = theirs(desk)
    rt.ask(KIM, "PUT", f"ticket/{first}", {"MergeInto": second})
    look(desk)
    assert "goes on as your ticket #1002" in mia.read(pages[0])
    kim.get("/desk/tickets/1003")
    kim.send("/desk/tickets/1003/merge", into="1002")
    desk.work()
    look(desk)
    assert [rt.one(one)["goes_by"] for one in (first, second, third)] == [str(second)] * 3
    answers(rt, ANA, second, "<p>here it goes on</p>")
    look(desk)
    shown = [mia.read(page).count("here it goes on") for page in pages]
    assert shown == [0, 1, 0]
    assert owed(desk) == []


@pytest.mark.long_story
def test_who_may_not_here_may_not_there(desk: Desk, rt: RequestTracker) -> None:
    give(desk, BY_PHONE, PIN, UNDER_THREAT)
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(BY_PHONE, UNDER_THREAT)
    caller.key("1")
    caller.key("0")
    caller.say("RE" + "1" * 32)
    caller.hang_up()
    desk.work()
    assert theirs(desk) == [], "what is left under a threat does not leave the house"
    mia = known(desk, MIA)
    page = opened(desk, mia)
    desk.work()
    (ticket,) = theirs(desk)
    change(desk, update(tables.staff).where(tables.staff.c.username == KIM).values(suspended_at=1))
    answers(rt, KIM, ticket, "<p>I was sent away</p>")
    rt.ask(KIM, "PUT", f"ticket/{ticket}", {"Status": "resolved"})
    look(desk)
    assert "sent away" not in mia.read(page)
    assert "closed this ticket" not in mia.words
    assert any("agent.kim may not work on this ticket" in words for _, _, words in rt.said(ticket))
