"""A new PIN begins anew: what was counted against second proofs is forgotten, and second proofs given before it are over."""

from __future__ import annotations

from authz import Action, Ask, Grant, Proof, Subject
from store import OPERATOR
from store.calls import callbacks
from store.verification import attempt_limits, pin_changes, pins, step_ups
from store.verification.call_codes import counter_of
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.elsewhere import has_called

RAJ = 7


def operator(tx: object) -> Grant:
    grant = tx.ask(Ask(OPERATOR, Action.DESK_PIN_REISSUE, None, None, Proof.NONE))  # type: ignore[attr-defined]
    assert isinstance(grant, Grant)
    return grant


def test_second_proofs_can_be_given_again_after_a_new_pin(desk: Desk) -> None:
    counters = (counter_of(Subject.of_person(RAJ)), f"enrol:{RAJ}", f"pinpage:{RAJ}", attempt_limits.counter_of(RAJ))
    with desk.store.transaction("test") as tx:
        for counter in counters:
            for _ in range(5):
                attempt_limits.reserve(tx, counter, real=True, limits=())
            assert attempt_limits.is_locked(tx, counter)
        step_ups.reached(tx, Subject.of_person(RAJ), 3, "text", "T0DESK:U0RAJ", ends_at=tx.now + 600_000)
    with desk.store.transaction("shell") as tx:
        pin_changes.set_pin(tx, operator(tx), pins.keep(tx.keys, RAJ, Pin("40817263")))
    with desk.store.transaction("test") as tx:
        assert not [counter for counter in counters if attempt_limits.is_locked(tx, counter)]
        assert step_ups.until(tx, Subject.of_person(RAJ), 3, "T0DESK:U0RAJ") is None


def test_whoever_is_locked_out_and_called_back_is_told_a_code(desk: Desk) -> None:
    """They could not prove themselves to us: the code lets them when they call."""
    with desk.store.transaction("test") as tx:
        for _ in range(5):
            attempt_limits.reserve(tx, attempt_limits.counter_of(8), real=True, limits=())
    made = has_called(desk)
    with desk.store.transaction("test") as tx:
        found = callbacks.look(tx, made)
    assert found is not None
    assert found.purpose == "code"
