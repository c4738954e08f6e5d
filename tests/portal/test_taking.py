"""H13: who takes a ticket that others take at the same time, what can be done with one that is quarantined, and two who answer at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import hire
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_insider import accounts, signed_in

QUICKER = "A colleague took this ticket first: the page shows who. Press again to take it over."


def test_h13_of_four_agents_who_take_one_ticket_one_has_it(one_desk: Desk) -> None:
    """H13: all four have the page on which nobody has it; the others hear who was quicker, and may take it over then."""
    for n in range(2):
        hire(one_desk, f"agent.{n}", f"Agent {n}", "agent")
    (number,) = accounts(one_desk, 1)
    page = f"/desk/tickets/{number}"
    agents = [signed_in(one_desk, name) for name in ("agent.kim", "lead.ana", "agent.0", "agent.1")]
    for agent in agents:
        agent.get(page)
    said = [(agent.send(f"{page}/take"), agent.words)[1] for agent in agents]
    assert ["The ticket is yours." in words for words in said] == [True, False, False, False]
    assert all(QUICKER in words and "taken by Kim Novak" in words for words in said[1:])
    assert [row.event for row in rows(one_desk, select(tables.messages.c.event))] == ["taken"]
    agents[1].send(f"{page}/take")
    assert "The ticket is yours." in agents[1].words
    agents[2].send(f"{page}/take")
    assert QUICKER in agents[2].words, "they saw that Kim had it, and not that Ana does"


@pytest.mark.parametrize("deed", ["take", "answer", "note", "status", "callback"])
def test_h13_nothing_is_done_with_a_ticket_that_is_held(one_desk: Desk, deed: str) -> None:
    """H13: told so, and not an error; nobody is called who may not be alone."""
    (number,) = accounts(one_desk, 1)
    ana, page = signed_in(one_desk, "lead.ana"), f"/desk/tickets/{number}"
    opened_by = select(tables.people.c.id).limit(1).scalar_subquery()
    change(one_desk, update(tables.tickets).values(status="quarantined", opened_by=opened_by))
    ana.get(page)
    form = ana.fields(f"{page}/release") | {"words": "hello", "status": "closed"}
    assert ana.post(f"{page}/{deed}", form).status_code == 200
    assert "This ticket is quarantined. Put it into the queue" in ana.words
    assert rows(one_desk, select(tables.messages)) == []
    assert rows(one_desk, select(tables.callbacks)) == []
    assert rows(one_desk, select(tables.tickets.c.status)) == [("quarantined",)]
    ana.get(page)
    ana.send(f"{page}/release")
    assert "The ticket is in the queue now." in ana.words


def answers_of(desk: Desk) -> list[str]:
    m = tables.messages.c
    theirs = m.author.like("staff:%"), m.internal.is_(False), m.event == ""
    return [row.body for row in rows(desk, select(m.body).where(*theirs).order_by(m.id))]


@pytest.mark.parametrize("deed", ["answer", "close"])
def test_h13_who_answers_after_a_colleague_reads_theirs_first_and_loses_no_word(one_desk: Desk, deed: str) -> None:
    """H13: nobody took it, and both write. The second is told before anything goes out, and sends it then, or not."""
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    for agent in (kim, ana):
        agent.get(PAGE)
    if deed == "answer":
        ana.answers(PAGE, "Restarted. Better?")
    else:
        ana.send(f"{PAGE}/status", status="closed")
    kim.send(f"{PAGE}/answer", words="Have you tried a restart?")
    assert "a colleague answered or closed this ticket after you opened it" in kim.words
    assert ("Restarted. Better?" if deed == "answer" else "Ana Brandt closed this ticket") in kim.words
    assert "Have you tried a restart?</textarea>" in kim.text, "what they typed is still there"
    assert "Have you tried a restart?" not in answers_of(one_desk)
    kim.answers(PAGE, "Have you tried a restart?")
    assert answers_of(one_desk)[-1:] == ["Have you tried a restart?"], "they have read it, and want it sent"
    kim.answers(PAGE, "Or two?")
    assert answers_of(one_desk)[-1:] == ["Or two?"], "their own answers stop nobody"


def test_who_opens_a_ticket_that_a_colleague_has_reads_so_where_they_write(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    kim.get(PAGE)
    assert "This ticket is with" not in kim.words
    kim.send(f"{PAGE}/take")
    warned = "This ticket is with Kim Novak. Ask them before you answer."
    assert warned in ana.read(PAGE)
    assert warned not in kim.read(PAGE)


def test_a_ticket_that_was_taken_by_mistake_is_put_back(one_desk: Desk) -> None:
    """It is a case of theirs no more, and a colleague takes it as one that nobody has."""
    (number,) = accounts(one_desk, 1)
    kim, ana, page = signed_in(one_desk), signed_in(one_desk, "lead.ana"), f"/desk/tickets/{number}"
    kim.get(page)
    kim.send(f"{page}/take")
    sent = kim.fields(f"{page}/put-back")
    assert kim.get("/desk/account/900000").status_code == 200
    kim.get(page)
    kim.send(f"{page}/put-back")
    assert "Nobody has the ticket now" in kim.words
    assert "nobody has taken it" in kim.words
    assert kim.get("/desk/account/900000").status_code == 403
    ana.get(page)
    ana.send(f"{page}/take")
    assert "The ticket is yours." in ana.words
    kim.post(f"{page}/put-back", sent)
    assert "That ticket is not yours." in kim.words
    m = tables.messages.c
    events = [(row.event, row.internal) for row in rows(one_desk, select(m.event, m.internal).order_by(m.id))]
    assert events == [("taken", True), ("put_back", True), ("taken", True)]


def test_whoever_answers_a_ticket_that_nobody_has_takes_it_and_closes_it_in_the_same_press(one_desk: Desk) -> None:
    """A colleague's is answered, and stays theirs."""
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    for agent in (kim, ana):
        agent.get(PAGE)
    kim.answers(PAGE, "Restarted.", then="close")
    assert "Closed" in kim.words
    assert "taken by Kim Novak" in ana.read(PAGE)
    assert status_of(one_desk) == "closed"
    ana.answers(PAGE, "And upgraded.", then="open")
    assert "taken by Kim Novak" in ana.words
    assert status_of(one_desk) == "open"
    ana.answers(PAGE, "Better?", then="wait")
    assert status_of(one_desk) == "waiting"
    m = tables.messages.c
    events = [row.event for row in rows(one_desk, select(m.event).where(m.event != "").order_by(m.id))]
    assert events == ["taken", "closed"]


