"""The desk in threat mode: calls leave a message and are called back, those under way as well; and a budget spent."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import tables
from store.db.transaction import OPERATOR
from store.security import budgets, threat_mode
from store.verification import caller_limits
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows, set_state, state_of

MIA, PIN, OWN = "10000081", "17846325", "+441632960108"
CLOSED = "We cannot check PINs by phone just now."


def switch(desk: Desk, on: bool) -> None:
    with desk.store.transaction("shell") as tx:
        verdict = tx.ask(Ask(OPERATOR, Action.DESK_THREAT_SWITCH, None, None, Proof.NONE))
        if not isinstance(verdict, Grant):  # or a supervisor: on needs nobody else
            s = tables.staff.c
            lead = tx.connection.execute(select(s.id).where(s.role == "supervisor")).scalar_one()
            verdict = tx.ask(Ask(Subject.of_staff(lead), Action.DESK_THREAT_SWITCH, None, None, Proof.NONE))
        assert isinstance(verdict, Grant)
        assert threat_mode.switch(tx, verdict, on)


def dialled(desk: Desk) -> Caller:
    caller = Caller(Wire(desk), OWN)
    caller.dial()
    return caller


def test_a_call_leaves_a_message_as_long_as_it_is_on(desk: Desk) -> None:
    switch(desk, True)
    caller = dialled(desk)
    assert CLOSED in caller.answer.text
    caller.say()
    assert "We have your message." in caller.answer.text
    assert [tuple(row) for row in rows(desk, select(tables.tickets.c.status, tables.tickets.c.opened_by))] == [
        ("pending", None)
    ]
    switch(desk, False)
    caller = dialled(desk)
    caller.key(MIA)
    assert "Press 1 to open a ticket." in caller.key(PIN).said


def test_a_call_at_the_pin_goes_to_messages_as_well_and_its_pin_is_not_looked_at(desk: Desk) -> None:
    caller = dialled(desk)
    caller.key(MIA)
    switch(desk, True)
    assert CLOSED in caller.key(PIN).text
    assert state_of(desk, caller.sid).subject is None
    assert rows(desk, select(tables.pin_guards)) == []


def test_a_call_of_ours_still_asks_for_the_pin(desk: Desk) -> None:
    """Or there would be no calling back."""
    caller = dialled(desk)
    caller.key(MIA)
    set_state(desk, caller.sid, replace(state_of(desk, caller.sid), callback=10**9))
    switch(desk, True)
    assert CLOSED not in caller.key("58203917").text
    assert "did not match" in caller.answer.text


def test_the_desk_hears_once_an_hour_that_a_budget_is_spent(desk: Desk) -> None:
    with desk.store.transaction("test") as tx:
        limits = caller_limits.limits(tx.keys, None, own=False, attested=False, digits=8, choice=False)
        while budgets.take(tx, limits) is None:
            pass
    for _ in range(2):
        caller = Caller(Wire(desk), "anonymous")
        caller.dial()
        caller.key(MIA)
        assert "We cannot take that PIN just now." in caller.key(PIN).text
    a = tables.alerts.c
    assert [tuple(row) for row in rows(desk, select(a.kind, a.audience, a.detail))] == [("pins_withheld", "desk", "")]
    own = dialled(desk)
    own.key(MIA)
    assert "Press 1 to open a ticket." in own.key(PIN).said, "own numbers have budgets of their own"
