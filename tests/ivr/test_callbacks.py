"""Calls of ours: who is talked to and who is not, that answering proves nothing, and what is written down when nobody does.

T35
"""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject
from deskgate.phone_jobs import may_call
from simulator.phone import Phone
from store import tables
from store.calls import callbacks, live_calls
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import Opens
from tests.ivr.elsewhere import called_with_a_code, has_called, kim, person, piece
from tests.ivr.wire import Caller, Form, Wire, change, count, rows, state_of
from tests.seeking import stands_in

MACHINE = ["This is the support desk. Please call us back."]
MENU = "Press 9 to hear this again."


def rung(desk: Desk, party: str = "caller") -> Phone:
    (phone,) = [leg for leg in desk.exchange.legs.values() if leg.state == "ringing" and leg.party == party]
    return phone


def status(desk: Desk, id: int) -> str:
    with desk.store.transaction("test") as tx:
        now = callbacks.look(tx, id)
    assert now is not None
    return now.state


def a_ticket(desk: Desk) -> int:
    """Mia's, of the same account."""
    mia = desk.exchange.phone("+441632960108")
    mia.dial()
    for keys in ("#", "17846325#", "0"):
        mia.press(keys)
    mia.hang_up()
    desk.work()
    return int(rows(desk, select(tables.tickets.c.number))[0][0])


def notes(desk: Desk, ticket: int) -> list[str]:
    m = tables.messages.c
    return [
        row[0] for row in rows(desk, select(m.body).where(m.ticket == ticket, m.internal, m.event == "").order_by(m.id))
    ]


def test_a_human_proves_it_and_meets_the_agent_who_asked(desk: Desk) -> None:
    id = has_called(desk)
    mia = rung(desk)
    assert (mia.called, status(desk, id)) == ("+441632960108", "ringing")
    mia.answer()
    assert status(desk, id) == "answered"
    assert count(desk, tables.support_calls) == 0, "nobody is rung for somebody who has only answered"
    mia.press("17846325#")
    desk.work()
    assert status(desk, id) == "proved"
    agent = rung(desk, "agent")
    assert agent.called == "+441632960001"
    agent.answer()
    agent.press("1")
    mia.wait()
    assert mia.state == agent.state
    words = [said for phone in (mia, agent) for said in phone.heard if "words are" in said or "Say:" in said]
    words += [said for said in mia.heard if "will say" in said]
    assert len(words) == 3
    assert len({tuple(said.split(": ")[-1].split(" are ")[-1].split(".")[0].split(", ")) for said in words}) == 1
    r = tables.support_calls.c
    found = rows(desk, select(r.callback, r.staff_id, r.own_number, r.proof))[0]
    assert tuple(found) == (id, kim(desk), True, Proof.VERIFIED)
    mia.hang_up()
    desk.work()
    assert status(desk, id) == "over"
    assert agent.heard[-1] == "The caller has hung up."


def test_the_words_are_those_in_slack_and_on_the_card(one_desk: Desk) -> None:
    id = has_called(one_desk)
    mia = rung(one_desk)
    mia.answer()
    with one_desk.store.transaction("test") as tx:
        ours = callbacks.look(tx, id)
        assert ours is not None
        words = callbacks.words(tx.keys, ours)
    assert f"Our two words are {', '.join(words)}. You will find the same in Slack, if you use it." in mia.heard
    assert count(one_desk, tables.jobs, tables.jobs.c.kind == "slack.code_words") == 1
    one_desk.pass_time(120)
    mia.press("17846325#")
    one_desk.work()
    agent = rung(one_desk, "agent")
    agent.answer()
    agent.press("1")
    with one_desk.store.transaction("test") as tx:
        assert live_calls.words(tx, 1) == words


@pytest.mark.parametrize("by", ["machine_start", "machine_end_beep", "fax", "unknown"])
def test_a_machine_hears_nothing(desk: Desk, by: str) -> None:
    ticket = a_ticket(desk)
    id = has_called(desk, ticket=ticket)
    mia = rung(desk)
    mia.answer(by=by)
    assert mia.heard == MACHINE
    assert mia.state == "ended"
    assert status(desk, id) == "machine"
    assert notes(desk, ticket) == [
        "We called back and a machine answered. It was asked to have them call us, and was told nothing else."
    ]
    assert count(desk, tables.jobs, tables.jobs.c.kind == "slack.callback_failed") == 1


