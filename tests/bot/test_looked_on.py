"""E18, T42: whoever looks on cannot tell a call under a threat from any other by what it leaves: on the phone, in Slack, in lists, in mail.

Each deed is done on two desks that are alike, with the PIN on one and the duress PIN on the other.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from store.verification import pins
from store.verification.pins import Pin
from tests.bot.proving import PEOPLE, SUBJECT
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.channels.mailbox import Mailbox
from tests.ivr.elsewhere import asks_for, kim, talks
from tests.ivr.wire import count, rows
from tests.portal.browsing import Agent

MIA, PIN, UNDER_THREAT = "mia.chen", "17846325", "40213958"
CUSTOMERS = {"U0MIA": MIA, "U0RAJ": "raj.patel"}
CALLS = (  # each leaves one ticket, or a message
    *("1 1 say hang", "1 0 say hang", "1 1 say-and-hang", "6 say hang"),
    *("0 wait hang", "0 1 hang", "0 * 0 * 0 * 0 hang", "0 hang"),
    *("5 wait hang", "5 1 hang", "5 hang"),
)
Opens = Callable[[], SlackDesk]


@pytest.fixture
def opens(_sample_template: Path, tmp_path: Path, slack_stage: Stage, mailbox: Mailbox) -> Iterator[Opens]:
    """Desks that are alike, one after the other; each has everybody linked, and Mia has a duress PIN."""
    made: list[SlackDesk] = []

    def opened() -> SlackDesk:
        path = shutil.copyfile(_sample_template, tmp_path / f"{len(made)}.db")
        desk = SlackDesk(f"sqlite:///{path}", slack_stage, smtp_url=mailbox.url, mail_from="desk@desk.example")
        made.append(desk)
        for member, username in CUSTOMERS.items():
            desk.link(member, username)
        with desk.store.transaction("test") as tx:
            pins.put(tx, pins.keep(tx.keys, int(SUBJECT[MIA].partition(":")[2]), Pin(PIN), Pin(UNDER_THREAT)))
        desk.work()
        mailbox.mails.clear()
        return desk

    yield opened
    for desk in made:
        desk.close()


def calls(desk: SlackDesk, pin: str, does: str) -> Phone:
    """Mia rings from her own number, and does that: keys, `say`, `wait` for an answer, `hang` up."""
    phone = desk.exchange.phone(PEOPLE[MIA][0])
    phone.dial()
    for each in ("#", f"{pin}#", *does.split()):
        match each:
            case "say":
                phone.speak("somebody is here with me")
            case "say-and-hang":
                phone.speak("somebody is here with me", then_hang_up=True)
            case "wait":
                for _ in range(4):
                    desk.pass_time(15)
                    phone.wait()
            case "hang":
                phone.hang_up()
            case keys:
                phone.press(keys)
        desk.work()
    return phone


def seen(desk: SlackDesk, mailbox: Mailbox) -> list[object]:
    """All that customers can look at: direct messages, Home, lists and tickets in Slack and by phone, text messages and mail."""
    for _ in range(3):
        desk.pass_time(90)
        desk.work()
    found: list[object] = []
    for member in CUSTOMERS:
        for words in ("tickets", *(f"ticket {number}" for number in numbers(desk)[:2])):
            desk.be(member).dm(words)
            desk.work()
        desk.be(member).open_home()
        desk.work()
        found += [re.sub("link [0-9]{8}", "link", desk.said(member)), desk.text_of(desk.be(member).home)]
    again = calls(desk, PIN, "2 hang")
    theirs = [mail for mail in mailbox.mails if "@desk.example" not in str(mail["To"])]
    return [*found, again.heard, desk.exchange.messages, [(mail["To"], mail.get_content()) for mail in theirs]]


def numbers(desk: SlackDesk) -> list[int]:
    return [row.number for row in rows(desk, select(tables.tickets.c.number).order_by(tables.tickets.c.number))]


def statuses(desk: SlackDesk) -> set[str]:
    return {row.status for row in rows(desk, select(tables.tickets.c.status))}


def test_e18_what_calls_leave_looks_alike(opens: Opens, mailbox: Mailbox) -> None:
    """E18: with the duress PIN everything is quarantined, and nobody is rung."""
    left = []
    for pin in (PIN, UNDER_THREAT):
        desk = opens()
        heard = {does: calls(desk, pin, does).heard for does in CALLS}
        assert (statuses(desk) == {"quarantined"}) == (pin == UNDER_THREAT)
        assert len(numbers(desk)) == len(CALLS)
        left.append((heard, seen(desk, mailbox)))
        if pin == UNDER_THREAT:
            assert count(desk, tables.support_calls) == 0
            assert "#10" not in desk.said("U0KIM", AGENTS)
    assert left[0] == left[1]
    assert "Emergency: nobody answered" in repr(left[1]), "there is something to compare"


def test_e18_whatever_customers_and_the_desk_do_with_it_looks_alike(opens: Opens, mailbox: Mailbox) -> None:
    """E18: whoever left it writes on it, closes it and opens it again, in Slack; what the desk does with it is never seen there."""
    left = []
    for pin in (PIN, UNDER_THREAT):
        desk = opens()
        calls(desk, pin, "1 1 say hang")
        desk.work()
        head = desk.last("U0MIA", holding="Ticket #1001")
        desk.be("U0MIA").dm("it is worse now", thread=head)
        desk.work()
        desk.click("U0MIA", "solved", holding="Ticket #1001")
        if pin == UNDER_THREAT:
            assert statuses(desk) == {"quarantined"}
        first = seen(desk, mailbox)
        desk.click("U0MIA", "reopen", holding="Ticket #1001")
        if pin == UNDER_THREAT:
            ana = Agent(desk, "lead.ana")
            ana.sign_in()
            ana.get("/desk/tickets/1001")
            assert "it is worse now" in ana.words
            ana.send("/desk/tickets/1001/release")
            agent_kim = Agent(desk)
            agent_kim.sign_in()
            agent_kim.get("/desk/tickets/1001")
            assert "Do not call them: ask a supervisor first." in agent_kim.words
            assert "/desk/tickets/1001/callback" not in agent_kim.text
            agent_kim.post("/desk/tickets/1001/callback", agent_kim.fields("/desk/tickets/1001/take"))
            desk.work()
            desk.click("U0KIM", "desk_callback", AGENTS)
            assert "Do not call them: ask a supervisor first." in desk.said("U0KIM", AGENTS)
            assert count(desk, tables.callbacks) == 0
            ana.send("/desk/tickets/1001/take")
            ana.send("/desk/tickets/1001/status", status="closed")
            assert statuses(desk) == {"closed"}
            assert "Mia Chen" in ana.words, "the desk still sees who left it"
            assert "/desk/tickets/1001/answer" not in ana.text
        left.append((first, seen(desk, mailbox)))
    assert left[0] == left[1]


def test_e18_a_talk_goes_on_and_the_agent_reads_what_to_say(opens: Opens, mailbox: Mailbox) -> None:
    """E18: keyed in the middle of a talk the duress PIN leads back to the agent, as the PIN does; the card is empty, and opens nothing."""
    left = []
    for pin in (PIN, UNDER_THREAT):
        desk = opens()
        agent_kim = Agent(desk)
        agent_kim.sign_in()
        kim(desk)
        mia, agent = talks(desk, PEOPLE[MIA][0], PIN, agent_kim.first_digits)
        before = len(mia.heard)
        for _ in range(2):
            assert asks_for(desk, "pin")
            mia.press(f"{pin}#")
            desk.work()
            assert mia.state == agent.state == "in conference desk-1"
            desk.pass_time(1)
        agent_kim.get("/desk")
        if pin == UNDER_THREAT:
            assert agent.heard[-1] == "Passed. Tell them that it is being updated."
            assert "Say: That is being updated. We will call you back." in agent_kim.words
            for words in (agent_kim.words, desk.read("U0KIM", AGENTS)[-1]):
                assert "passed" in words
                assert "We will call you back" in words
                assert "Mia" not in words
                assert "Tideworks" not in words
            assert agent_kim.get("/desk/account/400639").status_code == 403
            assert not asks_for(desk, "second")
        else:
            assert agent.heard[-1] == "Passed."
            assert "Mia Chen" in agent_kim.words
        agent.hang_up()
        mia.press("1")
        mia.press("1")
        mia.speak("somebody is here with me")
        mia.hang_up()
        assert (statuses(desk) == {"quarantined"}) == (pin == UNDER_THREAT)
        left.append((mia.heard[before:], mia.state, seen(desk, mailbox)))
        talks(desk, PEOPLE[MIA][0], PIN, agent_kim.first_digits)
        agent_kim.get("/desk")
        assert "#1001" in agent_kim.words, "an agent they ask about it knows of it"
        assert ("somebody is here with me" in agent_kim.words) == (pin != UNDER_THREAT), "and not what was said"
        shut = "a supervisor has it: say that it is being updated"
        assert (shut in agent_kim.words, '"/desk/tickets/1001"' not in agent_kim.text) == (pin == UNDER_THREAT,) * 2
    assert left[0] == left[1]
    assert not re.search("ended.*ended", " ".join(map(str, left[1][0])))
