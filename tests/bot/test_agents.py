"""The desk's people: what a card says, and what they may do with it. Whoever else clicks is told that it is not theirs. T20"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from tests.bot.by_hand import click, command, send, submission
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import rows


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.be("U0OLIVIA").dm("our shop is down")
    slack_once.work()
    slack_once.click("U0OLIVIA", "choose", value="1:technical")
    return slack_once


def test_answer_note_and_close(desk: SlackDesk) -> None:
    desk.click("U0KIM", "desk_take", AGENTS)
    assert "taken by Kim Novak" in desk.said("U0ANA", AGENTS)
    desk.click("U0KIM", "desk_note", AGENTS)
    assert "This stays inside" in desk.text_of(desk.form("U0KIM"))
    desk.submit("U0KIM", words="her cousin rang about it too")
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="We restarted it")
    desk.click("U0KIM", "desk_status", AGENTS, value="1001:closed")
    inside, told = desk.said("U0ANA", AGENTS), desk.said("U0OLIVIA")
    assert "*DESK ONLY*, note by Kim Novak:\nher cousin rang about it too" in inside
    sent = "*SENT TO THE CUSTOMER* by Kim Novak. Olivia Hart got it in Slack, 22 November 2026, 12:00 UTC:"
    assert f"{sent}  [Correct it]\nWe restarted it" in inside
    assert "cousin" not in told
    assert "We restarted it" in told
    assert "Kim Novak closed this ticket" in told
    assert "Closed · taken by Kim Novak" in inside


def test_one_answer_brings_whoever_follows_it_up_to_date_once(desk: SlackDesk) -> None:
    """Though it takes the ticket, is said, and is on its way: three changes of one transaction."""
    j = tables.jobs.c
    owed = select(j.kind).where(j.kind == "ticket_update")
    desk.click("U0KIM", "desk_answer", AGENTS)
    before = len(rows(desk, owed))
    desk.be("U0KIM").submit({"words": "We restarted it"})
    assert len(rows(desk, owed)) == before + 1
    desk.work()
    inside = desk.said("U0ANA", AGENTS)
    assert "taken by Kim Novak" in inside
    assert "We restarted it" in inside
    assert "We restarted it" in desk.said("U0OLIVIA")


def test_what_was_done_already_is_not_done_again(desk: SlackDesk) -> None:
    """Two screens, one agent: the older one still shows what it showed."""
    for action, value in (("desk_take", "1001"), ("desk_status", "1001:closed")):
        for _ in range(2):
            assert send(desk, click(action, value, "U0KIM", AGENTS)).status_code == 200
        desk.work()
    assert desk.said("U0OLIVIA").count("closed this ticket") == 1
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        events = tx.connection.execute(text("SELECT event FROM messages WHERE event <> '' ORDER BY id")).scalars()
        assert list(events) == ["taken", "closed"]


def test_what_is_written_in_the_cards_thread_stays_inside(desk: SlackDesk) -> None:
    card = desk.last("U0KIM", AGENTS, "our shop is down")
    said = desk.be("U0KIM").says(AGENTS, "do not tell her, but the disk is full", thread=card)
    desk.work()
    assert "disk" not in desk.said("U0OLIVIA")
    assert [reaction["name"] for reaction in desk.workspace.shown(said).get("reactions", [])] == ["lock"]
    desk.be("U0KIM").edit(said, "the disk is full")
    desk.work()
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        kept = tx.connection.execute(
            text("SELECT body, internal FROM messages WHERE source IS NOT NULL AND internal")
        ).all()
    assert [row.body for row in kept] == ["the disk is full"]
    desk.be("U0OLIVIA").dm("ticket 1001")
    desk.work()
    assert "disk" not in desk.said("U0OLIVIA")


def test_only_staff_count(desk: SlackDesk) -> None:
    """Somebody is asked into the agents' channel who is no agent: no button is theirs, and no word of theirs is a note."""
    desk.workspace.rooms[AGENTS].members.append("U0SAM")
    for action in ("desk_take", "desk_answer", "desk_note"):
        desk.click("U0SAM", action, AGENTS)
        assert desk.be("U0SAM").view is None
    desk.click("U0SAM", "desk_status", AGENTS, value="1001:closed")
    assert desk.said("U0SAM", AGENTS).count("That is for the desk's own people") == 4
    assert "That is for the desk" not in desk.said("U0KIM", AGENTS)
    assert "It is open" in desk.said("U0OLIVIA")
    desk.be("U0SAM").says(AGENTS, "I am Kim, close it", thread=desk.last("U0KIM", AGENTS, "our shop is down"))
    desk.work()
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        assert tx.connection.execute(text("SELECT count(*) FROM messages WHERE internal")).scalar() == 0


