"""Support first in Slack: without the right to support nothing is told, offered or opened, whatever else is held; and once it goes, at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from tests.bot.proving import app, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.bot.test_own_requests import keyed
from tests.bot.test_way_forward import asks, holds
from tests.ivr.wire import rows

RAJ, ALL = "raj.patel", "manage_users,manage_billing,manage_services,manage_support,purchase_services"
BUT_SUPPORT = ALL.replace("manage_support,", "")
NO = "On *Tideworks Ltd* you may not ask for support"


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    """Raj is no admin contact any more, and Dev is: so that somebody can give him back what he loses."""
    holds(slack_once, "dev.anand", f"admin_contact,{ALL}")
    holds(slack_once, RAJ, ALL)
    return slack_once


def refused(desk: SlackDesk, said: str) -> bool:
    """Why, what it would need, who can give it, and where to sign in: all of it, and nothing of the account."""
    assert NO in said
    assert "That needs Manage Support.\nDev Anand can give you this right." in said
    assert f"Sign in to see what is yours: {desk.settings.public_url}" in said
    return not any(
        told in said for told in ("MS-9001", "311.20", "tide-web", "Ticket #", "Make a request", "Open a ticket")
    )


def opened(desk: SlackDesk) -> list[tuple[str, str]]:
    t = tables.tickets.c
    return [tuple(row) for row in rows(desk, select(t.kind, t.status).order_by(t.number))]


WORDS = (
    *("our shop is down", "something is odd with the thing", "please cancel our hosting", "my tickets"),
    *("what do we owe?", "is our server running?", "account", "help", "prove"),
)


def test_whatever_is_written_is_answered_with_why_and_no_more(desk: SlackDesk) -> None:
    """But who decides on contacts, for that is the way forward."""
    holds(desk, RAJ, BUT_SUPPORT)
    for words in WORDS:
        assert refused(desk, asks(desk, "U0RAJ", words)), words
    assert opened(desk) == []
    decides = "*Tideworks Ltd*: you and Dev Anand may change who is on the account"
    assert decides in asks(desk, "U0RAJ", "who decides on contacts?")


def test_commands_and_the_home_tab_offer_nothing(desk: SlackDesk) -> None:
    holds(desk, RAJ, BUT_SUPPORT)
    hand = desk.be("U0RAJ")
    for name in ("/account", "/tickets", "/ticket"):
        before = desk.said("U0RAJ", "help")
        hand.command(name, "our shop is down" if name == "/ticket" else "", "help")
        desk.work()
        assert refused(desk, desk.said("U0RAJ", "help").removeprefix(before)), name
    assert hand.view is None, "no form opens"
    hand.open_home()
    desk.work()
    assert hand.home is not None
    shown = desk.text_of(hand.home)
    assert refused(desk, shown)
    for offered in ("[Open", "[What do we owe?]", "[Our services]", "[Prove", "There are no tickets"):
        assert offered not in shown
    assert "[Forget me here]" in shown


def test_what_was_open_when_the_right_went_is_refused_when_it_is_sent(desk: SlackDesk) -> None:
    """A form, a button of an answer, a button of a ticket."""
    asks(desk, "U0RAJ", "what do we owe?")
    asks(desk, "U0RAJ", "our shop is down")
    desk.click("U0RAJ", "choose", value="3:technical", holding="our shop is down")
    desk.be("U0RAJ").command("/ticket", "and another", "help")
    desk.work()
    asks(desk, "U0RAJ", "account")
    holds(desk, RAJ, BUT_SUPPORT)
    assert refused(desk, desk.text_of(desk.submit("U0RAJ", about="3:technical")))
    desk.be("U0RAJ").close(everything=True)
    before = desk.said("U0RAJ")
    desk.click("U0RAJ", "tell_bills", holding="You may see")
    assert refused(desk, desk.said("U0RAJ").removeprefix(before))
    desk.click("U0RAJ", "solved", holding="Ticket #1001")
    desk.be("U0RAJ").dm("one thing more", thread=desk.last("U0RAJ", holding="#1001"))
    desk.work()
    assert opened(desk) == [("problem", "open")]
    assert "one thing more" not in desk.said("U0KIM", AGENTS)


def test_a_draft_is_not_handed_in_once_the_right_went(desk: SlackDesk) -> None:
    """In Slack by the form and by the button, and by phone; it is handed in when the right has come back."""
    desk.pass_time(73 * 3600)
    secret = app(desk, RAJ)
    desk.be("U0RAJ").command("/ticket", "one more server", "help")
    desk.work()
    desk.submit("U0RAJ", about="3:service.order")
    assert opened(desk) == [("service.order", "draft")]
    holds(desk, RAJ, BUT_SUPPORT)
    assert refused(desk, desk.text_of(desk.submit("U0RAJ", code=shows(desk, secret))))
    desk.be("U0RAJ").close(everything=True)
    phone = on_the_phone(desk, RAJ)
    assert "You may not ask for support on this account." in keyed(phone, "8")
    assert "You may not ask for support on this account." in keyed(phone, "2")
    phone.hang_up()
    assert opened(desk) == [("service.order", "draft")]
    holds(desk, RAJ, ALL)
    desk.click("U0RAJ", "prove", holding="#1001")
    desk.work()
    assert opened(desk) == [("service.order", "open")]


def test_an_answer_to_somebody_who_lost_the_right_is_not_told(desk: SlackDesk) -> None:
    """Neither in Slack nor by phone; the desk sees that it reaches nobody, and why."""
    asks(desk, "U0RAJ", "our shop is down")
    desk.click("U0RAJ", "choose", value="3:technical", holding="our shop is down")
    holds(desk, RAJ, BUT_SUPPORT)
    desk.click("U0KIM", "desk_answer", AGENTS)
    assert "Raj Patel may no longer ask for support" in desk.text_of(desk.form("U0KIM"))
    desk.submit("U0KIM", words="The vault is open")
    assert "vault" not in desk.said("U0RAJ")
    assert "vault" not in keyed(on_the_phone(desk, RAJ), "2")
    inside = desk.said("U0KIM", AGENTS)
    assert "*REACHES NOBODY*, answer by Kim Novak. Raj Patel may no longer ask for support" in inside
    assert "*They may not ask for support*, so they are told nothing about the account" in inside


def test_on_one_account_and_not_on_another(desk: SlackDesk) -> None:
    """Dev may ask for support at two of three: of the third he hears why not, and nothing besides."""
    desk.link("U0LEO", "dev.anand")
    holds(desk, "dev.anand", "manage_services")
    said = asks(desk, "U0LEO", "account")
    tideworks = said.partition(NO)[2].partition("*Harbour")[0]
    assert "Sign in to see what is yours" in tideworks
    assert "*Harbour Bakery* · account 200417" in said
    assert "tide-web" not in asks(desk, "U0LEO", "is our server running?")


def test_what_is_refused_is_in_the_ledger_by_its_reason(desk: SlackDesk) -> None:
    holds(desk, RAJ, BUT_SUPPORT)
    asks(desk, "U0RAJ", "what do we owe?")
    e = tables.ledger.c
    found = rows(desk, select(e.action, e.rules).where(e.decision == "no_support"))
    assert [tuple(row) for row in found] == [("billing.view", "MS-32")]
