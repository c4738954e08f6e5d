"""A person is asked for: who of the desk takes the call, what they hear first, and what becomes of it when nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from simulator.phone import Phone
from store import tables
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, change, count, rows

OFFER = "The support desk has a caller. Press 1 to take a support call."
WHO = "Mia Chen, Tideworks Ltd, account 4 0 0 6 3 9. Proved by PIN. You are being connected."
NOBODY_CAME = ["Nobody can take your call just now.", "We have opened a ticket, and will call you back."]
TWO_AGENTS = {"agent_number": "+441632960001,+441632960002"}


@pytest.fixture
def open_desk(sample_url: str) -> Iterator[Callable[..., Desk]]:
    """Opens the desk with other settings."""
    opened: list[Desk] = []

    def open_with(**settings: str) -> Desk:
        opened.append(Desk(sample_url, **ACCOUNT | settings))
        return opened[-1]

    yield open_with
    for desk in opened:
        desk.close()


def asks(desk: Desk, number: str = "+441632960108", pin: str = "17846325", key: str = "0") -> Phone:
    """Somebody who has asked for a person, or for the emergency line."""
    phone = desk.exchange.phone(number)
    phone.dial()
    for keys in ("#", f"{pin}#", key):
        phone.press(keys)
    desk.work()
    return phone


def rings(desk: Desk) -> list[Phone]:
    """The desk's phones that ring now, in the order of their numbers."""
    ringing = [leg for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    return sorted(ringing, key=lambda leg: leg.called)


def tickets(desk: Desk) -> list[tuple[str, str, str, bool]]:
    t = tables.tickets.c
    return [tuple(row) for row in rows(desk, select(t.subject, t.status, t.topic, t.urgent).order_by(t.number))]


CALL_BACK = ("Call back: asked for a person", "open", "technical", False)
EMERGENCY = ("Emergency: nobody answered", "open", "technical", True)


# --- who takes it


def test_the_first_to_press_1_takes_it_and_the_other_is_told(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, second = rings(desk)
    assert (first.called, second.called) == ("+441632960001", "+441632960002")
    first.answer()
    second.answer()
    assert first.heard == second.heard == [OFFER]
    second.press("1")
    first.press("1")
    assert second.heard[1:] == [WHO]
    assert first.heard[1:] == ["Somebody else has taken that call. Goodbye."]
    assert (first.state, second.state) == ("ended", "in conference desk-1")
    mia.wait()
    assert mia.state == second.state
    mia.speak("hello")
    assert second.heard[-1] == "hello"
    second.hang_up()
    assert "The call with the desk has ended." in mia.heard
    mia.hang_up()
    assert tickets(desk) == []
    assert list(desk.exchange.faults) == []


def test_nothing_of_the_caller_is_said_before_1_is_pressed(desk: Desk) -> None:
    change(desk, update(tables.invoices).values(amount="424242.42"))
    asks(desk)
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == [OFFER]
    agent.press("1")
    assert agent.heard == [OFFER, WHO]
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
def test_when_all_have_declined_the_caller_is_called_back(open_desk: Callable[..., Desk], how: str) -> None:
    desk = open_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, second = rings(desk)
    first.decline()
    mia.wait()
    assert mia.heard[-1] == "We are still ringing the desk."
    if how.startswith("answer"):
        second.answer()
        second.press("2") if how.endswith("2") else second.hang_up()
    else:
        getattr(second, how)()
    mia.wait()
    assert [said for said in mia.heard if said in NOBODY_CAME] == NOBODY_CAME
    assert tickets(desk) == [CALL_BACK]
    assert "Its number is 1 0 0 1." in mia.heard


def test_a_status_told_twice_is_one_phone_less(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(**TWO_AGENTS)
    mia = asks(desk)
    first, _second = rings(desk)
    first.decline()
    first.redeliver()
    mia.wait()
    assert mia.heard[-1] == "We are still ringing the desk."


def test_nobody_within_45_seconds(desk: Desk) -> None:
    mia = asks(desk)
    desk.pass_time(44)
    mia.wait()
    assert mia.heard[-1] == "We are still ringing the desk."
    desk.pass_time(2)
    mia.wait()
    assert tickets(desk) == [CALL_BACK]
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_a_phone_is_not_rung_for_a_caller_who_has_gone(desk: Desk) -> None:
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    for keys in ("#", "17846325#", "0"):
        phone.press(keys)
    phone.hang_up()
    desk.work()
    assert rings(desk) == []


# --- who goes


def test_whoever_hangs_up_while_waiting_is_called_back(desk: Desk) -> None:
    mia = asks(desk)
    mia.hang_up()
    assert tickets(desk) == [CALL_BACK]
    mia.redeliver()
    assert tickets(desk) == [CALL_BACK]
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_an_agent_who_has_answered_is_told_that_the_caller_has_gone(desk: Desk) -> None:
    mia = asks(desk)
    (agent,) = rings(desk)
    agent.answer()
    mia.hang_up()
    agent.press("1")
    assert agent.heard == [OFFER, "The caller has gone. Goodbye."]
    assert tickets(desk) == [CALL_BACK]


def test_star_goes_back_and_needs_no_call_back(desk: Desk) -> None:
    mia = asks(desk)
    mia.press("*")
    assert mia.heard[-1] == "Press 9 to hear this again."
    assert tickets(desk) == []
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_a_caller_who_left_for_the_fallback_is_gone_for_the_agents(desk: Desk) -> None:
    wire = Wire(desk)
    mia = Caller(wire)
    mia.prove()
    mia.key("0")
    desk.work()
    mia.post("/ivr/fallback", mia.form())
    mia.hang_up()
    (agent,) = rings(desk)
    agent.answer()
    assert agent.heard == ["The caller has gone. Goodbye."]


def test_asking_twice_in_a_call(desk: Desk) -> None:
    mia = asks(desk)
    mia.press("*")
    mia.press("0")
    desk.work()
    earlier, now = sorted(rings(desk), key=lambda leg: leg._voice_url)
    now.answer()
    now.press("1")
    earlier.answer()
    assert earlier.heard == ["The caller has gone. Goodbye."]
    assert now.heard == [OFFER, WHO]
    mia.wait()
    assert mia.state == now.state == "in conference desk-2"
    now.hang_up()
    mia.press("0")
    mia.hang_up()
    assert tickets(desk) == [CALL_BACK]
    assert count(desk, tables.rings) == 3


def test_without_a_phone_of_the_desk_the_caller_is_called_back_at_once(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(agent_number="")
    for key, ticket in (("0", CALL_BACK), ("5", EMERGENCY)):
        mia = asks(desk, key=key)
        assert [said for said in mia.heard if said in NOBODY_CAME] == NOBODY_CAME, "without waiting for anybody"
        assert not any("ringing" in said for said in mia.heard)
        assert mia.state == "gathering"
        assert tickets(desk)[-1] == ticket
        mia.hang_up()
    assert len(tickets(desk)) == 2


# --- emergencies


def test_an_emergency_rings_its_own_number_and_says_so(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(emergency_number="+441632960009")
    mia = asks(desk, key="5")
    (agent,) = rings(desk)
    assert agent.called == "+441632960009"
    agent.answer()
    assert agent.heard == ["The support desk has an emergency. Press 1 to take a support call."]
    agent.hang_up()
    mia.wait()
    assert tickets(desk) == [EMERGENCY]
    assert rows(desk, select(tables.tickets.c.service)) == [("ms-1",)]
    assert count(desk, tables.work, tables.work.c.kind == "alarm") == 1


def test_an_emergency_under_memset_rules_is_for_covered_services_only(one_desk: Desk) -> None:
    s = tables.services.c
    change(one_desk, update(tables.services).where(s.ref == "ms-2").values(managed_sla=True))
    mia = asks(one_desk, key="5")
    assert mia.heard[-3:] == [
        "Which service is it about?",
        "Press 1 for Miniserver tide-web.",
        "Press 2 for Miniserver tide-dev.",
    ]
    change(one_desk, update(tables.services).where(s.ref == "ms-2").values(managed_sla=False))
    mia.press("2")
    refused = ["No service here has emergency cover.", "You can open a ticket instead."]
    assert mia.heard[mia.heard.index(refused[0]) :][:2] == refused, "it was covered a moment ago"
    assert "Press 5 for an emergency." in mia.heard[-5:], "the other one is covered still"
    change(one_desk, update(tables.services).values(managed_sla=False))
    mia.press("5")
    assert mia.heard.count(refused[0]) == 2
    assert "Press 5 for an emergency." not in mia.heard[-4:]
    assert rings(one_desk) == []


@pytest.mark.parametrize(("number", "pin"), [("+441632960103", "61520493"), ("+441632960105", "26487159")])
def test_an_emergency_elsewhere_is_for_any_service(one_desk: Desk, number: str, pin: str) -> None:
    """Tom is the technical contact under Media Temple's rules, Sam the owner under the standard roles; no SLA there."""
    asks(one_desk, number, pin, key="5")
    assert len(rings(one_desk)) == 1


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
        path.replace("ring=1", "ring=2"),
        path.replace("ring=1", "ring=01"),
        path.replace("ring=1", "ring=%D9%A1"),
        path.replace("ring=1", "ring=-1"),
        path.replace("leg=0", "leg="),
        path.replace("ring=1", f"ring={'9' * 30}"),
        f"/ivr/agent/status?ring=1&leg=1&t={token}",
    ):
        over = Caller(wire, "+441632960000").form(status="completed")
        answer = wire.post(wrong, over if "status" in wrong else form)
        assert (answer.status, answer.said) == (403, ["Goodbye."]), wrong
    assert count(one_desk, tables.rings, tables.rings.c.taken_by.is_not(None)) == 0
    assert wire.post(path, form).said == [WHO], "with its token it is let in"
