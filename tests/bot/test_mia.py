"""Mia, who may open technical tickets and works in the desk's own Slack: every way to open a ticket, and to follow it."""

from __future__ import annotations

import pytest

from simulator.slack import NotAvailableError
from tests.bot.slack_desk import AGENTS, SlackDesk


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    return slack_once


def test_from_a_message_by_the_shortcut(desk: SlackDesk) -> None:
    said = desk.be("U0LEO").says("help", "tide-web answers <b>503</b> & nothing else")
    desk.be("U0MIA").shortcut("open_ticket", said)
    desk.work()
    form = desk.text_of(desk.form("U0MIA"))
    assert "Something technical, at *Tideworks Ltd*" in form, "one account and one topic need no choosing"
    assert "[tide-web answers <b>503</b> & nothing else]" in form
    left = desk.submit("U0MIA", words="tide-web answers 503")
    assert "Ticket #1001 is open" in desk.text_of(left)
    assert "Ticket #1001 is open" in desk.said("U0LEO", "help"), "in the thread where it began"
    head = desk.last("U0MIA", holding="Ticket #1001")
    assert f"Follow it ({desk.workspace.permalink(head)})" in desk.said("U0LEO", "help")
    assert "tide-web answers 503" in desk.said("U0MIA"), "the details in direct messages"
    card = desk.said("U0KIM", AGENTS)
    assert "#1001: tide-web answers 503" in card
    assert "Mia Chen* · Tideworks Ltd, account 400639" in card
    assert "Holds: Manage Support." in card
    assert "*Never tell them* about what is owed, the state of services and billing tickets" in card


def test_by_command_with_words(desk: SlackDesk) -> None:
    desk.be("U0MIA").command("/ticket", "the payload is broken", "help")
    desk.work()
    assert "[the payload is broken]" in desk.text_of(desk.form("U0MIA"))
    desk.submit("U0MIA", words="the payload is broken", service="3:ms-1")
    card = desk.said("U0KIM", AGENTS)
    assert "the payload is broken" in card
    assert "Service: Miniserver tide-web" in card
    assert "Ticket #1001" not in desk.said("U0LEO", "help"), "a command says nothing to the channel"


def test_by_direct_message(desk: SlackDesk) -> None:
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert "Ticket #1001: our site is down" in desk.said("U0MIA")
    assert desk.last("U0MIA", holding="Ticket #1001").thread_ts, "in the thread of her own words"
    assert "our site is down" in desk.said("U0KIM", AGENTS)


def test_by_mention(desk: SlackDesk) -> None:
    desk.be("U0MIA").says("help", "@Deskgate the website is not working")
    desk.work()
    assert "Ticket #1001 is open" in desk.said("U0LEO", "help")
    assert "the website is not working" in desk.said("U0KIM", AGENTS)


def test_by_the_pinned_welcome(desk: SlackDesk) -> None:
    desk.workspace.rooms["C0RANDOM"].members.append("U0RAJ")
    desk.be("U0MIA").invite_bot("random")
    desk.work()
    assert "This is your line to the support desk" in desk.said("U0LEO", "random")
    assert desk.last("U0LEO", "random", "This is your line").pinned
    desk.click("U0MIA", "open", "random")
    desk.submit("U0MIA", words="nothing loads")
    assert "nothing loads" in desk.said("U0KIM", AGENTS)
    desk.be("U0MIA").invite_bot("random")
    desk.work()
    assert desk.said("U0LEO", "random").count("This is your line") == 1


def test_from_the_home_tab(desk: SlackDesk) -> None:
    desk.be("U0MIA").open_home()
    desk.work()
    home = desk.be("U0MIA").home
    assert home is not None
    shown = desk.text_of(home)
    assert "Tideworks Ltd* · account 400639" in shown
    assert "You may see technical tickets, open technical tickets" in shown
    assert "There are no tickets yet" in shown
    desk.be("U0MIA").click(home, "open")
    desk.work()
    desk.submit("U0MIA", words="from home")
    desk.be("U0MIA").open_home()
    desk.work()
    assert "#1001* from home" in desk.text_of(desk.be("U0MIA").home)


def test_the_thread_carries_both_ways(desk: SlackDesk) -> None:
    mine = desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.be("U0MIA").dm("since nine o'clock", thread=mine)
    desk.work()
    assert "*FROM THE CUSTOMER*, Mia Chen:\nsince nine o'clock" in desk.said("U0KIM", AGENTS)
    desk.click("U0KIM", "desk_answer", AGENTS)
    assert "The customer sees this" in desk.text_of(desk.form("U0KIM"))
    desk.submit("U0KIM", words="We are looking: <!channel> & more")
    assert "*Kim Novak* of the desk" in desk.said("U0MIA")
    assert "We are looking: <!channel> & more" in desk.said("U0MIA")
    assert "The desk has answered and waits for you" in desk.said("U0MIA")
    assert desk.said("U0MIA").count("since nine o'clock") == 1, "nothing is echoed where it was said"
    desk.be("U0MIA").dm("thank you", thread=mine)
    desk.work()
    assert "It is open; the desk has it" in desk.said("U0MIA")


def test_edits_and_deletions_are_followed(desk: SlackDesk) -> None:
    mine = desk.be("U0MIA").dm("our site is down")
    more = desk.be("U0MIA").dm("port 80", thread=mine)
    desk.work()
    desk.be("U0MIA").edit(more, "port 443")
    desk.work()
    card = desk.said("U0KIM", AGENTS)
    assert "port 443" in card
    assert "port 80" not in card
    assert "Edited." in card
    desk.be("U0MIA").delete(more)
    desk.work()
    assert "port 443" not in desk.said("U0KIM", AGENTS)
    assert "Deleted by its author" in desk.said("U0KIM", AGENTS)
    desk.be("U0MIA").edit(mine, "our shop is down")
    desk.work()
    assert "our shop is down" in desk.said("U0KIM", AGENTS)


