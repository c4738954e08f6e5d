"""What the desk did, read by a key: the figures of its page, by day and by week, and who may have them."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.api.asking import RAJ, customers, operators, problem
from tests.desk import Desk
from tests.portal.full_house import ANA, staff
from tests.portal.test_reports import DAY, busy


def as_the_page_says(desk: Desk, by: str) -> list[dict[str, Any]]:
    """Of the file of the desk's page, but for what is 0."""
    lines = list(csv.DictReader(io.StringIO(staff(desk, ANA).get(f"/desk/reports.csv?by={by}").text)))
    return [
        {name: int(many) if many.isdigit() else many for name, many in line.items() if many != "0"} for line in lines
    ]


def as_told(report: dict[str, Any]) -> list[dict[str, Any]]:
    counted = [one for one in report["periods"] if one["figures"]]
    return [
        {"from": one["first"], "to": one["last"], **{name: many for name, many in one["figures"].items() if many}}
        for one in counted
    ]


def test_the_figures_are_those_of_the_page_by_day_and_by_week(desk: Desk) -> None:
    busy(desk)
    desk.pass_time(DAY)
    desk.container.worker.sweep()
    program = operators(desk, "reports:read")
    days = program.read("/reports?periods=3")
    assert [(one["first"], one["last"], one["over"]) for one in days["periods"]] == [
        ("2026-11-21", "2026-11-21", True),
        ("2026-11-22", "2026-11-22", True),
        ("2026-11-23", "2026-11-23", False),
    ]
    assert (days["by"], days["zone"], days["total"]["answers"]) == ("day", "UTC", 2)
    assert as_told(days) == as_the_page_says(desk, "day"), "and a day that was not counted has none"
    weeks = program.read("/reports?by=week")
    assert len(weeks["periods"]) == 14
    assert as_told(weeks) == as_the_page_says(desk, "week")
    assert not [name for name in ("Raj", "Kim", "Tideworks", "400639") if name in str(weeks)]


def test_they_are_for_an_operators_key_that_was_made_for_them(one_desk: Desk) -> None:
    problem(customers(one_desk, RAJ, "400639").get("/reports"), "other-kind")
    refused = problem(operators(one_desk, "ledger:read").get("/reports"), "denied")
    assert refused["rules"]
    program = operators(one_desk, "reports:read")
    for query in ("by=month", "periods=0", "periods=367", "periods=many"):
        assert problem(program.get(f"/reports?{query}"), "invalid")["errors"]
