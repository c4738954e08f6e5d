"""What is asked in direct messages: answered where it was asked, and with requests among the choices. E14"""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from simulator.slack.elements import elements, options
from store import tables
from tests.bot.slack_desk import SlackDesk
from tests.bot.test_services import offered

TIDEWORKS = 3
CANCEL = f"{TIDEWORKS}:service.cancel"


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    return slack_once


def asks(desk: SlackDesk, user: str, words: str, holding: str) -> None:
    desk.be(user).dm(words)
    desk.work()
    answer = desk.last(user, holding=holding)
    assert answer.thread_ts in ("", answer.ts), "beside the question, not behind it"


def test_e14_an_answer_stands_where_it_was_asked(desk: SlackDesk) -> None:
    asks(desk, "U0RAJ", "what do we owe?", "MS-9001")
    asks(desk, "U0RAJ", "my tickets", "There are no tickets yet")
    asks(desk, "U0RAJ", "prove", "A second proof of who you are")
    asks(desk, "U0RAJ", "link 12345678", "You are linked already")
    asks(desk, "U0RAJ", "something is odd with the thing", "This becomes a ticket once you choose")
    asks(desk, "U0MIA", "what do we owe?", "I don't know you yet")
    begun = desk.last("U0RAJ", holding="MS-9001")
    desk.be("U0RAJ").dm("our services", thread=begun)
    desk.work()
    assert desk.last("U0RAJ", holding="Miniserver tide-web is running").thread_ts == begun.ts, "and in a thread, there"


def choices(desk: SlackDesk, holding: str) -> list[str]:
    shown = desk.last("U0RAJ", holding=holding)
    found = next(element for _, element in elements(shown.blocks) if element["action_id"] == "choose")
    return [one["value"] for one in options(found)]


def test_e14_requests_are_among_the_choices(desk: SlackDesk) -> None:
    asks(desk, "U0RAJ", "please cancel our hosting", "please cancel our hosting")
    there = choices(desk, "please cancel our hosting")
    assert CANCEL in there
    assert there.index(CANCEL) < there.index(f"{TIDEWORKS}:technical"), "what was asked for comes first"
    asks(desk, "U0RAJ", "we would like to be without tide-dev", "without tide-dev")
    there = choices(desk, "without tide-dev")
    assert there.index(CANCEL) > there.index(f"{TIDEWORKS}:technical")


def test_e14_a_request_about_one_of_several_services_asks_which(desk: SlackDesk) -> None:
    """The words of the message are in the form, and what was chosen is chosen."""
    desk.be("U0RAJ").dm("please cancel our hosting")
    desk.work()
    desk.click("U0RAJ", "choose", value=CANCEL)
    view = desk.form("U0RAJ")
    assert "please cancel our hosting" in desk.text_of(view)
    assert set(offered(view, "service")) == {f"{TIDEWORKS}:ms-1", f"{TIDEWORKS}:ms-2"}
    desk.submit("U0RAJ", service=f"{TIDEWORKS}:ms-2")
    assert "#1001 is a draft" in desk.text_of(desk.be("U0RAJ").view)
    t, m = tables.tickets.c, tables.messages.c
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(t.kind, t.service)).one() == ("service.cancel", "ms-2")
        assert tx.connection.execute(select(m.body)).scalar_one() == "please cancel our hosting"
    desk.click("U0RAJ", "choose", value=CANCEL)
    assert "That is a ticket already" in desk.said("U0RAJ")


@pytest.mark.parametrize("words", ["please cancel our hosting", "please cancel our hosting by May"])
@pytest.mark.parametrize("by", ["choose", "open_ticket"])
def test_files_go_along_through_the_form(desk: SlackDesk, by: str, words: str) -> None:
    """Whether the form was asked for by the choice or by the message's shortcut, and whatever was changed in it."""
    mine = desk.be("U0RAJ").dm("please cancel our hosting", files=[("letter.txt", "signed")])
    desk.work()
    if by == "choose":
        desk.click("U0RAJ", "choose", value=CANCEL)
    else:
        desk.be("U0RAJ").shortcut("open_ticket", mine)
        desk.work()
    desk.submit("U0RAJ", about=CANCEL, service=f"{TIDEWORKS}:ms-2", words=words)
    m, f = tables.messages.c, tables.attachments.c
    with desk.store.transaction("test") as tx:
        kept = tx.connection.execute(select(m.body, f.name).join(tables.attachments, m.id == f.message)).all()
    assert [tuple(row) for row in kept] == [(words, "letter.txt")]


def test_e14_any_other_request_is_a_draft_at_once_and_the_proof_is_asked_for(desk: SlackDesk) -> None:
    desk.be("U0RAJ").dm("please close our account")
    desk.work()
    desk.click("U0RAJ", "choose", value=f"{TIDEWORKS}:account.close")
    assert "#1001 is a draft: the desk has not got it" in desk.text_of(desk.form("U0RAJ"))
    assert "Saved as draft #1001" in desk.said("U0RAJ")


def test_e14_whoever_may_request_nothing_is_offered_none(desk: SlackDesk) -> None:
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").dm("please cancel our hosting")
    desk.work()
    shown = desk.last("U0MIA", holding="please cancel our hosting")
    assert ":service.cancel" not in str(shown.blocks)


def test_e14_why_a_change_is_not_offered_is_said_first_and_who_may_ask_for_it(desk: SlackDesk) -> None:
    """E14: in the words of any other refusal; nothing is said of it to whoever may, and where it is not plain what is asked for."""
    for user, username in (("U0MIA", "mia.chen"), ("U0LEO", "leo.fox")):
        desk.link(user, username)
    refusal = (
        "On *Tideworks Ltd* you may not cancel services.\nThat is for the admin contact.\nOnly Raj Patel can do that."
    )
    for words in ("please cancel our hosting", "please cancel our contract"):
        mine = desk.be("U0MIA").dm(words)
        desk.work()
        shown = desk.last("U0MIA", holding="You can still send this as something else")
        assert shown.text.startswith(refusal)
        assert words in shown.text
        assert "3:technical" in str(shown.blocks)
    desk.be("U0MIA").edit(mine, "please send us the login details")
    desk.work()
    assert desk.said("U0MIA").count(refusal) == 1
    assert "you may not have login details sent" in desk.said("U0MIA")
    desk.be("U0LEO").dm("please cancel our hosting")
    desk.work()
    assert "On *Tideworks Ltd* you may not ask for support" in desk.said("U0LEO")
    assert "Only Raj Patel can do that" not in desk.said("U0LEO"), "what he asks for is not looked at"
    desk.be("U0RAJ").dm("please reopen our account")
    desk.be("U0RAJ").dm("please cancel our hosting")
    desk.be("U0MIA").dm("we want to cancel and order a new server")
    desk.work()
    assert "*Tideworks Ltd* is not closed, so there is nothing to reopen." in desk.said("U0RAJ")
    assert "you may not" not in desk.said("U0RAJ")
    assert desk.said("U0MIA").count(refusal) == 1


def test_e14_on_a_suspended_account_a_change_is_refused_with_what_can_be_done(desk: SlackDesk) -> None:
    with desk.store.transaction("test") as tx:
        tx.connection.execute(text("UPDATE accounts SET status = 'suspended'"))
    desk.be("U0RAJ").dm("please cancel our hosting")
    desk.work()
    why = "*Tideworks Ltd* is suspended, so you may not cancel services now.\nYou can open a billing ticket about the"
    assert why in desk.said("U0RAJ")
    assert "You can still send this as something else" in desk.said("U0RAJ")
