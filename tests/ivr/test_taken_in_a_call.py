"""What is taken away while calls are under way or owed: a number that would be rung, and the PIN of whoever talks to the desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, insert, select

from authz import Action, Ask, Grant, Proof, Subject, Topic
from deskgate.simulator_mount import SAMPLE
from ivr.turn import begin_turn
from ivr.types import Keys
from ivr.webhook import step_token
from simulator.phone import Phone
from store import OPERATOR, tables
from store.calls import call_state, callbacks, live_calls
from store.imports import import_run
from store.imports.file_format import read
from store.verification import call_approvals, pin_changes, pins, step_ups, transfer_codes
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.elsewhere import asks_for, called_with_a_code, kim, person
from tests.ivr.test_callbacks import MACHINE, a_ticket, notes, rung, status
from tests.ivr.test_verify_now import a_talk, ring
from tests.ivr.wire import change, count, rows, state_of


def changed(desk: Desk, **said: object) -> None:
    import_run.run(desk.store, read(json.dumps({"people": [{"username": "mia.chen", **said}]}).encode()))


def asked_only(desk: Desk, **about: Any) -> int:
    staff = kim(desk)
    with desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        made = callbacks.ask(tx, grant, person(desk), **about)
    assert isinstance(made, int)
    return made


def test_h1_a_number_that_was_taken_away_is_not_rung(desk: Desk) -> None:
    """Not even the new one, which is too young; it is on the ticket, and whoever asked is told."""
    ticket = a_ticket(desk)
    id = asked_only(desk, ticket=ticket)
    changed(desk, phones=["+441632960177"])
    desk.work()
    assert not [leg for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    assert status(desk, id) == "withdrawn"
    assert notes(desk, ticket)[-1].startswith("We did not call back: what the desk had on file for them has changed")
    assert count(desk, tables.jobs, tables.jobs.c.kind == "slack.callback_failed") == 1


def test_h1_a_call_that_rings_while_the_number_goes_is_told_nothing(desk: Desk) -> None:
    """A code for the PIN prompt is not told to whoever picks the old number up; to whoever has picked it up, neither."""
    called_with_a_code(desk)
    mia = rung(desk)
    changed(desk, phones=["+441632960177"])
    mia.answer()
    assert mia.heard == MACHINE
    desk.pass_time(600)
    changed(desk, phones=["+441632960177", "+441632960108"])
    desk.pass_time(73 * 3600)
    called_with_a_code(desk)
    mia = rung(desk)
    mia.answer()
    changed(desk, phones=["+441632960177"])
    mia.press("1")
    desk.work()
    assert mia.heard[-1] == "Goodbye."
    assert count(desk, tables.codes, tables.codes.c.kind == "unlock") == 0


def test_h1_the_number_is_read_anew_when_it_is_rung(one_desk: Desk) -> None:
    """However it went from the file: the oldest that is old enough is rung, and where there is none, nobody."""
    desk, p = one_desk, tables.phones
    asked_only(desk)
    row = {"person_id": person(desk), "number": "+441632960178", "added_at": 0}
    change(desk, insert(p).values(**row), delete(p).where(p.c.number == "+441632960108"))
    desk.work()
    assert rung(desk).called == "+441632960178"
    desk.pass_time(600)
    id = asked_only(desk)
    change(desk, delete(p).where(p.c.number == "+441632960178"))
    desk.work()
    assert status(desk, id) == "withdrawn"


def test_h12_whoever_fails_at_the_pin_has_no_second_proof_either(desk: Desk) -> None:
    """Nor has it whoever it was carried to, and a right PIN afterwards does not bring it back."""
    mia, _agent = a_talk(desk)
    account, who = rows(desk, select(tables.support_calls.c.account_id, tables.support_calls.c.subject))[0]
    with desk.store.transaction("phone", mia.sid) as tx:
        step_ups.reached(tx, who, account, "authenticator", mia.sid, ends_at=tx.now + 900_000)
        said = transfer_codes.give(tx, transfer_codes.TO_SLACK, who, account, mia.sid, Topic.TECHNICAL)
        kept = transfer_codes.give(tx, transfer_codes.TO_PHONE, who, account, mia.sid, Topic.TECHNICAL)
        assert transfer_codes.take(tx, transfer_codes.TO_SLACK, who, said or "", "T0DESK:U0MIA") == account
    fails_and_passes(desk, mia)
    with desk.store.transaction("test") as tx:
        assert step_ups.until(tx, who, account, mia.sid) is None
        assert step_ups.until(tx, who, account, "T0DESK:U0MIA", "technical") is None
        assert transfer_codes.take(tx, transfer_codes.TO_PHONE, who, kept or "", "elsewhere") is None


def test_h12_a_hang_up_ends_nothing_that_was_carried_on(one_desk: Desk) -> None:
    mia, _agent = a_talk(one_desk)
    account, who = rows(one_desk, select(tables.support_calls.c.account_id, tables.support_calls.c.subject))[0]
    with one_desk.store.transaction("phone", mia.sid) as tx:
        step_ups.reached(tx, who, account, "authenticator", mia.sid, ends_at=tx.now + 900_000)
        said = transfer_codes.give(tx, transfer_codes.TO_SLACK, who, account, mia.sid, Topic.TECHNICAL)
    mia.hang_up()
    one_desk.work()
    with one_desk.store.transaction("test") as tx:
        assert transfer_codes.take(tx, transfer_codes.TO_SLACK, who, said or "", "T0DESK:U0MIA") == account


ANEW = "Your PIN or your rights have changed during this call, so we need your PIN again."


def new_pin(desk: Desk, digits: str = "40817263") -> None:
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        pin_changes.set_pin(tx, grant, pins.keep(tx.keys, person(desk), Pin(digits)))


def without_mia(desk: Desk) -> None:
    kept = [
        {"number": one["number"], "contacts": [c for c in one["contacts"] if c["person"] != "mia.chen"]}
        for one in json.loads(SAMPLE.read_bytes())["accounts"]
    ]
    import_run.run(desk.store, read(json.dumps({"accounts": kept}).encode()))


def fails_and_passes(desk: Desk, mia: Phone) -> None:
    """In mid-talk: asked for the PIN they give up, and asked again they know it."""
    assert asks_for(desk, "pin")
    mia.press("*#")
    desk.work()
    desk.pass_time(1)
    assert asks_for(desk, "pin")
    mia.press("17846325#")
    desk.work()
    assert ring(desk)[1:3] == ("passed", Proof.VERIFIED)


def at_the_menu(desk: Desk) -> Phone:
    mia = desk.exchange.phone("+441632960108")
    mia.dial()
    mia.press("#")
    mia.press("17846325#")
    return mia


def test_h1_a_pin_that_is_replaced_proves_nothing_more_in_a_call(desk: Desk) -> None:
    """Whoever is at the menu is asked for it again, and the new one counts."""
    mia = at_the_menu(desk)
    new_pin(desk)
    mia.press("1")
    assert ANEW in mia.heard[-2:]
    assert mia.heard[-1].startswith("Now key your PIN")
    mia.press("17846325#")
    assert mia.heard[-2] == "That did not match. Please try again."
    mia.press("40817263#")
    assert "Thank you." in mia.heard[-9:]
    mia.press("1")
    assert mia.heard.count(ANEW) == 1
    assert mia.state != "ended"


def test_h1_an_agent_does_not_see_as_verified_whose_pin_was_replaced(desk: Desk) -> None:
    mia, agent = a_talk(desk)
    id, account = rows(desk, select(tables.support_calls.c.id, tables.support_calls.c.account_id))[0]
    staff = kim(desk)

    def requester() -> object:
        with desk.store.transaction("slack") as tx:
            grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_CARD_VIEW, account, None, Proof.NONE))
            assert isinstance(grant, Grant)
            found = live_calls.case(tx, grant, id)
            assert found is not None
            return found.requester

    assert requester() is not None
    desk.work()
    new_pin(desk)
    assert ring(desk)[2] == Proof.CLAIMED
    assert requester() is None
    assert count(desk, tables.jobs, (tables.jobs.c.kind == "call_card") & tables.jobs.c.done_at.is_(None)) == 1, (
        "a new card"
    )
    assert asks_for(desk, "pin")
    mia.press("40817263#")
    desk.work()
    assert ring(desk)[1:3] == ("passed", Proof.VERIFIED)
    assert requester() is not None
    new_pin(desk, "72950418")
    agent.hang_up()
    assert mia.heard[-2:] == ["The call with the desk has ended.", "Goodbye."]


def test_h1_whoever_is_on_no_account_any_more_has_proved_nothing_in_a_call(desk: Desk) -> None:
    mia = at_the_menu(desk)
    without_mia(desk)
    mia.press("1")
    assert mia.heard[-2] == ANEW
    mia.press("17846325#")
    assert mia.heard[-2] == "That did not match. Please try again."


def test_h1_a_pin_replaced_while_it_is_hashed_leaves_nobody_verified(one_desk: Desk) -> None:
    """They were verified when the turn began, and it does not bring that back."""
    desk = one_desk
    mia, _agent = a_talk(desk)
    assert asks_for(desk, "pin")
    with desk.store.transaction("test", mia.sid) as tx:
        row = call_state.load(tx, mia.sid)
        assert row is not None
        token = step_token(tx.keys, mia.sid, row.step)
    assert desk.container.phone is not None
    rest = begin_turn(desk.container.phone, mia.sid, token, Keys("17846325"), ("f",))
    assert callable(rest)
    new_pin(desk)
    assert state_of(desk, mia.sid).at == "pin_again"
    rest()
    assert state_of(desk, mia.sid).proof == Proof.CLAIMED


def asked_in_slack(desk: Desk, mia: Phone) -> Callable[[], bool | None]:
    """A question that is open: what an answer to it comes to."""
    account, who = rows(desk, select(tables.support_calls.c.account_id, tables.support_calls.c.subject))[0]
    with desk.store.transaction("phone", mia.sid) as tx:
        id, number = call_approvals.ask(tx, who, account)

    def answered() -> bool | None:
        with desk.store.transaction("slack") as tx:
            right = call_approvals.answer(tx, who, id, number, ends_at=tx.now + 900_000)
            assert (step_ups.until(tx, who, account, mia.sid) is not None) is bool(right)
            return right

    return answered


def test_h1_a_question_in_slack_is_withdrawn_when_the_pin_fails_in_mid_talk(desk: Desk) -> None:
    """And a right PIN afterwards does not open it again."""
    mia, _agent = a_talk(desk)
    answered = asked_in_slack(desk, mia)
    fails_and_passes(desk, mia)
    assert answered() is None


def test_h1_who_keys_nothing_in_time_has_failed_just_the_same(one_desk: Desk) -> None:
    desk = one_desk
    mia, _agent = a_talk(desk)
    account, who = rows(desk, select(tables.support_calls.c.account_id, tables.support_calls.c.subject))[0]
    with desk.store.transaction("phone", mia.sid) as tx:
        step_ups.reached(tx, who, account, "authenticator", mia.sid, ends_at=tx.now + 900_000)
    assert asks_for(desk, "pin")
    desk.pass_time(121)
    desk.work()
    assert ring(desk)[1:3] == ("failed", Proof.CLAIMED)
    with desk.store.transaction("test") as tx:
        assert step_ups.until(tx, who, account, mia.sid) is None
    assert rows(desk, select(tables.calls.c.proved_by).where(tables.calls.c.sid == mia.sid)) == [(None,)]
