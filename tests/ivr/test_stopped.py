"""Phones of the desk that ring for nobody any more are stopped at once, and are free for whoever waits next; and those of
staff who were suspended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import asks_for, kim, suspends, talks
from tests.ivr.switchboard import CALLBACK, asks, rings, tickets
from tests.ivr.wire import change

KIMS, ANAS = "+441632960001", "+441632960002"
BOTH = {"agent_number": f"{KIMS},{ANAS}"}
SAM = ("+441632960105", "26487159")
OFFER = "The support desk has a caller. Press 1 to take a support call."
GONE, TAKEN = "The caller has gone. Goodbye.", "Somebody else has taken that call. Goodbye."
CLOSED = "This phone takes no calls for the desk."


def how(leg: Phone) -> tuple[str, str]:
    return leg.state, leg.status


# --- nobody waits any more


@pytest.mark.parametrize("leaves", [Phone.hang_up, lambda mia: mia.press("*"), lambda mia: mia.press("1")])
def test_d2_when_the_caller_leaves_no_phone_rings_on(open_one_desk: Opens, leaves: Callable[[Phone], None]) -> None:
    """D2: whoever only rings is stopped; whoever listens to the offer is told that the caller has gone, and is free."""
    desk = open_one_desk(**BOTH)
    mia = asks(desk)
    first, second = rings(desk)
    first.answer()
    leaves(mia)
    desk.work()
    assert how(second) == ("ended", "canceled")
    assert how(first) == ("ended", "completed")
    assert first.heard == [OFFER, GONE]


def test_d2_when_a_colleague_takes_the_call_no_other_phone_rings_on(open_desk: Opens) -> None:
    desk = open_desk(agent_number=f"{KIMS},{ANAS},+441632960003")
    mia = asks(desk)
    first, second, third = rings(desk)
    first.answer()
    second.answer()
    second.press("1")
    desk.work()
    assert how(third) == ("ended", "canceled")
    assert (how(first), first.heard) == (("ended", "completed"), [OFFER, TAKEN])
    mia.wait()
    assert mia.state == second.state == "in conference desk-1"


def test_d2_a_phone_that_was_stopped_rings_for_the_next_caller_at_once(open_desk: Opens) -> None:
    """D2: also where it was the last one for somebody who has been taken by a colleague."""
    desk = open_desk(**BOTH)
    asks(desk)
    first, _second = rings(desk)
    first.answer()
    first.press("1")
    asks(desk, *SAM)
    (again,) = rings(desk)
    assert again.called == ANAS
    again.answer()
    again.press("1")
    assert again.heard[1].startswith("Sam Okoro"), again.heard


@pytest.mark.parametrize("leaves", [Phone.hang_up, lambda sam: sam.press("*")])
def test_d2_who_waits_for_a_phone_has_it_when_it_is_stopped(one_desk: Desk, leaves: Callable[[Phone], None]) -> None:
    """D2: the phone is free at once, and not when somebody next looks."""
    sam = asks(one_desk, *SAM)
    (first,) = rings(one_desk)
    asks(one_desk)
    assert rings(one_desk) == [first]
    leaves(sam)
    one_desk.work()
    (again,) = rings(one_desk)
    again.answer()
    again.press("1")
    assert again.heard[1].startswith("Mia Chen")


def test_d2_a_phone_that_is_stopped_while_twilio_is_asked_to_ring_it(
    one_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio's answer, with the name it gives the call, comes when the caller has gone already."""
    made = type(one_desk.exchange).create_call
    mia: list[Phone] = []

    def slowly(*given: object, **more: object) -> Phone:
        leg = made(*given, **more)  # type: ignore[arg-type]
        mia[0].hang_up()
        return leg

    monkeypatch.setattr(type(one_desk.exchange), "create_call", slowly)
    mia.append(one_desk.exchange.phone("+441632960108"))
    mia[0].dial()
    for keys in ("#", "17846325#", "0"):
        mia[0].press(keys)
    one_desk.work()
    one_desk.pass_time(2)
    one_desk.work()
    assert rings(one_desk) == []


