"""What may be done only so often: to the millisecond, nearest first, at once from many sides, and told to the desk.

A4 (the mechanism)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from store import Keys, tables
from store.security import budgets
from store.security.budgets import Limit
from tests.statements import watched
from tests.store.clocked import DAY, HOUR, MINUTE, OLD, Clocked

NEAR, FAR = Limit("near", 3, 20 * MINUTE), Limit("far", 5, MINUTE, "pins_strangers", "far")


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    clocked = Clocked(store_url)
    yield clocked
    clocked.close()


@pytest.fixture
def one(sqlite_url: str) -> Iterator[Clocked]:
    clocked = Clocked(sqlite_url)
    yield clocked
    clocked.close()


def takes(clocked: Clocked, many: int, *limits: Limit) -> list[str]:
    """What was spent each time; empty where it was let through."""
    return [spent.name if (spent := clocked.do(budgets.take, limits)) else "" for _ in range(many)]


def alerts(clocked: Clocked) -> list[tuple[Any, ...]]:
    a = tables.alerts.c
    return [tuple(row) for row in clocked.rows(select(a.kind, a.audience, a.detail).order_by(a.id))]


def test_one_comes_back_after_another_to_the_millisecond(clocked: Clocked) -> None:
    assert takes(clocked, 4, NEAR) == ["", "", "", "near"]
    clocked.now += 20 * MINUTE - 1
    assert takes(clocked, 1, NEAR) == ["near"]
    clocked.now += 1
    assert takes(clocked, 2, NEAR) == ["", "near"]
    clocked.now += HOUR
    assert takes(clocked, 4, NEAR) == ["", "", "", "near"], "whole again, and never more than that"


@pytest.mark.parametrize("until_midnight", [0, 1, HOUR])
def test_no_window_of_the_calendar_gives_two_at_once(one: Clocked, until_midnight: int) -> None:
    """Spent just before an hour or a day begins, it is not whole just after."""
    one.now += 12 * HOUR - until_midnight - 1
    assert takes(one, 3, NEAR) == [""] * 3
    one.now += 2
    assert takes(one, 1, NEAR) == ["near"]


def test_no_more_than_it_says_in_any_time(one: Clocked) -> None:
    """Tried every minute of two days: the most in any hour, and in any day."""
    limit, let = budgets.at_most("texts", 20, DAY), []
    with one.transaction() as tx:
        for _ in range(2 * 24 * 20):
            tx.now += 3 * MINUTE
            if budgets.take(tx, (limit,)) is None:
                let.append(tx.now)
    assert max(sum(at <= other <= at + DAY for other in let) for at in let) == 20 == limit.within(DAY)
    assert max(sum(at <= other <= at + HOUR for other in let) for at in let) <= limit.within(HOUR)


def test_whoever_has_spent_their_own_spends_nobody_elses(clocked: Clocked) -> None:
    assert takes(clocked, 9, NEAR, FAR) == [""] * 3 + ["near"] * 6
    assert takes(clocked, 3, Limit("another", 3, HOUR), FAR) == ["", "", "far"]
    assert takes(clocked, 1, Limit("another", 3, HOUR)) == [""], (
        "a wider one that was spent has cost them nothing of their own"
    )


def test_what_is_given_back_is_there_again(clocked: Clocked) -> None:
    takes(clocked, 3, NEAR, FAR)
    clocked.do(budgets.give_back, (FAR, NEAR), really=False)
    assert takes(clocked, 1, NEAR, FAR) == ["near"]
    clocked.do(budgets.give_back, (FAR, NEAR))
    assert takes(clocked, 2, NEAR, FAR) == ["", "near"]
    for _ in range(20):
        clocked.do(budgets.give_back, (NEAR, FAR))
    assert takes(clocked, 4, NEAR) == ["", "", "", "near"], "never more than it holds"


def test_the_desk_is_told_when_nothing_is_left_and_each_hour_while_that_goes_on(clocked: Clocked) -> None:
    takes(clocked, 4, FAR)
    assert alerts(clocked) == []
    takes(clocked, 1, FAR)
    assert alerts(clocked) == [("pins_strangers", "desk", "far")], "with the last of it, before anybody is refused"
    for _ in range(59):
        takes(clocked, 2, FAR)
        clocked.now += MINUTE
    assert len(alerts(clocked)) == 1
    clocked.now += MINUTE
    takes(clocked, 2, FAR)
    assert len(alerts(clocked)) == 2
    clocked.now += DAY
    takes(clocked, 5, FAR)
    assert len(alerts(clocked)) == 3


def test_what_was_told_goes_with_what_was_taken(one: Clocked) -> None:
    def spends_and_fails() -> None:
        with one.transaction() as tx:
            assert [budgets.take(tx, (FAR,)) for _ in range(6)] == [None] * 5 + [FAR]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spends_and_fails()
    assert alerts(one) == []
    assert takes(one, 1, FAR) == [""]


def test_a_clock_that_jumps_closes_nothing_for_longer_than_it_takes_to_fill(one: Clocked) -> None:
    one.now += 30 * DAY
    takes(one, 5, FAR)
    one.now -= 30 * DAY
    assert takes(one, 1, FAR) == ["far"]
    one.now += 2 * MINUTE
    assert takes(one, 3, FAR) == ["", "", "far"]


def test_a_smaller_limit_of_the_same_name_counts_from_now_on(one: Clocked) -> None:
    takes(one, 3, Limit("far", 500, MINUTE))
    assert takes(one, 3, FAR) == ["", "", "far"]


def test_a_sweep_keeps_what_is_not_whole(clocked: Clocked) -> None:
    takes(clocked, 1, NEAR, FAR)
    clocked.now += HOUR + MINUTE
    clocked.do(budgets.sweep)
    assert [row.name for row in clocked.rows(select(tables.budgets))] == ["near"]
    clocked.now += HOUR
    clocked.do(budgets.sweep)
    assert clocked.rows(select(tables.budgets)) == []


def test_refused_and_let_through_cost_the_same_statements(clocked: Clocked) -> None:
    sent: list[list[str]] = []
    for _ in range(4):
        with clocked.transaction() as tx:
            during: list[str] = []
            with watched(clocked.store.engine, during.append):
                budgets.take(tx, (NEAR, Limit("wide", 50, HOUR)))
            sent.append(during)
    assert sent[1] == sent[2] == sent[3]
    assert len(sent[3]) == 2


def test_of_many_at_once_exactly_so_many_are_let_through(clocked: Clocked) -> None:
    """From many sides, in whatever order each names them; rows locked in two orders would end some on PostgreSQL."""
    store, start = clocked.opened(Keys([OLD]), pool_size=8), threading.Barrier(8)
    wide, desk = Limit("wide", 40, DAY), Limit("a desk", 25, DAY, "pins_strangers")

    def taker(n: int) -> int:
        start.wait()
        let = 0
        for turn in range(12):
            limits = [Limit(f"own {n % 3}", 1_000, DAY), wide, desk]
            with store.transaction("test") as tx:
                spent = budgets.take(tx, limits if turn % 2 else limits[::-1])
            let += spent is None
            if turn == 3 and spent is None:
                with store.transaction("test") as tx:
                    budgets.give_back(tx, limits)
                let -= 1
        return let

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(taker, range(8))) == 25
    assert len(alerts(clocked)) == 1
