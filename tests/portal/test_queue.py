"""The queue for a bad week: what comes first, narrowed down, page by page, found by words, kept under names. It names no customer. T44, T45"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from store import tables
from store.tickets import queue_lists
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import RAJ, opened

TIDEWORKS, MINUTE = 3, 60_000  # ms


def queued(desk: Desk, *given: dict[str, Any]) -> None:
    """Tickets, numbered from 1001; of each what differs from one that came a minute ago and is due in an hour."""
    row = {
        "topic": "technical",
        "kind": "problem",
        "title": "slow",
        "status": "open",
        "channel": "slack",
        "priority": 2,
    }
    row |= {"opened_at": desk.now - MINUTE, "waiting_since": desk.now - MINUTE, "due_at": desk.now + 60 * MINUTE}
    row |= {"account_id": TIDEWORKS, "opened_by": RAJ, "service": None}
    change(desk, insert(tables.tickets).values([row | {"number": 1001 + n} | one for n, one in enumerate(given)]))


def shown(agent: Agent, query: str = "") -> list[int]:
    agent.get(f"/desk/tickets{query}")
    return [int(number) for number in re.findall(r'<span class="nr">#(\d+)', agent.text)]


def test_urgent_ones_come_first_then_what_will_be_late_first(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    soon, later = ({"due_at": one_desk.now + n * MINUTE} for n in (5, 500))
    late = {"due_at": one_desk.now - 5 * MINUTE, "waiting_since": one_desk.now - 125 * MINUTE}
    queued(
        one_desk,
        later,
        soon,
        later | {"priority": 0},
        late,
        {"status": "waiting", "due_at": None, "waiting_since": None},
    )
    assert shown(kim) == [1003, 1004, 1002, 1001]
    assert "Urgent · A problem · technical · by Slack · nobody's yet waits 1 min due in 8 h 20 min" in kim.words
    assert "waits 2 h 5 min late by 5 min" in kim.words
    assert "Late 1" in kim.words
    assert shown(kim, "?late=1") == [1004]
    assert shown(kim, "?sort=waiting") == [1004, 1001, 1002, 1003]
    assert shown(kim, "?sort=newest") == [1004, 1003, 1002, 1001]
    assert shown(kim, "?status=waiting") == [1005]
    assert shown(kim, "?status=nonsense&priority=9&kind=x&sort=oldest") == [1003, 1004, 1002, 1001]


def test_narrowed_down_by_whose_kind_topic_and_priority(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    queued(one_desk, {}, {"kind": "service.cancel"}, {"topic": "billing", "priority": 1}, {"kind": "question"})
    change(one_desk, insert(tables.assignments).values(ticket=1001, staff_id=kim.staff, at=1))
    assert shown(kim, "?whose=mine") == [1001]
    assert shown(kim, "?whose=nobody") == [1002, 1003, 1004]
    assert shown(kim, "?kind=request") == [1002]
    assert shown(kim, "?kind=service.cancel") == [1002]
    assert "Cancel a service" in kim.words
    assert shown(kim, "?kind=question") == [1004]
    assert shown(kim, "?topic=billing&priority=1&whose=nobody") == [1003]
    assert shown(kim, "?topic=billing&priority=2") == []


@pytest.mark.parametrize(
    "query", ["", "?sort=waiting", "?sort=newest", "?status=closed", "?status=waiting", "?priority=2"]
)
def test_page_by_page_each_ticket_is_shown_once(desk: Desk, query: str) -> None:
    kim, many = signed_in(desk), 120
    status = query.partition("status=")[2] or "open"
    queued(
        desk,
        *(
            {"status": status, "due_at": n // 3, "waiting_since": n // 3, "priority": 2 * (n % 20 > 0)}
            for n in range(many)
        ),
    )
    found, pages = shown(kim, query), 1
    while more := re.search(r'href="/desk/tickets([^"]*)">More', kim.text):
        found += shown(kim, more[1].replace("&amp;", "&"))
        pages += 1
    assert len(found) == len(set(found)) == (114 if query == "?priority=2" else many)
    assert pages == 3


def test_a_list_with_little_in_it_is_looked_through_in_steps(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tickets there are, a page looks at so many and says so; the next goes on."""
    monkeypatch.setattr(queue_lists, "WINDOW", 30)
    kim = signed_in(one_desk)
    queued(one_desk, *({"kind": "question" if n == 50 else "problem"} for n in range(60)))
    assert shown(kim, "?kind=question") == []
    assert "Only the first 2,000 were looked through" in kim.words
    more = re.search(r'href="/desk/tickets([^"]*)">More', kim.text)
    assert more
    assert shown(kim, more[1].replace("&amp;", "&")) == [1051]


def test_the_last_word_and_whose_it_was_but_not_what_was_said(one_desk: Desk) -> None:
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    number = opened(raj, words="The till is down\nCall Raj on 07700 900123")
    one_desk.pass_time(120)
    assert shown(kim) == [number]
    assert "last word: customer, 2 min ago" in kim.words
    assert "Raj" not in kim.words.partition("Keep this list")[2]
    kim.get(f"/desk/tickets/{number}")
    kim.answers(f"/desk/tickets/{number}", "Better?")
    one_desk.pass_time(60)
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/note", words="He is cross")
    one_desk.pass_time(60)
    assert shown(kim, "?status=waiting") == [number]
    assert "last word: Kim Novak, 2 min ago" in kim.words, "a note is nobody's word to the customer"


