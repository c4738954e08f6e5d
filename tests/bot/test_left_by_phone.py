"""E5: proof never gives less. Whoever has proved who they are and may not ask can leave a message, as strangers can."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from tests.bot.proving import PEOPLE, on_the_phone
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.bot.test_own_requests import LEO, keyed
from tests.bot.test_way_forward import holds, status
from tests.ivr.wire import rows

OFFER, OR = "Press 6 to leave us a message.", "Or press 6 to leave us a message."
BEGIN = "We will see your name and this account with your message. This message is recorded."


def leaves(desk: SlackDesk, username: str, first: str = "") -> str:
    """What is heard from the menu to the message."""
    phone = on_the_phone(desk, username)
    heard = " ".join(phone.heard) + (keyed(phone, first) if first else "")
    assert BEGIN in keyed(phone, "6")
    before = len(phone.heard)
    phone.speak("our server is down")
    assert "Thank you. We have your message. Anything else?" in " ".join(phone.heard[before:])
    phone.hang_up()
    desk.work()
    return heard


@pytest.mark.parametrize("held", ["manage_services", "manage_users", "purchase_services", "manage_billing"])
def test_e5_who_may_reach_nobody_leaves_a_message_and_the_desk_sees_whose_it_is(
    slack_once: SlackDesk, held: str
) -> None:
    desk = slack_once
    holds(desk, LEO, held)
    assert OFFER in leaves(desk, LEO)
    t = tables.tickets.c
    assert [tuple(row) for row in rows(desk, select(t.status, t.account_id, t.opened_by))] == [("pending", 3, None)]
    assert rows(desk, select(tables.messages.c.author)) == [("person:9",)]
    card = desk.said("U0KIM", AGENTS)
    assert "*Leo Fox* left this by phone, and had given their PIN" in card
    assert "Unverified: nobody has proved who this is" not in card
    desk.click("U0KIM", "desk_callback", AGENTS)
    assert [row.person_id for row in rows(desk, select(tables.callbacks))] == [9]


def test_e5_every_refusal_says_so(slack_once: SlackDesk) -> None:
    """E5: also to whoever could call the desk, on an account that is suspended; and to the owner of one that is closed."""
    desk = slack_once
    assert OR in leaves(desk, LEO, "0")
    assert OR in leaves(desk, "mia.chen", "3")
    status(desk, "suspended")
    assert OR in leaves(desk, "mia.chen", "1")
    status(desk, "closed")
    heard = leaves(desk, "raj.patel", "4")
    assert OFFER in heard
    assert f"To have it reopened, press 1. {OR}" in heard


def test_e5_a_message_is_not_proof_for_strangers(slack_once: SlackDesk) -> None:
    """What somebody leaves who has proved nothing says nobody's name, though the number they ring from is on file."""
    desk = slack_once
    phone = desk.exchange.phone(PEOPLE[LEO][0])
    phone.dial()
    phone.press("#")
    phone.press("*#")
    phone.speak("I am Leo")
    desk.work()
    card = desk.said("U0KIM", AGENTS)
    assert "Unverified: nobody has proved who this is" in card
    assert "Leo" not in card.replace("I am Leo", "")
