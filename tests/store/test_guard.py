"""The counters of PIN attempts, to the millisecond: locks, the end of a PIN, success among failures, concurrent guesses.

T1, T2, T6
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from store import Keys, tables
from store.security.budgets import Limit
from store.verification import attempt_limits
from store.verification.attempt_limits import Admission
from tests.store.clocked import DAY, HOUR, MINUTE, OLD
from tests.store.guarded import DESK, Guarded

EVALUATE, REFUSED = Admission.EVALUATE, Admission.REFUSED


@pytest.fixture
def guarded(store_url: str) -> Iterator[Guarded]:
    guarded = Guarded(store_url)
    yield guarded
    guarded.close()


# --- locks


def test_five_wrong_in_a_row_lock_for_thirty_minutes_to_the_millisecond(guarded: Guarded) -> None:
    assert guarded.wrong(5) == [EVALUATE] * 5
    assert guarded.wrong(1) == [REFUSED]
    guarded.now += 30 * MINUTE - 1
    assert guarded.wrong(3) == [REFUSED] * 3
    guarded.now += 1
    assert guarded.wrong(1) == [EVALUATE]


def test_after_a_lock_the_count_to_the_next_begins_with_one(guarded: Guarded) -> None:
    guarded.wrong(5)
    guarded.now += 30 * MINUTE
    guarded.wrong(1)
    assert (guarded.row()["window_attempts"], guarded.row()["locked_until"]) == (1, None)


def test_the_lock_begins_with_the_fifth_and_not_with_what_is_refused_after_it(guarded: Guarded) -> None:
    guarded.wrong(4)
    guarded.now += 10 * MINUTE
    guarded.wrong(1)
    guarded.now += 29 * MINUTE
    assert guarded.wrong(1) == [REFUSED]
    guarded.now += MINUTE
    assert guarded.wrong(1) == [EVALUATE]


def test_a_right_pin_is_refused_while_locked(guarded: Guarded) -> None:
    guarded.wrong(5)
    for _ in range(15):
        assert guarded.right() is REFUSED
    guarded.now += 30 * MINUTE
    assert guarded.right() is EVALUATE


def test_what_is_refused_spends_a_budget_only_where_that_is_said_and_what_is_barred_spends_none(
    guarded: Guarded,
) -> None:
    def tried(**how: Any) -> float:
        made = guarded.do(attempt_limits.reserve, guarded.k, real=True, limits=(DESK,), **how)
        assert made.admission is REFUSED
        return guarded.spent()

    guarded.wrong(5)
    assert guarded.spent() == 5
    assert tried() == 5
    assert tried(refused_too=True) == 6
    assert tried(refused_too=True, barred=True) == 6


def test_ten_in_a_row_are_the_end_of_a_pin(guarded: Guarded) -> None:
    guarded.wrong(5)
    guarded.now += 30 * MINUTE
    assert guarded.wrong(5) == [EVALUATE] * 5
    assert guarded.do(attempt_limits.is_disabled, guarded.k)
    for later in (30 * MINUTE, DAY, 400 * DAY):
        guarded.now += later
        assert guarded.wrong(1) == [REFUSED]
        assert guarded.right() is REFUSED


def test_nine_in_a_row_are_not(guarded: Guarded) -> None:
    guarded.wrong(5)
    guarded.now += 30 * MINUTE
    guarded.wrong(4)
    assert not guarded.do(attempt_limits.is_disabled, guarded.k)
    assert guarded.right() is EVALUATE


def test_of_guess_after_guess_five_are_evaluated_in_any_half_hour_and_ten_ever(guarded: Guarded) -> None:
    """T1, slow enough for the twenty a minute; `make pin-storm` makes ten thousand."""
    evaluated = []
    with guarded.transaction() as tx:
        for _ in range(700):
            tx.now += 9_000
            if attempt_limits.reserve(tx, guarded.k, real=True, limits=()).admission is EVALUATE:
                evaluated.append(tx.now)
    assert len(evaluated) == 10
    assert all(evaluated[n + 5] - evaluated[n] >= 30 * MINUTE for n in range(5))


def test_slow_drips_end_at_thirty_in_a_life(guarded: Guarded) -> None:
    """T6: four wrong ones a day, and the customer's own right one every evening."""
    wrong = right = 0
    for _ in range(100):
        wrong += guarded.wrong(4).count(EVALUATE)
        right += guarded.right() is EVALUATE
        guarded.now += DAY
    assert (wrong, right) == (30, 7)
    assert guarded.do(attempt_limits.is_disabled, guarded.k)


# --- right ones among wrong ones


def test_a_right_pin_takes_back_its_own_attempt_and_the_row_of_failures(guarded: Guarded) -> None:
    guarded.wrong(4)
    assert guarded.right() is EVALUATE
    row = guarded.row()
    assert (row["window_attempts"], row["consecutive"], row["lifetime"], row["locked_until"]) == (0, 0, 4, None)
    assert guarded.wrong(5) == [EVALUATE] * 5, "five more before the lock"


def test_the_right_pin_as_the_fifth_lifts_the_lock_it_was_counted_with(guarded: Guarded) -> None:
    guarded.wrong(4)
    made = guarded.reserve()
    assert guarded.row()["locked_until"] == guarded.now + 30 * MINUTE, "counted before it is known to be right"
    guarded.do(attempt_limits.give_back, made, matched=True)
    assert guarded.row()["locked_until"] is None
    assert guarded.wrong(1) == [EVALUATE]


def test_a_right_pin_that_raced_wrong_ones_leaves_them_counted(guarded: Guarded) -> None:
    made = guarded.reserve()
    guarded.wrong(3)
    guarded.do(attempt_limits.give_back, made, matched=True)
    row = guarded.row()
    assert (row["window_attempts"], row["consecutive"], row["lifetime"]) == (4, 4, 3)


