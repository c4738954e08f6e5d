"""T56, an assistant asks for more than its case, and supervisors are told; whose it is, and what proves nothing to it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from authz import Subject
from store import tables
from tests.api.asking import MIA, RAJ
from tests.api.assisting import helping, lets_help, opened, posted, served, signed_in, takes
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.test_card import OLIVIA as OLIVIAS
from tests.portal.test_card import on_the_phone

HOUR = 3_600


def test_those_who_lead_are_told_once_an_hour_of_one_that_asks_for_more_than_its_case(one_desk: Desk) -> None:
    one_desk.pass_time(HOUR / 2)
    number, other = (opened(one_desk, MIA, "400639", "Slow.") for _ in range(2))
    kim, case = signed_in(one_desk), f"ticket:{number}"
    token = lets_help(kim, takes(kim, number))
    a = tables.alerts.c
    with served(one_desk) as server, helping(server, token) as helper:
        for name, given in (("card", {}), ("no_such", {}), ("no_such", {"case": case})):
            assert helper.refused(name, **given) in ("not_its_case", "no_such_tool")
        assert rows(one_desk, select(a.id)) == [], "what names nothing else is a program's slip"
        strays = (
            ("card", {"case": f"ticket:{other}"}),
            ("card", {"case": case, "account": "200417"}),
            ("cases", {"account": "200417"}),
            ("cases", {"case": case}),
            ("no_such", {"account": "200417"}),
            ("no_such", {"case": f"ticket:{other}"}),
        )
        for n, (name, given) in enumerate(strays, 1):
            assert helper.refused(name, **given) in ("not_its_case", "no_such_tool")
            assert [row.times for row in rows(one_desk, select(a.times))] == [n]
        for _ in range(2):
            one_desk.pass_time(HOUR / 4)
            kim.get("/desk")  # its agent is at work, or they would be signed out
        helper.refused("card", case=f"ticket:{other}")
    (first, second) = rows(one_desk, select(a.audience, a.subject, a.detail, a.times).order_by(a.id))
    assert (first.audience, first.detail, first.times) == ("supervisors", f"ticket #{number}", 6)
    assert (second.subject, second.times) == (first.subject, 1)
    one_desk.work()
    ana = signed_in(one_desk, "lead.ana")
    assert "An assistant of one of the staff asked for more than its case" in ana.read("/desk/supervisors")
    assert "6 tries within the hour" in ana.words
    kim.get("/desk")
    assert "asked for more than its case" not in kim.words


def test_it_is_its_agents_and_nobody_elses(one_desk: Desk) -> None:
    """A colleague who opens the same ticket neither sees it nor withdraws it; its agent sees when it last asked."""
    number = opened(one_desk, MIA, "400639", "Slow.")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    page = takes(kim, number)
    token, case = lets_help(kim, page), f"ticket:{number}"
    ana.get(page)
    ana.post(f"{page}/assistant/withdraw", ana.fields(f"{page}/note"))
    with served(one_desk) as server, helping(server, token) as helper:
        assert helper.read("cases")["cases"][0]["case"] == case
    a = tables.assistants.c
    assert rows(one_desk, select(a.seen_at, a.ended_at)) == [(one_desk.now, None)]


@pytest.mark.parametrize(
    ("by", "more"),
    [(RAJ, {"written_by": 1}), (RAJ, {"event": "handed_in"}), (MIA, {})],
    ids=["written down by an agent", "an event", "somebody else of the account"],
)
def test_what_its_requester_did_not_write_proves_nothing(one_desk: Desk, by: int, more: dict[str, object]) -> None:
    """Their own words are a day old, and something newer is not theirs."""
    number = opened(one_desk, RAJ, "400639", "Slow.")
    kim = signed_in(one_desk)
    token, case = lets_help(kim, takes(kim, number)), f"ticket:{number}"
    m = tables.messages
    change(one_desk, update(m).where(m.c.event == "").values(at=one_desk.now - 25 * HOUR * 1000))
    said = {"ticket": number, "author": Subject.of_person(by), "body": "Slow.", "at": one_desk.now}
    rest = {"internal": False, "event": "", "edited": "", "earlier": "[]"}
    change(one_desk, insert(m).values({**said, **rest, **more}))
    with served(one_desk) as server, helping(server, token) as helper:
        assert helper.refused("invoices", case=case) == "proof_over"


def test_under_a_threat_there_is_none(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    olivia = on_the_phone(one_desk, kim, *OLIVIAS)
    call = rows(one_desk, select(tables.support_calls.c.id))[0].id
    token = lets_help(kim, f"/desk/calls/{call}")
    with served(one_desk) as server:
        assert posted(server, token).status_code == 200
        change(one_desk, update(tables.support_calls).values(threatened=True))
        assert posted(server, token).status_code == 401
    olivia.hang_up()
