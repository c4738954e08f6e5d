"""How far the counters of PIN attempts reach: whose they are, when they go, twenty a minute, and the budgets they are of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from store import Keys, tables
from store.security.budgets import Limit
from store.verification import attempt_limits
from store.verification.attempt_limits import Admission
from tests.statements import watched
from tests.store.clocked import DAY, HOUR, MINUTE, NEW, OLD
from tests.store.guarded import DESK, Guarded

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
        assert attempt_limits.reserve(tx, attempt_limits.counter_of(17), real=True, limits=()).admission is REFUSED


def test_decoys_tell_nothing_and_do_not_meet(guarded: Guarded) -> None:
    def names(keys: Keys) -> list[str]:
        with guarded.opened(keys).transaction("test") as tx:
            return [
                attempt_limits.decoy_of(tx, "17846325", "+441632960101", "CA1"),  # a PIN keyed where the ID belongs
                attempt_limits.decoy_of(tx, None, "+441632960101", "CA1"),
                attempt_limits.decoy_of(tx, None, None, "CA1"),
                attempt_limits.decoy_of(tx, "CA1", None, "CA1"),
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
    guarded.do(attempt_limits.sweep)
    assert {row.counter_key for row in guarded.rows(select(tables.pin_guards))} == {guarded.k, "decoy", "fresh decoy"}
    guarded.now += 1
    guarded.do(attempt_limits.sweep)
    assert {row.counter_key for row in guarded.rows(select(tables.pin_guards))} == {guarded.k, "fresh decoy"}
    assert guarded.row()["lifetime"] == 4


def test_whoever_begins_anew_has_nothing_held_against_them_at_any_counter(guarded: Guarded) -> None:
    for name in (guarded.k, "step:person:17", "enrol:17", "pinpage:17", "step:person:18"):
        guarded.reserve(name)
    guarded.do(attempt_limits.forget_person, 17)
    assert [row.counter_key for row in guarded.rows(select(tables.pin_guards))] == ["step:person:18"]


def test_an_id_that_was_nobodys_is_kept_once_it_is_somebodys(guarded: Guarded) -> None:
    guarded.reserve(real=False)
    guarded.reserve(real=True)
    guarded.now += 2 * DAY
    guarded.do(attempt_limits.sweep)
    assert guarded.row()["consecutive"] == 2


def test_a_lock_of_a_clock_that_went_wrong_is_no_longer_than_any_other(guarded: Guarded) -> None:
    """Somebody set it a year ahead, and set it right again."""
    guarded.now += 365 * DAY
    guarded.wrong(5)
    guarded.now -= 365 * DAY
    guarded.do(attempt_limits.sweep)
    assert guarded.row()["locked_until"] == guarded.now + 30 * MINUTE
    guarded.now += 10 * MINUTE
    guarded.do(attempt_limits.sweep)
    assert guarded.row()["locked_until"] == guarded.now + 20 * MINUTE, "one that is right stays as it is"


def test_a_sweep_says_whether_there_may_be_more_to_mend(guarded: Guarded) -> None:
    new = {"seen_at": guarded.now, "real": True, "window_attempts": 5, "consecutive": 5, "lifetime": 5, "generation": 5}
    rows = [{"counter_key": f"person:{n}", "locked_until": guarded.now + DAY, **new} for n in range(1_000)]
    guarded.do(lambda tx: tx.connection.execute(insert(tables.pin_guards), rows))
    assert [guarded.do(attempt_limits.sweep) for _ in range(2)] == [True, False]


# --- twenty a minute


def test_the_twenty_first_try_in_a_minute_is_busy_and_not_counted(guarded: Guarded) -> None:
    assert guarded.wrong(20) == [EVALUATE] * 5 + [REFUSED] * 15
    before, spent = guarded.row(), guarded.spent()
    assert guarded.wrong(30) == [BUSY] * 30
    assert guarded.row() == before
    assert guarded.spent() == spent == 5
    assert guarded.wrong(1, k="another") == [EVALUATE]
    guarded.now += MINUTE
    assert guarded.wrong(1) == [REFUSED]


def test_whoever_is_forgotten_has_their_minute_anew_and_their_callers_theirs(guarded: Guarded) -> None:
    for caller in ("", "sam"):
        for k in (guarded.k, "person:170"):
            for _ in range(21):
                guarded.do(attempt_limits.reserve, k, real=True, limits=(), caller=caller)
    guarded.do(attempt_limits.forget, guarded.k)
    for caller in ("", "sam"):
        for k, said in ((guarded.k, EVALUATE), ("person:170", BUSY)):
            assert guarded.do(attempt_limits.reserve, k, real=True, limits=(), caller=caller).admission is said


def test_a_minute_is_not_the_clocks(guarded: Guarded) -> None:
    """A4: twenty at the end of a minute leave none for the beginning of the next; one comes back every three seconds."""
    guarded.now += MINUTE - 1
    assert BUSY not in guarded.wrong(20)
    guarded.now += 1
    assert guarded.wrong(1) == [BUSY]
    guarded.now += 3_000
    assert guarded.wrong(2) == [REFUSED, BUSY]


def test_right_ones_count_for_the_minute_as_well(guarded: Guarded) -> None:
    assert [guarded.right() for _ in range(21)] == [EVALUATE] * 20 + [BUSY]


# --- the budgets an attempt is of


def test_what_the_whole_desk_tries_is_two_hundred_at_once_and_a_thousand_a_day() -> None:
    """Supervisors are told once it is spent."""
    limit = attempt_limits.desk_wide("enrol")
    assert limit == Limit("enrol", 200, DAY // 800, "codes_spent", "enrol")
    assert (limit.within(0), limit.within(DAY)) == (200, 1_000)
    assert attempt_limits.desk_wide("page", "texts_spent").alert == "texts_spent"


NUMBER = Limit("number", 3, HOUR)


def test_an_attempt_spends_all_its_budgets_and_where_one_is_spent_none(guarded: Guarded) -> None:
    """A4: whoever has spent their own spends nobody else's, and nothing is counted against the ID."""
    made = [guarded.reserve(f"person {n}", limits=(NUMBER, DESK)).admission for n in range(6)]
    assert made == [EVALUATE] * 3 + [SPENT] * 3
    assert (guarded.spent(NUMBER), guarded.spent()) == (3, 3)
    assert guarded.reserve(limits=(NUMBER, DESK)).admission is SPENT
    row = guarded.row()
    assert (row["consecutive"], row["lifetime"], row["generation"]) == (0, 0, 0)
    assert guarded.reserve().admission is EVALUATE, "from elsewhere"


