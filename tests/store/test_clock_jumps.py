"""T40: the clock of the machine jumps: a lock set back is longer and never for ever, one set forward gives no more than the ten in a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import codes, guard
from store.guard import Admission
from tests.store.clocked import HOUR, MINUTE
from tests.store.guarded import Guarded

EVALUATE, REFUSED = Admission.EVALUATE, Admission.REFUSED


@pytest.fixture
def guarded(store_url: str) -> Iterator[Guarded]:
    opened = Guarded(store_url)
    yield opened
    opened.close()


def test_set_back_an_hour_a_lock_lasts_that_hour_longer_and_no_more(guarded: Guarded) -> None:
    assert guarded.wrong(5) == [EVALUATE] * 5
    guarded.now -= HOUR
    assert guarded.wrong(1) == [REFUSED]
    guarded.now += HOUR + 30 * MINUTE - 1
    assert guarded.wrong(1) == [REFUSED], "never shorter than thirty minutes"
    guarded.now += 1
    assert guarded.right() is EVALUATE, "never for ever"


def test_set_back_between_attempts_they_are_all_counted(guarded: Guarded) -> None:
    got = []
    for _ in range(12):
        got += guarded.wrong(1)
        guarded.now -= HOUR
    assert got.count(EVALUATE) == 5


def test_set_forward_over_and_over_no_more_than_ten_are_evaluated(guarded: Guarded) -> None:
    """Whoever turns the clock ends a lock: what is counted in a row is not counted by the clock."""
    got = []
    for _ in range(60):
        got += guarded.wrong(1)
        guarded.now += HOUR
    assert got.count(EVALUATE) == guard.IN_A_ROW_TO_DISABLE
    assert guarded.do(guard.is_disabled, guarded.k)


def test_a_code_is_good_once_whatever_the_clock_does(guarded: Guarded) -> None:
    code = guarded.do(codes.issue, "link", "person:1")
    guarded.now += HOUR
    assert guarded.do(codes.redeem, "link", code) is None, "too old"
    guarded.now -= HOUR
    assert guarded.do(codes.redeem, "link", code) == ("person:1", "")
    guarded.now -= HOUR
    assert guarded.do(codes.redeem, "link", code) is None, "used"
