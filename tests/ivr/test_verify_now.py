"""In the middle of a talk: to the keypad and back, what is known afterwards, and that nothing keyed comes near the agent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from authz import Denied, Proof, Reason, Subject, WayForward
from ivr import after, transitions
from ivr.agent import told_url
from ivr.desk_port import BackInRoom
from ivr.store_desk import StoreDesk
from ivr.types import Call, Conference, HangUp, Keys, Proved
from simulator.phone import Phone
from store import tables
from store.accounts.account_details import Refused
from store.calls import support_calls as store_rings
from store.verification import step_ups
from tests.desk import PUBLIC, Desk
from tests.ivr.elsewhere import asks_for, kim, piece, talks
from tests.ivr.talk import Dice, hear
from tests.ivr.wire import ANYTHING, Caller, Wire, change, count, rows, settings_of, state_of

MIA = ("+441632960108", "17846325")
PROMPT, PASSED, FAILED = "Key your PIN, then hash.", "Passed.", "Not passed."


def a_talk(desk: Desk) -> tuple[Phone, Phone]:
    kim(desk)
    return talks(desk, *MIA)


def ring(desk: Desk) -> tuple[str, str, int, str]:
    """What it is asked for, what came of it, the proof, and how it ended."""
    r = tables.support_calls.c
    newest = select(r.requested_proof, r.verification_result, r.proof, r.ending).order_by(r.id.desc())
    return tuple(rows(desk, newest)[0])


def owed(desk: Desk, kind: str) -> int:
    return count(desk, tables.jobs, tables.jobs.c.kind == kind)


def test_passed(desk: Desk) -> None:
    mia, agent = a_talk(desk)
    assert asks_for(desk, "pin")
    assert mia.state == "gathering"
    assert mia.heard[-1] == PROMPT
    assert agent.state == "in conference desk-1", "the agent waits in the room"
    mia.press("17846325#")
    desk.work()
    assert (mia.state, agent.state) == ("in conference desk-1",) * 2
    assert agent.heard[-1] == PASSED
    assert PASSED not in mia.heard
    assert ring(desk) == ("pin", "passed", Proof.VERIFIED, "")
    agent.speak("thank you")
    assert mia.heard[-1] == "thank you"
    assert list(desk.exchange.faults) == []


@pytest.mark.parametrize(
    "keys", [("11111111#",) * 3, ("",), ("*#",), ("123#",) * 3, ("26487159#", "26487159#", "73059184#")]
)
def test_failed(one_desk: Desk, keys: tuple[str, ...]) -> None:
    """Three wrong ones, silence, a star, half of one, somebody else's: back to the agent, and nobody is known any more."""
    mia, agent = a_talk(one_desk)
    asks_for(one_desk, "pin")
    for each in keys:
        mia.press(each) if each else mia.wait()
    one_desk.work()
    assert mia.state == agent.state == "in conference desk-1"
    assert agent.heard[-1] == FAILED
    assert ring(one_desk) == ("pin", "failed", Proof.CLAIMED, "")
    agent.hang_up()
    assert mia.heard[-2:] == ["The call with the desk has ended.", "Goodbye."]
    assert mia.state == "ended", "the menu is not theirs any more"


def test_no_digit_comes_near_the_agent(one_desk: Desk, logged: list[dict[str, object]]) -> None:
    mia, agent = a_talk(one_desk)
    before = len(agent.heard)
    asks_for(one_desk, "pin")
    mia.press("17846399#")
    mia.press("17846325#")
    one_desk.work()
    assert agent.heard[before:] == [PASSED]
    assert "178463" not in repr(logged) + repr(list(one_desk.exchange.webhooks))


def test_whoever_hangs_up_at_the_keypad_has_failed(desk: Desk) -> None:
    mia, agent = a_talk(desk)
    asks_for(desk, "pin")
    mia.hang_up()
    desk.work()
    assert ring(desk) == ("pin", "failed", Proof.CLAIMED, "caller_left")
    assert agent.heard[-2:] == [FAILED, "The caller has hung up."]
    assert agent.state == "ended"


