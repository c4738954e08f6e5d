"""A call under a threat: it sounds like any other, tells nothing, rings nobody, and supervisors alone know."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from inspect import signature

import pytest
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from ivr.desk_port import BeingUpdated
from ivr.desk_port import Desk as Port
from ivr.duress import UnderThreat
from ivr.store_desk import StoreDesk, desk_for
from store import tables
from store.db.transaction import OPERATOR
from store.security import alerts
from store.tickets import operator_tickets
from store.verification import pins
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.talk import ASKED, NOT_TOLD, RECORDED
from tests.ivr.wire import ANYTHING, Caller, Wire, count, rows, settings_of, state_of

MIA, PIN, UNDER_THREAT = "10000081", "17846325", "40213958"
ALL_OF_IT = "That is being updated. We will call you back."


@pytest.fixture(autouse=True)
def has_one(desk: Desk) -> None:
    give(desk, MIA, PIN, UNDER_THREAT)


def give(desk: Desk, support_id: str, pin: str, threat: str) -> None:
    person = id_of(desk, support_id)
    with desk.store.transaction("test") as tx:
        pins.put(tx, pins.keep(tx.keys, person, Pin(pin), Pin(threat)))


def id_of(desk: Desk, support_id: str) -> int:
    found: int = rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == support_id))[0][0]
    return found


def threatened(desk: Desk, support_id: str = MIA, threat: str = UNDER_THREAT) -> Caller:
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(support_id, threat)
    assert state_of(desk, caller.sid).duress
    return caller


def said(caller: Caller) -> str:
    return " ".join(caller.answer.said)


def bare(caller: Caller) -> str:
    return re.sub(r"t=[A-Za-z0-9_-]{20}|RE[0-9a-f]{32}", "…", caller.answer.text)


def statuses(desk: Desk) -> list[tuple[int, str]]:
    return [tuple(row) for row in rows(desk, select(tables.tickets.c.number, tables.tickets.c.status))]


def owed(desk: Desk) -> set[str]:
    return {row[0] for row in rows(desk, select(tables.jobs.c.kind))}


# --- the menu is the real one


def test_up_to_the_menu_every_byte_is_that_of_the_right_pin(desk: Desk) -> None:
    usual, under = (Caller(Wire(desk), "anonymous") for _ in range(2))
    for caller, pin in ((usual, PIN), (under, UNDER_THREAT)):
        caller.prove(MIA, pin)
    assert bare(usual) == bare(under)
    assert "Press 1 to open a ticket." in usual.answer.said


def test_a_digit_beside_it_is_a_wrong_pin_and_the_real_one_is_the_real_one(desk: Desk) -> None:
    caller = Caller(Wire(desk), "anonymous")
    caller.prove(MIA, UNDER_THREAT[:-1] + "9")
    assert "That did not match" in said(caller)
    caller.key(PIN)
    assert not state_of(desk, caller.sid).duress
    assert count(desk, tables.alerts) == 0


def test_what_would_tell_something_is_being_updated(desk: Desk) -> None:
    """On every account model, whatever the menu offers and whatever it does not."""
    for support_id, pin in (("10000016", "73059184"), ("10000024", "48291537"), (MIA, PIN)):
        give(desk, support_id, pin, UNDER_THREAT)
        caller = threatened(desk, support_id)
        while "Press 9 to hear this again." not in caller.answer.said:
            caller.key("1")
        for key in "23478":
            caller.key(key)
            told = said(caller)
            assert told.startswith((ALL_OF_IT, "That is not one of the choices.")), (support_id, key, told)
            assert ANYTHING in caller.answer.said
        assert told
        caller.hang_up()
    assert count(desk, tables.codes) == 0


def test_e5_a_message_under_a_threat_sounds_as_always_and_is_held(one_desk: Desk) -> None:
    give(one_desk, MIA, PIN, UNDER_THREAT)
    heard = []
    for pin in (PIN, UNDER_THREAT):
        caller = Caller(Wire(one_desk), "anonymous")
        caller.prove(MIA, pin)
        caller.key("6")
        heard.append((said(caller), caller.say().said))
    assert heard[0] == heard[1]
    assert heard[0][1] == ["Thank you. We have your message.", ANYTHING]
    assert sorted(statuses(one_desk)) == [(1001, "pending"), (1002, "quarantined")]


CHOSEN_BY = {
    "account_names",
    "find_account",
    "offer",
    "topics",
    "service_names",
    "may_leave_message",
    "what_is_asked",
} | {
    "who_verifies",
    "verification",
    "not_me",
}
LEFT = {"open_ticket", "leave_message", "ask_callback"}
TALK = {"look_at_support_call", "give_up_support_call", "caller_left", "back_to_talk", "end_talk"}


class AsAlwaysError(Exception):
    pass


class Usual:
    """The desk as it is without a threat: whatever it is asked, it says so."""

    def __getattr__(self, name: str) -> object:
        def asked(*_: object) -> object:
            raise AsAlwaysError(name)

        return asked


@pytest.mark.parametrize(
    ("support_call", "always"), [(None, CHOSEN_BY | LEFT), (-1, CHOSEN_BY | LEFT), (1, CHOSEN_BY | LEFT | TALK)]
)
def test_whatever_is_asked_of_the_desk_tells_nothing(
    one_desk: Desk, support_call: int | None, always: set[str]
) -> None:
    """What goes on as always is what one chooses by, and by which something is left (which is quarantined), or the desk talks to them
    already; all else is known here, or being updated."""
    give(one_desk, MIA, PIN, UNDER_THREAT)
    caller = threatened(one_desk)
    call = replace(state_of(one_desk, caller.sid), support_call=support_call, about="ticket")
    about = {
        "number": "400639",
        "recorded": RECORDED,
        "digits": "123456",
        "topic": "billing",
        "passed": True,
        "why": "went_back",
    }
    done = set()
    for name in ASKED:
        asks = signature(getattr(Port, name)).parameters.keys() - {"self", "call"}
        with one_desk.store.transaction("phone", caller.sid) as tx:
            desk = UnderThreat(tx, replace(settings_of(one_desk), slack=True), Usual())  # type: ignore[arg-type]
            try:
                answer = getattr(desk, name)(call, *(about[one] for one in asks))
            except AsAlwaysError:
                done.add(name)
            else:
                ours = {"ring", "look_at_support_call", "give_up_support_call", "caller_left", "end_talk"}
                ours |= {"confirm_verification"}
                assert name in ours or answer == BeingUpdated(), name
                assert (answer == BeingUpdated()) == (name in NOT_TOLD), name
    assert done == always
    assert NOT_TOLD - {"back_to_talk"} == ASKED - CHOSEN_BY - LEFT - TALK - {"ring", "confirm_verification"}


def test_the_desk_under_threat_answers_whatever_the_port_asks_and_nothing_else() -> None:
    """mypy holds it, too: a method of the port that is not answered there is an error."""
    for desk in (StoreDesk, UnderThreat):
        assert {name for name in vars(desk) if not name.startswith("_")} - {"tx", "settings", "usual"} == ASKED | {
            "under_threat"
        }


# --- what is left is quarantined


def left(desk: Desk) -> Caller:
    caller = threatened(desk)
    caller.key("1")
    caller.key("1")
    caller.say()
    return caller


def test_a_ticket_is_held_and_sounds_like_any_other(desk: Desk) -> None:
    caller = left(desk)
    assert caller.answer.said[:3] == [
        "Thank you. Your ticket is open.",
        "The ticket number is 1 0 0 1.",
        "Again: 1 0 0 1.",
    ]
    assert statuses(desk) == [(1001, "quarantined")]
    again = bare(caller)
    assert re.sub("t=[A-Za-z0-9_-]{20}", "…", caller.again().text) == again
    assert statuses(desk) == [(1001, "quarantined")]


def test_of_the_desk_those_who_lead_it_alone_are_told_of_a_held_ticket(desk: Desk) -> None:
    """Not the agents; not the operator's shell. Whoever may see the customers' side is to see no difference: test_looked_on.py."""
    caller = left(desk)
    caller.hang_up()
    caller.recorded()
    caller.transcribed("help me")
    assert owed(desk) & {"notice", "alarm", "ring_agent", "call_card", "mail"} == set()
    with desk.store.transaction("test") as tx:
        shell = tx.ask(Ask(OPERATOR, Action.DESK_TICKET_WORK, None, None, Proof.NONE))
        assert isinstance(shell, Grant)
        assert operator_tickets.listed(tx, shell) == []


def test_a_recording_that_came_late_is_held_as_well(desk: Desk) -> None:
    caller = threatened(desk)
    caller.key("1")
    caller.key("1")
    caller.hang_up()
    caller.recorded()
    lost = threatened(desk)  # the turn that brings it never came, and the call went on
    lost.recorded()
    desk.pass_time(61)
    lost.hang_up()
    desk.work()
    lost.recorded()
    assert {status for _, status in statuses(desk)} == {"quarantined"}
    assert len(statuses(desk)) == 2


def test_a_message_after_a_fault_is_held(desk: Desk) -> None:
    caller = threatened(desk)
    caller.answer = caller.post("/ivr/fallback", caller.form())
    caller.say()
    assert caller.answer.said == ["Thank you. We have your message. Goodbye."]
    assert [status for _, status in statuses(desk)] == ["quarantined"]


def test_what_was_spoken_for_something_nobody_has_thought_of_is_held(desk: Desk) -> None:
    caller = threatened(desk)
    call = state_of(desk, caller.sid)
    with desk.store.transaction("phone", caller.sid) as tx:
        assert desk_for(tx, settings_of(desk), call).request(call, RECORDED) == BeingUpdated()
    assert [status for _, status in statuses(desk)] == ["quarantined"]


# --- nobody is rung


def test_a_person_is_asked_for_and_nobody_comes(desk: Desk) -> None:
    caller = threatened(desk)
    usual = Caller(Wire(desk), "anonymous")
    usual.prove(MIA, PIN)
    assert bare(caller) == bare(usual)
    for each in (caller, usual):
        each.key("0")
    assert bare(caller) == bare(usual)
    for each in (caller, usual):
        each.key("")
    assert bare(caller) == bare(usual)
    assert count(desk, tables.support_calls) == 1, "only the usual one"
    desk.pass_time(46)
    caller.key("")
    assert caller.answer.said[:2] == [
        "Nobody can take your call just now.",
        "We have opened a ticket, and will call you back.",
    ]
    assert ANYTHING in caller.answer.said
    assert [status for _, status in statuses(desk)] == ["quarantined"]


def test_nothing_of_it_is_owed_to_phones_cards_or_slack(desk: Desk) -> None:
    caller = threatened(desk)
    caller.key("0")
    caller.key("*")
    assert statuses(desk) == [], "who goes back wants nothing"
    caller.key("0")
    caller.key("1")
    assert "We have opened a ticket, and will call you back." in caller.answer.said
    caller.key("5")
    assert "We are ringing the emergency line." in caller.answer.said
    caller.hang_up()
    assert [status for _, status in statuses(desk)] == ["quarantined", "quarantined"], (
        "who hangs up while waiting leaves one, too"
    )
    assert count(desk, tables.support_calls) == 0
    assert owed(desk) == {"alert", "ticket_update", "ticket_event"}, "somebody may look into their mail as well"


# --- who knows


def test_those_who_lead_the_desk_are_alarmed_at_once_and_once(desk: Desk) -> None:
    caller = threatened(desk)
    (alert,) = rows(desk, select(tables.alerts))
    assert (alert.kind, alert.audience, alert.subject) == (
        "duress",
        alerts.SUPERVISORS,
        Subject.of_person(id_of(desk, MIA)),
    )
    for key in "2340":
        caller.key(key)
    assert count(desk, tables.alerts) == 1
    assert "alert" in owed(desk)


def test_on_no_card_and_in_no_agents_list(desk: Desk) -> None:
    threatened(desk)
    staff = {row.role: row.id for row in rows(desk, select(tables.staff))}
    with desk.store.transaction("test") as tx:
        agent = tx.ask(Ask(Subject.of_staff(staff["agent"]), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(agent, Grant)
        assert alerts.shown(tx, agent) == []
        assert alerts.of_late(tx, Subject.of_person(id_of(desk, MIA)), None, 0) == []


def test_in_the_ledger_stands_what_was_not_told(desk: Desk) -> None:
    threatened(desk).key("2")
    e = tables.ledger.c
    entries = rows(desk, select(e.who, e.decision, e.fields).where(e.action == "duress"))
    assert [tuple(row) for row in entries] == [(Subject.of_person(id_of(desk, MIA)), "not_told", "ListTickets")]
    told = rows(desk, select(e.fields).where(e.decision == "allowed"))
    assert not [row for row in told if "ticket." in row.fields or "invoice" in row.fields]


def test_the_state_of_the_call_is_sealed(desk: Desk) -> None:
    caller = threatened(desk)
    (row,) = rows(desk, select(tables.calls.c.state).where(tables.calls.c.sid == caller.sid))
    assert b"duress" not in row.state
    assert json.loads(state_of(desk, caller.sid).to_json())["duress"] is True
