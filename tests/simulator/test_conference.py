"""Legs that meet: the desk's outbound calls, the conference, and what leaving it does to the others."""

from __future__ import annotations

import threading

import pytest

from simulator.exchange import Exchange
from simulator.phone import CallOverError, Phone
from tests.simulator.toy_desk import CALLER, NUMBER, PUBLIC, ToyDesk

AGENT = "+441632960999"


def room(*, starts: bool, ends: bool) -> str:
    return (
        '<Dial action="/after"><Conference '
        f'startConferenceOnEnter="{str(starts).lower()}" endConferenceOnExit="{str(ends).lower()}" beep="false" '
        'statusCallback="/room" statusCallbackEvent="start end join leave">call-7</Conference></Dial>'
    )


@pytest.fixture
def caller(desk: ToyDesk, exchange: Exchange) -> Phone:
    desk.on("/ivr/voice", room(starts=False, ends=True))
    desk.on("/ivr/agent", room(starts=True, ends=False))
    desk.on("/after", "<Say>The call is over.</Say>")
    phone = exchange.phone(CALLER)
    phone.dial()
    return phone


def outbound(exchange: Exchange, *events: str) -> Phone:
    return exchange.create_call(
        AGENT, PUBLIC + "/ivr/agent?c=1", status_callback=PUBLIC + "/ivr/agent/status?c=1", status_events=events
    )


def test_an_outbound_call_rings_and_is_answered(desk: ToyDesk, exchange: Exchange, caller: Phone) -> None:
    agent = outbound(exchange, "initiated", "ringing", "answered", "completed")
    assert exchange.ringing() is agent
    assert agent.state == "ringing"
    assert desk.forms("/ivr/agent/status") == []
    agent.answer()
    (form,) = desk.forms("/ivr/agent")
    assert (form["CallStatus"], form["Direction"]) == ("in-progress", "outbound-api")
    assert (form["From"], form["To"]) == (NUMBER, AGENT)
    assert exchange.ringing() is None
    agent.hang_up()
    statuses = desk.forms("/ivr/agent/status")
    assert [form["CallStatus"] for form in statuses] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in statuses] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("act", "status"), [("decline", "busy"), ("no_answer", "no-answer"), ("end", "canceled")])
def test_an_outbound_call_that_nobody_takes(desk: ToyDesk, exchange: Exchange, act: str, status: str) -> None:
    agent = outbound(exchange)
    getattr(agent, act)()
    assert [form["CallStatus"] for form in desk.forms("/ivr/agent/status")] == [status]
    assert agent.state == "ended"
    with pytest.raises(CallOverError):
        agent.answer()


def test_they_meet_and_hear_each_other(desk: ToyDesk, exchange: Exchange, caller: Phone) -> None:
    assert caller.state == "in conference call-7"
    assert caller.room is not None
    assert exchange.others_in(caller, caller.room) == []
    agent = outbound(exchange)
    agent.answer()
    assert agent.state == "in conference call-7"
    caller.speak("hello")
    assert agent.transcript[-1] == ("line", "hello")
    events = [form["StatusCallbackEvent"] for form in desk.forms("/room")]
    assert events == ["participant-join", "conference-start", "participant-join"]


def test_the_caller_leaving_ends_it_for_the_agent(desk: ToyDesk, exchange: Exchange, caller: Phone) -> None:
    agent = outbound(exchange)
    agent.answer()
    caller.hang_up()
    (form,) = desk.forms("/after")
    assert (form["CallSid"], form["DialCallStatus"]) == (agent.sid, "completed")
    assert agent.heard == ["The call is over."]
    assert agent.state == "ended"
    assert exchange.conferences == {}


def test_the_agent_leaving_does_not_end_it_for_the_caller(desk: ToyDesk, exchange: Exchange, caller: Phone) -> None:
    agent = outbound(exchange)
    agent.answer()
    agent.hang_up()
    assert caller.state == "in conference call-7"
    caller.wait()
    assert caller.state == "in conference call-7"


def test_the_desk_takes_a_leg_out_of_the_conference(desk: ToyDesk, exchange: Exchange, caller: Phone) -> None:
    desk.on("/keypad", "<Gather><Say>Key your code.</Say></Gather>")
    caller.redirect(PUBLIC + "/keypad")
    assert caller.heard == ["Key your code."]
    assert exchange.conferences == {}


def test_without_an_action_the_document_goes_on(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Dial hangupOnStar='true'><Conference>x</Conference></Dial><Say>Back again.</Say>")
    phone = exchange.phone(CALLER)
    phone.dial()
    phone.press("1*")
    assert phone.heard == ["Back again."]
    assert phone.transcript[0] == ("caller", "presses •")


def test_both_hanging_up_at_once_does_not_stop_the_exchange(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", room(starts=True, ends=True))
    desk.on("/ivr/agent", room(starts=True, ends=True))
    for _ in range(10):
        caller = exchange.phone(CALLER)
        caller.dial()
        agent = outbound(exchange)
        agent.answer()
        together = threading.Barrier(2)

        def end(phone: Phone, together: threading.Barrier = together) -> None:
            together.wait()
            if phone.state != "ended":
                try:
                    phone.hang_up()
                except CallOverError:
                    return

        threads = [threading.Thread(target=end, args=(phone,)) for phone in (caller, agent)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert [phone.state for phone in (caller, agent)] == ["ended", "ended"]
        assert len(desk.forms("/ivr/status")) == len(desk.forms("/ivr/agent/status"))