def test_an_agent_who_hangs_up_meanwhile_is_not_waited_for(one_desk: Desk) -> None:
    mia, agent = a_talk(one_desk)
    asks_for(one_desk, "pin")
    agent.hang_up()
    mia.press("17846325#")
    assert "The call with the desk has ended." in mia.heard
    assert mia.heard[-1] == ANYTHING
    assert ring(one_desk)[3] == "agent_left"
    assert not asks_for(one_desk, "pin"), "that talk is over"


def test_two_minutes_are_enough(one_desk: Desk) -> None:
    mia, agent = a_talk(one_desk)
    asks_for(one_desk, "pin")
    one_desk.pass_time(119)
    one_desk.work()
    assert ring(one_desk)[1] == ""
    one_desk.pass_time(2)
    one_desk.work()
    assert ring(one_desk)[1:3] == ("failed", Proof.CLAIMED)
    assert agent.heard[-1] == FAILED
    mia.press("17846325#")
    one_desk.work()
    assert ring(one_desk)[1:3] == ("passed", Proof.VERIFIED), "late, and proved all the same"


def test_asked_while_one_is_under_way_and_asked_again(one_desk: Desk) -> None:
    mia, agent = a_talk(one_desk)
    assert asks_for(one_desk, "pin")
    assert not asks_for(one_desk, "pin"), "they are at the keypad already"
    mia.wait()
    one_desk.work()
    one_desk.pass_time(1)
    assert asks_for(one_desk, "pin")
    mia.press("17846325#")
    one_desk.work()
    assert [said for said in agent.heard if said in (PASSED, FAILED)] == [FAILED, PASSED]
    assert ring(one_desk)[1:3] == ("passed", Proof.VERIFIED)


def test_a_caller_who_has_just_gone_is_not_sent_anywhere(one_desk: Desk) -> None:
    """Twilio knows that the call is over, and has not told us."""
    mia, agent = a_talk(one_desk)
    mia.status, mia.waiting = "completed", None
    asks_for(one_desk, "pin")
    assert ring(one_desk)[1] == "failed"
    assert agent.heard[-1] == FAILED


def test_done_twice_each_kind_does_no_harm(one_desk: Desk) -> None:
    mia, agent = a_talk(one_desk)
    asks_for(one_desk, "pin")
    _again(one_desk, "recall_to_keypad")
    assert [said for said in mia.heard if said == PROMPT] == [PROMPT], "not sent there twice"
    mia.press("17846325#")
    one_desk.work()
    _again(one_desk, "announce_result", "keypad_timeout", "recall_to_keypad")
    assert (mia.state, agent.state) == ("in conference desk-1",) * 2
    assert ring(one_desk)[1] == "passed"
    mia.hang_up()
    one_desk.work()
    _again(one_desk, "announce_hangup", "announce_result")
    assert agent.heard.count("The caller has hung up.") == 1


def _again(desk: Desk, *kinds: str) -> None:
    """A worker died just after it had done these."""
    w = tables.jobs
    payloads = {"recall_to_keypad": ring_asked(desk), "keypad_timeout": ring_asked(desk)}
    said = {"support_call": 1, "told": "passed"}
    payloads |= {
        "announce_result": said,
        "announce_hangup": {"support_call": 1, "leg": rows(desk, select(tables.support_calls.c.taken_by))[0][0]},
    }
    for kind in kinds:
        assert count(desk, w, w.c.kind == kind)
        desk.do_again(piece(kind, **payloads[kind]))


def ring_asked(desk: Desk) -> dict[str, object]:
    r = tables.support_calls.c
    return dict(rows(desk, select(r.id.label("support_call"), r.call, r.requested_at.label("asked_at")))[0]._mapping)


# --- at the wire


