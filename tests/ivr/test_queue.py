"""More callers than phones: one call at a phone, who is next, how long they wait, and that each end is written down.

T36
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import kim, piece, talks
from tests.ivr.switchboard import CALLBACK, EMERGENCY, asks, rings, tickets
from tests.ivr.wire import count, rows

pytestmark = pytest.mark.both_databases

OLIVIA, SAM, MIA = ("+441632960101", "73059184"), ("+441632960105", "26487159"), ("+441632960108", "17846325")
WAITING = ["We are still ringing."]
INSTEAD = "Press 1 to be called back instead."


def busy(desk: Desk) -> tuple[Phone, Phone]:
    """The desk's one phone talks to Olivia."""
    kim(desk)
    return talks(desk, *OLIVIA)


def passes(desk: Desk, *waiting: Phone, seconds: int) -> None:
    """Time goes by while they hold the line."""
    for _ in range(seconds // 4):
        desk.pass_time(4)
        desk.work()
        for phone in waiting:
            phone.wait()


def endings(desk: Desk) -> list[str]:
    r = tables.support_calls.c
    return [row[0] for row in rows(desk, select(r.ending).order_by(r.id))]


def test_a_phone_that_talks_is_not_rung_and_then_rings_for_who_came_first(desk: Desk) -> None:
    olivia, _agent = busy(desk)
    sam, mia = asks(desk, *SAM), asks(desk, *MIA)
    assert rings(desk) == [], "a phone has one call at a time"
    sam.wait()
    mia.wait()
    assert sam.heard[-1:] == WAITING
    assert mia.heard[-2:] == ["You are number 2 in the queue.", INSTEAD]
    passes(desk, sam, mia, seconds=120)
    assert {sam.state, mia.state} == {"gathering"}, "they wait longer than for a phone that nobody answers"
    assert mia.heard[-1:] == WAITING, "the same place is not said again"
    olivia.hang_up()
    desk.work()
    desk.pass_time(4)
    desk.work()
    (agent,) = rings(desk)
    agent.answer()
    agent.press("1")
    sam.wait()
    assert sam.state == agent.state
    mia.wait()
    assert mia.heard[-2:] == ["You are next.", INSTEAD]


def test_an_emergency_goes_first(one_desk: Desk) -> None:
    olivia, _agent = busy(one_desk)
    sam = asks(one_desk, *SAM)
    mia = asks(one_desk, *MIA, key="5")
    sam.wait()
    assert sam.heard[-2] == "You are number 2 in the queue."
    olivia.hang_up()
    one_desk.work()
    one_desk.pass_time(4)
    one_desk.work()
    (agent,) = rings(one_desk)
    agent.answer()
    assert agent.heard == ["The support desk has an emergency. Press 1 to take a support call."]
    assert mia.state == "gathering"


def test_ten_minutes_are_enough(one_desk: Desk) -> None:
    busy(one_desk)
    mia = asks(one_desk, *MIA)
    passes(one_desk, mia, seconds=596)
    assert tickets(one_desk) == []
    passes(one_desk, mia, seconds=12)
    assert tickets(one_desk) == [CALLBACK]
    assert endings(one_desk)[-1] == "nobody_came"


@pytest.mark.parametrize(
    ("key", "ticket"), [("0", CALLBACK), ("5", ("Emergency: asked to be called back", *EMERGENCY[1:]))]
)
def test_who_would_rather_be_called_back_has_a_ticket(desk: Desk, key: str, ticket: tuple[str, str, str, bool]) -> None:
    busy(desk)
    mia = asks(desk, *MIA, key=key)
    mia.press("1")
    assert "We have opened a ticket, and will call you back." in mia.heard
    assert "Nobody can take your call just now." not in mia.heard
    assert tickets(desk) == [ticket]
    assert endings(desk)[-1] == "callback"
    mia.redeliver()
    assert len(tickets(desk)) == 1


def test_somebody_who_came_just_now_comes_before_a_callback(one_desk: Desk) -> None:
    mia = asks(one_desk, *MIA)
    (agent,) = rings(one_desk)
    agent.answer()
    agent.press("1")
    mia.press("1")
    assert mia.state == agent.state
    assert tickets(one_desk) == []


@pytest.mark.parametrize(
    ("what", "ending", "written"),
    [
        ("hang up", "caller_left", [CALLBACK]),
        ("star", "went_back", []),
        ("declined", "nobody_came", [CALLBACK]),
        ("no answer", "nobody_came", [CALLBACK]),
    ],
)
def test_each_end_is_written_down(one_desk: Desk, what: str, ending: str, written: list[object]) -> None:
    mia = asks(one_desk, *MIA)
    (agent,) = rings(one_desk)
    if what == "hang up":
        mia.hang_up()
    elif what == "star":
        mia.press("*")
    else:
        agent.decline() if what == "declined" else agent.no_answer()
        mia.wait()
    assert endings(one_desk) == [ending]
    assert tickets(one_desk) == written


def test_a_caller_of_whom_nothing_is_heard_has_gone(one_desk: Desk) -> None:
    """Twilio never said so. Whoever waits behind them does not wait for ever."""
    busy(one_desk)
    asks(one_desk, *SAM)
    mia = asks(one_desk, *MIA)
    passes(one_desk, mia, seconds=64)
    assert tickets(one_desk) == [CALLBACK]
    assert endings(one_desk)[1:] == ["caller_left", ""]
    assert "You are next." in mia.heard


def test_a_phone_that_twilio_would_not_ring_is_tried_again(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delattr(type(one_desk.exchange), "create_call")
        asks(one_desk, *MIA)
        assert rings(one_desk) == []
    one_desk.pass_time(6)
    one_desk.work()
    assert len(rings(one_desk)) == 1


def test_done_twice_a_phone_rings_once(one_desk: Desk) -> None:
    asks(one_desk, *MIA)
    one_desk.do_again(piece("ring_agent", support_call=1, leg=0))
    assert len(rings(one_desk)) == 1


def test_two_phones_two_callers(open_desk: Opens) -> None:
    desk = open_desk(agent_number="+441632960001,+441632960002")
    asks(desk, *SAM)
    asks(desk, *MIA)
    first, second = rings(desk)
    assert {first.called, second.called} == {"+441632960001", "+441632960002"}, "both for Sam, who came first"
    first.answer()
    first.press("1")
    second.decline()
    desk.pass_time(4)
    desk.work()
    (third,) = rings(desk)
    assert third.called == "+441632960002"
    assert count(desk, tables.agent_legs, tables.agent_legs.c.rung_at.is_not(None)) == 3
