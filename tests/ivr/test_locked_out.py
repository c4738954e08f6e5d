"""Somebody whose PIN is locked gets in by a one-time code and their PIN: not by the code alone, not by the PIN alone.

T7
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from authz import Subject
from ivr import pin, transitions
from ivr import types as t
from ivr.types import Call
from store import tables
from store.codes import one_time_codes
from store.verification import attempt_limits, unlock
from store.verification.attempt_limits import Admission
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.talk import any_desk
from tests.ivr.wire import Caller, Wire, change, rows, set_state, state_of
from tests.seeking import stands_in

MIA, PIN, NUMBER, WRONG = "10000081", "17846325", "+441632960108", "58203917"
LEO = "10000099"


@pytest.fixture(params=["by the clock", "disabled"])
def locked(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """Whoever guesses has seen to it."""
    lock(desk, request.param)
    return desk


def lock(desk: Desk, how: str = "by the clock") -> None:
    k = attempt_limits.counter_of(id_of(desk))
    for _ in range(5):
        with desk.store.transaction("test") as tx:
            attempt_limits.reserve(tx, k, real=True, limits=())
    if how == "disabled":
        change(
            desk, update(tables.pin_guards).values(consecutive=10, lifetime=10, locked_until=None, window_attempts=0)
        )


def id_of(desk: Desk, support_id: str = MIA) -> int:
    found: int = rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == support_id))[0][0]
    return found


def code_for(desk: Desk, support_id: str = MIA) -> str:
    with desk.store.transaction("slack") as tx:
        return one_time_codes.issue(tx, "unlock", Subject.of_person(id_of(desk, support_id)))


def calls(desk: Desk, support_id: str = MIA, number: str = "anonymous") -> Caller:
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key(support_id)
    return caller


def said(caller: Caller) -> str:
    return " ".join(caller.answer.said)


def is_in(caller: Caller) -> bool:
    return "Press 1 to open a ticket." in caller.answer.said


def counted(desk: Desk) -> tuple[int, int]:
    """In a row, and in this PIN's life."""
    g = tables.pin_guards.c
    row = rows(desk, select(g.consecutive, g.lifetime).where(g.counter_key == attempt_limits.counter_of(id_of(desk))))[
        0
    ]
    return row.consecutive, row.lifetime


# --- both are needed


def test_with_the_code_and_then_the_pin_they_are_in_and_the_lock_is_gone(locked: Desk) -> None:
    before = counted(locked)
    caller = calls(locked)
    caller.key(code_for(locked))
    assert caller.answer.said == [
        "Thank you.",
        "Now key your PIN, then hash.",
        "If you have no PIN, press star, then hash.",
    ] or (said(caller) == "Thank you. Now key your PIN, then hash. If you have no PIN, press star, then hash.")
    assert state_of(locked, caller.sid).subject is None, "a code proves nothing"
    caller.key(PIN)
    assert is_in(caller)
    assert state_of(locked, caller.sid).unlocked == 0
    assert counted(locked) == (0, before[1])
    again = calls(locked)
    again.key(PIN)
    assert is_in(again), "the lock is lifted, without a code now"


def test_the_pin_alone_does_not_do(locked: Desk) -> None:
    code_for(locked)
    caller = calls(locked)
    for _ in range(3):
        caller.key(PIN)
        assert not is_in(caller)
    assert "We could not check that." in said(caller)


def test_the_code_alone_does_not_do(locked: Desk) -> None:
    code = code_for(locked)
    caller = calls(locked)
    caller.key(code)
    caller.key(code)
    assert "That did not match." in said(caller)
    caller.key(WRONG)
    caller.key(WRONG)
    assert "We could not check that." in said(caller)
    assert state_of(locked, caller.sid).subject is None


def test_without_a_code_nothing_is_looked_at(locked: Desk) -> None:
    before = counted(locked)
    for _call in range(4):
        caller = calls(locked)
        for digits in (WRONG, PIN, "40817263"):
            caller.key(digits)
            assert not is_in(caller)
    assert counted(locked) == before, "nothing was evaluated, so nothing counts"


def test_the_pin_may_be_tried_first(locked: Desk) -> None:
    caller = calls(locked)
    caller.key(PIN)
    caller.key(PIN)
    caller.key(code_for(locked))
    assert said(caller).startswith("Thank you.")
    caller.key(WRONG)
    assert "That did not match." in said(caller)
    caller.key(PIN)
    assert is_in(caller)


def test_a_code_is_for_its_person_its_ten_minutes_and_one_call(locked: Desk) -> None:
    code, another = code_for(locked), code_for(locked, LEO)
    caller = calls(locked)
    caller.key(another)
    assert "That did not match." in said(caller)
    caller.key(code)
    assert said(caller).startswith("Thank you.")
    later = calls(locked)
    later.key(code)
    assert "That did not match." in said(later), "it is used up"
    later.key(PIN)
    assert not is_in(later), "and what it let through was the other call's"
    old = code_for(locked)
    locked.pass_time(10 * 60)
    caller = calls(locked)
    caller.key(old)
    assert "That did not match." in said(caller)


