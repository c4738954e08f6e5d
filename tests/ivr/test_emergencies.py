"""An emergency: who may ring for what, under which rules, and who is told when nobody answers."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import has_called, person
from tests.ivr.switchboard import EMERGENCY, asks, rings, tickets
from tests.ivr.test_callbacks import rung
from tests.ivr.wire import change, count, rows

NOT_COVERED = ["No service here has emergency cover.", "You can open a ticket instead."]


def covered(ref: str, so: bool = True) -> object:
    return update(tables.services).where(tables.services.c.ref == ref).values(managed_sla=so)


def test_an_emergency_rings_its_own_number_and_says_so(open_one_desk: Opens) -> None:
    desk = open_one_desk(emergency_number="+441632960009")
    mia = asks(desk, key="5")
    (agent,) = rings(desk)
    assert agent.called == "+441632960009"
    agent.answer()
    assert agent.heard == ["The support desk has an emergency. Press 1 to take a support call."]
    agent.hang_up()
    mia.wait()
    assert tickets(desk) == [EMERGENCY]
    assert rows(desk, select(tables.tickets.c.service)) == [("ms-1",)]
    assert count(desk, tables.jobs, tables.jobs.c.kind == "alarm") == 1


def test_under_memset_rules_it_is_for_covered_services_only(one_desk: Desk) -> None:
    change(one_desk, covered("ms-2"))
    mia = asks(one_desk, key="5")
    assert mia.heard[-3:] == [
        "Which service is it about?",
        "Press 1 for Miniserver tide-web.",
        "Press 2 for Miniserver tide-dev.",
    ]
    change(one_desk, covered("ms-2", False))
    mia.press("2")
    assert mia.heard[mia.heard.index(NOT_COVERED[0]) :][:2] == NOT_COVERED, "it was covered a moment ago"
    mia.press("9")
    assert "Press 5 for an emergency." in mia.heard[-5:], "the other one is covered still"
    change(one_desk, covered("ms-1", False))
    mia.press("5")
    assert mia.heard.count(NOT_COVERED[0]) == 2
    assert "Press 5 for an emergency." not in mia.heard[-4:]
    assert rings(one_desk) == []


@pytest.mark.parametrize(("number", "pin"), [("+441632960103", "61520493"), ("+441632960105", "26487159")])
def test_elsewhere_it_is_for_any_service(one_desk: Desk, number: str, pin: str) -> None:
    """Tom is the technical contact under Media Temple's rules, Sam the owner under the standard roles; no SLA there."""
    asks(one_desk, number, pin, key="5")
    assert len(rings(one_desk)) == 1


def test_an_account_without_a_service_may_have_one(one_desk: Desk) -> None:
    change(one_desk, tables.services.delete())
    asks(one_desk, "+441632960103", "61520493", key="5")
    assert len(rings(one_desk)) == 1


def test_an_emergency_in_a_call_of_ours_rings_the_emergency_line(open_one_desk: Opens) -> None:
    """Nobody could be rung for them at first; then they press 5, and it is not the phone of whoever had them called that rings."""
    desk = open_one_desk(emergency_number="+441632960009")
    has_called(desk)
    mia = rung(desk)
    mia.answer()
    right = tables.contact_rights.c
    support = (right.person_id == person(desk, "mia.chen")) & (right.right == "manage_support")
    change(desk, update(tables.contact_rights).where(support).values(right="purchase_services"))
    mia.press("17846325#")
    assert count(desk, tables.support_calls) == 0, "they may not ask for a person at this moment"
    support = (right.person_id == person(desk, "mia.chen")) & (right.right == "purchase_services")
    change(desk, update(tables.contact_rights).where(support).values(right="manage_support"))
    mia.press("5")
    desk.work()
    assert rung(desk, "agent").called == "+441632960009"
    assert any("emergency line" in said for said in mia.heard)
