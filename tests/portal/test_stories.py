"""The stories of the agents' side from end to end: signed webhooks, the card in a real browser and in the agents' channel.

What each of them says in full is tested where it belongs; here both doors and the page are open at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from deskgate.settings import SIMULATED_AGENT
from simulator.phone import Phone
from store import tables
from store.verification import pins
from store.verification.pins import Pin
from tests.bot.conftest import slack_stage as slack_stage
from tests.bot.proving import PEOPLE, SUBJECT, digits_in, on_the_phone
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.ivr.switchboard import rings, taken
from tests.ivr.wire import change, rows
from tests.portal.browsing import PASSWORD, Agent
from tests.portal.test_card_in_a_browser import sends
from tests.serving import serving

OF_RAJ = ("Raj Patel", "Tideworks", "400639", "admin contact")


@dataclass
class Room:
    """Kim at her page, with the agents' channel beside it."""

    desk: SlackDesk
    page: Page
    url: str

    def card(self, words: str) -> None:
        expect(self.page.locator("#card")).to_contain_text(words)

    def presses(self, button: str) -> None:
        sends(self.page, button)
        self.desk.work()

    def channel(self) -> str:
        """What stands in the agents' channel."""
        return self.desk.said("U0KIM", AGENTS)

    def shows_nothing_of(self, words: tuple[str, ...]) -> None:
        for where in (self.page.content(), self.channel()):
            assert not [word for word in words if word in where]


@pytest.fixture
def room(page: Page, sample_sqlite: str, slack_stage: Stage) -> Iterator[Room]:
    desk = SlackDesk(sample_sqlite, slack_stage)
    change(desk, update(tables.staff).where(tables.staff.c.username == "agent.kim").values(phone=SIMULATED_AGENT))
    kim = Agent(desk)
    with serving(desk.app) as server:
        desk.now += 30_000
        page.goto(f"{server.url}/desk")
        page.get_by_label("Username").fill("agent.kim")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code from your").fill(kim.code())
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("main")).to_contain_text("You have no call")
        yield Room(desk, page, server.url)
        page.goto("about:blank")  # or the page would ask while the desk is taken down
    desk.close()


def asks(room: Room, username: str = "raj.patel") -> Phone:
    """Somebody who has proved themselves and asks for a person."""
    caller = on_the_phone(room.desk, username)
    caller.press("0")
    room.desk.work()
    return caller


def takes(room: Room, caller: Phone) -> Phone:
    """Kim takes the call on her own phone."""
    agent = taken(room.desk, caller, room.page.locator(".calls .waiting .digits").inner_text())
    room.desk.work()
    return agent


def test_a_caller_who_is_let_through(room: Room) -> None:
    takes(room, asks(room))
    room.card("Verified by PIN")
    for words in OF_RAJ:
        room.card(words)
    assert "Proof: *verified* in this call" in room.channel()
    assert "*Talking* to Kim Novak" in room.channel()
    words = room.page.locator(".two-words strong").inner_text()
    assert " ".join(words.split()) in room.channel().replace(",", "").replace("*", "")


def test_one_who_knows_everything_but_the_pin(room: Room) -> None:
    number, support_id, _pin = PEOPLE["raj.patel"]
    caller = room.desk.exchange.phone(number)
    caller.dial()
    caller.press(f"{support_id}#")
    for wrong in ("11223344#", "55667788#", "99887766#"):
        caller.press(wrong)
    assert caller.state == "ended"
    room.desk.work()
    room.page.goto(f"{room.url}/desk")
    expect(room.page.locator("main")).to_contain_text("No calls waiting")
    room.shows_nothing_of(OF_RAJ)


def test_verify_now_in_the_middle_of_a_talk(room: Room) -> None:
    caller = asks(room)
    agent = takes(room, caller)
    room.presses("Ask for PIN")
    room.card("They are at the keypad: PIN")
    assert agent.state.startswith("in conference"), "the agent waits"
    heard = len(agent.heard)
    caller.press(f"{PEOPLE['raj.patel'][2]}#")
    room.desk.work()
    room.card("PIN passed.")
    assert "passed" in room.channel()
    assert [words for words in agent.heard[heard:] if "assed" in words], "and is told"
    assert not [words for words in agent.heard if any(c.isdigit() for c in words) and "53960281" in words]
    assert "53960281" not in room.page.content() + room.channel()


