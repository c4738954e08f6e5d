"""The wall and the reports: what is counted of a day, when, and who reads it."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select, update

from portal.staff import charts
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser
from tests.portal.full_house import ANA, KIM, staff
from tests.portal.test_customers import entered
from tests.portal.test_insider import talks
from tests.portal.test_own_pages import RAJ, opened

HOUR, DAY = 3600, 86_400


def figures(desk: Desk, day: str) -> dict[str, int]:
    """What is kept of that day, but for what is 0."""
    d = tables.daily_figures.c
    found = rows(desk, select(d.figure, d.many).where(d.day == day))
    return {row.figure: row.many for row in found if row.many}


def figures_today(desk: Desk) -> dict[str, int]:
    """Of answers, as the file with the reports says now, but for what is 0."""
    last = list(csv.DictReader(io.StringIO(staff(desk, ANA).get("/desk/reports.csv").text)))[-1]
    return {name: int(many) for name, many in last.items() if name.startswith("answers") and int(many)}


def answers(kim: Browser, number: int, words: str) -> None:
    """Nobody takes it back."""
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/answer", words=words)
    kim.desk.pass_time(11)
    kim.desk.work()


def busy(desk: Desk) -> Browser:
    """A call that is answered at once, a ticket that is answered when it is due, another that is not, and is closed and taken up again."""
    raj = entered(desk, RAJ)
    talks(desk).hang_up()
    first, second = (opened(raj, service="400639:ms-2") for _ in range(2))
    desk.pass_time(HOUR / 2)
    kim = staff(desk, KIM)
    answers(kim, first, "Better now?")
    answers(kim, first, "And now?")
    desk.pass_time(6 * HOUR)
    kim = staff(desk, KIM)
    answers(kim, second, "It is the disk.")
    kim.get(f"/desk/tickets/{second}")
    kim.send(f"/desk/tickets/{second}/status", status="closed")
    kim.send(f"/desk/tickets/{second}/status", status="open")
    return kim


def test_a_day_is_counted_once_it_is_over_and_kept(desk: Desk) -> None:
    busy(desk)
    desk.container.worker.sweep()
    assert figures(desk, "2026-11-22") == {}, "it is not over"
    desk.pass_time(DAY)
    desk.container.worker.sweep()
    kept = figures(desk, "2026-11-22")
    assert kept == {
        "calls": 1,
        "calls.answered": 1,
        "calls.in_time": 1,
        "proof.tried": 1,
        "proof.right": 1,
        "proof.at_first": 1,
        "opened.problem": 2,
        "closed": 1,
        "reopened": 1,
        "open.problem.week": 1,
        "answers": 2,
        "answers.in_time": 1,
        "answers.1h": 1,
        "answers.8h": 1,
    }
    change(desk, update(tables.tickets).values(kind="question"))
    desk.pass_time(3 * DAY)
    desk.container.worker.sweep()
    assert figures(desk, "2026-11-22") == kept, "what was counted stays, whatever becomes of its rows"
    assert sorted({row.day for row in rows(desk, select(tables.daily_figures.c.day))}) == [
        *("2026-11-21", "2026-11-22", "2026-11-23")
    ]
    desk.container.worker.sweep()
    assert count(desk, tables.daily_figures, tables.daily_figures.c.day == "2026-11-24"), "one a minute"


def test_what_becomes_of_a_ticket_later_leaves_its_first_answer_as_it_was(desk: Desk) -> None:
    raj = entered(desk, RAJ)
    first, second, third = (opened(raj, service="400639:ms-2") for _ in range(3))
    desk.pass_time(HOUR / 2)
    kim = staff(desk, KIM)
    answers(kim, first, "Better now?")
    kim.get(f"/desk/tickets/{first}")
    kim.send(f"/desk/tickets/{first}/status", status="closed")
    kim.send(f"/desk/tickets/{first}/status", status="open")
    kim.get(f"/desk/tickets/{second}")
    kim.send(f"/desk/tickets/{second}/merge", into=str(first))
    kim.send(f"/desk/tickets/{second}/merge/undo")
    before = figures_today(desk)
    assert before == {"answers": 2, "answers.in_time": 2, "answers.1h": 2}, "a merge is told by an answer"
    change(desk, update(tables.tickets).values(priority=0))
    answers(kim, first, "And now?")
    answers(kim, second, "It goes on here.")
    assert figures_today(desk) == before
    desk.pass_time(6 * HOUR)
    kim = staff(desk, KIM)
    answers(kim, third, "It is the disk.")
    assert figures_today(desk) == {"answers": 3, "answers.in_time": 2, "answers.1h": 2, "answers.8h": 1}


def test_a_day_ends_by_the_desks_own_clock(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, opening_hours="Mon-Sun 08:00-18:00 Asia/Tokyo")
    desk.pass_time(3 * HOUR + 60)  # 15:01 UTC: it is the 23rd there
    desk.container.worker.sweep()
    assert [row.day for row in rows(desk, select(tables.daily_figures.c.day).distinct())] == ["2026-11-22"]
    desk.close()


def test_supervisors_read_the_reports_and_agents_do_not(desk: Desk) -> None:
    kim = busy(desk)
    for page in ("/desk/reports", "/desk/reports.csv"):
        assert kim.get(page).status_code == 404
    ana = staff(desk, ANA)
    assert "Calls 1 answered in 30 s 100 % proved at the first try 100 % first answers when due 50 %" in ana.read(
        "/desk/reports"
    )
    assert ana.text.count('<svg class="bars"') == 6, "none of what there was nothing of"
    today = list(csv.DictReader(io.StringIO(ana.get("/desk/reports.csv").text)))[-1]
    assert (today["from"], today["to"], today["answers"], today["opened.problem"]) == (
        "2026-11-22",
        "2026-11-22",
        "2",
        "2",
    )
    assert ana.page is not None
    assert ana.page.headers["content-disposition"].startswith("attachment")
    desk.pass_time(DAY)
    desk.container.worker.sweep()
    ana = staff(desk, ANA)
    week = list(csv.DictReader(io.StringIO(ana.get("/desk/reports.csv?by=week").text)))
    assert [(one["from"], one["to"], one["calls"]) for one in week] == [
        ("2026-11-16", "2026-11-22", "1"),
        ("2026-11-23", "2026-11-29", "0"),
    ]
    assert not [
        name for name in ("Mia", "Raj", "Tideworks", "400639") if name in ana.text + ana.get("/desk/reports").text
    ]


def test_the_wall_says_how_the_desk_stands_and_names_no_customer(desk: Desk) -> None:
    kim, raj = staff(desk, KIM), entered(desk, RAJ)
    opened(raj, service="400639:ms-2")
    mia = talks(desk)
    desk.pass_time(60)
    wall = kim.read("/desk/wall")
    assert "0 waiting" in wall
    assert "1 talking" in wall
    assert "Kim Novak" in wall
    assert "0 tickets late of 1 open" in wall
    ana = staff(desk, ANA)
    ana.get("/desk")
    ana.send("/desk/away", minutes="30")
    assert "Kim Novak free Ana Brandt away, back at 12:31 UTC" in kim.read("/desk/wall")
    desk.pass_time(4 * HOUR)
    mia.hang_up()
    kim = staff(desk, KIM)
    wall = kim.read("/desk/wall")
    assert "1 tickets late of 1 open" in wall
    assert "1 calls 100 % answered in 30 s 0 not answered 1 tickets opened 0 closed" in wall
    assert not [name for name in ("Mia", "Raj", "Tideworks", "400639") if name in kim.text]


@pytest.mark.parametrize(("most", "top"), [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (41, 100), (101, 200)])
def test_bars_stand_within_the_chart_and_upon_each_other(most: int, top: int) -> None:
    chart = charts.piled("calls", ("a", "b"), [(most, 0), (most // 2, most - most // 2)])
    assert chart.lines[-1][1] == top
    assert all(bar.y >= charts.ABOVE - 0.1 for bar in chart.bars)
    assert len({(bar.x, bar.y) for bar in chart.bars}) == len(chart.bars)
