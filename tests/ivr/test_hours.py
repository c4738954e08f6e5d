"""OPENING_HOURS as people write them, and what is said and kept when somebody rings outside of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from desk import opening_hours
from desk.opening_hours import LIKE, Opening
from deskgate.settings import SettingError, read_settings
from store import tables
from tests.ivr.conftest import Opens
from tests.ivr.switchboard import CALLBACK, asks, rings, tickets
from tests.ivr.wire import change

WEEK = "Mon-Fri 08:00-18:00, Sat 10:00-14:00 Europe/London"


def at(text: str) -> int:
    """A moment in UTC, in ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-23 07:59:59", False),
        ("2026-11-23 08:00:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00:00", False),
        ("2026-11-28 09:59:00", False),
        ("2026-11-28 10:00:00", True),
        ("2026-11-28 14:00:00", False),
        ("2026-11-29 12:00:00", False),
        ("2026-07-06 07:00:00", True),  # in summer the desk's clock is an hour ahead of UTC
        ("2026-07-06 17:00:00", False),
    ],
)
def test_open_by_the_desks_own_clock(moment: str, opened: bool) -> None:
    week = opening_hours.read(WEEK)
    assert week is not None
    assert week.are_open(at(moment)) == opened


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23 07:00", Opening(0, 8, 0, True)),
        ("2026-11-23 18:00", Opening(1, 8, 0, False)),
        ("2026-11-27 19:00", Opening(5, 10, 0, False)),
        ("2026-11-28 14:00", Opening(0, 8, 0, False)),
        ("2026-11-29 23:59", Opening(0, 8, 0, False)),
        ("2026-03-28 15:00", Opening(0, 8, 0, False)),  # over the night the clocks change
    ],
)
def test_when_it_opens_next(moment: str, opens: Opening) -> None:
    week = opening_hours.read(WEEK)
    assert week is not None
    assert week.next(at(moment)) == opens


def test_one_hour_a_week_a_week_away() -> None:
    once = opening_hours.read("Wed 09:30-10:30 Asia/Kolkata")
    assert once is not None
    assert once.next(at("2026-11-25 05:30")) == Opening(2, 9, 30, False)
    assert once.are_open(at("2026-11-25 04:30"))


@pytest.mark.parametrize(
    "text", ["Fri-Mon 08:00-18:00 UTC", "Mon 08:00-12:00, Mon 13:00-17:00 UTC", "Sun 00:00-24:00 UTC", ""]
)
def test_what_may_be_written(text: str) -> None:
    opening_hours.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "always",
        "Mon-Fri 08:00-18:00",
        "Mon-Fri 08:00-18:00 Europe/Atlantis",
        "Mon-Fri 08:00-18:00 ../../etc/passwd",
        "Mon-Fri 8:00-18:00 UTC",
        "Mon-Fri 08:00-24:01 UTC",
        "Mon-Fri 08:60-18:00 UTC",
        "Mon-Fri 22:00-06:00 UTC",
        "Mon-Fri 08:00-08:00 UTC",
        "Mon-Fri 08:00-18:00, Wed 12:00-13:00 UTC",
        "Mon,Tue 08:00-18:00 UTC",
        "Mon-Fri 08:00-18:00,, Sat 10:00-14:00 UTC",
        "mon 08:00-18:00 UTC",
        "Mon ٠٨:٠٠-18:00 UTC",
    ],
)
def test_what_may_not_stops_the_start_in_one_line(text: str) -> None:
    with pytest.raises(SettingError) as trouble:
        read_settings(_env_file=None, opening_hours=text)
    assert str(trouble.value).startswith(f"OPENING_HOURS: {LIKE}")
    assert "\n" not in str(trouble.value)


def test_a_night_is_said_to_be_two(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="a night is two of these"):
        opening_hours.read("Mon-Fri 22:00-06:00 UTC")


# --- somebody rings on a Sunday


def test_nobody_is_rung_and_what_is_asked_for_is_written_down(open_desk: Opens) -> None:
    desk = open_desk(opening_hours=WEEK)
    mia = asks(desk)
    assert mia.heard[-4:-2] == ["The desk is closed.", "It opens on Monday at 8."]
    assert rings(desk) == []
    mia.press("1")
    assert tickets(desk) == [CALLBACK]
    mia.redeliver()
    assert tickets(desk) == [CALLBACK]


def test_who_does_not_want_to_be_called_back_is_at_the_menu(open_one_desk: Opens) -> None:
    desk = open_one_desk(opening_hours=WEEK)
    mia = asks(desk)
    mia.press("*")
    assert mia.heard[-1] == "Press 9 to hear this again."
    assert tickets(desk) == []


def test_an_emergency_always_rings(open_one_desk: Opens) -> None:
    desk = open_one_desk(opening_hours=WEEK)
    asks(desk, key="5")
    assert len(rings(desk)) == 1


def test_within_the_hours_it_rings(open_one_desk: Opens) -> None:
    desk = open_one_desk(opening_hours="Sun 12:00-12:01 UTC")
    asks(desk)
    assert len(rings(desk)) == 1


def test_on_a_day_that_is_closed_for_once_it_does_not_but_for_an_emergency(open_one_desk: Opens) -> None:
    desk = open_one_desk(opening_hours="Mon-Sun 08:00-18:00 UTC")
    change(desk, insert(tables.opening_exceptions).values(day="2026-11-22", words="Works outing"))
    mia = asks(desk)
    assert mia.heard[-4:-2] == ["The desk is closed.", "It opens on Monday at 8."]
    assert rings(desk) == []
    asks(desk, key="5")
    assert len(rings(desk)) == 1


def test_an_opening_that_is_far_off_is_said_with_its_date(open_one_desk: Opens) -> None:
    desk = open_one_desk(opening_hours="Sun 08:00-18:00 UTC")
    for day in ("2026-11-22", "2026-11-29"):
        change(desk, insert(tables.opening_exceptions).values(day=day, words=""))
    assert asks(desk).heard[-3] == "It opens on 6 December 2026 at 8."
