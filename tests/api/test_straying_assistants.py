"""T56, an assistant asks for more than its case, as one does that obeys a customer's words: those who lead are told."""

from __future__ import annotations

from sqlalchemy import select

from store import tables
from tests.api.asking import MIA
from tests.api.assisting import helping, lets_help, opened, served, signed_in, takes
from tests.desk import Desk
from tests.ivr.wire import rows

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