# --- suspended


def hire_ana(desk: Desk) -> None:
    """Ana's phone is the second one."""
    change(desk, update(tables.staff).where(tables.staff.c.username == "lead.ana").values(phone=ANAS))


def test_h3_a_suspended_agents_phone_is_not_rung(open_desk: Opens) -> None:
    """H3: and where there is no other, the caller does not wait for it."""
    desk = open_desk(**BOTH)
    kim(desk)
    hire_ana(desk)
    suspends(desk)
    asks(desk)
    (only,) = rings(desk)
    assert only.called == ANAS
    suspends(desk, "lead.ana")
    sam = asks(desk, *SAM)
    assert "Nobody can take your call just now." in sam.heard
    assert tickets(desk) == [CALLBACK]


def test_h3_a_shared_phone_rings_on_as_long_as_somebody_works_there(open_one_desk: Opens) -> None:
    desk = open_one_desk(agent_number=KIMS)
    kim(desk)
    change(desk, update(tables.staff).values(phone=KIMS))
    suspends(desk)
    asks(desk)
    assert [leg.called for leg in rings(desk)] == [KIMS]


def test_h3_suspended_while_her_phone_rings_she_hears_nothing_and_takes_nothing(open_desk: Opens) -> None:
    desk = open_desk(**BOTH)
    kim(desk)
    mia = asks(desk)
    hers, other = rings(desk)
    hers.answer()
    suspends(desk)
    hers.press("1")
    assert hers.heard == [OFFER, CLOSED]
    assert hers.state == "ended"
    desk.work()
    other.answer()
    other.press("1")
    mia.wait()
    assert mia.state == other.state == "in conference desk-1", "the others go on ringing"


def test_h3_suspended_while_it_rings_the_phone_stops(one_desk: Desk) -> None:
    kim(one_desk)
    mia = asks(one_desk)
    (hers,) = rings(one_desk)
    suspends(one_desk)
    one_desk.work()
    assert how(hers) == ("ended", "canceled")
    mia.wait()
    assert tickets(one_desk) == [CALLBACK], "the caller does not wait for a phone that will not ring"


def test_h3_suspended_while_her_phone_is_busy_the_next_caller_does_not_wait_for_it(one_desk: Desk) -> None:
    kim(one_desk)
    _olivia, hers = talks(one_desk, "+441632960101", "73059184")
    sam = asks(one_desk, *SAM)
    suspends(one_desk)
    one_desk.pass_time(4)
    one_desk.work()
    assert how(hers) == ("ended", "completed")
    assert rings(one_desk) == []
    sam.wait()
    assert tickets(one_desk) == [CALLBACK]


def test_h3_suspended_in_a_talk_it_ends_at_once(desk: Desk) -> None:
    """H3: and the caller is back at the menu."""
    kim(desk)
    mia, hers = talks(desk, "+441632960108", "17846325")
    suspends(desk)
    desk.work()
    assert how(hers) == ("ended", "completed")
    assert "The call with the desk has ended." in mia.heard
    assert mia.state == "gathering"


def test_h3_suspended_on_a_shared_phone_the_call_she_said_was_hers_ends(one_desk: Desk) -> None:
    staff = kim(one_desk)
    mia, shared = talks(one_desk, "+441632960108", "17846325")
    change(one_desk, update(tables.staff).where(tables.staff.c.id == staff).values(phone=None))
    suspends(one_desk)
    one_desk.work()
    assert how(shared) == ("ended", "completed")
    assert mia.state == "gathering"


def test_h3_suspended_while_the_caller_is_at_the_keypad(one_desk: Desk) -> None:
    kim(one_desk)
    mia, hers = talks(one_desk, "+441632960108", "17846325")
    assert asks_for(one_desk, "pin")
    suspends(one_desk)
    one_desk.work()
    heard = len(hers.heard)
    mia.press("17846325#")
    one_desk.work()
    assert len(hers.heard) == heard, "she is not told what came of it"
    assert "The call with the desk has ended." in mia.heard
