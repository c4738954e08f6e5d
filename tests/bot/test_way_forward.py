"""E7, E19: what a refusal in Slack names, on accounts in every state."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from deskgate.slack import open_slack
from tests.bot.slack_desk import SlackDesk


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    slack_once.link("U0LEO", "leo.fox")
    return slack_once


def sql(desk: SlackDesk, statement: str) -> None:
    with desk.store.transaction("test") as tx:
        tx.connection.execute(text(statement))


def status(desk: SlackDesk, word: str, number: str = "400639") -> None:
    sql(desk, f"UPDATE accounts SET status = '{word}' WHERE number = '{number}'")


def holds(desk: SlackDesk, username: str, held: str, number: str = "400639") -> None:
    person, account = (
        f"SELECT id FROM people WHERE username = '{username}'",
        f"SELECT id FROM accounts WHERE number = '{number}'",
    )
    sql(desk, f"UPDATE contacts SET held = '{held}' WHERE person_id = ({person}) AND account_id = ({account})")


def asks(desk: SlackDesk, user: str, words: str) -> str:
    """What is answered to it."""
    before = desk.said(user)
    desk.be(user).dm(words)
    desk.work()
    return desk.said(user).removeprefix(before)


def test_e7_who_manages_users_alone_gives_nothing_they_do_not_hold(desk: SlackDesk) -> None:
    holds(desk, "dev.anand", "manage_users,manage_services")
    said = asks(desk, "U0LEO", "our shop is down")
    assert "Raj Patel can give you this right for good" in said
    assert "Dev" not in said


def test_e19_on_a_suspended_account_nobody_is_offered_what_is_refused(desk: SlackDesk) -> None:
    """E19: no button to ask for a loan, and who may open a billing ticket is who is named."""
    status(desk, "suspended")
    said = asks(desk, "U0MIA", "our shop is down")
    assert "is suspended, so you may not open technical tickets now" in said
    assert "Raj Patel can open a billing ticket about the suspension" in said
    for other in ("lend", "[Ask", "for good", "Only the account's owner"):
        assert other not in said
    said = asks(desk, "U0LEO", "our shop is down")
    assert "Raj Patel can open a billing ticket about the suspension" in said
    assert "lend" not in said
    assert "That needs" not in said


@pytest.mark.parametrize("phone", [True, False])
def test_nobody_is_sent_to_ring_a_desk_without_a_phone(desk: SlackDesk, phone: bool) -> None:
    off = {"deskgate_env": "production", "twilio_account_sid": "", "twilio_auth_token": ""}
    opened = open_slack(desk.settings if phone else desk.settings.model_copy(update=off), desk.store)
    assert opened is not None
    desk.door.phrases = opened.door.phrases
    sql(desk, "UPDATE contacts SET held = 'manage_services'")
    said = asks(desk, "U0LEO", "our shop is down")
    way = "You can leave us a message: ring us" if phone else "Please contact the desk in another way."
    assert f"Nobody on the account can change that. {way}" in said
    said = asks(desk, "U0LEO", "locked out")
    assert "Your PIN is not locked." in said
    assert ("ring us" in said) is phone


def test_e19_what_was_asked_for_before_the_suspension(desk: SlackDesk) -> None:
    """E19: who clicks what stood there before is told why it is refused now, on both sides."""
    asks(desk, "U0LEO", "our shop is down")
    desk.click("U0LEO", "ask_lender")
    status(desk, "suspended")
    desk.click("U0RAJ", "lend_once")
    said = desk.said("U0RAJ")
    assert "*Tideworks Ltd* is suspended, so you may not lend ticket rights now" in said
    assert "You can open a billing ticket about the suspension" in said
    assert "answered already" not in said
    desk.click("U0LEO", "ask_lender")
    assert "is suspended, so you may not" not in desk.said("U0LEO"), "he may not open tickets at all"
    about = "The account is suspended.\nRaj Patel can open a billing ticket about the suspension"
    assert about in desk.said("U0LEO"), "whoever lacks the right besides hears what that is about"
    status(desk, "active")
    desk.click("U0RAJ", "lend_once")
    assert "Lent." in desk.said("U0RAJ")
    assert "lets you open technical tickets" in desk.said("U0LEO")


def test_e19_who_decides_on_contacts_names_the_asker_too(desk: SlackDesk) -> None:
    assert "you alone may change who is on the account" in asks(desk, "U0RAJ", "who decides on contacts?")
    holds(desk, "mia.chen", "manage_users,manage_support")
    assert "you and Mia Chen may change who is on the account" in asks(desk, "U0RAJ", "who decides on contacts?")
    status(desk, "suspended")
    suspended = "*Tideworks Ltd* is suspended, so nobody can change who is on it now. When that is over, "
    assert f"{suspended}you and Mia Chen can." in asks(desk, "U0RAJ", "who decides on contacts?")
    assert f"{suspended}you and Raj Patel can." in asks(desk, "U0MIA", "who decides on contacts?")
    assert f"{suspended}Mia Chen and Raj Patel can." in asks(desk, "U0LEO", "who decides on contacts?")


def test_where_nobody_decides_that_is_not_said_to_be_the_suspension(desk: SlackDesk) -> None:
    sql(desk, "UPDATE contacts SET held = 'manage_services'")
    assert "*Tideworks Ltd*: nobody may change who is on the account" in asks(desk, "U0LEO", "who decides on contacts?")
