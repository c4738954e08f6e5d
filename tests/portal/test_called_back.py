"""What became of each callback is on its ticket, in order, for the desk alone; and where none can be made none is offered."""

from __future__ import annotations

from dataclasses import replace

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, insert, select, update

from portal.router import router
from simulator.phone import Phone
from store import tables
from tests.desk import PUBLIC, Desk
from tests.ivr.switchboard import asks, taken
from tests.ivr.test_callbacks import rung
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_card import on_the_phone, signed_in

PAGE = "/desk/tickets/1001"


def ticket_of(desk: Desk, opened_by: str) -> None:
    """Somebody's, of their only account, opened in Slack."""
    person = int(opened_by.partition(":")[2])
    c = tables.contacts.c
    account = rows(desk, select(c.account_id).where(c.person_id == person))[0][0]
    row = {"account_id": account, "opened_by": person, "topic": "technical", "kind": "problem", "title": "slow"}
    row |= {"status": "open", "channel": "slack", "opened_at": desk.now, "number": 1001}
    change(desk, insert(tables.tickets).values(row))


def calls_back(desk: Desk, kim: Agent) -> Phone:
    """Kim has Mia called back about her ticket; the phone that rings."""
    kim.get(PAGE)
    kim.send(f"{PAGE}/callback")
    assert "We are calling them on a number on file" in kim.words
    desk.work()
    return rung(desk)


def test_an_agent_reads_later_what_became_of_each_callback(one_desk: Desk) -> None:
    """Nobody answered, called again, reached: by whom and for how long. The customer sees nothing of it."""
    asks(one_desk).hang_up()
    one_desk.work()
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    calls_back(one_desk, kim).no_answer()
    one_desk.pass_time(600)
    mia = calls_back(one_desk, kim)
    mia.answer()
    mia.hang_up()
    one_desk.pass_time(600)
    mia = calls_back(one_desk, kim)
    mia.answer()
    mia.press("17846325#")
    one_desk.work()
    taken(one_desk, mia, kim.digits()["1"])
    one_desk.pass_time(125)
    mia.hang_up()
    one_desk.work()
    ana.get(PAGE)
    asked = "Kim Novak asked for a callback on a number on file"
    story = [
        asked,
        "We called back and nobody answered.",
        asked,
        "We called back. Somebody answered, and did not come through to the desk: they have proved nothing.",
        asked,
        "We called back. They gave their PIN, and talked to Kim Novak for 2 min.",
    ]
    rest = ana.words
    for line in story:
        before, found, rest = rest.partition(line)
        assert found, (line, before)
    m = tables.messages.c
    assert all(row.internal for row in rows(one_desk, select(m.internal).where(m.author.not_like("person:%"))))


def offers(agent: Agent, page: str) -> bool:
    agent.get(page)
    return "Call back on a number on file" in agent.words


def test_a_callback_is_offered_where_it_can_be_made_and_its_reason_said_where_it_cannot(one_desk: Desk) -> None:
    """Not in the middle of a talk with them, not just after another, not where there is no number old enough."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    mia = on_the_phone(one_desk, kim)
    ticket_of(one_desk, "person:8")
    assert not offers(kim, "/desk")
    assert not offers(kim, PAGE)
    assert "They cannot be called back while you talk to them." in kim.words
    assert offers(ana, PAGE), "and nobody else hears that they are on the phone"
    sent = ana.fields(f"{PAGE}/callback")
    mia.hang_up()
    one_desk.work()
    assert offers(kim, "/desk")
    assert offers(kim, PAGE)
    kim.send(f"{PAGE}/callback")
    for page in ("/desk", PAGE):
        assert not offers(kim, page)
        assert "They were called a moment ago." in kim.words
    ana.post(f"{PAGE}/callback", sent)
    assert "They were called a moment ago." in ana.words
    one_desk.work()
    one_desk.pass_time(600)
    change(one_desk, update(tables.phones).where(tables.phones.c.person_id == 8).values(number="+12125550123"))
    for page in ("/desk", PAGE):
        assert not offers(kim, page)
        assert "the number on file is in a country this desk may not call" in kim.words
    change(one_desk, delete(tables.phones))
    for page in ("/desk", PAGE):
        assert not offers(kim, page)
        assert "no number on file is old enough to call" in kim.words


def test_a_desk_without_a_phone_line_offers_no_callback(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    ticket_of(one_desk, "person:8")
    without = FastAPI()
    without.include_router(router(replace(one_desk.container.portal, phone=False)))
    cookies = kim.client.cookies
    kim.client = TestClient(without, base_url=PUBLIC, follow_redirects=False)
    kim.client.cookies = cookies
    assert not offers(kim, PAGE)
    assert "They cannot be called back: this desk has no phone line." in kim.words
    kim.post(f"{PAGE}/callback", kim.fields(f"{PAGE}/take"))
    assert rows(one_desk, select(tables.callbacks)) == []
