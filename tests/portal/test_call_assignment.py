"""Whose call it is: a wrong one is given back, and one that is nobody's yet can be assigned for as long as its case is open."""

from __future__ import annotations

from sqlalchemy import select

from authz import Subject
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.switchboard import asks
from tests.ivr.wire import rows
from tests.portal.browsing import Agent
from tests.portal.test_card import OLIVIA, answered, on_the_phone, signed_in
from tests.portal.test_insider import accounts

OF_MIA = ("Mia Chen", "Tideworks", "400639")
BACK, MINE = "/desk/calls/1/give-back", "/desk/calls/1/mine"


def shows(agent: Agent, page: str = "/desk/calls/1") -> list[str]:
    agent.get(page)
    return [word for word in OF_MIA if word in agent.text]


def entries(desk: Desk, field: str) -> list[tuple[str, str]]:
    """Who was told that, under which action."""
    ledger = tables.ledger.c
    return [
        (row.who, row.action) for row in rows(desk, select(tables.ledger).order_by(ledger.at)) if field in row.fields
    ]


def looked_at(desk: Desk) -> list[int]:
    r = tables.account_access.c
    return [row.staff_id for row in rows(desk, select(r.staff_id).order_by(r.id))]


def test_a_wrong_call_is_given_back_and_assigned_to_a_colleague(one_desk: Desk) -> None:
    """And what the assignment opened is closed: card, account, keypad and call back. Both deeds are in the ledger, and that the
    card was seen counts as a look at the account."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    on_the_phone(one_desk, kim)
    assert shows(kim) == list(OF_MIA)
    asking = kim.fields("/desk/calls/1/ask")
    ana.get("/desk")
    assert ana.post(BACK, {"token": ana.fields("/desk/sign-out")["token"]}).status_code == 200
    assert "Couldn't give this call back" in ana.words
    assert shows(kim) == list(OF_MIA), "only whoever has it gives it back"
    assert looked_at(one_desk) == []
    kim.send(BACK)
    assert "You gave this call back." in kim.words
    assert shows(kim) == []
    assert kim.get("/desk/account/400639").status_code == 403
    kim.post("/desk/calls/1/ask", asking)
    assert "The caller was not sent to the keypad" in kim.words
    kim.post("/desk/calls/1/callback", asking)
    assert "You don't have the right to do that now" in kim.words
    assert looked_at(one_desk) == [kim.staff]
    ana.get("/desk")
    ana.send(MINE)
    assert shows(ana) == list(OF_MIA)
    assert shows(kim) == []
    assert entries(one_desk, "ring_given_back:1") == [(Subject.of_staff(kim.staff), "desk.card.view")]
    assert entries(one_desk, "support_call:1") == [
        (Subject.of_staff(one.staff), "desk.card.view") for one in (kim, ana)
    ]


def test_a_call_that_was_nobodys_can_be_assigned_for_half_an_hour_after_it(one_desk: Desk) -> None:
    """It names nobody meanwhile; whose it is can write down what was said; later nobody can."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    mia = answered(one_desk, asks(one_desk))
    mia.hang_up()
    one_desk.work()
    assert shows(kim, "/desk") == []
    assert "Talked to somebody at the desk for 0 s, until the caller hung up" in kim.words
    kim.fields(MINE)
    assert shows(kim) == []
    assert "This call has ended, and nobody has said that it was theirs." in kim.words
    kim.send(MINE)
    assert shows(kim) == list(OF_MIA)
    assert "The call has ended" in kim.words
    assert looked_at(one_desk) == [kim.staff], "nobody was there to contradict, so it counts"
    assert "nobody has said that it was theirs" not in ana.read("/desk/calls/1")
    assert f'action="{MINE}"' not in ana.get("/desk").text
    kim.get("/desk/calls/1")
    kim.send(BACK)
    one_desk.pass_time(31 * 60)
    kim.sign_in()
    for page in ("/desk", "/desk/calls/1"):
        assert shows(kim, page) == []
        assert f'action="{MINE}"' not in kim.text
    kim.post(MINE, {"token": kim.fields("/desk/sign-out")["token"]})
    assert "ended more than half an hour ago" in kim.words
    assert shows(kim) == []


def test_what_is_assigned_after_its_end_counts_as_looking_and_a_live_call_does_not(sample_sqlite: str) -> None:
    """Who says that a call was theirs once it is over has chosen whose account it is: beyond the hour's accounts its card stays closed, and it can be
    given back."""
    desk = Desk(sample_sqlite, **ACCOUNT, accounts_an_hour="5")
    kim = signed_in(desk)
    for number in accounts(desk, 5):
        assert kim.get(f"/desk/tickets/{number}").status_code == 200
    on_the_phone(desk, kim).hang_up()
    desk.work()
    assert shows(kim) == list(OF_MIA)
    desk.pass_time(130)
    answered(desk, asks(desk, *OLIVIA)).hang_up()
    desk.work()
    kim.get("/desk")
    kim.send("/desk/calls/2/mine")
    assert "You can't open this" in kim.words
    assert "Olivia" not in kim.text
    kim.send("/desk/calls/2/give-back")
    assert "You gave this call back." in kim.words
    desk.close()