def test_what_a_code_let_through_is_its_persons_alone(locked: Desk) -> None:
    """Whoever the number one calls from belongs to may change in the middle of a call."""
    caller = calls(locked)
    caller.key(code_for(locked))
    set_state(locked, caller.sid, replace(state_of(locked, caller.sid), unlocked=id_of(locked, LEO)))
    caller.key(PIN)
    assert "That did not match." in said(caller)


def test_in_mid_talk_it_ends_with_the_tries(locked: Desk) -> None:
    """Or an agent who asks again and again would let through three more each time."""
    desk = any_desk()
    call, _ = transitions.step(
        Call(at="pin_again", subject=Subject("person:8"), unlocked=8, tries=2), desk, t.NotProved()
    )
    assert (call.at, call.unlocked) == ("talking", 0)
    call, _ = transitions.step(Call(at="pin_again", subject=Subject("person:8"), tries=2), desk, t.Unlocked(8))
    assert (call.at, call.unlocked, call.tries) == ("pin_again", 8, 0)


def test_nobody_needs_a_code_while_nothing_is_locked(desk: Desk) -> None:
    code = code_for(desk)
    caller = calls(desk)
    caller.key(code)
    assert "That did not match." in said(caller)
    assert counted(desk) == (1, 1), "it was taken for a PIN, and a wrong one"
    caller.key(PIN)
    assert is_in(caller)


# --- how often


def test_three_wrong_ones_by_a_code_end_the_call_and_count_towards_a_life(locked: Desk) -> None:
    before = counted(locked)
    caller = calls(locked)
    caller.key(code_for(locked))
    for n in range(3):
        caller.key(WRONG)
        assert ("We could not check that." in said(caller)) == (n == 2)
    assert counted(locked) == (before[0] + 3, before[1] + 3)
    later = calls(locked)
    later.key(PIN)
    assert not is_in(later), "locked as before"


def test_a_pin_at_the_end_of_its_life_is_opened_by_no_code(desk: Desk) -> None:
    lock(desk)
    change(desk, update(tables.pin_guards).values(lifetime=29))
    caller = calls(desk)
    caller.key(code_for(desk))
    caller.key(WRONG)
    assert counted(desk)[1] == 30
    caller.key(PIN)
    assert not is_in(caller)
    assert counted(desk)[1] == 30


@pytest.mark.parametrize("shown", ["anonymous", NUMBER])
def test_whoever_hammers_a_locked_pin_uses_up_no_code_and_no_way_in(locked: Desk, shown: str) -> None:
    """Six tries a minute killed the owner's code within a minute, shown her own number also from there."""
    code, guesses = code_for(locked), (f"4081{n:04}" for n in range(60))
    for _ in range(9):
        caller = calls(locked, number=shown)
        for _ in range(3):
            caller.key(next(guesses))
            locked.pass_time(10)
    own = calls(locked, number=shown)
    own.key(code)
    assert said(own).startswith("Thank you.")
    own.key(PIN)
    assert is_in(own)


def test_a_try_at_a_code_is_charged_to_whoever_keys_it_and_a_code_is_found_by_nobody(desk: Desk) -> None:
    """T1 of the code: what is refused costs the caller's own; past TRIES the code opens only what they have left."""
    lock(desk)
    code, numbers = code_for(desk), (f"+4416329{n:05}" for n in range(70_000, 71_000))
    other = Pin(WRONG)
    with desk.store.transaction("phone", "CA1") as tx:
        call = Call(at="pin", support_id=MIA, number=next(numbers))
        assert desk.container.phone is not None
        decoy = desk.container.phone.decoy
        admitted = [pin.reserve(tx, call, decoy, other).reservation.admission for _ in range(200)]
        assert admitted == [Admission.REFUSED] * 20 + [Admission.BUSY] * 180
        assert pin.reserve(tx, call, decoy, Pin(code)).may_be_code, "past what was spent"
    assert rows(desk, select(tables.codes.c.tries)) == [(201,)]
    change(desk, update(tables.codes).values(tries=unlock.TRIES))
    with desk.store.transaction("phone", "CA1") as tx:
        assert not pin.reserve(tx, call, decoy, Pin(code)).may_be_code
        fresh = replace(call, number=next(numbers))
        assert pin.reserve(tx, fresh, decoy, Pin(code)).may_be_code


# --- what is left of it


def test_it_is_in_the_ledger_and_they_are_told_and_no_digit_stands_anywhere(locked: Desk) -> None:
    code = code_for(locked)
    caller = calls(locked)
    caller.key(code)
    caller.key(PIN)
    e, mia = tables.ledger.c, id_of(locked)
    entries = rows(locked, select(e.who, e.decision, e.fields).where(e.action == "pin.attempt").order_by(e.at, e.n))
    assert [tuple(row) for row in entries] == [
        ("nobody", "code", f"claimed:person:{mia}"),
        (Subject.of_person(mia), "proved", "by_code"),
    ]
    told = rows(locked, select(func.count()).where(tables.jobs.c.payload.contains("pin_unlocked")))
    assert told[0][0] == 1
    everything = "".join(str(rows(locked, select(table))) for table in tables.Base.metadata.sorted_tables)
    assert not stands_in(code, everything)
    assert not stands_in(PIN, everything)