def test_a_callback_is_believed_and_proved(room: Room) -> None:
    caller = asks(room)
    takes(room, caller)
    caller.hang_up()
    room.desk.work()
    room.desk.pass_time(61)  # her phone has had its call
    room.card("The call has ended")
    room.presses("Call back on a number on file")
    (raj,) = rings(room.desk)
    assert raj.called == PEOPLE["raj.patel"][0]
    told = room.desk.said("U0RAJ")
    raj.answer()
    (words,) = [said for said in raj.heard if "words are" in said]
    spoken = words.split(" are ")[-1].split(".")[0].replace(",", "")
    assert spoken in told.replace(",", "").replace("*", ""), "the same two words in Slack"
    room.card("The call has ended")  # whoever answers has proved nothing
    raj.press(f"{PEOPLE['raj.patel'][2]}#")
    room.desk.work()
    takes(room, raj)
    expect(room.page.locator("#card")).not_to_contain_text("The call has ended")
    room.card("Verified by PIN")


def test_a_locked_out_owner_gets_back_in(room: Room) -> None:
    number, support_id, pin = PEOPLE["olivia.hart"]
    for _ in range(2):  # a stranger guesses
        stranger = room.desk.exchange.phone("+441632960199")
        stranger.dial()
        stranger.press(f"{support_id}#")
        for wrong in ("11223344#", "55667788#", "99887766#"):
            if stranger.state != "ended":
                stranger.press(wrong)
        if stranger.state != "ended":
            stranger.hang_up()
    room.desk.be("U0OLIVIA").dm("I am locked out")
    room.desk.work()
    code = digits_in(room.desk.said("U0OLIVIA"))
    olivia = room.desk.exchange.phone(number)
    olivia.dial()
    olivia.press(f"{support_id}#")
    olivia.press(f"{pin}#")
    assert "did not match" in " ".join(olivia.heard), "the PIN alone is not looked at"
    olivia.press(f"{code}#")
    olivia.press(f"{pin}#")
    olivia.press("0")
    room.desk.work()
    takes(room, olivia)
    room.card("Verified by PIN")
    room.card("Olivia Hart")
    assert code not in room.page.content() + room.channel()


def test_a_call_under_a_threat(room: Room) -> None:
    number, support_id, pin = PEOPLE["raj.patel"]
    with room.desk.store.transaction("test") as tx:
        pins.put(tx, pins.keep(tx.keys, SUBJECT["raj.patel"].person, Pin(pin), Pin("71548236")))
    raj = room.desk.exchange.phone(number)
    raj.dial()
    raj.press(f"{support_id}#")
    raj.press("71548236#")
    raj.press("3")
    assert "That is being updated. We will call you back." in raj.heard
    raj.press("0")
    room.desk.work()
    assert rings(room.desk) == []
    room.page.goto(f"{room.url}/desk")
    expect(room.page.locator("main")).to_contain_text("No calls waiting")
    room.shows_nothing_of((*OF_RAJ, "threat", "duress"))
    assert "may be acting under a threat" in room.desk.said("U0ANA")
    assert "threat" not in room.desk.said("U0RAJ")


def test_probing_is_told_to_the_desk_while_a_customer_gets_through(room: Room) -> None:
    """tests/ivr/test_spray.py has the ten thousand."""
    prober = "+441632960177"
    for support_id in ("10000016", "10000024", "10000032", "10000040", "10000057"):
        caller = room.desk.exchange.phone(prober)
        caller.dial()
        caller.press(f"{support_id}#")
        caller.press("86420975#")
        caller.hang_up()
    room.desk.work()
    a = tables.alerts.c
    assert {row[0] for row in rows(room.desk, select(a.kind))} >= {"probing_pin", "probing_number"}
    assert room.channel(), "the desk is told"
    assert "86420975" not in room.channel() + room.page.content()
    takes(room, asks(room))
    room.card("Verified by PIN")


def test_an_agent_who_looks_at_an_account_without_a_case(room: Room) -> None:
    room.page.goto(f"{room.url}/desk/account/400639")
    expect(room.page.locator("body")).to_contain_text("You can open accounts you have a call or a taken ticket for")
    room.desk.work()
    room.shows_nothing_of(("Raj Patel", "Tideworks"))
    assert "Kim Novak" in room.desk.said("U0ANA"), "supervisors hear of it"
