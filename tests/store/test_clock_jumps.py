"""T40: the clock of the machine jumps: a lock set back is longer and never for ever, one set forward gives no more than the ten in a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from store import codes, guard, pages, sessions, step_ups, tables
from store.guard import Admission
from tests.store.clocked import DAY, HOUR, MINUTE
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
    assert guarded.wrong(1) in ([REFUSED], [Admission.BUSY])
    guarded.now += HOUR + 30 * MINUTE - 1
    assert guarded.wrong(1) == [REFUSED], "never shorter than thirty minutes"
    guarded.now += 1
    assert guarded.right() is EVALUATE, "never for ever"


def test_set_back_between_attempts_they_are_all_counted(guarded: Guarded) -> None:
    got = []
    for _ in range(12):
        got += guarded.wrong(1)
        guarded.now -= HOUR
    assert 1 <= got.count(EVALUATE) <= 5


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


def test_b6_what_was_made_by_a_clock_a_day_ahead_proves_nothing_once_it_is_put_right(guarded: Guarded) -> None:
    (person,) = guarded.add_people(1)
    subject = f"person:{person}"
    with guarded.transaction() as tx:
        tx.connection.execute(
            insert(tables.accounts).values(id=1, number="1", name="A", scheme="memset", status="active")
        )
        row = {"username": "a", "name": "A", "email": "a@desk.example", "role": "agent"}
        staff = tx.connection.execute(insert(tables.staff).values(**row).returning(tables.staff.c.id)).scalar_one()
    right = guarded.now
    guarded.now += DAY
    code, again = guarded.do(codes.issue, "link", subject), guarded.do(codes.issue, "step", subject)
    page, session = guarded.do(pages.issue, "pin", subject), guarded.do(sessions.begin, staff)
    guarded.do(step_ups.reached, subject, 1, "authenticator", "CA1", ends_at=guarded.now + 15 * MINUTE)
    assert guarded.wrong(5) == [EVALUATE] * 5, "and a lock"
    assert guarded.do(sessions.find, session, does=True) is not None
    for guarded.now in (right, right + 12 * HOUR):
        assert guarded.do(codes.redeem, "link", code) is None
        assert guarded.do(codes.use, "step", again, subject) is None
        assert guarded.do(pages.look, "pin", page) is None
        assert guarded.do(pages.use, "pin", page) is None
        assert guarded.do(sessions.find, session, does=True) is None
        assert guarded.store.watch(session) is None
        assert guarded.do(step_ups.until, subject, 1, "CA1") is None
    guarded.now = right
    guarded.do(guard.sweep)
    guarded.wrong(
        1
    )  # too soon after those of a day ahead, for a moment: a budget is never further off than from nothing
    guarded.now += 30 * MINUTE - 1
    assert guarded.wrong(1) == [REFUSED], "never shorter than thirty minutes"
    guarded.now += 1
    assert guarded.right() is EVALUATE, "nor a day longer"
