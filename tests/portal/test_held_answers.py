"""An answer of the page's goes out after ten seconds: until then it is taken back; and it is not sent where a colleague was quicker or the right is gone. T45"""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_insider import signed_in
from tests.portal.test_taking import answers_of, status_of

WORDS = "Have you tried a restart?"


def pressed(desk: Desk) -> Agent:
    """Kim has pressed, and it is held."""
    ticket_of(desk, "person:8")
    kim = signed_in(desk)
    kim.get(PAGE)
    kim.send(f"{PAGE}/answer", words=WORDS, then="close")
    desk.work()
    assert "Kim Novak goes out in 10 s" in kim.words
    assert (answers_of(desk), status_of(desk)) == ([], "open")
    return kim


def goes_out(desk: Desk) -> None:
    desk.pass_time(10)
    desk.work()


def test_an_answer_that_is_taken_back_is_not_sent_and_no_word_is_lost(one_desk: Desk) -> None:
    kim = pressed(one_desk)
    kim.get(PAGE)
    kim.post("/desk/drafts", kim.fields("/desk/sign-out") | {"form": f"{PAGE}/answer", "words": "And then?"})
    ana = signed_in(one_desk, "lead.ana")
    assert "Kim Novak goes out in" in ana.read(PAGE)
    kim.get(PAGE)
    held = kim.fields(f"{PAGE}/take-back")
    ana.post(f"{PAGE}/take-back", ana.fields(f"{PAGE}/note") | {"held": held["held"]})
    assert "It was too late to take that answer back" in ana.words, "nobody else takes it back"
    kim.send(f"{PAGE}/take-back")
    assert "Your answer was not sent. Your words are back in their field." in kim.words
    assert f">{WORDS}\n\nAnd then?</textarea>" in kim.text
    goes_out(one_desk)
    assert answers_of(one_desk) == []
    assert "yours" in kim.words, "the ticket stays theirs"


def test_after_ten_seconds_it_has_gone_out_and_is_not_taken_back(one_desk: Desk) -> None:
    kim = pressed(one_desk)
    goes_out(one_desk)
    kim.send(f"{PAGE}/take-back")
    assert "It was too late to take that answer back" in kim.words
    assert (answers_of(one_desk), status_of(one_desk)) == ([WORDS], "closed")
    assert rows(one_desk, select(tables.held_answers)) == []


@pytest.mark.parametrize("deed", ["answer", "status"])
def test_where_a_colleague_was_quicker_it_stays_for_its_author_who_is_told(one_desk: Desk, deed: str) -> None:
    """In Slack they go out at once."""
    kim, ana = pressed(one_desk), signed_in(one_desk, "lead.ana")
    ana.get(PAGE)
    if deed == "answer":
        change(one_desk, update(tables.held_answers).values(send_at=one_desk.now + 20_000))
        change(
            one_desk,
            update(tables.jobs).where(tables.jobs.c.kind == "held_answer").values(run_at=one_desk.now + 20_000),
        )
        ana.answers(PAGE, "Restarted.")
    else:
        ana.send(f"{PAGE}/status", status="closed")
    goes_out(one_desk)
    assert WORDS not in answers_of(one_desk)
    assert "Your answer was not sent. A colleague answered or closed this ticket before it went out." in kim.read(PAGE)
    assert f">{WORDS}</textarea>" in kim.text
    assert WORDS not in ana.read(PAGE), "what was not sent is its author's alone"
    assert "An answer of a colleague's was not sent" in ana.read("/desk")
    kim.answers(PAGE, WORDS)
    assert answers_of(one_desk)[-1:] == [WORDS]
    assert rows(one_desk, select(tables.held_answers)) == []


def test_it_goes_out_under_the_right_its_author_has_by_then(one_desk: Desk) -> None:
    pressed(one_desk)
    change(
        one_desk, update(tables.staff).where(tables.staff.c.username == "agent.kim").values(suspended_at=one_desk.now)
    )
    goes_out(one_desk)
    assert answers_of(one_desk) == []
    assert rows(one_desk, select(tables.held_answers.c.not_sent)) == [("no_right",)]
    assert [row.kind for row in rows(one_desk, select(tables.alerts.c.kind))] == ["answer_not_sent"]
    one_desk.pass_time(24 * 3600)
    one_desk.container.worker.sweep()
    assert rows(one_desk, select(tables.held_answers)) == []
