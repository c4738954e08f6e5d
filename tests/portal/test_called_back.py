"""What became of each call back is on its ticket, in order, for the desk alone; and where none can be made none is offered."""

from __future__ import annotations

from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.switchboard import asks
from tests.ivr.test_call_backs import rung
from tests.ivr.wire import rows
from tests.portal.browsing import Agent
from tests.portal.test_card import signed_in

PAGE = "/desk/tickets/1001"


def calls_back(desk: Desk, kim: Agent) -> Phone:
    """Kim has Mia called back about her ticket; the phone that rings."""
    kim.get(PAGE)
    kim.send(f"{PAGE}/call-back")
    assert "We are calling them on a number on file" in kim.words
    desk.work()
    return rung(desk)


def test_an_agent_reads_later_what_became_of_each_call_back(one_desk: Desk) -> None:
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
    agent = rung(one_desk, "agent")
    agent.answer()
    agent.press("1")
    mia.wait()
    kim.get("/desk")
    kim.send("/desk/calls/2/mine")
    one_desk.pass_time(125)
    mia.hang_up()
    one_desk.work()
    ana.get(PAGE)
    asked = "Kim Novak has them called back on a number on file"
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
