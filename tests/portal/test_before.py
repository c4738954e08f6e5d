"""Beside a ticket stands what was before it, for whoever asks: other tickets of its account, what its requester was told, its own ledger. T48"""

from __future__ import annotations

import re

from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_files import known, opened

OLIVIA, RAJ, MIA = 1, 7, 8


def signed_in(desk: Desk, name: str = "agent.kim") -> Agent:
    agent = Agent(desk, name)
    agent.sign_in()
    return agent


def test_what_was_before_is_shown_to_whoever_asks_and_the_ledger_to_those_who_lead(one_desk: Desk) -> None:
    one = opened(one_desk, known(one_desk, RAJ)).rpartition("/")[2]
    two = opened(one_desk, known(one_desk, MIA)).rpartition("/")[2]
    kim = signed_in(one_desk)
    page = f"/desk/tickets/{two}"
    assert "Other tickets" not in kim.get(page).text
    assert f'<a href="{page}?with=before">' in kim.text
    kim.get(f"{page}?with=before")
    assert re.search(r"Other tickets of Tideworks Ltd 1 #\d+ See the picture Open", kim.words)
    assert f'href="/desk/tickets/{one}"' in kim.text
    assert "What Mia Chen asked and was told" in kim.words
    assert "Mia Chen was allowed to open technical tickets. on the pages" in kim.words
    assert "ledger of this ticket" not in kim.text
    ana = signed_in(one_desk, "lead.ana")
    ana.get(f"{page}?with=before")
    assert "The ledger of this ticket" in ana.words
    assert re.search(r"agent\.kim desk\.ticket\.work · allowed · portal", ana.words)
    e = tables.ledger.c
    told = [row[0] for row in rows(one_desk, select(e.fields).where(e.who == "staff:1"))]
    assert sum("ledger" in fields.split() for fields in told) == 1, "once, where it was shown"


def test_of_whoever_has_not_proved_who_they_are_there_is_nothing_before(one_desk: Desk) -> None:
    number = opened(one_desk, known(one_desk, MIA)).rpartition("/")[2]
    opened(one_desk, known(one_desk, RAJ))
    t = tables.tickets.c
    change(
        one_desk, update(tables.tickets).where(t.number == int(number)).values(status="open", customer_status="open")
    )
    for who in (signed_in(one_desk), signed_in(one_desk, "lead.ana")):
        who.get(f"/desk/tickets/{number}?with=before")
        assert "Other tickets" not in who.words
        assert "asked and was told" not in who.words
    e = tables.ledger.c
    told = {
        field
        for row in rows(one_desk, select(e.fields).where(e.action == "desk.ticket.work"))
        for field in row[0].split()
    }
    assert not told & {"ledger", "ledger.none"}, "nor read, and then not shown"


def test_tickets_of_another_account_and_what_the_desk_has_not_are_not_there(one_desk: Desk) -> None:
    number, draft = (opened(one_desk, known(one_desk, MIA)).rpartition("/")[2] for _ in range(2))
    change(one_desk, update(tables.tickets).where(tables.tickets.c.number == int(draft)).values(status="quarantined"))
    kim = signed_in(one_desk)
    kim.get(f"/desk/tickets/{number}?with=before")
    assert "There are no others." in kim.words
    change(
        one_desk,
        update(tables.tickets).where(tables.tickets.c.number == int(draft)).values(status="open", account_id=1),
    )
    kim.get(f"/desk/tickets/{number}?with=before")
    assert "There are no others." in kim.words