def test_the_priority_is_the_desks_own_and_changes_by_when_it_is_due(one_desk: Desk) -> None:
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    page = f"/tickets/{opened(raj)}"
    kim.get(f"/desk{page}")
    kim.send(f"/desk{page}/priority", priority="0")
    assert "The priority is changed" in kim.words
    assert "Kim Novak made this urgent" in kim.words
    t = tables.tickets.c
    assert rows(one_desk, select(t.priority, t.due_at - t.waiting_since)) == [(0, 15 * MINUTE)]
    kim.send(f"/desk{page}/priority", priority="0")
    assert "somebody had done that already" in kim.words
    kim.send(f"/desk{page}/priority", priority="7")
    assert rows(one_desk, select(t.priority)) == [(0,)]
    assert "rgent" not in raj.read(page)


# --- found


def test_by_number_and_by_words(one_desk: Desk) -> None:
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    first = opened(raj, words="Caf\u00e9 till DOWN since noon")
    second = opened(raj, words="The till is slow")
    assert shown(kim, f"?q=%23{first}") == [first]
    assert shown(kim, f"?q={second}") == [second]
    assert shown(kim, "?q=till") == [second, first]
    assert shown(kim, "?q=cafe+TILL") == [first]
    assert shown(kim, "?q=t") == []
    assert shown(kim, "?q=til") == [second, first], "as words begin"
    assert shown(kim, "?q=sinc+dow") == [first]
    assert shown(kim, "?q=ill") == []
    assert shown(kim, "?q=till+printer") == []
    assert "Nothing found." in kim.words
    change(one_desk, update(tables.tickets).where(tables.tickets.c.number == first).values(status="quarantined"))
    assert shown(kim, "?q=cafe") == shown(kim, f"?q={first}") == []
    change(one_desk, update(tables.tickets).where(tables.tickets.c.number == second).values(status="draft"))
    assert shown(kim, "?q=till") == []


def test_by_account_and_person_only_with_a_case_and_without_one_it_is_as_if_they_were_not(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    queued(one_desk, {}, {"title": "other"}, {"account_id": 1, "opened_by": 1})
    said = {}
    for query in ("400639", "999999", "Raj+Patel", "raj.patel", "Nobody+Known", "200417"):
        assert shown(kim, f"?q={query}") == []
        said[query] = kim.words.partition("Back to the queue")[2]
    assert len(set(said.values())) == 1
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    assert shown(kim, "?q=400639") == [1002, 1001]
    assert shown(kim, "?q=raj") == shown(kim, "?q=raj.patel") == [1002, 1001]
    assert shown(kim, "?q=%25") == shown(kim, "?q=patel+x") == []
    assert shown(kim, "?q=200417") == shown(kim, "?q=Olivia") == [], "a case with one account opens no other"
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/put-back")
    assert shown(kim, "?q=400639") == []


# --- kept


def test_a_list_is_kept_for_oneself_and_by_supervisors_for_everybody(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    queued(one_desk, {"kind": "question"}, {})
    kim.get("/desk/tickets?kind=question&whose=nobody")
    kim.send("/desk/tickets/views", name="My  questions", shared="1")
    assert "You don't have the right" in kim.words, "for everybody is for supervisors"
    kim.get("/desk/tickets?kind=question&whose=nobody")
    kim.send("/desk/tickets/views", name="My  questions")
    assert "The list is kept" in kim.words
    assert shown(kim) == [1001, 1002]
    link = re.search(r'class="view" href="/desk/tickets([^"]*)">My questions<', kim.text)
    assert link
    assert shown(kim, link[1].replace("&amp;", "&")) == [1001]
    assert "My questions" not in ana.read("/desk/tickets")
    ana.get("/desk/tickets?priority=1")
    ana.send("/desk/tickets/views", name="For all", shared="1")
    kim.get("/desk/tickets")
    assert '">For all</a>' in kim.text
    assert "Take away “For all”" not in kim.words
    token = kim.fields("/desk/tickets/views/1/remove")
    kim.post("/desk/tickets/views/2/remove", token)
    assert "You don't have the right" in kim.words
    ana.send("/desk/tickets/views", name="Ana's own", shared="")
    for somebody, anothers in ((kim, 3), (ana, 1)):
        somebody.get("/desk/tickets")
        somebody.post(f"/desk/tickets/views/{anothers}/remove", somebody.fields("/desk/tickets/views"))
        assert "You don't have the right" in somebody.words, "a colleague's own is nobody else's to take away"
    kim.get("/desk/tickets")
    kim.send("/desk/tickets/views/1/remove")
    assert '">For all</a>' in kim.text
    assert "My questions" not in kim.words
    ana.get("/desk/tickets")
    ana.send("/desk/tickets/views/2/remove")
    assert '">For all</a>' not in kim.get("/desk/tickets").text


def test_more_than_a_thousand_are_counted_no_further(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    queued(one_desk, *({"due_at": 1} for _ in range(1001)))
    kim.get("/desk/tickets")
    assert "Open 999+" in kim.words
    assert "Late 999+" in kim.words
    assert "999+ open" in kim.read("/desk")