def by_hand(desk: Desk) -> tuple[Caller, str, Wire]:
    """A talk made by hand, and the path that a caller is sent to; the REST API knows nothing of this call."""
    kim(desk)
    wire = Wire(desk)
    mia = Caller(wire)
    mia.prove()
    mia.key("0")
    desk.work()
    (agent,) = [leg for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    agent.answer()
    agent.press("1")
    mia.key("")
    r = tables.support_calls
    change(desk, update(r).values(requested_proof="pin", requested_at=desk.now))
    summons = after.summons(desk.container.phone, 1, desk.now)  # type: ignore[arg-type]
    assert summons is not None
    assert summons[0] == mia.sid
    return mia, summons[1], wire


def test_the_route_is_a_turn_that_can_be_repeated(desk: Desk) -> None:
    mia, path, _wire = by_hand(desk)
    first = mia.post(path, mia.form())
    assert first.said[-1] == PROMPT
    assert mia.post(path, mia.form()).text == first.text
    mia.answer = first
    wrong = mia.key("11111111")
    assert wrong.said[0] == "That did not match. Please try again."
    assert mia.post(path, mia.form()).status == 403, "two turns ago"


def test_tokens_of_others_are_refused(one_desk: Desk) -> None:
    mia, path, wire = by_hand(one_desk)
    stranger = Caller(wire, "+441632960109")
    stranger.prove("", "39275068")
    for wrong in ("/ivr/keypad", path[:-1], path + "A", path.replace("t=", "t=A")):
        assert mia.post(wrong, mia.form()).status == 403
    assert stranger.post(path, stranger.form()).status == 403, "the token is another call's"
    assert wire.post(path, mia.form(), signature="AAAA").status == 403
    assert state_of(one_desk, mia.sid).at == "talking"


def test_who_has_left_the_room_meanwhile_hears_what_they_are_at(one_desk: Desk) -> None:
    """The agent hung up, the caller is at the menu, and the redirect comes late: not a dead line."""
    mia, path, _wire = by_hand(one_desk)
    menu = mia.post(mia.answer.action, mia.form(("DialCallStatus", "completed")))
    assert "The call with the desk has ended." in menu.said
    assert mia.post(path, mia.form()).text == menu.text
    assert state_of(one_desk, mia.sid).at == "anything_else"


@pytest.mark.parametrize("told", ["passed", "failed"])
def test_what_is_announced_is_in_the_token(one_desk: Desk, told: str) -> None:
    wire, keys = Wire(one_desk), one_desk.store.keys
    path, form = told_url(keys, 1, told), [("AccountSid", wire.account)]
    assert wire.post(path, form).said == [PASSED if told == "passed" else FAILED]
    other = "failed" if told == "passed" else "passed"
    for wrong in (path.replace(told, other), path.replace("_call=1", "_call=2"), "/ivr/agent/told"):
        assert wire.post(wrong, form).status == 403


def test_the_room_is_the_agents(one_desk: Desk) -> None:
    """Twilio closes it when the agent leaves, and not when the caller goes to the keypad."""
    mia, _path, wire = by_hand(one_desk)
    assert 'endConferenceOnExit="false"' in mia.answer.text
    agent = next(leg for leg in one_desk.exchange.legs.values() if leg.party == "agent")
    answer = wire.post(agent._voice_url.removeprefix(PUBLIC), _agents_form(wire, agent, ("Digits", "1")))
    assert 'endConferenceOnExit="true"' in answer.text


def _agents_form(wire: Wire, agent: Phone, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(name, agent.sid if name == "CallSid" else value) for name, value in Caller(wire).form(*more)]


def test_the_agents_phone_takes_the_call_in_their_name(one_desk: Desk) -> None:
    staff = kim(one_desk)
    a_talk(one_desk)
    assert rows(one_desk, select(tables.support_calls.c.staff_id))[0][0] == staff
    with one_desk.store.transaction("test") as tx:
        now = store_rings.look(tx, 1)
    assert now is not None
    assert now.taken


def test_a_second_proof_counts_when_it_holds_on_this_call(one_desk: Desk) -> None:
    """However it was given: the way back looks for itself."""
    mia, _path, _wire = by_hand(one_desk)
    r = tables.support_calls
    change(one_desk, update(r).values(requested_proof="second", verification_result=""))
    call = state_of(one_desk, mia.sid)
    for proved, told in ((False, "failed"), (True, "passed")):
        change(one_desk, update(r).values(verification_result=""))
        with one_desk.store.transaction("phone", mia.sid) as tx:
            if proved:
                step_ups.reached(tx, Subject("person:8"), call.account or 0, "text", mia.sid, ends_at=tx.now + 60_000)
            desk = StoreDesk(tx, settings_of(one_desk))
            _, screen = transitions.TABLE["talking"].prompt(replace(call, then="talk"), desk)
        assert isinstance(screen.then, Conference)
        assert ("keypad_passed" in [line.key for line in screen.utterances], ring(one_desk)[1]) == (proved, told)
        assert ring(one_desk)[2] == Proof.VERIFIED, "the PIN is still right"


def test_for_a_second_proof_they_come_to_where_8_leads_and_back(desk: Desk) -> None:
    """Mia has nothing on file to prove herself by but a number, and texts are off: told so, and back with the agent."""
    mia, agent = a_talk(desk)
    assert asks_for(desk, "second")
    desk.work()
    if mia.state == "gathering":
        mia.press("*")
        desk.work()
    assert mia.state == agent.state == "in conference desk-1"
    assert agent.heard[-1] == FAILED
    assert ring(desk) == ("second", "failed", Proof.VERIFIED, "")
    agent.hang_up()
    assert mia.heard[-1] == ANYTHING, "what the PIN opened is open"


def test_silence_before_a_second_proof_is_no_hang_up(one_desk: Desk) -> None:
    mia = Subject("person:8")
    call = Call("step_code", way="text", subject=mia, proof=2, account=1, support_call=1, then="talk", silent=5)
    step = hear(Dice([1]), call, Keys(""))
    looked = BackInRoom("desk-5", True)  # whether a second proof was given, which the dice decide
    assert (step.call.at, step.asked, step.call.proof) == ("talking", [("back_to_talk", looked)], 2)


def test_somebody_elses_pin_is_not_theirs() -> None:
    """A number may change hands in the middle of a call, and with it whom the PIN is looked up for."""
    call = Call(at="pin_again", subject=Subject("person:8"), proof=2, account=1, support_call=1)
    for subject, passed in ((Subject("person:8"), True), (Subject("person:9"), False)):
        step = hear(Dice([]), call, Proved(subject, (1,)))
        assert (step.call.at, step.call.proof >= Proof.VERIFIED) == ("talking", passed)
        assert step.asked == [("back_to_talk", BackInRoom("desk-5", passed))]


def test_whoever_is_at_the_menu_is_not_taken_from_it(one_desk: Desk) -> None:
    wire = Wire(one_desk)
    mia = Caller(wire)
    menu = mia.prove()
    token = menu.action.partition("t=")[2]
    assert mia.post(f"/ivr/keypad?t={token}", mia.form()).text == menu.text
    assert mia.key("9").said[-1] == "Press 9 to hear this again.", "its own turn is still to come"


def test_whoever_failed_is_sent_nowhere_else_and_told_nothing(one_desk: Desk) -> None:
    """A stale button asks for a second proof after the PIN has failed: no menu, no code to link Slack, no name of an account."""
    mia, _agent = a_talk(one_desk)
    assert asks_for(one_desk, "pin")
    mia.press("*#")
    one_desk.work()
    assert not asks_for(one_desk, "second"), "whoever is not verified once is not asked for a second proof"
    r = tables.support_calls
    change(one_desk, update(r).values(requested_proof="second", verification_result="", requested_at=one_desk.now))
    call = state_of(one_desk, mia.sid)
    with one_desk.store.transaction("phone", mia.sid) as tx:
        desk = StoreDesk(tx, settings_of(one_desk))
        told = desk.link_code(call), desk.account_names(call), set(desk.offer(call).cells)
        assert told == (None, (), set())
    step = hear(Dice([]), replace(call, at="pin_again"), Keys("*"), back_to_talk=Refused("phone.support", DENIED))
    assert isinstance(step.screen.then, HangUp)


DENIED = Denied(Reason.UNVERIFIED, ("D-proof",), WayForward.VERIFY)