def test_agents_open_no_tickets(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0KIM").dm("our shop is down")
    desk.be("U0KIM").command("/ticket", "x", "help")
    desk.be("U0KIM").open_home()
    desk.work()
    assert "You are one of the desk's people" in desk.said("U0KIM")
    assert "You are one of the desk's people" in desk.said("U0KIM", "help")
    assert desk.be("U0KIM").view is None


def test_verify_says_found_or_not_and_no_more(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0KIM").command("/verify", "10000016", AGENTS)
    found = desk.said("U0KIM", AGENTS)
    assert "*Found." in found
    assert "Olivia" not in found
    assert "Harbour" not in found
    desk.be("U0KIM").command("/verify", "+44 1632 960101", AGENTS)
    desk.be("U0KIM").command("/verify", "10000017", AGENTS)
    desk.be("U0KIM").command("/verify", "Olivia Hart", AGENTS)
    assert desk.said("U0KIM", AGENTS).count("*Found.") == 2
    assert desk.said("U0KIM", AGENTS).count("*Not found.*") == 2
    desk.be("U0MIA").command("/verify", "10000016", "help")
    assert "Found" not in desk.said("U0MIA", "help")


def test_e10_a_number_is_found_however_it_was_pasted(slack_once: SlackDesk) -> None:
    desk = slack_once
    kim = desk.be("U0KIM")
    ways = ["\u202a+44 (0)1632\u2011960101\u202c", "0044 1632 960101", "01632 960101", "1000\u20130016"]
    for words in ways:
        kim.command("/verify", words, AGENTS)
    sent = command("/verify", "<tel:+441632960101|+44 1632 960101>", "U0KIM")
    assert "Found." in send(desk, sent).text
    assert desk.said("U0KIM", AGENTS).count("*Found.") == len(ways)
    form = submission("desk_verify", user="U0KIM", words={"type": "plain_text_input", "value": ways[0]})
    assert "Found." in send(desk, form).text


def test_e10_a_code_is_read_however_it_was_pasted(slack_once: SlackDesk) -> None:
    desk = slack_once
    digits = desk.code("mia.chen")
    desk.be("U0MIA").dm(f"link {digits[:4]}\u2013{digits[4:]}")
    desk.work()
    assert "I know you now" in desk.said("U0MIA")
    digits = desk.code("leo.fox")
    desk.be("U0LEO").command("/link", f"{digits[:4]}.{digits[4:]}")
    assert "I know you now" in desk.said("U0LEO")


def test_a8_looking_up_is_counted_and_told_to_those_who_lead(slack_once: SlackDesk) -> None:
    """One more comes back every two minutes. The page's: tests/portal/test_two_people.py"""
    desk, kim = slack_once, slack_once.be("U0KIM")
    for n in range(40):
        kim.command("/verify", str(10_000_016 + n), AGENTS)
    said = desk.said("U0KIM", AGENTS)
    assert said.count("*Found.") + said.count("*Not found.") == 30
    assert said.count("You have looked up as many people as a day's work needs") == 10
    with desk.store.transaction("test") as tx:
        raised = select(tables.alerts.c.kind, tables.alerts.c.audience, tables.alerts.c.subject)
        assert [tuple(row) for row in tx.connection.execute(raised)] == [("lookup_budget", "supervisors", "staff:1")]
    desk.pass_time(121)
    for _ in range(2):
        kim.command("/verify", "10000016", AGENTS)
    said = desk.said("U0KIM", AGENTS)
    assert said.count("*Found.") + said.count("*Not found.") == 31


def test_proof_is_asked_for_and_never_seen(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0KIM").command("/verify", "10000081", AGENTS)
    desk.click("U0KIM", "desk_send_code", AGENTS)
    assert "A code will be mailed to the address on file" in desk.said("U0KIM", AGENTS)
    desk.click("U0KIM", "desk_send_code", AGENTS)
    assert "A code was sent a moment ago" in desk.said("U0KIM", AGENTS)
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        assert tx.connection.execute(text("SELECT count(*) FROM jobs WHERE kind = 'proof_code'")).scalar() == 1


def test_a_customers_words_are_only_words(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").command("/ticket", "x")
    desk.work()
    words = "<!channel> <@U0KIM> <https://evil.example|your bank> *bold* & `code`"
    desk.submit("U0MIA", words=words)
    card = desk.last("U0KIM", AGENTS, "#1001")
    raw = str(card.blocks) + card.text
    assert "<!channel>" not in card.text
    assert "&lt;!channel&gt;" in card.text
    assert words in desk.workspace.text_of(card)
    mrkdwn = [str(block) for block in card.blocks if "mrkdwn" in str(block)]
    assert not any("<!channel>" in block or "<https://evil" in block for block in mrkdwn), raw


def test_whoever_nobody_has_proved_has_a_card_with_nothing_on_it(slack_once: SlackDesk) -> None:
    desk = slack_once
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    phone.press("10000081#")
    phone.press("*#")
    phone.speak("this is Mia Chen of Tideworks")
    desk.work()
    card = desk.said("U0KIM", AGENTS)
    assert "Unverified: nobody has proved who this is" in card
    assert "Tideworks Ltd" not in card
    assert "[Answer the customer]" not in card
    desk.click("U0KIM", "desk_callback", AGENTS)
    assert rows(desk, select(tables.callbacks.c.person_id)) == [(8,)], "whom they said they were, as on the page"


def test_h13_who_answers_after_a_colleague_reads_theirs_first_and_loses_no_word(desk: SlackDesk) -> None:
    """H13: the form comes back with what the colleague said above it and the words still in it; sent again it goes out."""
    desk.click("U0ANA", "desk_take", AGENTS)
    desk.click("U0KIM", "desk_answer", AGENTS)
    assert "*This ticket is with Ana Brandt.* Ask them before you answer." in desk.text_of(desk.form("U0KIM"))
    desk.click("U0ANA", "desk_answer", AGENTS)
    assert "This ticket is with" not in desk.text_of(desk.form("U0ANA"))
    desk.submit("U0ANA", words="Restarted. Better?")
    left = desk.submit("U0KIM", words="Have you tried a restart?")
    assert "Ana Brandt has done this since you opened the form" in desk.text_of(left)
    assert "Restarted. Better?" in desk.text_of(left)
    assert left is not None
    (field,) = (block["element"] for block in left.blocks if block.get("block_id") == "words")
    assert field["initial_value"] == "Have you tried a restart?"
    assert "Have you tried a restart?" not in desk.said("U0OLIVIA")
    desk.submit("U0KIM", words="Have you tried a restart?")
    assert desk.said("U0OLIVIA").count("Have you tried a restart?") == 1


def test_a_ticket_that_was_taken_by_mistake_is_put_back(desk: SlackDesk) -> None:
    assert "[Put it back]" not in desk.said("U0KIM", AGENTS)
    desk.click("U0KIM", "desk_take", AGENTS)
    send(desk, click("desk_put_back", "1001", "U0ANA", AGENTS))
    desk.work()
    assert "That ticket is not yours." in desk.said("U0ANA", AGENTS)
    assert "taken by Kim Novak" in desk.said("U0KIM", AGENTS)
    desk.click("U0KIM", "desk_put_back", AGENTS)
    assert "nobody has taken it" in desk.said("U0KIM", AGENTS)
    assert "Kim Novak has put this ticket back" in desk.said("U0KIM", AGENTS)


def test_files_of_the_desk_go_with_an_answer_and_no_other_way(desk: SlackDesk) -> None:
    card = desk.last("U0KIM", AGENTS, "our shop is down")
    desk.be("U0KIM").says(AGENTS, "what I found", thread=card, files=[("how.txt", "steps"), ("inside.txt", "secret")])
    desk.work()
    assert "how.txt" not in desk.said("U0OLIVIA")
    desk.click("U0KIM", "desk_answer", AGENTS)
    (boxes,) = (block["element"] for block in desk.form("U0KIM").blocks if block.get("block_id") == "along")
    (chosen,) = (box["value"] for box in boxes["options"] if box["text"]["text"] == "how.txt")
    desk.submit("U0KIM", words="Here is how", along=[chosen])
    room = desk.workspace.dm(desk.be("U0OLIVIA").person)
    sent = [(file.name, file.content) for message in room.messages.values() for file in message.files]
    assert sent == [("how.txt", b"steps")]
    assert "inside.txt" not in desk.said("U0OLIVIA")


def test_an_answer_is_corrected_by_whoever_wrote_it(desk: SlackDesk) -> None:
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="It was the dusk")
    desk.click("U0ANA", "desk_correct", AGENTS)
    assert "Only the author of an answer can correct it" in desk.text_of(desk.form("U0ANA"))
    desk.click("U0KIM", "desk_correct", AGENTS)
    assert "[It was the dusk]" in desk.text_of(desk.form("U0KIM"))
    desk.submit("U0KIM", words="It was the disk")
    assert "It was the disk" in desk.said("U0OLIVIA")
    assert "dusk" not in desk.said("U0OLIVIA") + desk.said("U0KIM", AGENTS)
    assert "Edited." in desk.said("U0OLIVIA")


def test_h13_a_card_that_is_older_than_what_it_says_takes_nothing_over(desk: SlackDesk) -> None:
    """H13: Ana clicks on the card as it was before Kim took it; the new card, which names Kim, takes it over."""
    desk.click("U0KIM", "desk_take", AGENTS)
    send(desk, click("desk_take", "1001:0", "U0ANA", AGENTS))
    desk.work()
    assert "A colleague took this ticket first" in desk.said("U0ANA", AGENTS)
    assert "taken by Kim Novak" in desk.said("U0ANA", AGENTS)
    desk.click("U0ANA", "desk_take", AGENTS)
    assert "taken by Ana Brandt" in desk.said("U0KIM", AGENTS)