def test_an_answer_that_closes_is_one_mail(mailing: Desk, mailbox: Mailbox) -> None:
    ticket_of(mailing, "person:8")
    kim = signed_in(mailing)
    kim.get(PAGE)
    mailing.work()
    before = len(mailbox.mails)
    kim.answers(PAGE, "Restarted.", then="close")
    mailing.work()
    assert {mail["Subject"].partition(": ")[2] for mail in mailbox.mails[before:]} == {"answered and closed"}


def status_of(desk: Desk) -> str:
    return str(rows(desk, select(tables.tickets.c.status))[0][0])


def test_a_ticket_is_handed_over_to_a_colleague_who_works_here(one_desk: Desk) -> None:
    (number,) = accounts(one_desk, 1)
    hire(one_desk, "agent.9", "Lee Gone", "agent")
    kim, ana, page = signed_in(one_desk), signed_in(one_desk, "lead.ana"), f"/desk/tickets/{number}"
    kim.get(page)
    old = kim.fields(f"{page}/hand-over")
    kim.send(f"{page}/take")
    gone = tables.staff.c.username == "agent.9"
    lee = rows(one_desk, select(tables.staff.c.id).where(gone))[0][0]
    change(one_desk, update(tables.staff).where(gone).values(suspended_at=one_desk.now))
    assert "Lee Gone" not in kim.read(page)
    for other in (lee, kim.staff, 77):
        kim.get(page)
        kim.send(f"{page}/hand-over", to=str(other))
        assert "choose a colleague who works here" in kim.words
    kim.send(f"{page}/hand-over", to=str(ana.staff))
    assert "The ticket is your colleague's now." in kim.words
    assert "Kim Novak handed this ticket over to a colleague" in kim.words
    assert "Ana Brandt has this ticket now" in kim.words
    assert kim.get("/desk/account/900000").status_code == 403, "it is a case of theirs no more"
    assert ana.get("/desk/account/900000").status_code == 200
    kim.post(f"{page}/hand-over", old | {"to": str(ana.staff)})
    assert "They have that ticket already." in kim.words
    ana.get(page)
    ana.send(f"{page}/put-back")
    ana.send(f"{page}/take")
    hire(one_desk, "agent.8", "Ida Berg", "agent")
    ida = rows(one_desk, select(tables.staff.c.id).where(tables.staff.c.username == "agent.8"))[0][0]
    kim.post(f"{page}/hand-over", kim.fields(f"{page}/take") | {"to": str(ida), "had": ""})
    assert QUICKER in kim.words, "not from under a colleague whom they did not see there"
