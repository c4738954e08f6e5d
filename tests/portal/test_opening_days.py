"""Days of other opening hours: who sets them, and the phone, the clocks of tickets and the wall that go by them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from desk import opening_hours, response_times
from desk.opening_hours import Opening
from store import tables
from store.messages.response_clock import Priority
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, rows
from tests.portal.full_house import ANA, KIM, staff
from tests.portal.test_insider import accounts
from tests.portal.test_response_times import WEEK, at

CHRISTMAS, EVE = date(2026, 12, 25), date(2026, 12, 24)
OTHER = {CHRISTMAS: None, EVE: (480, 720)}
DAY = 24 * 3_600_000


def test_closed_and_shorter_days() -> None:
    week = opening_hours.on_other_days(opening_hours.read(WEEK), OTHER)
    assert week is not None
    assert [week.are_open(at(f"2026-12-{moment}")) for moment in ("24 11:59", "24 12:00", "25 09:00", "26 11:00")] == [
        *(True, False, False, True)
    ]
    assert week.next(at("2026-12-24 13:00")) == Opening(5, 10, 0, False)
    weeks = {date(2026, 12, n): None for n in range(21, 32)}
    shut = opening_hours.on_other_days(opening_hours.read(WEEK), weeks)
    assert shut is not None
    assert shut.next(at("2026-12-21 09:00")) == Opening(4, 8, 0, False, "2027-01-01")
    assert opening_hours.on_other_days(None, {}) is None
    always = opening_hours.on_other_days(None, {CHRISTMAS: None})
    assert always is not None
    assert [always.are_open(at(f"2026-12-{day} 12:00")) for day in (24, 25)] == [True, False]


def test_a_clock_stands_still_on_them_but_for_what_is_urgent() -> None:
    due = response_times.read("problem 4h", WEEK).due
    assert due(at("2026-12-24 10:00"), Priority.NORMAL, "problem", False, OTHER) == at("2026-12-26 12:00")
    assert due(at("2026-12-25 10:00"), Priority.URGENT, "problem", False, OTHER) == at("2026-12-25 10:15")


def due_at(desk: Desk, number: int) -> int | None:
    found: int | None = rows(desk, select(tables.tickets.c.due_at).where(tables.tickets.c.number == number))[0][0]
    return found


@pytest.fixture
def week(sample_sqlite: str) -> Iterator[Desk]:
    desk = Desk(sample_sqlite, **ACCOUNT, opening_hours="Mon-Sun 08:00-18:00 UTC")
    yield desk
    desk.close()


def test_a_supervisor_sets_one_and_what_is_open_follows_at_once(week: Desk) -> None:
    (number,) = accounts(week, 1)
    values = {"kind": "problem", "status": "open", "priority": 2, "waiting_since": week.now}
    change(week, tables.tickets.update().where(tables.tickets.c.number == number).values(**values, due_at=week.now + 1))
    ana = staff(week, ANA)
    today = "2026-11-22"
    ana.get("/desk/hours")
    ana.send("/desk/hours", day=today, opens="", closes="", about="Works outing")
    assert "The day is set" in ana.words
    assert "closed Works outing" in ana.words
    due = due_at(week, number)
    assert due is not None
    midnight = week.now // DAY * DAY
    assert due == midnight + DAY + 12 * 3_600_000, "four hours from eight o'clock of the day after"
    assert "Today closed · Works outing" in staff(week, KIM).read("/desk/wall")
    ana.get("/desk/hours")
    ana.send(f"/desk/hours/{today}/remove")
    assert "as usual again" in ana.words
    assert due_at(week, number) == week.now + 4 * 3_600_000
    told = [row.fields for row in rows(week, select(tables.ledger.c.fields)) if "hours." in row.fields]
    assert told == [f"hours.set:{today}:closed", f"hours.removed:{today}"]


@pytest.mark.parametrize(
    ("day", "opens", "closes", "said"),
    [
        ("2026-01-01", "", "", "choose a day from today on"),
        ("2031-01-01", "", "", "choose a day from today on"),
        ("soon", "", "", "choose a day from today on"),
        ("2026-12-25", "12:00", "", "give both hours"),
        ("2026-12-25", "", "12:00", "give both hours"),
        ("2026-12-25", "12:00", "12:00", "give both hours"),
        ("2026-12-25", "x", "y", "give both hours"),
    ],
)
def test_what_is_no_day_and_no_hours_changes_nothing(week: Desk, day: str, opens: str, closes: str, said: str) -> None:
    ana = staff(week, ANA)
    ana.get("/desk/hours")
    ana.send("/desk/hours", day=day, opens=opens, closes=closes, about="")
    assert said in ana.words
    assert rows(week, select(tables.opening_exceptions)) == []


def test_they_are_not_for_agents(week: Desk) -> None:
    kim = staff(week, KIM)
    assert kim.get("/desk/hours").status_code == 404
    kim.get("/desk/tickets")
    form = {"token": kim.text.partition('name="token" value="')[2].partition('"')[0], "day": "2026-12-25"}
    assert kim.post("/desk/hours", form).status_code == 404
    assert kim.post("/desk/hours/2026-12-25/remove", form).status_code == 404
    assert rows(week, select(tables.opening_exceptions)) == []


def test_a_past_one_is_swept_after_a_month(week: Desk) -> None:
    for day in ("2026-10-22", "2026-10-24"):
        change(week, tables.opening_exceptions.insert().values(day=day, words=""))
    week.app.state.container.worker.sweep()
    assert rows(week, select(tables.opening_exceptions.c.day)) == [("2026-10-24",)]
