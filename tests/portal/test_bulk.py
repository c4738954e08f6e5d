"""Many tickets at once: ticked in the queue, each judged for itself, and taken back together; and tags, by which tickets are found again. T44"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select, update

from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import RAJ, opened
from tests.portal.test_queue import queued, shown
from tests.portal.test_taking import answers_of

WORDS = "Our switch is down. It is back at noon."
BULK = "/desk/tickets/bulk"


def ticking(agent: Agent, deed: str, /, *numbers: int, **filled: str) -> None:
    """On the list they are on."""
    seen = dict(re.findall(r'name="(tick-\d+)" value="(\d+)"', agent.text))
    ticks = {f"tick-{number}": seen.get(f"tick-{number}", "0") for number in numbers}
    agent.send(BULK, **{"others": "", "deed": deed} | ticks | filled)


def came(agent: Agent) -> dict[str, list[int]]:
    """What the page says came of each."""
    parts = re.split(r"<h2>(.*?) <span", agent.text)[1:]
    return {
        word: [int(nr) for nr in re.findall(r"#(\d+)<", part)]
        for word, part in zip(parts[::2], parts[1::2], strict=True)
    }


def waits(desk: Desk) -> None:
    desk.pass_time(10)
    desk.work()


def test_one_answer_goes_to_each_whom_it_reaches_and_the_page_says_why_not_to_the_others(one_desk: Desk) -> None:
    raj, kim, ana = entered(one_desk, RAJ), signed_in(one_desk), signed_in(one_desk, "lead.ana")
    first, second = opened(raj, words="The till is down"), opened(raj, words="No dial tone")
    unknown = {"number": 1003, "opened_by": None, "account_id": None}
    queued(one_desk, unknown, {"number": 1004, "account_id": 1}, {"number": 1005})
    change(one_desk, insert(tables.assignments).values(ticket=1005, staff_id=ana.staff, at=1))
    kim.get("/desk/tickets")
    ticking(kim, "close", first, second, 1003, 1004, 1005, 4000, words="{name}: " + WORDS)
    assert came(kim) == {
        "Goes out in a moment": [first, second],
        "Skipped: nobody has proved who they are, so no answer goes there. Call back instead": [1003],
        "Skipped: whoever opened it may not read it now, or nothing of ours reaches them": [1004],
        "Skipped: a colleague has it": [1005],
        "Skipped: it is not in the queue any more, or not yours to work on": [4000],
    }
    assert "Raj" not in kim.words, "it names no customer"
    assert "Olivia" not in kim.words
    page = re.search(rf"{BULK}/\d+", kim.text)
    assert page
    assert ana.client.get(page[0]).status_code == 404, "it is theirs alone"
    waits(one_desk)
    kim.get(page[0])
    assert came(kim)["Sent"] == [first, second]
    assert answers_of(one_desk) == [f"Raj Patel: {WORDS}"] * 2
    t = tables.tickets.c
    assert rows(one_desk, select(t.number).where(t.status == "closed")) == [(first,), (second,)]


def test_undo_takes_back_the_answers_to_all_and_the_words_are_a_draft_again(one_desk: Desk) -> None:
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    numbers = opened(raj, words="The till is down"), opened(raj, words="No dial tone")
    kim.get("/desk/tickets")
    ticking(kim, "wait", *numbers, words=WORDS)
    undo = re.search(rf"{BULK}/\d+/undo", kim.text)
    assert undo
    token = kim.fields(undo[0])
    kim.send(undo[0])
    assert came(kim) == {"Taken back": list(numbers)}
    waits(one_desk)
    assert answers_of(one_desk) == []
    assert f">{WORDS}</textarea>" in kim.get("/desk/tickets").text
    kim.post(undo[0], token | {"more": "1"})
    assert "Nothing was left to take back" in kim.words


def test_undo_of_an_answer_with_fields_tells_nobodys_name(one_desk: Desk) -> None:
    """Nor would the next one go to all under the name of the first."""
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    number = opened(raj, words="The till is down")
    kim.get("/desk/tickets")
    ticking(kim, "wait", number, words="{name} of {account}: " + WORDS)
    kim.send(re.findall(rf"{BULK}/\d+/undo", kim.text)[0])
    kim.get("/desk/tickets")
    assert "{name} of {account}: " + WORDS + "</textarea>" in kim.text
    assert "Raj" not in kim.text


def test_many_that_are_taken_at_once_open_no_account_to_the_search(one_desk: Desk) -> None:
    """Or names could be guessed letter by letter, of more accounts than may be looked at."""
    kim = signed_in(one_desk)
    queued(one_desk, {}, {"account_id": 1, "opened_by": 1})
    kim.get("/desk/tickets")
    ticking(kim, "take", 1001, 1002)
    assert came(kim) == {"Done": [1001, 1002]}
    for query in ("400639", "200417", "Raj", "olivia.hart"):
        assert shown(kim, f"?q={query}") == []
    kim.get("/desk/tickets/1001")
    assert shown(kim, "?q=Raj") == shown(kim, "?q=400639") == [1001]
    assert shown(kim, "?q=Olivia") == []


def test_where_a_colleague_was_quicker_on_one_only_that_one_is_not_sent(one_desk: Desk) -> None:
    raj, kim, ana = entered(one_desk, RAJ), signed_in(one_desk), signed_in(one_desk, "lead.ana")
    numbers = opened(raj, words="The till is down"), opened(raj, words="No dial tone")
    kim.get("/desk/tickets")
    before = kim.text
    ana.get(f"/desk/tickets/{numbers[0]}")
    ana.answers(f"/desk/tickets/{numbers[0]}", "Restarted.", then="open")
    assert before == kim.text
    ticking(kim, "wait", *numbers, words=WORDS, others="1")
    assert came(kim) == {
        "Not sent: a colleague answered or closed it first": [numbers[0]],
        "Goes out in a moment": [numbers[1]],
    }
    kim.get("/desk/tickets")
    ticking(kim, "wait", numbers[1], words=WORDS)
    ana.get(f"/desk/tickets/{numbers[1]}")
    ana.send(f"/desk/tickets/{numbers[1]}/status", status="closed")
    waits(one_desk)
    assert WORDS not in answers_of(one_desk)


def test_taken_handed_over_closed_and_what_of_it_is_taken_back(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    queued(one_desk, {}, {}, {}, {})
    change(one_desk, insert(tables.assignments).values(ticket=1003, staff_id=ana.staff, at=1))
    kim.get("/desk/tickets")
    ticking(kim, "take", 1001, 1002, 1003)
    assert came(kim) == {"Done": [1001, 1002], "Skipped: a colleague has it": [1003]}
    kim.send(re.findall(rf"{BULK}/\d+/undo", kim.text)[0])
    assert came(kim) == {"Taken back": [1001, 1002], "Skipped: a colleague has it": [1003]}
    kim.get("/desk/tickets?sort=newest")
    ticking(kim, "hand-over", 1001, to=str(ana.staff))
    a = tables.assignments.c
    assert rows(one_desk, select(a.ticket).where(a.staff_id == ana.staff).order_by(a.ticket)) == [(1001,), (1003,)]
    assert "/undo" not in kim.text
    kim.get("/desk/tickets?sort=newest")
    ticking(kim, "just-close", 1001, 1002, 1004)
    assert came(kim) == {"Done": [1002, 1004], "Skipped: a colleague has it": [1001]}
    kim.get("/desk/tickets?sort=newest")
    ticking(kim, "close")
    assert "tick the tickets first" in kim.words
    assert kim.page is not None
    assert "sort=newest" in str(kim.page.url)


def test_tags_are_the_desks_own_and_tickets_are_found_by_them(one_desk: Desk) -> None:
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    number = opened(raj, words="The till is down")
    queued(one_desk, {"number": 1002}, {"number": 1003})
    kim.get("/desk/tickets")
    ticking(kim, "tag", number, 1002, tag=" DNS  Outage! ")
    assert came(kim) == {"Done": [number, 1002]}
    assert sorted(shown(kim, "?tag=dns-outage")) == [number, 1002]
    assert shown(kim, "?tag=dns") == []
    page = f"/desk/tickets/{number}"
    kim.get(page)
    assert "Kim Novak changed the tags of this ticket" in kim.words
    kim.send(f"{page}/tags", tag="dns-outage")
    assert "Nothing changed" in kim.words
    kim.send(f"{page}/tags", tag="VIP")
    assert "vip" in kim.words
    kim.send(f"{page}/tags", tag="!")
    assert "Please write something" in kim.words
    kim.send(f"{page}/tags/remove")
    assert shown(kim, "?tag=dns-outage") == [1002]
    assert "vip" not in raj.read(f"/tickets/{number}")
    assert "tags" not in raj.words
    kim.get("/desk/tickets?tag=dns-outage")
    ticking(kim, "untag", 1002, tag="dns-outage")
    kim.send(re.findall(rf"{BULK}/\d+/undo", kim.text)[0])
    assert shown(kim, "?tag=dns-outage") == [1002]


def test_two_tickets_are_linked_for_the_desk_alone_and_by_whoever_may_work_on_both(one_desk: Desk) -> None:
    raj, kim, ana = entered(one_desk, RAJ), signed_in(one_desk), signed_in(one_desk, "lead.ana")
    number = opened(raj, words="The till is down")
    queued(one_desk, {"number": 1002, "title": "No line", "account_id": 2}, {"number": 1003, "status": "quarantined"})
    page = f"/desk/tickets/{number}"
    kim.get(page)
    ana.get(page)
    for agent, other, said in (
        (kim, "1003", "or it is not yours"),
        (ana, "1003", "or it is not yours"),
        (kim, "4000", "or it is not yours"),
        (kim, str(number), "own number"),
    ):
        agent.send(f"{page}/links", other=other)
        assert said in agent.words
    kim.send(f"{page}/links", other="#1002")
    assert "#1002 No line" in kim.words
    assert "Kim Novak changed which tickets this one is linked to" in kim.words
    kim.send(f"{page}/links", other="1002")
    assert "Nothing changed" in kim.words
    assert "#1002" not in raj.read(f"/tickets/{number}")
    assert "linked" not in raj.words
    assert "The till is down" in kim.get("/desk/tickets/1002").text
    kim.send("/desk/tickets/1002/links/remove")
    assert rows(one_desk, select(tables.ticket_links)) == []


def test_a_ticket_goes_on_in_another_of_the_same_requesters_and_in_no_one_elses(one_desk: Desk) -> None:
    raj, kim, ana = entered(one_desk, RAJ), signed_in(one_desk), signed_in(one_desk, "lead.ana")
    first = opened(raj, words="The till is down")
    one_desk.pass_time(60)
    second = opened(raj, words="The till is still down")
    mine, page = select(tables.tickets).where(tables.tickets.c.number == first), f"/desk/tickets/{second}"
    their = rows(one_desk, mine)[0]
    same = {name: getattr(their, name) for name in ("account_id", "opened_by", "topic", "customer_status")}
    queued(
        one_desk,
        *(
            same | {"number": 1003, "opened_by": their.opened_by + 1},
            same | {"number": 1004, "account_id": 2},
            same | {"number": 1005, "status": "closed"},
            same | {"number": 1006, "customer_status": "open"},
            same | {"number": 1007, "topic": "billing"},
            same | {"number": 1008, "status": "quarantined", "customer_status": "open"},
        ),
    )
    kim.get(page)
    ana.get(page)
    for agent, into, said in (
        *((kim, into, "only tickets of") for into in (1003, 1004, 1006, 1007)),
        (kim, 1005, "closed already"),
        (ana, 1008, "or it is not yours"),
        (kim, second, "own number"),
    ):
        agent.send(f"{page}/merge", into=str(into))
        assert said in agent.words
    before = rows(one_desk, select(tables.tickets).order_by(tables.tickets.c.number))
    assert raj.read(f"/tickets/{second}").count("goes on") == 0
    kim.get(f"/desk/tickets/{first}")
    kim.send(f"/desk/tickets/{first}/merge", into=str(second))
    assert f"Went on in #{second}" in kim.words
    assert f"This goes on as your ticket #{second}." in raj.read(f"/tickets/{first}")
    assert "The till is down" not in raj.read(f"/tickets/{second}"), "what was said stays where it was said"
    after = rows(one_desk, select(tables.tickets).where(tables.tickets.c.number == second))[0]
    assert after.waiting_since == their.waiting_since < before[1].waiting_since
    assert rows(one_desk, mine)[0].status == "closed"
    kim.send(f"/desk/tickets/{first}/merge/undo")
    assert rows(one_desk, select(tables.tickets).order_by(tables.tickets.c.number)) == before
    kim.send(f"/desk/tickets/{first}/merge", into=f"#{second}")
    one_desk.pass_time(1)
    kim.get(page)
    kim.send(f"{page}/note", words="Seen")
    kim.get(f"/desk/tickets/{first}")
    assert "Undo the merge" not in kim.words
    assert "Went on in" in kim.words


@pytest.mark.parametrize("suspended", [False, True])
def test_a_merge_takes_the_higher_priority_and_the_agent_along_and_back(one_desk: Desk, suspended: bool) -> None:
    raj, kim, ana = entered(one_desk, RAJ), signed_in(one_desk), signed_in(one_desk, "lead.ana")
    first, second = opened(raj, words="The till is down"), opened(raj, words="The till is still down")
    pages = f"/desk/tickets/{first}", f"/desk/tickets/{second}"
    ana.get(pages[0])
    ana.send(f"{pages[0]}/take")
    ana.get(pages[0])
    ana.send(f"{pages[0]}/priority", priority="0")
    t, a = tables.tickets.c, tables.assignments.c
    state = select(t.priority, t.waiting_since, t.due_at, a.staff_id).where(t.number == second)
    state = state.outerjoin(tables.assignments, a.ticket == t.number)
    before = rows(one_desk, state)
    if suspended:  # as it was found: their tickets are let go of in the same transaction
        change(one_desk, update(tables.staff).where(tables.staff.c.id == ana.staff).values(suspended_at=one_desk.now))
    kim.get(pages[0])
    kim.send(f"{pages[0]}/merge", into=str(second))
    ((priority, _since, due, staff),) = rows(one_desk, state)
    assert (priority, staff) == (0, None if suspended else ana.staff)
    assert due < before[0].due_at, "what is more urgent is due earlier"
    assert f"Went on in #{second}" in kim.words
    assert f"#{first} goes on in this one" in kim.read(pages[1])
    kim.get(pages[0])
    kim.send(f"{pages[0]}/merge/undo")
    assert rows(one_desk, state) == before
    assert "goes on in this one" not in kim.read(pages[1])
    kim.get(pages[1])
    kim.send(f"{pages[1]}/take")
    kim.get(pages[0])
    kim.send(f"{pages[0]}/priority", priority="3")
    kim.get(pages[0])
    kim.send(f"{pages[0]}/merge", into=str(second))
    ((priority, _since, _due, staff),) = rows(one_desk, state)
    assert (priority, staff) == (2, kim.staff), "what it had already stays"


def test_what_is_quarantined_or_a_draft_is_not_touched(one_desk: Desk) -> None:
    ana = signed_in(one_desk, "lead.ana")
    queued(one_desk, {"status": "quarantined"}, {"status": "draft"}, {"status": "open"})
    ana.get("/desk/tickets")
    ticking(ana, "just-close", 1001, 1002, 1003)
    assert came(ana)["Done"] == [1003]
    change(one_desk, update(tables.bulk_actions).values(at=1))
    one_desk.container.worker.sweep()
    assert rows(one_desk, select(tables.bulk_actions)) == []
