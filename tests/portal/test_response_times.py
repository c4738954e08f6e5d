"""RESPONSE_TARGETS as people write them, counted in opening hours; and when the clock of a ticket runs and stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from authz import Action
from desk import response_times
from desk.response_times import LIKE
from deskgate.settings import SettingError, read_settings
from store import tables
from store.messages.response_clock import Priority
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, rows
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import RAJ, opened
from tests.portal.test_requests import CANCEL, asks, proves

WEEK = "Mon-Fri 08:00-18:00, Sat 10:00-14:00 Europe/London"
MINUTE = 60_000
NORMAL, HIGH, URGENT, LOW = Priority.NORMAL, Priority.HIGH, Priority.URGENT, Priority.LOW


def at(text: str) -> int:
    """A moment in UTC, in ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("since", "priority", "kind", "covered", "due"),
    [
        ("2026-11-23 09:00", NORMAL, "problem", False, "2026-11-23 13:00"),
        ("2026-11-23 17:00", NORMAL, "problem", False, "2026-11-24 11:00"),
        ("2026-11-23 14:00", NORMAL, "problem", False, "2026-11-23 18:00"),  # to the minute in which it closes
        ("2026-11-23 06:00", NORMAL, "problem", True, "2026-11-23 09:00"),
        ("2026-11-27 17:00", NORMAL, "question", False, "2026-11-30 11:00"),  # 1 h, the 4 of a Saturday, 3 more
        ("2026-11-23 08:00", NORMAL, Action.SERVICE_CANCEL, False, "2026-11-23 16:00"),
        ("2026-11-23 08:00", HIGH, "question", False, "2026-11-23 09:00"),
        ("2026-11-23 08:00", LOW, "problem", True, "2026-11-25 12:00"),
        ("2026-11-22 23:00", URGENT, "question", False, "2026-11-22 23:15"),  # at night
        ("2026-03-28 13:30", HIGH, "problem", False, "2026-03-30 07:30"),  # over the night the clocks change
    ],
)
def test_when_it_is_due(since: str, priority: Priority, kind: str, covered: bool, due: str) -> None:
    assert response_times.read("", WEEK).due(at(since), priority, kind, covered) == at(due)


def test_to_the_end_of_a_day_and_always_open() -> None:
    assert response_times.read("problem 2h", "Sun 23:00-24:00, Mon 00:00-01:00 UTC").due(
        at("2026-11-22 12:00"), NORMAL, "problem", False
    ) == at("2026-11-23 01:00")
    assert response_times.read("problem 90m").due(0, NORMAL, "problem", False) == 90 * MINUTE
    assert response_times.read("problem 90m").due(0, HIGH, "problem", False) == 60 * MINUTE, "the default of another"


@pytest.mark.parametrize(
    "text", ["4h", "problem", "problem 0h", "problem 4 h", "Problem 4h", "bug 4h", "problem 4d", "low 1h, low 2h"]
)
def test_what_may_not_be_written_stops_the_start_in_one_line(text: str) -> None:
    with pytest.raises(SettingError) as trouble:
        read_settings(_env_file=None, response_targets=text)
    assert str(trouble.value).startswith(f"RESPONSE_TARGETS: {LIKE}")
    assert "\n" not in str(trouble.value)


def clock(desk: Desk) -> tuple[int | None, int | None]:
    """Of the only ticket: since when somebody waits, and by when it is due."""
    t = tables.tickets.c
    ((since, due),) = rows(desk, select(t.waiting_since, t.due_at))
    return since, due


def waiting(desk: Desk) -> tuple[int | None, float]:
    """Since when, and after how many minutes it is due."""
    since, due = clock(desk)
    return since, ((due or 0) - (since or 0)) / MINUTE


def test_the_clock_runs_while_the_desk_owes_an_answer(desk: Desk) -> None:
    raj, kim = entered(desk, RAJ), signed_in(desk)
    begun = desk.now
    page = f"/tickets/{opened(raj, service='400639:ms-2')}"
    assert waiting(desk) == (begun, 240)
    desk.pass_time(600)
    raj.get(page)
    raj.send(f"{page}/reply", words="Hello?")
    assert waiting(desk) == (begun, 240), "who waits already has waited since then"
    kim.get(f"/desk{page}")
    kim.answers(f"/desk{page}", "Better now?")
    assert clock(desk) == (None, None)
    desk.pass_time(600)
    raj.get(page)
    raj.send(f"{page}/reply", words="No.")
    assert waiting(desk) == (desk.now, 240)
    kim.get(f"/desk{page}")
    kim.send(f"/desk{page}/status", status="waiting")
    assert clock(desk) == (None, None)
    kim.send(f"/desk{page}/status", status="open")
    assert waiting(desk) == (desk.now, 240)
    raj.get(page)
    raj.send(f"{page}/solved")
    assert clock(desk) == (None, None)
    raj.send(f"{page}/reopen")
    assert waiting(desk) == (desk.now, 240)
    kim.get(f"/desk{page}")
    kim.send(f"/desk{page}/status", status="closed")
    assert clock(desk) == (None, None)


def test_what_an_sla_covers_is_due_sooner(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, response_targets="problem 2h, sla 20m, request 5h")
    raj = entered(desk, RAJ)
    page = f"/tickets/{opened(raj, service='400639:ms-1')}"
    assert waiting(desk) == (desk.now, 20)
    desk.pass_time(60)
    raj.get(page)
    raj.send(f"{page}/solved")
    raj.send(f"{page}/reopen")
    assert waiting(desk) == (desk.now, 20), "the same when it starts again"
    desk.close()


def test_a_draft_waits_for_nobody_until_the_desk_has_it(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    raj.get(CANCEL)
    asks(raj, "draft", "It may end in May.")
    assert clock(one_desk) == (None, None)
    proves(one_desk, raj, RAJ, 3)
    one_desk.pass_time(60)
    raj.get("/tickets/1001")
    raj.send("/tickets/1001/hand-in")
    assert waiting(one_desk) == (one_desk.now, 60), "about a service under the SLA"


def test_what_is_quarantined_waits_for_supervisors_whatever_its_author_does(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    begun, page = one_desk.now, f"/tickets/{opened(raj, service='400639:ms-2')}"
    change(one_desk, tables.tickets.update().values(status="quarantined", customer_status="open"))
    one_desk.pass_time(60)
    raj.get(page)
    raj.send(f"{page}/solved")
    assert waiting(one_desk) == (begun, 240)
    raj.send(f"{page}/reopen")
    assert waiting(one_desk) == (begun, 240)