def test_a_match_and_a_refused_attempt_cost_no_budget(guarded: Guarded) -> None:
    assert guarded.right() is EVALUATE
    assert guarded.spent() == 0
    guarded.wrong(5)
    assert guarded.spent() == 5
    assert guarded.wrong(10) == [REFUSED] * 10
    assert guarded.spent() == 5
    made = guarded.reserve("another", limits=(NUMBER, DESK))
    assert guarded.spent(NUMBER) == 1
    guarded.do(attempt_limits.give_back, made, matched=True)
    assert (guarded.spent(NUMBER), guarded.spent()) == (0, 5)


def test_an_attempt_that_is_not_let_through_brings_no_counts(guarded: Guarded) -> None:
    guarded.wrong(5)
    others = [guarded.reserve()]
    guarded.wrong(14)
    others.append(guarded.reserve())
    others.append(guarded.reserve("another", limits=(Limit("nothing", 0, HOUR),)))
    assert [made.admission for made in others] == [REFUSED, BUSY, SPENT]
    assert {(made.generation, made.consecutive, made.lifetime) for made in others} == {(0, 0, 0)}


def test_let_through_refused_and_spent_cost_the_same_statements(guarded: Guarded) -> None:
    """T9: but for a line that is busy, which is said."""
    sent: dict[Admission, list[str]] = {}
    guarded.wrong(4)
    for limits in ((DESK,), (DESK,), (Limit("nothing", 0, HOUR),)):
        during: list[str] = []
        with watched(guarded.store.engine, during.append):
            made = guarded.reserve(limits=limits)
        sent[made.admission] = during
    assert set(sent) == {EVALUATE, REFUSED, SPENT}
    assert sent[EVALUATE] == sent[REFUSED] == sent[SPENT]
    assert len(sent[SPENT]) >= 4
