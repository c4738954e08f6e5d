"""D3: an agent is told whom an answer reaches before writing it, and what became of it after: delivered, refused, nobody's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from authz import Action, Ask, Grant, Proof, Subject
from simulator.slack import Trouble
from store import tables
from store.operator import failed_jobs
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.rights import held

ON_ITS_WAY = "*ANSWER TO THE CUSTOMER* by Kim Novak, on its way to Mia Chen in Slack:"
DELIVERED = "*SENT TO THE CUSTOMER* by Kim Novak. Mia Chen got it in Slack, "
NOBODY = "*REACHES NOBODY*, answer by Kim Novak. Mia Chen "
MIA = "(SELECT id FROM people WHERE username = 'mia.chen')"


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    slack_once.be("U0MIA").dm("our site is down")
    slack_once.work()
    return slack_once


def change(desk: SlackDesk, *statements: Any) -> None:
    with desk.store.transaction("test") as tx:
        for statement in statements:
            tx.connection.execute(text(statement) if isinstance(statement, str) else statement)


def whom(desk: SlackDesk) -> str:
    """What stands above the field of the answer."""
    desk.click("U0KIM", "desk_answer", AGENTS)
    return desk.text_of(desk.form("U0KIM"))


def answer(desk: SlackDesk, words: str = "Restarted.") -> str:
    seen = whom(desk)
    desk.submit("U0KIM", words=words)
    return seen


def inside(desk: SlackDesk) -> str:
    return desk.said("U0ANA", AGENTS)


def test_d3_an_answer_is_on_its_way_until_slack_has_it(desk: SlackDesk) -> None:
    dm = desk.last("U0MIA").channel

    def away(method: str, args: Any) -> Trouble | None:
        return Trouble(status=503) if method == "chat.postMessage" and args.get("channel") == dm else None

    desk.workspace.trouble = away
    assert "it goes to Mia Chen in Slack" in answer(desk)
    assert ON_ITS_WAY in inside(desk)
    desk.workspace.trouble = lambda _method, _args: None
    desk.pass_time(301)
    desk.work()
    assert ON_ITS_WAY not in inside(desk)
    assert inside(desk).count(DELIVERED) == 1
    assert desk.said("U0MIA").count("Restarted.") == 1
    desk.click("U0KIM", "desk_correct", AGENTS)
    assert "it goes to Mia Chen in Slack, as a direct message. It takes the place" in desk.text_of(desk.form("U0KIM"))
    desk.submit("U0KIM", words="Restarted twice.")
    assert "Restarted twice." in desk.said("U0MIA")
    assert inside(desk).count(DELIVERED) == 1


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ([f"DELETE FROM contacts WHERE person_id = {MIA}"], "is no longer a contact of this account."),
        (held("manage_services", tables.contacts.c.person_id == text(MIA)), "may no longer ask for support"),
        (["UPDATE accounts SET status = 'closed'"], "The account is closed, and Mia Chen can no longer read"),
    ],
)
def test_d3_whoever_may_not_read_it_is_not_said_to_get_it(desk: SlackDesk, what: list[Any], why: str) -> None:
    change(desk, *what)
    seen = answer(desk, "The vault is open")
    assert "This reaches nobody." in seen
    assert why in seen
    others = (
        "Nobody else on the account" if "closed" in why else "Others on the account who can read it when they ask: "
    )
    assert others in seen
    assert "*REACHES NOBODY*, answer by Kim Novak. " in inside(desk)
    assert why in inside(desk)
    assert "SENT TO THE CUSTOMER" not in inside(desk)
    assert "vault" not in desk.said("U0MIA")


def test_d3_what_slack_refuses_for_good_is_said_with_its_reason(desk: SlackDesk) -> None:
    """Nobody had told us that she is gone: Slack says so when the answer is posted."""
    dm = desk.last("U0MIA").channel

    def gone(method: str, args: Any) -> Trouble | None:
        return Trouble(error="channel_not_found") if args.get("channel") == dm else None

    desk.workspace.trouble = gone
    answer(desk)
    desk.work()
    refused = "*NOT DELIVERED*, answer by Kim Novak to Mia Chen: Slack answered channel_not_found to chat.postMessage."
    assert inside(desk).count(refused) == 1
    assert "Something we were to do was given up for good" in inside(desk)
    assert "SENT TO THE CUSTOMER" not in inside(desk)


def test_d3_whoever_left_slack_is_reached_by_phone_and_in_their_new_slack_again(desk: SlackDesk) -> None:
    change(desk, f"DELETE FROM slack_members WHERE person_id = {MIA}")
    assert "*The customer hears this* when they call" in answer(desk)
    assert "Mia Chen hears it when they call and ask for their tickets:" in inside(desk)
    change(desk, f"DELETE FROM pins WHERE person_id = {MIA}")
    assert "Mia Chen is not in Slack, has not joined the account's pages, and has no PIN to call with." in answer(
        desk, "Anybody there?"
    )
    assert "*REACHES NOBODY*, answer by Kim Novak. Mia Chen is not in Slack" in inside(desk)
    desk.link("U0LEO", "mia.chen")
    assert "it goes to Mia Chen in Slack" in answer(desk, "Hello again")
    assert "Hello again" in desk.said("U0LEO")
    assert "Restarted." in desk.said("U0LEO"), "what she had not got before comes with it"
    assert inside(desk).count(DELIVERED) == 3


def test_d4_the_card_says_how_it_was_proved_when_it_was_opened(desk: SlackDesk) -> None:
    assert "Proof: *verified by their linked Slack member* when they opened this." in inside(desk)
    change(desk, "UPDATE tickets SET factor = 'authenticator', proof = 'stepped-up'")
    answer(desk)
    assert "Proof: *verified twice* for this, the second time by authenticator app." in inside(desk)


@pytest.mark.parametrize(
    ("what", "became"),
    [
        (held("manage_services", tables.contacts.c.person_id == text(MIA)), "may no longer ask for support"),
        ([f"DELETE FROM slack_members WHERE person_id = {MIA}"], "Mia Chen hears it when they call"),
    ],
)
def test_d3_what_changes_while_it_is_on_its_way_is_said(desk: SlackDesk, what: list[Any], became: str) -> None:
    dm = desk.last("U0MIA").channel

    def away(method: str, args: Any) -> Trouble | None:
        return Trouble(status=503) if method == "chat.postMessage" and args.get("channel") == dm else None

    desk.workspace.trouble = away
    answer(desk)
    assert ON_ITS_WAY in inside(desk)
    change(desk, *what)
    desk.click("U0KIM", "desk_note", AGENTS)
    desk.submit("U0KIM", words="Is she still there?")
    desk.workspace.trouble = lambda _method, _args: None
    desk.pass_time(301)
    desk.work()
    assert became in inside(desk)
    assert ON_ITS_WAY not in inside(desk)
    assert "SENT TO THE CUSTOMER" not in inside(desk)
    assert "Restarted." not in desk.said("U0MIA")


def test_d3_what_slack_refused_for_good_is_not_tried_with_the_next_news(desk: SlackDesk) -> None:
    dm, tried = desk.last("U0MIA").channel, list[str]()

    def gone(method: str, args: Any) -> Trouble | None:
        if args.get("channel") != dm:
            return None
        tried.append(method)
        return Trouble(error="channel_not_found")

    desk.workspace.trouble = gone
    answer(desk)
    desk.work()
    many = tried.count("chat.postMessage")
    assert many
    desk.click("U0KIM", "desk_note", AGENTS)
    desk.submit("U0KIM", words="Is she still there?")
    desk.work()
    assert tried.count("chat.postMessage") == many


def test_d3_what_the_desks_own_channel_refuses_says_nothing_of_the_customer(desk: SlackDesk) -> None:
    whom(desk)
    troubles = {
        desk.last("U0ANA", AGENTS).channel: Trouble(error="channel_not_found"),
        desk.last("U0MIA").channel: Trouble(status=503),
    }
    desk.workspace.trouble = lambda method, args: (
        troubles.get(str(args.get("channel"))) if method == "chat.postMessage" else None
    )
    desk.submit("U0KIM", words="Restarted.")
    desk.work()
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(Subject("desk:operator"), Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        failed = "SELECT id, payload FROM jobs WHERE kind = 'slack.message' AND done_at IS NULL AND error IS NOT NULL"
        of_the_desk = "SELECT id FROM ticket_threads WHERE side = 'desk'"
        place = tx.connection.execute(text(of_the_desk)).scalar_one()
        (id,) = (id for id, payload in tx.connection.execute(text(failed)) if json.loads(payload)["thread"] == place)
        failed_jobs.drop(tx, grant, id)
        assert tx.connection.execute(text("SELECT state FROM answer_states")).scalars().all() == ["queued"]


def test_d3_an_answer_in_slack_that_is_heard_as_well_was_delivered(desk: SlackDesk) -> None:
    answer(desk)
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    for keys in ("10000081#", "17846325#", "2"):
        phone.press(keys)
    assert any("Restarted." in line for line in phone.heard)
    desk.work()
    assert inside(desk).count(DELIVERED) == 1
    assert "read to Mia Chen by phone" not in inside(desk)


def test_d3_where_it_began_nobody_is_sent_to_an_answer_that_is_not_there(slack_once: SlackDesk) -> None:
    desk, answered = slack_once, "The desk has answered ticket #1001: see your direct messages"
    desk.be("U0OLIVIA").says("harbour-bakery", "@Deskgate our shop is down")
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    dm = desk.last("U0OLIVIA").channel
    desk.workspace.trouble = lambda method, args: (
        Trouble(status=503) if method == "chat.postMessage" and args.get("channel") == dm else None
    )
    answer(desk)
    assert answered not in desk.said("U0TOM", "harbour-bakery")
    desk.workspace.trouble = lambda _method, _args: None
    desk.pass_time(301)
    desk.work()
    assert answered in desk.said("U0TOM", "harbour-bakery")