def test_files_go_both_ways(desk: SlackDesk) -> None:
    mine = desk.be("U0MIA").dm("our site is down", files=[("error.txt", "HTTP 503")])
    desk.work()
    room = desk.workspace.rooms[AGENTS]
    found = [file for message in room.messages.values() for file in message.files]
    assert [(file.name, file.content) for file in found] == [("error.txt", b"HTTP 503")]
    assert "File: error.txt" in desk.said("U0KIM", AGENTS)
    desk.be("U0MIA").dm("one more", thread=mine, files=[("b.txt", "b")])
    desk.work()
    found = [file for message in room.messages.values() for file in message.files]
    assert [file.name for file in found] == ["error.txt", "b.txt"]


def test_solved_and_opened_again(desk: SlackDesk) -> None:
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.click("U0MIA", "solved")
    assert "It is closed" in desk.said("U0MIA")
    assert "Mia Chen closed this ticket" in desk.said("U0KIM", AGENTS)
    desk.click("U0MIA", "reopen")
    assert "It is open" in desk.said("U0MIA")
    assert "Mia Chen opened this ticket again" in desk.said("U0KIM", AGENTS)


def test_lists_are_paged(desk: SlackDesk) -> None:
    for n in range(13):
        desk.be("U0MIA").dm(f"our site is down, case {n}")
    desk.work()
    desk.be("U0MIA").command("/tickets", "", "help")
    first = desk.last("U0MIA", "help", "Your tickets")
    shown = desk.workspace.text_of(first)
    assert "case 12" in shown
    assert "case 3" in shown
    assert "case 2\n" not in shown
    desk.click("U0MIA", "tell_tickets_1", "help")
    assert "case 0" in desk.workspace.text_of(desk.last("U0MIA", "help", "case 0"))
    assert "case 12" not in desk.said("U0LEO", "help"), "for her eyes alone"
    desk.be("U0MIA").open_home()
    desk.work()
    home = desk.be("U0MIA").home
    assert home is not None
    desk.be("U0MIA").click(home, "tell_tickets_1")
    desk.work()
    assert "case 0" in desk.text_of(desk.be("U0MIA").home)


def test_one_ticket(desk: SlackDesk) -> None:
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.be("U0MIA").command("/ticket", "1001", "help")
    assert "Ticket #1001: our site is down" in desk.said("U0MIA", "help")
    desk.be("U0MIA").command("/ticket", "9999", "help")
    assert "There is no ticket 9999 that you may see" in desk.said("U0MIA", "help")
    desk.click("U0MIA", "reply", "help")
    desk.submit("U0MIA", words="it is back")
    assert "it is back" in desk.said("U0KIM", AGENTS)
    assert "it is back" in desk.said("U0MIA"), "added elsewhere, so it is shown in the ticket's thread"


def test_questions_are_answered_or_refused(desk: SlackDesk) -> None:
    desk.be("U0MIA").dm("what do we owe?")
    desk.work()
    refusal = desk.said("U0MIA")
    assert "On *Tideworks Ltd* you may not see what is owed" in refusal
    assert "That needs Manage Billing" in refusal
    assert "Raj Patel can give you this right." in refusal
    assert "311.20" not in refusal


def test_suggested_prompts(desk: SlackDesk) -> None:
    desk.be("U0MIA").open_messages_tab()
    desk.work()
    prompts = desk.workspace.dm(desk.be("U0MIA").person).prompts
    assert prompts is not None
    assert [prompt["message"] for prompt in prompts["prompts"]] == [
        "What do we owe?",
        "Is everything running?",
        "Who decides on contacts?",
        "My tickets",
    ]


def test_a_request_waits_as_a_draft(slack_once: SlackDesk) -> None:
    """Sam may cancel, after a second proof: until then the desk has nothing of it, and he may take it back."""
    desk = slack_once
    desk.be("U0SAM").command("/ticket", "no longer needed", "help")
    desk.work()
    desk.submit("U0SAM", about="2:service.cancel", words="no longer needed")
    assert "#1001 is a draft: the desk has not got it" in desk.text_of(desk.be("U0SAM").view)
    assert "A draft: *the desk has not got it*" in desk.said("U0SAM")
    assert "no longer needed" not in desk.said("U0KIM", AGENTS)
    desk.click("U0SAM", "withdraw")
    assert "The draft is gone" in desk.said("U0SAM")
    assert "no longer needed" not in desk.said("U0KIM", AGENTS)


def test_guests_have_no_commands(desk: SlackDesk) -> None:
    with pytest.raises(NotAvailableError):
        desk.be("U0OLIVIA").command("/ticket", "x", "harbour-bakery")


def test_while_an_answer_is_made_it_says_so(desk: SlackDesk) -> None:
    """The status of the agent view, where every question is in a thread; the answer ends it."""
    asked: list[tuple[str, str]] = []

    def note(method: str, args: dict[str, str]) -> None:
        asked.append((method, str(args.get("status", ""))))

    begun = desk.be("U0MIA").dm("hello")
    desk.work()
    desk.workspace.trouble = note
    desk.be("U0MIA").dm("who decides on contacts?", thread=begun)
    desk.work()
    assert asked[0] == ("assistant.threads.setStatus", "is looking that up …")
    assert asked[1][0] == "chat.postMessage"
    assert desk.last("U0MIA", holding="may change who is on the account").thread_ts == begun.ts
