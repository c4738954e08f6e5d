"""A person is asked for: who of the desk takes the call, what they hear first, and what becomes of it when nobody does."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from store import tables
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import Opens
from tests.ivr.switchboard import CALLBACK, EMERGENCY, asks, rings, tickets
from tests.ivr.wire import Caller, Wire, change, count

OFFER = "The support desk has a caller. Press 1 to take a support call."
WHO = "Mia Chen, Tideworks Ltd, account 4 0 0 6 3 9. Verified by PIN. You are being connected."
NOBODY_CAME = ["Nobody can take your call just now.", "We have opened a ticket, and will call you back."]
TWO_AGENTS = {"agent_number": "+441632960001,+441632960002"}


# --- who takes it


def test_the_first_to_press_1_takes_it_and_the_other_is_told(open_desk: Opens) -> None:
    desk = open_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, second = rings(desk)
    assert (first.called, second.called) == ("+441632960001", "+441632960002")
    first.answer()
    second.answer()
    assert first.heard == second.heard == [OFFER]
    second.press("1")
    first.press("1")
    assert second.heard[1] == WHO
    say = second.heard[2].removeprefix("Say: ")
    assert re.fullmatch("[a-z]+, [a-z]+\\.", say)
    assert first.heard[1:] == ["Somebody else has taken that call. Goodbye."]
    assert (first.state, second.state) == ("ended", "in conference desk-1")
    mia.wait()
    assert mia.heard[-2:] == ["You are being connected.", f"The agent will say: {say}"]
    assert mia.state == second.state
    mia.speak("hello")
    assert second.heard[-1] == "hello"
    second.hang_up()
    assert "The call with the desk has ended." in mia.heard
    mia.hang_up()
    assert tickets(desk) == []
    assert list(desk.exchange.faults) == []


def test_nothing_of_the_caller_is_said_before_1_is_pressed(one_desk: Desk) -> None:
    change(one_desk, update(tables.invoices).values(amount="424242.42"))
    asks(one_desk)
    (agent,) = rings(one_desk)
    agent.answer()
    assert agent.heard == [OFFER]
    agent.press("1")
    assert agent.heard[:2] == [OFFER, WHO]
    assert not {"424242", "pounds", "17846325", "+44"} & set(" ".join(agent.heard).split())


@pytest.mark.parametrize("key", ["2", "*", "#", "0", ""])
def test_any_other_key_declines_and_says_nothing(one_desk: Desk, key: str) -> None:
    """A mailbox that answers presses nothing."""
    mia = asks(one_desk)
    (agent,) = rings(one_desk)
    agent.answer()
    agent.press(key) if key else agent.wait()
    assert agent.heard == [OFFER, "Thank you. Goodbye."]
    assert agent.state == "ended"
    mia.wait()
    assert [said for said in mia.heard if said in NOBODY_CAME] == NOBODY_CAME


@pytest.mark.parametrize("how", ["decline", "no_answer", "answer and press 2", "answer and hang up"])
def test_when_all_have_declined_the_caller_is_called_back(open_one_desk: Opens, how: str) -> None:
    desk = open_one_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, second = rings(desk)
    first.decline()
    mia.wait()
    assert mia.heard[-1] == "We are still ringing."
    if how.startswith("answer"):
        second.answer()
        second.press("2") if how.endswith("2") else second.hang_up()
    else:
        getattr(second, how)()
    mia.wait()
    assert [said for said in mia.heard if said in NOBODY_CAME] == NOBODY_CAME
    assert tickets(desk) == [CALLBACK]
    assert "The ticket number is 1 0 0 1." in mia.heard


def test_a_status_told_twice_is_one_phone_less(open_one_desk: Opens) -> None:
    desk = open_one_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, _second = rings(desk)
    first.decline()
    first.redeliver()
    mia.wait()
    assert mia.heard[-1] == "We are still ringing."


def test_nobody_within_45_seconds(desk: Desk) -> None:
    mia = asks(desk)
    desk.pass_time(44)
    mia.wait()
    assert mia.heard[-1] == "We are still ringing."
    desk.pass_time(2)
    mia.wait()
    assert tickets(desk) == [CALLBACK]
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_a_phone_is_not_rung_for_a_caller_who_has_gone(one_desk: Desk) -> None:
    phone = one_desk.exchange.phone("+441632960108")
    phone.dial()
    for keys in ("#", "17846325#", "0"):
        phone.press(keys)
    phone.hang_up()
    one_desk.work()
    assert rings(one_desk) == []


# --- who goes


def test_whoever_hangs_up_while_waiting_is_called_back(desk: Desk) -> None:
    mia = asks(desk)
    mia.hang_up()
    assert tickets(desk) == [CALLBACK]
    mia.redeliver()
    assert tickets(desk) == [CALLBACK]
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_an_agent_who_has_answered_is_told_that_the_caller_has_gone(one_desk: Desk) -> None:
    mia = asks(one_desk)
    (agent,) = rings(one_desk)
    agent.answer()
    mia.hang_up()
    agent.press("1")
    assert agent.heard == [OFFER, "The caller has gone. Goodbye."]
    assert tickets(one_desk) == [CALLBACK]


def test_star_goes_back_and_needs_no_callback(one_desk: Desk) -> None:
    mia = asks(one_desk)
    mia.press("*")
    assert mia.heard[-1] == "Press 9 to hear this again."
    assert tickets(one_desk) == []
    (agent,) = rings(one_desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_a_caller_who_left_for_the_fallback_is_gone_for_the_agents(one_desk: Desk) -> None:
    wire = Wire(one_desk)
    mia = Caller(wire)
    mia.prove()
    mia.key("0")
    one_desk.work()
    mia.post("/ivr/fallback", mia.form())
    mia.hang_up()
    (agent,) = rings(one_desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_asking_twice_in_a_call(desk: Desk) -> None:
    mia = asks(desk)
    mia.press("*")
    mia.press("0")
    desk.work()
    (now,) = rings(desk)  # what still rang for the first time they asked has been stopped
    now.answer()
    now.press("1")
    assert now.heard[:2] == [OFFER, WHO]
    mia.wait()
    assert mia.state == now.state == "in conference desk-2"
    now.hang_up()
    mia.press("0")
    mia.hang_up()
    assert tickets(desk) == [CALLBACK]
    assert count(desk, tables.support_calls) == 3


def test_without_a_phone_of_the_desk_the_caller_is_called_back_at_once(open_desk: Opens) -> None:
    desk = open_desk(agent_number="")
    for key, ticket in (("0", CALLBACK), ("5", EMERGENCY)):
        mia = asks(desk, key=key)
        assert [said for said in mia.heard if said in NOBODY_CAME] == NOBODY_CAME, "without waiting for anybody"
        assert not any("ringing" in said for said in mia.heard)
        assert mia.state == "gathering"
        assert tickets(desk)[-1] == ticket
        mia.hang_up()
    assert len(tickets(desk)) == 2


# --- URLs of the desk's phones


def test_a_leg_is_known_by_its_token_alone(one_desk: Desk) -> None:
    asks(one_desk)
    (agent,) = rings(one_desk)
    wire, path = Wire(one_desk), agent._voice_url.removeprefix(PUBLIC)
    form = Caller(wire, "+441632960000").form(("Digits", "1"))
    token = path.rpartition("t=")[2]
    for wrong in (
        "/ivr/agent",
        path[:-1],
        path.replace("leg=0", "leg=1"),
        path.replace("support_call=1", "support_call=2"),
        path.replace("support_call=1", "support_call=01"),
        path.replace("support_call=1", "support_call=%D9%A1"),
        path.replace("support_call=1", "support_call=-1"),
        path.replace("leg=0", "leg="),
        path.replace("support_call=1", f"support_call={'9' * 30}"),
        f"/ivr/agent/status?support_call=1&leg=1&t={token}",
    ):
        over = Caller(wire, "+441632960000").form(status="completed")
        answer = wire.post(wrong, over if "status" in wrong else form)
        assert (answer.status, answer.said) == (403, ["Goodbye."]), wrong
    assert count(one_desk, tables.support_calls, tables.support_calls.c.taken_by.is_not(None)) == 0
    assert wire.post(path, form).said[0] == WHO, "with its token it is let in"


def test_a_caller_whose_agent_hung_up_before_they_met_is_not_left_alone(one_desk: Desk) -> None:
    mia = asks(one_desk)
    (agent,) = rings(one_desk)
    agent.answer()
    agent.press("1")
    agent.hang_up()
    mia.wait()
    assert mia.state == "gathering", "not in a conference where nobody is"
    assert tickets(one_desk) == [CALLBACK]
