"""A draft says what it needs, and a proof that is given for it opens it; whatever does not go is refused with what is so. E2"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from store.codes import one_time_codes
from store.verification.call_codes import bound_to
from tests.bot.proving import SUBJECT, app, carried_from_the_phone, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.rights import hold

TIDEWORKS = 3
WORDS = "we do not need tide-dev any more"


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    return slack_once


def asks_to(desk: SlackDesk, kind: str) -> None:
    desk.be("U0RAJ").command("/ticket", WORDS, "help")
    desk.work()
    desk.submit("U0RAJ", about=f"{TIDEWORKS}:{kind}")


def shown(desk: SlackDesk) -> str:
    return desk.text_of(desk.be("U0RAJ").view)


def pressed(phone: Phone, key: str) -> str:
    before = len(phone.heard)
    phone.press(key)
    return " ".join(phone.heard[before:])


def number_heard(said: str) -> str:
    found = re.search(r"The number to give there is ([0-9]) ([0-9])\.", said)
    assert found, said
    return found[1] + found[2]


def answers(desk: SlackDesk, number: str) -> str:
    desk.click("U0RAJ", "approve_say")
    return desk.text_of(desk.submit("U0RAJ", number=number))


def test_e2_answering_the_number_in_the_same_slack_hands_it_in(desk: SlackDesk) -> None:
    """Without authenticator: two keys after the PIN, one click and two digits; whether or not the caller waits for it."""
    asks_to(desk, "service.cancel")
    assert "Cancel a service, at Tideworks Ltd: that needs a second proof of who you are" in shown(desk)
    way = "a number you hear on the phone: call us, give your PIN and press 8, then 3"
    assert way in shown(desk)
    assert way in desk.last("U0RAJ", holding="Ticket #1001").text, "the draft says so itself"
    phone = on_the_phone(desk, "raj.patel")
    said = pressed(phone, "8")
    assert "Your ticket 1 0 0 1, to cancel services, goes to the desk once you have given a second proof." in said
    number = number_heard(pressed(phone, "3"))
    desk.work()
    assert "hand in #1001 at *Tideworks Ltd*: Cancel a service." in desk.said("U0RAJ")
    assert "Thank you. #1001 is with the desk now." in answers(desk, number)
    assert WORDS in desk.said("U0KIM", AGENTS)
    assert "*verified twice* for this, the second time by an answer in Slack" in desk.said("U0KIM", AGENTS)
    phone.wait()
    assert "Ticket 1 0 0 1 is with the desk already." in phone.heard, "and the phone says so too"


def test_e2_a_proof_for_something_else_opens_no_draft(desk: SlackDesk) -> None:
    """Whoever has somebody's Slack may have written one: what it is for is said, and chosen."""
    asks_to(desk, "service.cancel")
    phone = on_the_phone(desk, "raj.patel")
    assert "To give a second proof for something else, press 6." in pressed(phone, "8")
    assert "1 0 0 1" not in pressed(phone, "6")
    number = number_heard(pressed(phone, "3"))
    desk.work()
    assert "hands in" not in desk.said("U0RAJ")
    assert "That is proved on the phone now" in answers(desk, number)
    phone.wait()
    assert WORDS not in desk.said("U0KIM", AGENTS)
    assert "Press 3 to hand in ticket 1 0 0 1, to cancel services." in pressed(phone, "8")
    assert "Ticket 1 0 0 1 is with the desk now." in pressed(phone, "3")
    desk.work()
    assert WORDS in desk.said("U0KIM", AGENTS)


def test_e2_a_transfer_code_of_another_topic_is_said_to_be_that_and_stays_good(desk: SlackDesk) -> None:
    asks_to(desk, "service.cancel")
    digits = carried_from_the_phone(desk, "raj.patel", TIDEWORKS, "billing")
    left = desk.submit("U0RAJ", code=digits)
    assert left is not None
    assert "for requests of another kind than #1001, so it was not used up" in str(left.errors)
    desk.be("U0RAJ").dm(f"proof {digits}", thread=desk.last("U0RAJ", holding="Ticket #1001"))
    desk.work()
    assert "for requests of another kind than #1001" in desk.said("U0RAJ")
    asks_to(desk, "account.close")
    assert "#1002 is with the desk now" in desk.text_of(desk.submit("U0RAJ", code=digits))


def test_e2_a_transfer_code_is_for_what_will_be_asked(desk: SlackDesk) -> None:
    """Nobody is asked which topic a cancellation is: by phone, and in Slack for the phone."""
    raj = app(desk, "raj.patel")
    phone = on_the_phone(desk, "raj.patel")
    pressed(phone, "8")
    pressed(phone, "1")
    pressed(phone, f"{shows(desk, raj)}#")
    pressed(phone, "8")
    assert "What will you ask for in Slack? Press 1 to order a service. Press 2 to cancel a service." in pressed(
        phone, "1"
    )
    found = re.search(r"Your transfer code is ((?:[0-9] ){7}[0-9])\.", pressed(phone, "2"))
    assert found
    asks_to(desk, "service.cancel")
    assert "#1001 is with the desk now" in desk.text_of(desk.submit("U0RAJ", code=found[1].replace(" ", "")))


def code(desk: SlackDesk) -> str:
    with desk.store.transaction("test") as tx:
        return one_time_codes.issue(tx, "text", SUBJECT["raj.patel"], bound_to("T0DESK:U0RAJ", TIDEWORKS))


def test_e2_what_became_of_a_draft_meanwhile_is_what_is_said(desk: SlackDesk) -> None:
    """The form was open all the while."""
    asks_to(desk, "service.cancel")
    desk.click("U0RAJ", "withdraw")
    assert "#1001 was taken back, so there is nothing to hand in." in desk.text_of(
        desk.submit("U0RAJ", code=code(desk))
    )
    desk.pass_time(15 * 60 + 1)
    asks_to(desk, "service.cancel")
    desk.be("U0RAJ").dm(f"proof {code(desk)}", thread=desk.last("U0RAJ", holding="Ticket #1002"))
    desk.work()
    assert WORDS in desk.said("U0KIM", AGENTS)
    assert "#1002 is with the desk already." in desk.text_of(desk.submit("U0RAJ", code=code(desk)))


def test_e2_a_right_that_went_is_the_reason_that_is_given(desk: SlackDesk) -> None:
    asks_to(desk, "service.cancel")
    with desk.store.transaction("test") as tx:
        hold(tx, "manage_support", tables.contacts.c.person_id == 7)
    said = desk.text_of(desk.submit("U0RAJ", code=code(desk)))
    assert "On *Tideworks Ltd* you may not cancel services." in said
    t = tables.tickets.c
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(t.status)).scalar_one() == "draft"


def test_e2_without_a_phone_nobody_is_sent_to_ring(desk: SlackDesk) -> None:
    object.__setattr__(desk.context, "phone", False)
    asks_to(desk, "service.cancel")
    assert "call us" not in shown(desk)
    assert "Set up an authenticator app" in shown(desk)
