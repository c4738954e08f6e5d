"""Whom the desk's phones ring for, how often, and what each end leaves: steps that no other page of a talk holds to."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import asks_for, called_with_a_code, has_called, person
from tests.ivr.switchboard import CALLBACK, asks, rings, tickets
from tests.ivr.test_callbacks import rung
from tests.ivr.test_hours import WEEK
from tests.ivr.test_queue import busy, passes
from tests.ivr.test_rights import TIDEWORKS, holds
from tests.ivr.test_verify_now import a_talk
from tests.ivr.wire import ANYTHING, change, count, rows


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
    assert tickets(desk) == [CALLBACK]


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


# --- how long they wait


def test_a_phone_that_has_become_free_has_its_whole_time_to_be_answered(one_desk: Desk) -> None:
    """However long it was busy with others before."""
    olivia, _agent = busy(one_desk)
    mia = asks(one_desk)
    passes(one_desk, mia, seconds=120)
    olivia.hang_up()
    one_desk.work()
    passes(one_desk, mia, seconds=40)
    assert len(rings(one_desk)) == 1
    assert tickets(one_desk) == []
    passes(one_desk, mia, seconds=12)
    assert tickets(one_desk) == [CALLBACK]


def test_whoever_asks_before_any_phone_has_rung_is_not_given_up(one_desk: Desk) -> None:
    """The worker is late."""
    mia = one_desk.exchange.phone("+441632960108")
    mia.dial()
    for keys in ("#", "17846325#", "0"):
        mia.press(keys)
    mia.wait()
    assert mia.heard[-1] == "We are still ringing."
    one_desk.work()
    assert len(rings(one_desk)) == 1


# --- emergencies


def test_a_ticket_of_an_emergency_says_that_the_caller_hung_up(one_desk: Desk) -> None:
    mia = asks(one_desk, key="5")
    mia.hang_up()
    one_desk.work()
    assert tickets(one_desk) == [("Emergency: the caller hung up while waiting", "open", "technical", True)]


# --- back from the keypad


def ring(desk: Desk) -> tuple[str, bool]:
    """How the last one ended, and whether it is over."""
    r = tables.support_calls.c
    ending, ended_at = rows(desk, select(r.ending, r.ended_at).order_by(r.id.desc()))[0]
    return ending, ended_at is not None


def test_a_talk_that_the_agent_left_is_over_when_the_caller_comes_back(one_desk: Desk) -> None:
    """And not only when they hang up, an hour later."""
    mia, agent = a_talk(one_desk)
    asks_for(one_desk, "pin")
    agent.hang_up()
    mia.press("17846325#")
    assert mia.heard[-1] == ANYTHING
    assert ring(one_desk) == ("agent_left", True)


@pytest.mark.parametrize(("what", "keys"), [("pin", "17846325#"), ("second", "*")])
def test_a_right_that_went_at_the_keypad_leads_back_into_no_room(one_desk: Desk, what: str, keys: str) -> None:
    mia, agent = a_talk(one_desk)
    change(one_desk, *holds("mia.chen", TIDEWORKS, "manage_billing"))
    assert asks_for(one_desk, what)
    mia.press(keys)
    one_desk.work()
    assert "You may not ask for support on this account." in mia.heard
    assert "in conference" not in mia.state
    assert ring(one_desk) == ("refused", True)
    assert agent.state == "ended"


def test_a_right_that_went_while_they_wait_stops_the_phones(one_desk: Desk) -> None:
    mia = asks(one_desk)
    change(one_desk, *holds("mia.chen", TIDEWORKS, ""))
    mia.wait()
    one_desk.work()
    assert "You may not ask for support on this account." in mia.heard
    assert ring(one_desk) == ("refused", True)
    assert rings(one_desk) == []


# --- the code of a call of ours


@pytest.mark.parametrize("changed", ["over", "somebody else's"])
def test_a_code_is_told_to_whom_the_call_is_for_while_it_lasts(one_desk: Desk, changed: str) -> None:
    called_with_a_code(one_desk)
    mia = rung(one_desk)
    mia.answer()
    other = {"person_id": person(one_desk, "leo.fox")}
    change(one_desk, update(tables.callbacks).values({"state": "over"} if changed == "over" else other))
    mia.press("1")
    assert not any("code is" in said for said in mia.heard)
    assert count(one_desk, tables.codes) == 0
