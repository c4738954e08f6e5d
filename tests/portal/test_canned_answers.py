"""Canned answers: kept by supervisors, filled from a ticket's card and from nothing else; a gap is never sent. T45"""

from __future__ import annotations

from sqlalchemy import select

from store import tables
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_insider import signed_in
from tests.portal.test_taking import answers_of

WORDS = "Hello {name}, ticket {number} ({title}) of {account} about {service}: {who} {name.pin}"


def test_a_supervisor_keeps_an_answer_and_an_agent_inserts_it_filled(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    ana, kim = signed_in(one_desk, "lead.ana"), signed_in(one_desk)
    ana.get("/desk/answers")
    ana.send("/desk/answers/new", title="Hello", words=WORDS)
    assert "Everybody of the desk finds it under Insert an answer." in ana.words
    kim.get(PAGE)
    kim.post(
        "/desk/drafts", {"token": kim.fields(f"{PAGE}/note")["token"], "form": f"{PAGE}/answer", "words": "Good day."}
    )
    kim.get(f"{PAGE}?answer=1")
    words = "Hello Mia Chen, ticket 1001 (slow) of Tideworks Ltd about [service?]: {who} {name.pin}"
    assert f">Good day.\n\n{words}</textarea>" in kim.text
    kim.send(f"{PAGE}/answer", words=words)
    assert "it has a gap such as [service?]" in kim.words
    assert f">{words}</textarea>" in kim.text
    kim.answers(PAGE, words.replace("[service?]", "your site"))
    assert answers_of(one_desk) == [words.replace("[service?]", "your site")]
    assert WORDS not in kim.get(f"{PAGE}?answer=2").text


def test_an_answer_is_changed_and_removed_by_supervisors_alone(one_desk: Desk) -> None:
    ana, kim = signed_in(one_desk, "lead.ana"), signed_in(one_desk)
    ana.get("/desk/answers")
    ana.send("/desk/answers/new", title="Hello", words="Hello")
    kim.get("/desk/answers")
    assert "Add an answer" not in kim.words
    forged = {"token": kim.fields("/desk/sign-out")["token"], "title": "x", "words": "x"}
    for to, more in (("new", {}), ("1", {}), ("1", {"remove": "1"})):
        kim.post(f"/desk/answers/{to}", forged | more)
        assert "You don't have the right to do that now." in kim.words
    c = tables.canned_answers.c
    assert rows(one_desk, select(c.title, c.words)) == [("Hello", "Hello")]
    token = {"token": ana.fields("/desk/sign-out")["token"]}
    ana.post("/desk/answers/1", token | {"title": "Hello", "words": ""})
    assert "Please write something." in ana.words
    ana.post("/desk/answers/1", token | {"title": "Hi", "words": "Hi {name}"})
    assert rows(one_desk, select(c.title, c.words)) == [("Hi", "Hi {name}")]
    ana.post("/desk/answers/7", token | {"title": "Hi", "words": "Hi"})
    assert "that one has been removed meanwhile" in ana.words
    ana.post("/desk/answers/1", token | {"remove": "1"})
    assert rows(one_desk, select(c.title)) == []
