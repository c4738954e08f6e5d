"""On the card of a call and beside a ticket stands what its customer called about before, and nothing of what is not theirs or was said under a threat."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from store import tables
from store.calls import past_calls
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_card import on_the_phone, signed_in

R, T = tables.support_calls.c, tables.tickets.c
NOTE, OPEN = "/desk/calls/1/note", "/desk/calls/1/ticket"


def called_before(desk: Desk) -> Agent:
    """Mia's first call, in which a ticket was opened, is over, and Kim has her second one."""
    kim = signed_in(desk)
    caller = on_the_phone(desk, kim)
    kim.send(OPEN, words="The shop is down", kind="technical")
    caller.hang_up()
    desk.work()
    change(desk, update(tables.support_calls).where(R.id == 1).values(about="Asked what DNS is."))
    on_the_phone(desk, kim)
    return kim


def told(desk: Desk, action: str) -> list[str]:
    e = tables.ledger.c
    found = rows(desk, select(e.fields).where(e.action == action, e.who == "staff:1"))
    return [row[0] for row in found if "contact.calls" in row[0].split()]


def test_the_card_and_the_ticket_say_how_often_when_and_what_about(one_desk: Desk) -> None:
    kim = called_before(one_desk)
    assert "Called before 1" in kim.words
    assert "Asked what DNS is. #1001 The shop is down" in kim.words
    assert told(one_desk, "desk.card.view")
    assert "Calls of Mia Chen" not in kim.read("/desk/tickets/1001")
    assert not told(one_desk, "desk.ticket.work"), "nor read, where nobody asked for it"
    kim.get("/desk/tickets/1001?with=before")
    assert "Calls of Mia Chen 1" in kim.words
    assert "Asked what DNS is. #1001" in kim.words
    assert told(one_desk, "desk.ticket.work")


@pytest.mark.parametrize(
    "why", [{"threatened": True}, {"proof": 1}, {"account_id": 1}, {"subject": "person:7"}, {"ended_at": None}]
)
def test_no_call_that_was_under_a_threat_unproved_or_anothers(one_desk: Desk, why: dict[str, Any]) -> None:
    kim = called_before(one_desk)
    change(one_desk, update(tables.support_calls).where(R.id == 1).values(**why))
    for page in ("/desk/calls/2", "/desk/tickets/1001?with=before"):
        assert "Mia Chen" in kim.read(page)
        assert "Asked what DNS is." not in kim.words
    assert "Called before" not in kim.read("/desk/calls/2")


@pytest.mark.parametrize("why", [{"status": "quarantined"}, {"customer_status": "open"}, {"account_id": 1}])
def test_no_ticket_of_one_that_the_desk_may_not_have(one_desk: Desk, why: dict[str, Any]) -> None:
    kim = called_before(one_desk)
    change(one_desk, update(tables.tickets).where(T.number == 1001).values(**why))
    kim.get("/desk/calls/2")
    earlier = kim.text.partition("Called before")[2].partition("</details>")[0]
    assert "Asked what DNS is." in earlier
    assert "#1001" not in earlier


def test_so_many_are_counted_and_fewer_shown(one_desk: Desk) -> None:
    kim = called_before(one_desk)
    (first,) = rows(one_desk, select(tables.support_calls).where(R.id == 1))
    more = {name: value for name, value in first._asdict().items() if name != "id"}
    for n in range(past_calls.COUNTED + 1):
        change(one_desk, insert(tables.support_calls).values(more | {"about": f"about {n}."}))
    kim.get("/desk/calls/2")
    assert "Called before 100 or more" in kim.words
    assert "about 100." in kim.words
    assert "about 90." not in kim.words
    assert f"The newest {past_calls.SHOWN} are shown." in kim.words
