"""E3: every way to a second proof, on accounts that are closed and on such as are suspended, by phone and in Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from sqlalchemy import select, update

from authz import Subject
from ivr.step_up import WAYS
from simulator.phone import Phone
from store import tables
from tests.bot.proving import app, carried_from_the_phone, digits_in, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.bot.test_own_requests import keyed
from tests.bot.test_way_forward import asks, status
from tests.ivr.elsewhere import asks_for, kim, talks
from tests.ivr.wire import change, count, rows
from tests.passkey_device import Device
from tests.portal.browsing import Browser
from tests.portal.passkeying import touches
from tests.portal.test_call_page import heard as number_of
from tests.portal.test_prove import by_passkey

BAKERY, OLIVIA, NUMBER, PIN = "200417", "olivia.hart", "+441632960101", "73059184"
KEYS = {way: key for key, way in WAYS.items()}
REOPEN = ("account.reopen", "open", "billing")


@pytest.fixture
def desk(sample_sqlite: str, slack_stage: Stage) -> Iterator[SlackDesk]:
    opened = SlackDesk(sample_sqlite, slack_stage, sms="on", sms_countries="GB")
    yield opened
    opened.close()


def has(desk: SlackDesk, way: str) -> pyotp.TOTP | tuple[Browser, Device]:
    """What they prove it with: an app; for a passkey also their account pages, where they are signed in."""
    return by_passkey(desk, Subject.of_person(1)) if way == "passkey" else app(desk, OLIVIA)


def proves(desk: SlackDesk, phone: Phone, way: str, made: pyotp.TOTP | tuple[Browser, Device]) -> str:
    """What is heard when the second proof is given that way, from the choice of ways on."""
    if not isinstance(made, pyotp.TOTP):
        olivia, device = made
        number = number_of([keyed(phone, KEYS[way])])
        olivia.get("/call")
        touches(olivia, device, "/call/passkey", number=number)
        before = len(phone.heard)
        phone.wait()
        return " ".join(phone.heard[before:])
    digits = _in_slack(desk, made) if way == "transfer_code" else ""
    heard = keyed(phone, KEYS[way])
    desk.work()
    if way == "slack_approval":
        number = re.sub("[^0-9]", "", heard.partition(".")[2].partition(".")[0])
        desk.click("U0OLIVIA", "approve_say")
        assert "That is proved on the phone now" in desk.text_of(desk.submit("U0OLIVIA", number=number))
        before = len(phone.heard)
        phone.wait()
        return " ".join(phone.heard[before:])
    if way == "authenticator":
        digits = shows(desk, made)
    elif way == "slack_code":
        digits = digits_in(desk.said("U0OLIVIA").rpartition("asks for a second proof")[2])
    elif way == "text":
        digits = re.findall("[0-9]{8}", desk.exchange.messages[-1][1])[0]
    return keyed(phone, f"{digits}#")


def _in_slack(desk: SlackDesk, made: pyotp.TOTP) -> str:
    """A transfer code for the phone, for what was proved in Slack by the app."""
    asks(desk, "U0OLIVIA", "prove")
    desk.click("U0OLIVIA", "prove", holding="A second proof of who you are")
    desk.submit("U0OLIVIA", code=shows(desk, made))
    desk.be("U0OLIVIA").close(everything=True)
    asks(desk, "U0OLIVIA", "transfer code")
    question = "A transfer code for the phone"
    kind = "account.reopen" if "account.reopen" in str(desk.last("U0OLIVIA", holding=question).blocks) else "agent"
    desk.click("U0OLIVIA", "tell_transfer_code", value=f"transfer_code:1:{kind}", holding=question)
    told = next(words for words in reversed(desk.read("U0OLIVIA")) if "only in a call where you gave" in words)
    reopening = "It is for payment, closing and reopening the account, at *"
    assert ("When the agent asks you for proof, press 5" if kind == "agent" else reopening) in told
    return digits_in(told)


@pytest.mark.parametrize("way", WAYS.values())
def test_e3_a_closed_account_is_reopened_by_phone_with_every_way_there_is(desk: SlackDesk, way: str) -> None:
    made = has(desk, way)
    status(desk, "closed", BAKERY)
    phone = on_the_phone(desk, OLIVIA)
    keyed(phone, "8")
    assert "Your second proof is good for 15 minutes." in proves(desk, phone, way, made)
    keyed(phone, "1")
    keyed(phone, "3")
    assert "This message is recorded." in keyed(phone, "5")
    before = len(phone.heard)
    phone.speak("please open our account again")
    assert "Thank you. The desk has your request." in " ".join(phone.heard[before:])
    desk.work()
    t = tables.tickets.c
    assert [tuple(row) for row in rows(desk, select(t.kind, t.status, t.topic))] == [REOPEN]
    assert "Reopen the account" in desk.said("U0KIM", AGENTS)


@pytest.mark.parametrize("way", WAYS.values())
def test_e3_an_agent_is_given_every_second_proof_on_a_suspended_account(desk: SlackDesk, way: str) -> None:
    """E3: nothing can be asked for there that needs one; whoever talks to the caller may want it all the same."""
    made = has(desk, way)
    status(desk, "suspended", BAKERY)
    kim(desk)
    phone, _agent = talks(desk, NUMBER, PIN)
    before = len(phone.heard)
    assert asks_for(desk, "second")
    assert "The agent asks for proof of who you are." in " ".join(phone.heard[before:])
    said = proves(desk, phone, way, made)
    assert "Your second proof is good for 15 minutes." in said
    assert "You are going back to the agent." in said


@pytest.mark.parametrize("state", ["closed", "suspended"])
@pytest.mark.parametrize("way", ["authenticator", "text", "transfer_code"])
def test_e3_every_way_in_slack(desk: SlackDesk, state: str, way: str) -> None:
    made = app(desk, OLIVIA)
    status(desk, state, BAKERY)
    if state == "closed":
        desk.be("U0OLIVIA").dm("help")
        desk.work()
        desk.click("U0OLIVIA", "open")
        desk.submit("U0OLIVIA", about="1:account.reopen", words="please open our account again")
        assert "#1001 is a draft" in desk.text_of(desk.be("U0OLIVIA").view)
    else:
        said = asks(desk, "U0OLIVIA", "prove")
        assert "nothing you may do there needs a second proof" in said
        desk.click("U0OLIVIA", "prove", holding="A second proof of who you are")
    if way == "text":
        desk.be("U0OLIVIA").click(desk.form("U0OLIVIA"), "send_text")
        desk.work()
        digits = re.findall("[0-9]{8}", desk.exchange.messages[-1][1])[0]
    else:
        digits = shows(desk, made) if way == "authenticator" else carried_from_the_phone(desk, OLIVIA, 1, "billing")
    left = desk.text_of(desk.submit("U0OLIVIA", code=digits))
    assert "*Harbour Bakery*: " in left
    if state == "closed":
        assert "Thank you. #1001 is with the desk now." in left


def test_in_slack_a_request_is_answered_with_who_can_unlock(slack_once: SlackDesk) -> None:
    change(slack_once, update(tables.accounts).values(locked_at=slack_once.now))
    slack_once.be("U0OLIVIA").dm("please cancel our hosting")
    slack_once.work()
    said = slack_once.said("U0OLIVIA")
    assert "is locked against changes, so you may not cancel services now" in said
    assert "You locked it against changes: unlock it on its page first" in said
    assert count(slack_once, tables.tickets) == 0
