"""Two agents on one ticket see each other, and who of them is writing."""

from __future__ import annotations

from sqlalchemy import select

from store import tables
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_delivery import live, stamp
from tests.portal.test_drafts import types
from tests.portal.test_insider import signed_in


def test_two_agents_on_one_ticket_see_each_other_and_who_writes(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    one_desk.now -= one_desk.now % 20_000  # so that nothing changes by itself meanwhile
    kim.get(PAGE)
    before = stamp(kim)
    assert live(kim, before)[0] == 204, "whoever is alone is no news"
    ana.get(PAGE)
    assert "Kim Novak has this ticket open, too." in ana.words
    status, part = live(kim, before)
    assert status == 200
    assert "Ana Brandt</b> has this ticket open, too" in part
    kim.get(PAGE)
    before = stamp(kim)
    types(ana, "Have you")
    assert "Ana Brandt</b> is writing on this ticket" in live(kim, before)[1]
    one_desk.pass_time(16)
    assert "Ana Brandt has this ticket open, too." in kim.read(PAGE)
    one_desk.pass_time(30)
    assert "has this ticket open" not in kim.read(PAGE)
    one_desk.container.worker.sweep()
    assert rows(one_desk, select(tables.ticket_presence.c.staff_id)) == [(kim.staff,)]


def test_whoever_has_not_opened_a_ticket_is_not_seen_to_write_on_it(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    kim = signed_in(one_desk)
    kim.get("/desk")
    token = kim.fields("/desk/sign-out")["token"]
    kim.post("/desk/drafts", {"token": token, "form": f"{PAGE}/answer", "words": "x"})
    assert rows(one_desk, select(tables.ticket_presence)) == []
