"""What an agent is writing is kept as they type, for them alone; without a script it is kept with the form. T45"""

from __future__ import annotations

from sqlalchemy import select

from store import tables
from store.sign_in import sent_forms
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Agent
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_insider import signed_in
from tests.portal.test_taking import answers_of


def types(agent: Agent, words: str, form: str = f"{PAGE}/answer") -> int:
    """As drafts.js does."""
    fields = agent.fields(f"{PAGE}/answer")
    assert agent.page is not None
    page, said = agent.page, {"form": form, "words": words}
    status = agent.post("/desk/drafts", {"token": fields["token"], "seen": fields["seen"]} | said).status_code
    agent.page = page
    return status


def test_a_draft_is_there_again_for_its_writer_until_it_is_sent_or_emptied(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    for agent in (kim, ana):
        agent.get(PAGE)
    assert [types(kim, words) for words in ("Have you", "Have you tried")] == [204, 204]
    assert ">Have you tried</textarea>" in kim.get(PAGE).text
    assert "Have you tried" not in ana.get(PAGE).text
    assert types(kim, " ") == 204
    assert "Have you tried" not in kim.get(PAGE).text
    types(kim, "Have you tried")
    kim.send(f"{PAGE}/answer", words="Have you tried a restart?")
    assert rows(one_desk, select(tables.unsent_words)) == []


def test_what_a_colleague_answered_since_a_draft_was_begun_is_read_first_wherever_it_is_gone_on_with(
    one_desk: Desk,
) -> None:
    """Once: a page loaded since then shows theirs, which need not have been read."""
    ticket_of(one_desk, "person:8")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    kim.get(PAGE)
    types(kim, "Have you tried a restart?")
    ana.get(PAGE)
    ana.answers(PAGE, "Restarted. Better?")
    assert "Restarted. Better?" in kim.read(PAGE)
    kim.send(f"{PAGE}/answer", words="Have you tried a restart?")
    assert "a colleague answered or closed this ticket after you opened it" in kim.words
    assert "Have you tried a restart?</textarea>" in kim.text
    kim.answers(PAGE, "Have you tried a restart?")
    assert answers_of(one_desk)[-1:] == ["Have you tried a restart?"]


def test_only_what_is_written_on_tickets_is_a_draft(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:8")
    kim = signed_in(one_desk)
    kim.get(PAGE)
    for form in ("/desk/supervisors/pin", f"{PAGE}/login-details", "x" * 300, ""):
        assert types(kim, "words", form) == 400
    assert rows(one_desk, select(tables.unsent_words)) == []


def test_where_there_are_as_many_as_may_be_the_oldest_gives_way(one_desk: Desk) -> None:
    """And never the newest, which may be an answer that was just taken back."""
    ticket_of(one_desk, "person:8")
    kim = signed_in(one_desk)
    kim.get(PAGE)
    for number in range(2000, 2000 + sent_forms.MOST):
        types(kim, "words", f"/desk/tickets/{number}/answer")
        one_desk.pass_time(1)
    types(kim, "Have you tried")
    assert ">Have you tried</textarea>" in kim.get(PAGE).text
    u = tables.unsent_words.c
    kept = rows(one_desk, select(u.form).order_by(u.at))
    assert len(kept) == sent_forms.MOST
    assert kept[0] == ("/desk/tickets/2001/answer",)
