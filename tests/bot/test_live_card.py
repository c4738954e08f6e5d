"""The card of a call in the agents' channel: one for each, changed in place; nothing of the account while nobody is verified."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from authz import Proof
from simulator.phone import Phone
from store import tables
from store.calls import support_calls
from store.jobs import call_news
from store.verification import step_ups
from tests.bot.by_hand import click, send
from tests.bot.proving import SUBJECT, on_the_phone, sid
from tests.bot.slack_desk import AGENTS, SlackDesk

TIDEWORKS = 3


def talking(desk: SlackDesk) -> tuple[Phone, Phone]:
    """Mia has asked for a person, and an agent has taken the call."""
    mia = on_the_phone(desk, "mia.chen")
    mia.press("0")
    desk.work()
    agent = desk.exchange.ringing()
    assert agent is not None
    agent.answer()
    agent.press("1")
    desk.work()
    mia.wait()
    desk.work()
    return mia, agent


def cards(desk: SlackDesk) -> list[str]:
    return [words for words in desk.read("U0KIM", AGENTS) if "*Call* ·" in words]


def card(desk: SlackDesk) -> str:
    (one,) = cards(desk)
    return one


def test_it_changes_through_a_call(slack: SlackDesk) -> None:
    desk = slack
    mia = on_the_phone(desk, "mia.chen")
    mia.press("0")
    desk.work()
    assert "*Waiting*, number 1 in the queue" in card(desk)
    assert "Mia Chen* · Tideworks Ltd, account 400639" in card(desk)
    assert "This call is mine" not in card(desk), "nobody has taken it yet"
    agent = desk.exchange.ringing()
    assert agent is not None
    agent.answer()
    agent.press("1")
    desk.work()
    mia.wait()
    desk.work()
    assert "*Talking* to somebody at the desk" in card(desk)
    assert "Our two words: *" in card(desk)
    assert "Proof: *verified* in this call" in card(desk)
    desk.click("U0KIM", "desk_assign", AGENTS)
    assert "*Talking* to Kim Novak" in card(desk)
    desk.click("U0KIM", "desk_ask_pin", AGENTS)
    assert "*At the keypad*, for their PIN" in card(desk)
    with desk.store.transaction("test") as tx:
        support_calls.proved(tx, 1, passed=True)
    desk.work()
    assert "They were asked for their PIN and *passed*" in card(desk)
    call = sid(desk)
    with desk.store.transaction("phone", call=call) as tx:
        step_ups.reached(tx, SUBJECT["mia.chen"], TIDEWORKS, "text", call, ends_at=tx.now + 900_000)
        call_news.news(tx, 1)
    desk.work()
    assert "Proof: *verified twice* in this call, until 12:15 UTC" in card(desk)
    mia.hang_up()
    desk.work()
    assert "*Ended.*" in card(desk)
    assert "Our two words" not in card(desk)


def test_while_not_verified_there_is_nothing_of_the_account_on_it(slack_once: SlackDesk) -> None:
    desk = slack_once
    talking(desk)
    with desk.store.transaction("test") as tx:
        tx.connection.execute(update(tables.support_calls).values(proof=int(Proof.CLAIMED)))
        call_news.news(tx, 1)
    desk.work()
    for secret in ("Mia", "Tideworks", "400639", "Manage Support", "second proof by", "number on file"):
        assert secret not in card(desk)
    assert "Unverified: nobody has proved who this is" in card(desk)


def test_a_proof_that_failed_empties_the_card(slack_once: SlackDesk) -> None:
    desk = slack_once
    talking(desk)
    desk.click("U0KIM", "desk_assign", AGENTS)
    desk.click("U0KIM", "desk_ask_pin", AGENTS)
    with desk.store.transaction("test") as tx:
        support_calls.proved(tx, 1, passed=False)
    desk.work()
    assert "their PIN and *failed*" in card(desk)
    assert "Tideworks" not in card(desk)


@pytest.mark.parametrize("told", ["", "failed"])
def test_once_it_is_over_it_gives_no_orders(slack_once: SlackDesk, told: str) -> None:
    desk = slack_once
    mia, _agent = talking(desk)
    desk.click("U0KIM", "desk_assign", AGENTS)
    mia.hang_up()
    if told:
        with desk.store.transaction("test") as tx:
            tx.connection.execute(update(tables.support_calls).values(requested_proof="pin", verification_result=told))
    desk.work()
    shown = "Nobody had proved who this was" if told else "They could hear about"
    assert shown in card(desk)
    for order in ("Ask for", "Say nothing", "Tell them", "Never tell", "They may hear", "Only after", "can give"):
        assert order not in card(desk)


def test_a_call_is_one_agents(slack_once: SlackDesk) -> None:
    desk = slack_once
    talking(desk)
    send(desk, click("desk_ask_pin", "1", "U0ANA", AGENTS))
    desk.work()
    assert "is not yours" in desk.said("U0ANA", AGENTS)
    desk.click("U0KIM", "desk_assign", AGENTS)
    send(desk, click("desk_assign", "1", "U0ANA", AGENTS))
    desk.work()
    assert "A colleague has it" in desk.said("U0ANA", AGENTS)
    assert "*Talking* to Kim Novak" in card(desk)


def test_a_wrong_call_is_given_back_and_one_that_is_over_can_still_be_assigned(slack_once: SlackDesk) -> None:
    """The button is offered once the call is somebody's, works for them alone; of a call that is nobody's no callback is offered."""
    desk = slack_once
    mia, _agent = talking(desk)
    assert "Not my call" not in card(desk)
    desk.click("U0KIM", "desk_assign", AGENTS)
    send(desk, click("desk_give_back", "1", "U0ANA", AGENTS))
    desk.work()
    assert "is not yours" in desk.said("U0ANA", AGENTS)
    assert "*Talking* to Kim Novak" in card(desk)
    desk.click("U0KIM", "desk_give_back", AGENTS)
    assert "*Talking* to somebody at the desk" in card(desk)
    send(desk, click("desk_ask_pin", "1", "U0KIM", AGENTS))
    desk.work()
    assert "is not yours" in desk.said("U0KIM", AGENTS)
    mia.hang_up()
    desk.work()
    assert "Call back" not in card(desk).replace("Call back,", "")
    desk.click("U0ANA", "desk_assign", AGENTS)
    assert "*Ended.* Talked to Ana Brandt" in card(desk)
    assert "Call back" in card(desk)


def test_a_customer_who_clicks_the_desks_buttons_gets_nothing(slack_once: SlackDesk) -> None:
    desk = slack_once
    talking(desk)
    before = card(desk)
    for action, value in (
        ("desk_assign", "1"),
        ("desk_give_back", "1"),
        ("desk_ask_pin", "1"),
        ("desk_ask_second", "1"),
        ("desk_callback", "support_call:1"),
        ("desk_callback", "ticket:1001"),
        ("desk_callback", "person:7"),
    ):
        for user in ("U0RAJ", "U0LEO"):
            assert send(desk, click(action, value, user, "C0HELP")).status_code == 200
    desk.work()
    assert desk.said("U0RAJ", "help").count("That is for the desk's own people") == 7
    assert card(desk) == before
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(tables.callbacks.select()).first() is None


def test_no_callback_is_offered_where_nobody_is_on_file_to_be_called(slack_once: SlackDesk) -> None:
    desk = slack_once
    stranger = desk.exchange.phone("+441632960999")
    stranger.dial()
    for keys in ("#", "*#"):
        stranger.press(keys)
    stranger.speak("it is down")
    desk.work()
    shown = desk.said("U0KIM", AGENTS)
    assert "[Note]" in shown
    assert "[Call back]" not in shown


def test_callback_from_a_ticket_goes_to_the_number_on_file(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").dm("our shop is down")
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    desk.click("U0KIM", "desk_callback", AGENTS)
    assert "They will be called on a number on file" in desk.said("U0KIM", AGENTS)
    with desk.store.transaction("test") as tx:
        made = tx.connection.execute(tables.callbacks.select()).one()
    assert (made.number, made.person_id, made.ticket) == ("+441632960101", 1, 1001)
    told = desk.said("U0OLIVIA")
    assert "*We are calling you now* on the number on file that ends in 01" in told
    desk.click("U0KIM", "desk_callback", AGENTS)
    assert "They were called a moment ago" in desk.said("U0KIM", AGENTS)


def test_nobody_is_called_whom_nobody_has_proved(slack_once: SlackDesk) -> None:
    desk = slack_once
    send(desk, click("desk_callback", "ticket:1001", "U0KIM", AGENTS))
    send(desk, click("desk_callback", "support_call:99", "U0KIM", AGENTS))
    send(desk, click("desk_callback", "rubbish", "U0KIM", AGENTS))
    desk.work()
    assert desk.said("U0KIM", AGENTS).count("We do not know who this is") == 3
