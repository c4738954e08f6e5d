"""Olivia, a guest from her own company's Slack: by mention, message and button she does all that others do by commands."""

from __future__ import annotations

import pytest

from tests.bot.slack_desk import AGENTS, SlackDesk

CHANNEL = "harbour-bakery"


def test_a_ticket_by_mention_and_buttons(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate our shop is down: order 77 of Ms Lee")
    desk.work()
    assert "I've answered you in our direct messages" in desk.said("U0TOM", CHANNEL)
    assert "This becomes a ticket once you choose" in desk.said("U0OLIVIA")
    desk.click("U0OLIVIA", "choose", value="1:billing")
    assert "That is ticket #1001 now" in desk.said("U0OLIVIA")
    assert "This becomes a ticket once you choose" not in desk.said("U0OLIVIA")
    assert "Ticket #1001: our shop is down: order 77 of Ms Lee" in desk.said("U0OLIVIA")
    there = desk.said("U0TOM", CHANNEL)
    assert "Ticket #1001 is open" in there
    assert there.count("order 77") == 1, "what she wrote herself, and nothing of ours"
    assert "billing" in desk.said("U0KIM", AGENTS)


def test_the_desks_words_stay_out_of_the_shared_channel(slack_once: SlackDesk) -> None:
    desk = slack_once
    mine = desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate our shop is down")
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="Your account owes 20 dollars.")
    assert "20 dollars" in desk.said("U0OLIVIA")
    assert "20 dollars" not in desk.said("U0TOM", CHANNEL)
    assert "The desk has answered ticket #1001: see your direct messages" in desk.said("U0TOM", CHANNEL)
    desk.be("U0OLIVIA").says(CHANNEL, "it works again", thread=mine)
    desk.work()
    assert "it works again" in desk.said("U0KIM", AGENTS)


def test_somebody_else_in_the_thread(slack_once: SlackDesk) -> None:
    """Tom is a technical contact, once he is linked: what he adds counts. Before, he is a passer-by."""
    desk = slack_once
    mine = desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate our shop is down")
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    desk.be("U0TOM").says(CHANNEL, "nobody asked me", thread=mine)
    desk.work()
    assert "nobody asked me" not in desk.said("U0KIM", AGENTS)
    desk.link("U0TOM", "tom.reyes")
    desk.be("U0TOM").says(CHANNEL, "it is the database", thread=mine)
    desk.work()
    assert "*FROM THE CUSTOMER*, Tom Reyes:\nit is the database" in desk.said("U0KIM", AGENTS)
    assert "it is the database" in desk.said("U0OLIVIA")


@pytest.mark.parametrize(
    ("asks", "hears"),
    [
        ("what do we owe?", "MT-3307: 20.00 USD, due on 1 December 2026"),
        ("is our server running?", "Grid hosting harbourbakery.example is running"),
        ("who decides on contacts?", "*Harbour Bakery*: you and Dev Anand may change who is on the account"),
        ("what may I do?", "*Harbour Bakery* · account 200417"),
        ("my tickets", "There are no tickets yet"),
        ("hello", "Tell me what is wrong and I open a ticket for you"),
    ],
)
def test_questions_by_direct_message(slack_once: SlackDesk, asks: str, hears: str) -> None:
    slack_once.be("U0OLIVIA").dm(asks)
    slack_once.work()
    assert hears in slack_once.said("U0OLIVIA")


def test_a_question_in_the_channel_is_answered_to_her_alone(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate what do we owe?")
    desk.work()
    assert "20.00" in desk.said("U0OLIVIA")
    assert "20.00" not in desk.said("U0TOM", CHANNEL)
    assert "I've answered you in our direct messages" in desk.said("U0TOM", CHANNEL)


def test_unsure_words_become_buttons(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").dm("about yesterday")
    desk.work()
    assert "[What do we owe?] [Our services]" in desk.said("U0OLIVIA")
    desk.click("U0OLIVIA", "tell_bills")
    assert "20.00 USD" in desk.said("U0OLIVIA")
    desk.click("U0OLIVIA", "choose", value="1:technical")
    assert "Ticket #1001: about yesterday" in desk.said("U0OLIVIA")


def test_by_button_and_form(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate")
    desk.work()
    desk.be("U0OLIVIA").dm("help")
    desk.work()
    desk.click("U0OLIVIA", "open")
    form = desk.text_of(desk.form("U0OLIVIA"))
    assert "What is it about?" in form
    desk.submit("U0OLIVIA", about="1:technical", words="cake pictures missing")
    assert "Ticket #1001: cake pictures missing" in desk.said("U0OLIVIA")


def test_files_of_a_shared_channel(slack_once: SlackDesk) -> None:
    """Of these an event says no more than the id."""
    desk = slack_once
    desk.be("U0OLIVIA").says(CHANNEL, "@Deskgate our shop is down", files=[("log.txt", "boom")])
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    room = desk.workspace.rooms[AGENTS]
    found = [(file.name, file.content) for message in room.messages.values() for file in message.files]
    assert found == [("log.txt", b"boom")]
