"""E7, E19: what a refusal in Slack names, on accounts in every state."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from deskgate.slack import open_slack
from store import tables
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.rights import hold


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
    p, a, c = tables.people.c, tables.accounts.c, tables.contacts.c
    person, account = select(p.id).where(p.username == username), select(a.id).where(a.number == number)
    with desk.store.transaction("test") as tx:
        hold(tx, held, c.person_id.in_(person), c.account_id.in_(account))


def asks(desk: SlackDesk, user: str, words: str) -> str:
    """What is answered to it."""
    before = desk.said(user)
    desk.be(user).dm(words)
    desk.work()
    return desk.said(user).removeprefix(before)


def test_e7_who_manages_users_alone_gives_nothing_they_do_not_hold(desk: SlackDesk) -> None:
    holds(desk, "dev.anand", "manage_users,manage_services")
    said = asks(desk, "U0LEO", "our shop is down")
    assert "Raj Patel can give you this right." in said
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
    assert "you may not ask for support" in said
    assert "Sign in to see what is yours" in said
    for other in ("lend", "That needs", "give you this right", "suspen"):
        assert other not in said, "nobody gives anything meanwhile"


GONE_TO_BILLING = {
    "suspended": "*Tideworks Ltd* is suspended, so this went to billing, and billing answers you here. "
    "You can open technical tickets again once the suspension has ended.",
    "closed": "*Tideworks Ltd* is closed, so this went to billing, and billing answers you here. "
    "To have the account reopened, write `reopen our account` to me.",
}


@pytest.mark.parametrize("state", list(GONE_TO_BILLING))
def test_e19_whoever_can_open_billing_tickets_alone_is_told_why_with_the_first_of_them(
    desk: SlackDesk, state: str
) -> None:
    """E19: in direct messages and in the form, and never in a channel; no more once the desk has answered."""
    status(desk, state)
    said = asks(desk, "U0RAJ", "our shop is down")
    assert f"It is open; the desk has it.\n{GONE_TO_BILLING[state]}" in said
    desk.be("U0RAJ").command("/ticket", "our shop is down", "help")
    desk.work()
    about = {"about": "3:billing"} if state == "closed" else {}  # there it could be reopened as well
    assert GONE_TO_BILLING[state] in desk.text_of(desk.submit("U0RAJ", words="our shop is down", **about))
    desk.be("U0RAJ").says("help", "@Deskgate our shop is down")
    desk.work()
    assert "Ticket #1003 is open." in desk.said("U0MIA", "help")
    assert state not in desk.said("U0MIA", "help")
    assert desk.said("U0RAJ").count(GONE_TO_BILLING[state]) == 3
    desk.click("U0KIM", "desk_take", AGENTS)
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="one bill is open")
    assert desk.said("U0RAJ").count(GONE_TO_BILLING[state]) == 2


def test_e19_on_a_closed_account_every_answer_says_what_can_be_done_and_where(desk: SlackDesk) -> None:
    status(desk, "closed")
    how = "You can have it reopened: write `reopen our account` to me; or call us, give your PIN and press 1."
    said = asks(desk, "U0RAJ", "is our server running?")
    assert f"*Tideworks Ltd* is closed, so you may not see services.\n{how}" in said
    asks(desk, "U0RAJ", "reopen our account")
    desk.click("U0RAJ", "choose", value="3:account.reopen", holding="reopen our account")
    assert "Ticket #1001: reopen our account" in desk.said("U0RAJ")
    said = asks(desk, "U0MIA", "our shop is down")
    assert "Please ask whoever looks after your account to write to me, or to call us, about it." in said
    assert "closed" not in said


def test_e19_who_has_billing_tickets_anyway_is_told_of_no_suspension_where_there_is_none(desk: SlackDesk) -> None:
    holds(desk, "olivia.hart", "billing", "200417")
    assert "is open; the desk has it" in asks(desk, "U0OLIVIA", "our shop is down")
    assert "went to billing" not in desk.said("U0OLIVIA")
    status(desk, "suspended", "200417")
    asks(desk, "U0OLIVIA", "our shop is down")
    assert "*Harbour Bakery* is suspended, so this went to billing" in desk.said("U0OLIVIA")


def test_e19_words_that_can_be_no_ticket_are_answered_with_why_before_what_else_they_may_mean(desk: SlackDesk) -> None:
    """E19: nobody is left with buttons alone."""
    said = asks(desk, "U0LEO", "something is odd with the thing")
    assert "On *Tideworks Ltd* you may not ask for support" in said
    assert "Or did you mean" not in said, "nothing is offered there"
    status(desk, "suspended")
    said = asks(desk, "U0MIA", "something is odd with the thing")
    assert "Raj Patel can open a billing ticket about the suspension." in said.partition("Or did you mean")[0]
    status(desk, "closed")
    said = asks(desk, "U0MIA", "something is odd with the thing")
    assert "Please ask whoever looks after your account" in said


@pytest.mark.parametrize("phone", [True, False])
def test_nobody_is_sent_to_ring_a_desk_without_a_phone(desk: SlackDesk, phone: bool) -> None:
    off = {"deskgate_env": "production", "twilio_account_sid": "", "twilio_auth_token": ""}
    opened = open_slack(desk.settings if phone else desk.settings.model_copy(update=off), desk.store)
    assert opened is not None
    desk.context.phrases = opened.context.phrases
    with desk.store.transaction("test") as tx:
        hold(tx, "manage_support")
    said = asks(desk, "U0LEO", "what do we owe?")
    way = "You can leave us a message: call us" if phone else "Please contact the desk in another way."
    assert f"Nobody on the account can change that. {way}" in said
    said = asks(desk, "U0LEO", "locked out")
    assert "Your PIN is not locked." in said
    assert ("call us" in said) is phone


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
    assert "suspended" not in desk.said("U0LEO"), "he may not ask for support at all"
    assert desk.said("U0LEO").rpartition("you may not ask for support")[2].count("lend") == 0
    status(desk, "active")
    desk.click("U0RAJ", "lend_once")
    assert "Lent." in desk.said("U0RAJ")
    assert "lets you open technical tickets" in desk.said("U0LEO")


def test_e19_who_decides_on_contacts_names_the_asker_too(desk: SlackDesk) -> None:
    assert "you alone may change who is on the account" in asks(desk, "U0RAJ", "who decides on contacts?")
    holds(desk, "mia.chen", "manage_users,manage_support")
    assert "you and Mia Chen may change who is on the account" in asks(desk, "U0RAJ", "who decides on contacts?")
    status(desk, "suspended")
    suspended = "*Tideworks Ltd* is suspended, so nobody can change who is on it now. When the suspension ends, "
    assert f"{suspended}you and Mia Chen can." in asks(desk, "U0RAJ", "who decides on contacts?")
    assert f"{suspended}you and Raj Patel can." in asks(desk, "U0MIA", "who decides on contacts?")
    assert f"{suspended}Mia Chen and Raj Patel can." in asks(desk, "U0LEO", "who decides on contacts?")


def test_where_nobody_decides_that_is_not_said_to_be_the_suspension(desk: SlackDesk) -> None:
    with desk.store.transaction("test") as tx:
        hold(tx, "manage_services")
    assert "*Tideworks Ltd*: nobody may change who is on the account" in asks(desk, "U0LEO", "who decides on contacts?")