@pytest.mark.parametrize(("how", "by"), [("decline", None), ("no_answer", None), ("end", None)])
def test_nobody_answers_and_that_is_written_down(desk: Desk, how: str, by: None) -> None:
    ticket = a_ticket(desk)
    id = has_called(desk, ticket=ticket)
    mia = rung(desk)
    getattr(mia, how)()
    assert status(desk, id) == "nobody"
    mia.redeliver()
    assert notes(desk, ticket) == ["We called back and nobody answered."]
    desk.pass_time(700)
    desk.work()
    assert not [leg for leg in desk.exchange.legs.values() if leg.state == "ringing" and leg.party == "caller"]
    assert len(notes(desk, ticket)) == 1


def test_whoever_answers_and_has_no_pin_gets_no_further(one_desk: Desk) -> None:
    has_called(one_desk)
    someone = rung(one_desk)
    someone.answer()
    for _ in range(3):
        someone.press("11111111#")
    assert someone.state == "ended"
    assert count(one_desk, tables.support_calls) == 0
    assert not {"Mia", "Chen", "Tideworks"} & set(" ".join(someone.heard).split())


def test_whoever_proves_to_be_somebody_else_is_not_the_one_who_was_called(one_desk: Desk) -> None:
    """Their support ID stands from the beginning: nobody else's PIN fits."""
    has_called(one_desk)
    someone = rung(one_desk)
    someone.answer()
    someone.press("73059184#")
    assert someone.heard[-2] == "That did not match. Please try again."


def test_a_code_is_told_to_a_human_who_presses_a_key(desk: Desk) -> None:
    id = called_with_a_code(desk)
    mia = rung(desk)
    mia.answer()
    assert not any("code is" in said for said in mia.heard)
    mia.press("1")
    (code,) = [said for said in mia.heard if said.startswith("Your code is ")]
    digits = code.removeprefix("Your code is ").rstrip(".").replace(" ", "")
    c = tables.codes.c
    (made,) = rows(desk, select(c.kind, c.subject).where(c.used_at.is_(None)))
    assert tuple(made) == ("unlock", Subject.of_person(person(desk)))
    assert len(digits) == 8
    assert not stands_in(digits, repr(rows(desk, select(tables.jobs.c.payload))))
    assert mia.state == "ended"
    assert status(desk, id) == "over"


@pytest.mark.parametrize("way", ["machine", "other key", "silence"])
def test_a_mailbox_is_told_no_code(one_desk: Desk, way: str) -> None:
    called_with_a_code(one_desk)
    mia = rung(one_desk)
    mia.answer(by="machine_start" if way == "machine" else "human")
    if way == "machine":
        assert mia.heard == MACHINE
    elif way == "other key":
        mia.press("5")
    else:
        mia.wait()
        mia.wait()
    assert not any("code is" in said for said in mia.heard)
    assert count(one_desk, tables.codes) == 0


# --- where it may go to


@pytest.mark.parametrize(
    ("countries", "number", "allowed"),
    [
        ("", "+441632960108", True),
        ("", "+12025550123", False),
        ("IE,US", "+12025550123", True),
        ("IE,US", "+441632960108", False),
        ("US", "+18765550123", False),  # Jamaica has the same +1
        ("GB", "+882165550100", False),  # of no country
    ],
)
def test_only_to_countries_that_are_named(open_one_desk: Opens, countries: str, number: str, allowed: bool) -> None:
    desk = open_one_desk(sms_countries=countries)
    assert may_call(desk.settings, number) == allowed


def test_a_number_elsewhere_is_not_called_and_that_is_written_down(open_desk: Opens) -> None:
    desk = open_desk(sms_countries="IE")
    ticket = a_ticket(desk)
    id = has_called(desk, ticket=ticket)
    assert status(desk, id) == "gone"
    assert notes(desk, ticket) == ["We did not call back: their number is in a country we may not call."]
    assert not [leg for leg in desk.exchange.legs.values() if leg.party == "caller" and leg.direction != "inbound"]


# --- twice, late, and by others


def test_done_twice_nobody_is_rung_twice(one_desk: Desk) -> None:
    id = has_called(one_desk)
    one_desk.do_again(piece("callback", callback=id))
    mia = rung(one_desk)
    mia.answer()
    for kind in ("callback", "callback_timeout"):
        one_desk.do_again(piece(kind, callback=id))
    assert status(one_desk, id) == "answered"


def test_a_call_of_which_twilio_tells_nothing_is_over_after_a_while(one_desk: Desk) -> None:
    id = has_called(one_desk)
    one_desk.pass_time(601)
    one_desk.work()
    assert status(one_desk, id) == "nobody"
    late = rung(one_desk)
    late.answer()
    assert status(one_desk, id) == "nobody"
    assert not any("PIN" in said for said in late.heard)


