"""H13: who takes a ticket that others take at the same time, and what can be done with one that is held."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import hire
from tests.portal.test_insider import accounts, signed_in

QUICKER = "Somebody else was quicker: the page says who has it now. Press again to take it over."


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


@pytest.mark.parametrize("deed", ["take", "answer", "note", "status", "call-back"])
def test_h13_nothing_is_done_with_a_ticket_that_is_held(one_desk: Desk, deed: str) -> None:
    """H13: told so, and not an error; nobody is called who may not be alone."""
    (number,) = accounts(one_desk, 1)
    ana, page = signed_in(one_desk, "lead.ana"), f"/desk/tickets/{number}"
    opened_by = select(tables.people.c.id).limit(1).scalar_subquery()
    change(one_desk, update(tables.tickets).values(status="held", opened_by=opened_by))
    ana.get(page)
    form = ana.fields(f"{page}/release") | {"words": "hello", "status": "closed"}
    assert ana.post(f"{page}/{deed}", form).status_code == 200
    assert "That ticket is held. Put it into the queue first" in ana.words
    assert rows(one_desk, select(tables.messages)) == []
    assert rows(one_desk, select(tables.call_backs)) == []
    assert rows(one_desk, select(tables.tickets.c.status)) == [("held",)]
    ana.get(page)
    ana.send(f"{page}/release")
    assert "The ticket is in the queue now." in ana.words
