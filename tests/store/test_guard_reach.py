"""How far the counters of PIN attempts reach: whose they are, when they go, twenty a minute, and the desk's own budget."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from store import Keys, guard, tables
from store.guard import Admission
from tests.store.clocked import DAY, HOUR, MINUTE, NEW, OLD
from tests.store.guarded import Guarded

EVALUATE, REFUSED, BUSY, SPENT = Admission.EVALUATE, Admission.REFUSED, Admission.BUSY, Admission.SPENT


@pytest.fixture
def guarded(store_url: str) -> Iterator[Guarded]:
    guarded = Guarded(store_url)
    yield guarded
    guarded.close()


# --- whose counter


def test_a_counter_outlives_a_rotation_of_the_keys(guarded: Guarded) -> None:
    guarded.wrong(5)
    with guarded.opened(Keys([NEW])).transaction("test") as tx:
        assert guard.reserve(tx, guard.counter_of(17), real=True, own_number=False).admission is REFUSED


def test_decoys_tell_nothing_and_do_not_meet(guarded: Guarded) -> None:
    def names(keys: Keys) -> list[str]:
        with guarded.opened(keys).transaction("test") as tx:
            return [
                guard.decoy_of(tx, "17846325", "+441632960101", "CA1"),  # a PIN keyed where the ID belongs
                guard.decoy_of(tx, None, "+441632960101", "CA1"),
                guard.decoy_of(tx, None, None, "CA1"),
                guard.decoy_of(tx, "CA1", None, "CA1"),
            ]

    found = names(Keys([OLD]))
    assert len(set(found)) == 4
    assert not [name for name in found if any(word in name for word in ("17846325", "441632960101", "CA1", ":"))]
    assert not set(found) & set(names(Keys([NEW])))


def test_a_decoy_counts_like_a_person(guarded: Guarded) -> None:
    for real in (True, False):
        k = f"counter of {real}"
        assert [guarded.reserve(k, real=real).admission for _ in range(7)] == [EVALUATE] * 5 + [REFUSED] * 2


def test_a_sweep_drops_decoys_that_were_not_seen_for_a_day_and_keeps_people(guarded: Guarded) -> None:
    guarded.wrong(4)
    guarded.reserve("decoy", real=False)
    guarded.now += DAY
    guarded.reserve("fresh decoy", real=False)
    guarded.do(guard.sweep)
    assert {row.k for row in guarded.rows(select(tables.pin_guards))} == {guarded.k, "decoy", "fresh decoy"}
    guarded.now += 1
    guarded.do(guard.sweep)
    assert {row.k for row in guarded.rows(select(tables.pin_guards))} == {guarded.k, "fresh decoy"}
    assert guarded.row()["lifetime"] == 4


def test_whoever_begins_anew_has_nothing_held_against_them_at_any_counter(guarded: Guarded) -> None:
    for name in (guarded.k, "step:person:17", "enrol:17", "pinpage:17", "step:person:18"):
        guarded.reserve(name)
    guarded.do(guard.forget_person, 17)
    assert [row.k for row in guarded.rows(select(tables.pin_guards))] == ["step:person:18"]


def test_an_id_that_was_nobodys_is_kept_once_it_is_somebodys(guarded: Guarded) -> None:
    guarded.reserve(real=False)
    guarded.reserve(real=True)
    guarded.now += 2 * DAY
    guarded.do(guard.sweep)
    assert guarded.row()["consecutive"] == 2


# --- twenty a minute


def test_the_twenty_first_try_in_a_minute_is_busy_and_not_counted(guarded: Guarded) -> None:
    assert guarded.wrong(20) == [EVALUATE] * 5 + [REFUSED] * 15
    before, spent = guarded.row(), guarded.spent()
    assert guarded.wrong(30) == [BUSY] * 30
    after = guarded.row()
    assert after.pop("minute_n") == 50
    assert before.pop("minute_n") == 20
    assert after == before
    assert guarded.spent() == spent
    assert guarded.wrong(1, k="another") == [EVALUATE]
    guarded.now += MINUTE
    assert guarded.wrong(1) == [REFUSED]


def test_a_minute_is_the_clocks_and_the_next_begins_with_one(guarded: Guarded) -> None:
    guarded.now += 10_000
    guarded.wrong(10)
    guarded.now += 40_000
    assert BUSY not in guarded.wrong(10)
    assert guarded.wrong(1) == [BUSY]
    guarded.now += 10_000
    assert guarded.wrong(21) == [REFUSED] * 20 + [BUSY]


def test_right_ones_count_for_the_minute_as_well(guarded: Guarded) -> None:
    assert [guarded.right() for _ in range(21)] == [EVALUATE] * 20 + [BUSY]


# --- the budget of the desk


def spray(guarded: Guarded, guesses: int, *, own_number: bool = False, first: int = 0) -> int:
    """One guess at each of so many people; how many were evaluated. In one transaction, for speed."""
    with guarded.transaction() as tx:
        made = [
            guard.reserve(tx, f"person {n}", real=True, own_number=own_number).admission
            for n in range(first, first + guesses)
        ]
    assert set(made) <= {EVALUATE, SPENT}
    return made.count(EVALUATE)


def test_a_spray_is_evaluated_two_hundred_times_an_hour_and_own_numbers_get_through(guarded: Guarded) -> None:
    """T4, one guess at each of ten thousand people: those beyond the first three hundred are left to the imagination."""
    assert spray(guarded, 300) == 200
    assert guarded.reserve("a customer from their own number", own_number=True).admission is EVALUATE
    assert guarded.reserve("a customer from elsewhere").admission is SPENT
    locked = guarded.rows(select(tables.pin_guards).where(tables.pin_guards.c.locked_until.is_not(None)))
    assert locked == []
    guarded.now += HOUR - 1
    assert spray(guarded, 5) == 0
    guarded.now += 1
    assert spray(guarded, 300, first=1_000) == 200


def test_a_thousand_a_day_however_they_are_spread(guarded: Guarded) -> None:
    evaluated = 0
    guarded.now -= 12 * HOUR  # midnight
    for hour in range(24):
        evaluated += spray(guarded, 45, first=50 * hour)
        guarded.now += HOUR
    assert evaluated == 1_000
    assert spray(guarded, 45, first=10_000) == 45, "a new day"


def test_own_numbers_have_a_budget_of_their_own_and_no_more(guarded: Guarded) -> None:
    assert spray(guarded, 201, own_number=True) == 200
    assert guarded.reserve("b").admission is EVALUATE
    assert guarded.reserve("b", own_number=True).admission is SPENT


def test_a_spent_budget_counts_nothing_against_anybody(guarded: Guarded) -> None:
    spray(guarded, 200)
    assert guarded.wrong(15) == [SPENT] * 15
    row = guarded.row()
    assert (row["consecutive"], row["lifetime"], row["gen"], row["minute_n"]) == (0, 0, 0, 15)


def test_a_match_and_a_refused_attempt_give_the_budget_back(guarded: Guarded) -> None:
    assert guarded.right() is EVALUATE
    assert set(guarded.spent().values()) == {0}
    guarded.wrong(5)
    assert set(guarded.spent().values()) == {5}
    assert guarded.wrong(10) == [REFUSED] * 10
    assert guarded.spent() == {("other", HOUR): 5, ("other", DAY): 5}
    made = guarded.reserve("another", own_number=True)
    assert guarded.spent()["own-number", HOUR] == 1
    guarded.do(guard.give_back, made, matched=True)
    assert guarded.spent()["own-number", HOUR] == 0


def test_a_match_is_given_back_to_the_hour_it_was_taken_from(guarded: Guarded) -> None:
    guarded.now += HOUR - 1
    made = guarded.reserve()
    guarded.now += 1
    guarded.reserve("another")
    guarded.do(guard.give_back, made, matched=True)
    hours = guarded.rows(select(tables.pin_budgets).where(tables.pin_budgets.c.span == HOUR))
    assert sorted((row.start, row.wrong) for row in hours) == [(made.at - HOUR + 1, 0), (guarded.now, 1)]


def test_an_attempt_that_is_not_let_through_brings_no_counts(guarded: Guarded) -> None:
    guarded.wrong(5)
    others = [guarded.reserve()]
    guarded.wrong(14)
    others.append(guarded.reserve())
    spray(guarded, 195)
    others.append(guarded.reserve("another"))
    assert [made.admission for made in others] == [REFUSED, BUSY, SPENT]
    assert {(made.gen, made.consecutive, made.lifetime) for made in others} == {(0, 0, 0)}


def test_without_a_word_it_is_another_number_and_no_code(guarded: Guarded) -> None:
    assert guarded.do(guard.reserve, guarded.k, real=True).kind == "other"
    guarded.wrong(4)
    assert guarded.do(guard.reserve, guarded.k, real=True).admission is REFUSED


def test_a_sweep_drops_budgets_of_days_gone_by(guarded: Guarded) -> None:
    spray(guarded, 200)
    guarded.do(guard.sweep)
    assert spray(guarded, 1) == 0, "today's must stay"
    guarded.now += DAY + 12 * HOUR  # two days after the first one began
    for later, spans in ((0, {HOUR, DAY}), (1, {HOUR})):
        guarded.now += later
        guarded.do(guard.sweep)
        assert {row.span for row in guarded.rows(select(tables.pin_budgets))} == spans
    guarded.now += DAY + 12 * HOUR - 1
    spray(guarded, 1)
    guarded.do(guard.sweep)
    assert {row.start for row in guarded.rows(select(tables.pin_budgets))} == {guarded.now, guarded.now - 12 * HOUR}
