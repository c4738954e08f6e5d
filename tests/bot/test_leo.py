"""Leo, who may not open tickets, asks; Raj lends the right; an hour later it is gone. docs/slack.md, "Lending"."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject, Topic
from store import OPERATOR, tables
from store.ledger import audit
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import change
from tests.rights import hold


@pytest.fixture
def desk(slack: SlackDesk) -> SlackDesk:
    slack.link("U0LEO", "leo.fox")
    return slack


def asked(desk: SlackDesk) -> None:
    desk.be("U0LEO").command("/ticket", "tide-web is slow")
    desk.work()
    desk.click("U0LEO", "ask_lender")


def test_refused_with_the_way_forward(desk: SlackDesk) -> None:
    desk.be("U0LEO").command("/ticket", "tide-web is slow")
    desk.work()
    told = desk.said("U0LEO")
    assert "On *Tideworks Ltd* you may not ask for support, so I can tell you nothing about it here." in told
    assert "That needs Manage Support.\nRaj Patel can give you this right." in told
    assert f"Sign in to see what is yours: {desk.settings.public_url}" in told
    assert "Raj Patel can lend you the right to open technical tickets, for one ticket or for some hours." in told
    assert "Rule:" not in told, "which rule it is says the answer to why"
    assert "[Ask Raj Patel]" in told
    assert desk.be("U0LEO").view is None


def test_asked_why_not_it_says_the_rule(desk: SlackDesk) -> None:
    desk.be("U0LEO").dm("please cancel our hosting")
    desk.work()
    assert "Rule: MS-32" in desk.said("U0LEO")


def test_raj_lends_one_ticket(desk: SlackDesk) -> None:
    asked(desk)
    question = desk.said("U0RAJ")
    assert "*Leo Fox* asks you for the right to open technical tickets on *Tideworks Ltd*" in question
    assert "slow" not in question, "fixed words, never the asker's own"
    desk.click("U0RAJ", "lend_once")
    assert "Lent." in desk.said("U0RAJ")
    assert "[Allow one ticket]" not in desk.said("U0RAJ")
    assert "*Raj Patel* lets you open technical tickets on *Tideworks Ltd*: one ticket" in desk.said("U0LEO")
    desk.click("U0LEO", "open", holding="lets you")
    desk.submit("U0LEO", words="tide-web is slow")
    assert "tide-web is slow" in desk.said("U0KIM", AGENTS)
    desk.be("U0LEO").close(everything=True)
    desk.pass_time(3600)
    desk.be("U0LEO").command("/ticket", "and another")
    desk.work()
    assert desk.be("U0LEO").view is None, "one ticket was lent, and it is open"
    assert desk.said("U0LEO").count("you may not ask for support") == 2
    desk.be("U0LEO").dm("more of it", thread=desk.last("U0LEO", holding="Ticket #1001"))
    desk.work()
    assert "more of it" in desk.said("U0KIM", AGENTS), "what he opened he may follow"
    lent = [entry for entry in ledger(desk) if "one_ticket" in json.dumps(entry) or "lent_by" in json.dumps(entry)]
    assert lent, "in the ledger as lent by whom"


def test_for_an_hour_and_no_longer(desk: SlackDesk) -> None:
    asked(desk)
    desk.click("U0RAJ", "lend_hours", value="1:1")
    desk.be("U0LEO").dm("our site is down")
    desk.be("U0LEO").dm("our mail is down")
    desk.work()
    assert "Ticket #1002" in desk.said("U0LEO")
    desk.pass_time(3601)
    desk.be("U0LEO").dm("our site is down again")
    desk.work()
    assert "Ticket #1003" not in desk.said("U0LEO")
    assert "you may not ask for support" in desk.said("U0LEO").rpartition("is down again")[2]


@pytest.mark.parametrize("locked", [False, True])
def test_taken_back(desk: SlackDesk, locked: bool) -> None:
    """Where the account is locked meanwhile, and nothing could be lent, as well."""
    asked(desk)
    desk.click("U0RAJ", "lend_hours", value="1:24")
    if locked:
        change(desk, update(tables.accounts).values(locked_at=desk.now))
    desk.be("U0RAJ").dm("account")
    desk.work()
    desk.click("U0RAJ", "tell_lent")
    desk.click("U0RAJ", "take_back")
    assert "It has ended" in desk.said("U0LEO")
    assert grant(desk) is False


def test_it_ends_when_the_lender_loses_the_right(desk: SlackDesk) -> None:
    asked(desk)
    desk.click("U0RAJ", "lend_hours", value="1:24")
    assert grant(desk) is True
    p = tables.people.c
    with desk.store.transaction("test") as tx:
        raj = select(p.id).where(p.name == "Raj Patel").scalar_subquery()
        hold(tx, "manage_support", tables.contacts.c.person_id == raj)
    assert grant(desk) is False


def test_refused_by_raj(desk: SlackDesk) -> None:
    asked(desk)
    desk.click("U0RAJ", "lend_refuse")
    assert "The answer is no" in desk.said("U0LEO")
    assert "Refused." in desk.said("U0RAJ")
    assert grant(desk) is False


def test_one_open_request_and_three_a_day(desk: SlackDesk) -> None:
    asked(desk)
    desk.click("U0LEO", "ask_lender")
    assert "That is asked already" in desk.said("U0LEO")
    for _ in range(2):
        desk.click("U0RAJ", "lend_refuse")
        desk.click("U0LEO", "ask_lender")
    desk.click("U0RAJ", "lend_refuse")
    desk.click("U0LEO", "ask_lender")
    assert "You have asked three times today" in desk.said("U0LEO")
    assert desk.said("U0RAJ").count("Leo Fox* asks") == 3


def test_only_who_may_lend_can_answer(desk: SlackDesk) -> None:
    """Mia reads the question over Raj's shoulder, and clicks: who clicks is asked about."""
    desk.link("U0MIA", "mia.chen")
    asked(desk)
    question = desk.last("U0RAJ", holding="asks you")
    room = desk.workspace.rooms[question.channel]
    room.members.append("U0MIA")
    desk.be("U0MIA").click(question, "lend_once")
    desk.work()
    assert grant(desk) is False
    desk.be("U0LEO").workspace.rooms[question.channel].members.append("U0LEO")
    desk.be("U0LEO").click(question, "lend_once")
    desk.work()
    assert grant(desk) is False, "nobody lends to themselves"


def grant(desk: SlackDesk) -> bool:
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        leo = tx.connection.execute(text("SELECT id FROM people WHERE username = 'leo.fox'")).scalar_one()
        ask = Ask(Subject.of_person(leo), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED)
        return isinstance(tx.ask(ask), Grant)


def ledger(desk: SlackDesk) -> list[object]:
    with desk.store.transaction("shell") as tx:
        verdict = tx.ask(Ask(OPERATOR, Action.DESK_LEDGER_READ, None, None, Proof.NONE))
        assert isinstance(verdict, Grant)
        return [str(entry) for entry in audit.entries(tx, verdict)]