def test_right_ones_at_once_give_no_attempt_away(guarded: Guarded) -> None:
    """The later one clears the row; the earlier one must not take from what came after that."""
    earlier, later = guarded.reserve(), guarded.reserve()
    guarded.do(attempt_limits.give_back, later, matched=True)
    guarded.wrong(1)
    guarded.do(attempt_limits.give_back, earlier, matched=True)
    assert guarded.row()["lifetime"] == 1
    assert guarded.wrong(5) == [EVALUATE] * 4 + [REFUSED]


def test_a_right_pin_does_not_lift_a_lock_that_others_caused_meanwhile(guarded: Guarded) -> None:
    made = guarded.reserve()
    guarded.wrong(4)
    guarded.do(attempt_limits.give_back, made, matched=True)
    assert guarded.row()["lifetime"] == 4
    assert guarded.wrong(1) == [REFUSED]


def test_a_wrong_one_settled_changes_nothing(guarded: Guarded) -> None:
    made = guarded.reserve()
    before, spent = guarded.row(), guarded.spent()
    guarded.do(attempt_limits.give_back, made, matched=False)
    assert guarded.row() == before
    assert guarded.spent() == spent


# --- the operator's side


def test_unlocking_gives_five_more_and_not_ten(guarded: Guarded) -> None:
    guarded.wrong(5)
    assert guarded.do(attempt_limits.unlock, guarded.k)
    assert guarded.wrong(5) == [EVALUATE] * 5
    assert guarded.do(attempt_limits.is_disabled, guarded.k)
    assert guarded.do(attempt_limits.unlock, guarded.k), "there is a lock, and under it a PIN that is disabled"
    assert guarded.wrong(1) == [REFUSED]


def test_there_is_nothing_to_unlock_before_a_lock_and_after_it(guarded: Guarded) -> None:
    assert not guarded.do(attempt_limits.unlock, guarded.k)
    guarded.wrong(5)
    guarded.now += 30 * MINUTE
    assert not guarded.do(attempt_limits.unlock, guarded.k)


def test_a_new_pin_starts_with_nothing_against_it(guarded: Guarded) -> None:
    guarded.wrong(5)
    guarded.now += 30 * MINUTE
    guarded.wrong(5)
    guarded.do(attempt_limits.forget, guarded.k)
    assert not guarded.do(attempt_limits.is_disabled, guarded.k)
    assert guarded.wrong(5) == [EVALUATE] * 5


# --- at once


def test_of_many_at_once_exactly_five_are_evaluated(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small storm; `make pin-storm` has the great one."""
    monkeypatch.setattr(attempt_limits, "TRIES_A_MINUTE", 10_000)
    store = guarded.opened(Keys([OLD]), pool_size=16)
    start = threading.Barrier(16)

    def guess(_: int) -> list[Admission]:
        start.wait()
        admitted = []
        for _ in range(15):
            with store.transaction("test") as tx:
                admitted.append(attempt_limits.reserve(tx, guarded.k, real=True, limits=()).admission)
        return admitted

    with ThreadPoolExecutor(16) as threads:
        admitted = Counter(admission for found in threads.map(guess, range(16)) for admission in found)
    assert admitted == {EVALUATE: 5, REFUSED: 235}


def test_right_and_wrong_ones_at_once_never_wait_for_each_other_in_a_circle(guarded: Guarded) -> None:
    """Counter and budget rows are locked in one order; in two, PostgreSQL would end one of the calls."""
    store = guarded.opened(Keys([OLD]), pool_size=8)
    start = threading.Barrier(8)

    def caller(n: int) -> None:
        start.wait()
        for turn in range(15):
            k = attempt_limits.counter_of(turn % 3)
            with store.transaction("test") as tx:
                made = attempt_limits.reserve(tx, k, real=True, limits=(DESK, Limit(f"number {n % 2}", 200, HOUR)))
            with store.transaction("test") as tx:
                attempt_limits.give_back(tx, made, matched=n % 2 == 0 and made.admission is EVALUATE)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(caller, range(8)))
    kept = guarded.rows(select(tables.pin_guards))
    assert len(kept) == 3
    assert all(row.lifetime >= 0 and row.consecutive >= row.window_attempts >= 0 for row in kept)
    assert guarded.spent() == sum(row.lifetime for row in kept)


# --- what is said of a counter


def said_of(guarded: Guarded) -> tuple[bool, bool, bool]:
    """Locked, disabled, worn out."""
    k = guarded.k
    return (
        guarded.do(attempt_limits.is_locked, k),
        guarded.do(attempt_limits.is_disabled, k),
        guarded.do(attempt_limits.is_worn_out, k),
    )


def test_what_is_said_of_a_counter_is_true_to_the_millisecond_and_to_the_try(guarded: Guarded) -> None:
    assert said_of(guarded) == (False, False, False), "of one that is not there"
    guarded.wrong(4)
    assert said_of(guarded) == (False, False, False)
    guarded.wrong(1)
    assert said_of(guarded) == (True, False, False)
    guarded.now += 30 * MINUTE - 1
    assert said_of(guarded) == (True, False, False)
    guarded.now += 1
    assert said_of(guarded) == (False, False, False)
    nothing = {"locked_until": None, "window_attempts": 0}
    for consecutive, lifetime, said in (
        (9, 29, (False, False, False)),
        (10, 29, (True, True, False)),
        (9, 30, (True, True, True)),
        (0, 31, (True, True, True)),
    ):
        guarded.change(tables.pin_guards, consecutive=consecutive, lifetime=lifetime, **nothing)
        assert said_of(guarded) == said