def test_twilio_away_it_is_tried_again(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delattr(type(one_desk.exchange), "create_call")
        id = has_called(one_desk)
        assert status(one_desk, id) == "owed"
    one_desk.pass_time(6)
    one_desk.work()
    assert status(one_desk, id) == "ringing"
    assert rung(one_desk).called == "+441632960108"


def form(wire: Wire, phone: Phone, *more: tuple[str, str], status: str = "in-progress") -> Form:
    given = Caller(wire, "+441632960000", phone.sid).form(*more, status=status)
    return [(name, "outbound-api" if name == "Direction" else value) for name, value in given]


def test_a_repeat_hears_the_same_and_another_answer_changes_nothing(desk: Desk) -> None:
    id = has_called(desk)
    mia, wire = rung(desk), Wire(desk)
    path = mia._voice_url.removeprefix(PUBLIC)
    human = wire.post(path, form(wire, mia, ("AnsweredBy", "human")))
    assert human.status == 200
    for by in ("human", "machine_start"):
        assert wire.post(path, form(wire, mia, ("AnsweredBy", by))).text == human.text
    assert status(desk, id) == "answered"
    desk.now += 1
    assert wire.post(human.action, form(wire, mia, ("Digits", "11111111"))).status == 200
    assert wire.post(path, form(wire, mia, ("AnsweredBy", "human"))).status == 403, "it has gone on"


def test_a_machine_does_not_become_a_human(one_desk: Desk) -> None:
    has_called(one_desk)
    mia, wire = rung(one_desk), Wire(one_desk)
    path = mia._voice_url.removeprefix(PUBLIC)
    assert wire.post(path, form(wire, mia, ("AnsweredBy", "machine_start"))).said == MACHINE
    assert wire.post(path, form(wire, mia, ("AnsweredBy", "machine_start"))).said == MACHINE
    assert wire.post(path, form(wire, mia, ("AnsweredBy", "human"))).status == 403
    assert wire.post(path, form(wire, mia)).said == MACHINE, "who says nothing of it is no human"


@pytest.mark.parametrize("by", ["Human", "human ", "machine", "humanmachine_start", "", "machine_end", "ｈuman"])
def test_what_answered_has_an_exact_form(one_desk: Desk, by: str) -> None:
    has_called(one_desk)
    mia, wire = rung(one_desk), Wire(one_desk)
    path = mia._voice_url.removeprefix(PUBLIC)
    assert wire.post(path, form(wire, mia, ("AnsweredBy", by))).status == 400


def test_tokens_and_calls_of_others_are_refused(one_desk: Desk) -> None:
    id, other = has_called(one_desk), has_called(one_desk, "raj.patel")
    mia = next(leg for leg in one_desk.exchange.legs.values() if leg.called == "+441632960108")
    wire = Wire(one_desk)
    path = mia._voice_url.removeprefix(PUBLIC)
    human = ("AnsweredBy", "human")
    swapped = path.replace(f"callback={id}", f"callback={other}")
    for wrong, route in product((swapped, path[:-1], path.split("?")[0], path + "A"), ("", "/status")):
        asked = wrong.replace("/ivr/called", f"/ivr/called{route}")
        assert wire.post(asked, form(wire, mia, human, status="completed")).status == 403
    stranger = Caller(wire, "+441632960109")
    assert wire.post(path, form(wire, _Sid(stranger.sid), human)).status == 403, "another call with this token"  # type: ignore[arg-type]
    assert status(one_desk, id) == status(one_desk, other) == "ringing"


class _Sid:
    def __init__(self, sid: str) -> None:
        self.sid = sid


def test_the_pin_that_was_called_for_is_sealed_like_any(one_desk: Desk) -> None:
    has_called(one_desk)
    mia = rung(one_desk)
    mia.answer()
    call = state_of(one_desk, mia.sid)
    assert (call.at, call.support_id, call.subject, call.proof) == ("pin", "10000081", None, 0)
    assert b"10000081" not in rows(one_desk, select(tables.calls.c.state))[0][0]


def test_an_agent_without_a_phone_has_all_phones_rung(open_one_desk: Opens) -> None:
    desk = open_one_desk(agent_number="+441632960001,+441632960002")
    has_called(desk)
    change(desk, update(tables.staff).values(phone=None))
    mia = rung(desk)
    mia.answer()
    mia.press("17846325#")
    desk.work()
    ringing = [leg.called for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    assert sorted(ringing) == ["+441632960001", "+441632960002"]


def test_of_two_workers_one_rings(desk: Desk) -> None:
    staff = kim(desk)
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        id = callbacks.ask(tx, grant, 1)
        assert isinstance(id, int)
        first = callbacks.to_ring(tx, id, "+441632960101")
        assert first is not None
        assert first.state == "ringing"
        assert callbacks.to_ring(tx, id, "+441632960101") is None
