"""Whom the desk's phones ring for, how often, and what each end leaves: steps that no other page of a talk holds to."""

from __future__ import annotations

from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import has_called
from tests.ivr.switchboard import CALL_BACK, asks, rings, tickets
from tests.ivr.test_call_backs import rung
from tests.ivr.test_hours import WEEK


def test_in_one_call_the_phones_ring_three_times_and_then_there_is_a_ticket(open_one_desk: Opens) -> None:
    """Who goes back and asks again and again does not keep them ringing."""
    desk = open_one_desk()
    mia = asks(desk)
    for again in (True, True, False):
        assert len(rings(desk)) == 1
        mia.press("*")
        desk.work()
        assert rings(desk) == []
        mia.press("0")
        desk.work()
        assert len(rings(desk)) == again
    assert tickets(desk) == [CALL_BACK]


def test_a_call_of_ours_rings_outside_the_hours_as_well(open_one_desk: Opens) -> None:
    """Whoever asked for it is there."""
    desk = open_one_desk(opening_hours=WEEK)
    has_called(desk)
    mia = rung(desk)
    mia.answer()
    mia.press("17846325#")
    desk.work()
    assert len(rings(desk)) == 1


def test_a_call_of_ours_rings_whoever_asked_for_it_and_nobody_else(open_one_desk: Opens) -> None:
    desk = open_one_desk(agent_number="+441632960001,+441632960002")
    has_called(desk)
    mia = rung(desk)
    mia.answer()
    mia.press("17846325#")
    desk.work()
    assert [leg.called for leg in rings(desk)] == ["+441632960001"]
