"""Owners decide who speaks for them: the whole story in Chromium, with the phone and Slack on the other side, and each mail in a mailbox.

What each part says in full is tested where it belongs; here all doors are open at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from simulator.slack import SAMPLE
from tests.bot.conftest import slack_stage as slack_stage
from tests.bot.proving import app, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.channels.mailbox import Mailbox
from tests.portal.browsing import invitation
from tests.portal.owners_house import (
    ADA,
    CHANGED,
    COOLED,
    FORGES,
    House,
    hands_over,
    holds,
    new_pin,
    proves,
    removes,
    rings,
    signs_in,
    slack_code,
)
from tests.portal.peopling import NORTHLIGHT
from tests.portal.test_own_pages import INES, LEO, RAJ, SAM
from tests.serving import listening, serving


@pytest.fixture
def house(browser: Browser, sample_sqlite: str, slack_stage: Stage, mailbox: Mailbox) -> Iterator[House]:
    listener = listening()
    url = f"http://localhost:{listener.getsockname()[1]}"
    mail = {"smtp_url": mailbox.url, "mail_from": "desk@desk.example"}
    cast = replace(SAMPLE, people=(*SAMPLE.people, ADA))
    desk = SlackDesk(sample_sqlite, slack_stage, cast=cast, public_url=url, **mail)
    with serving(desk.app, listener), ExitStack() as visits:
        yield House(desk, mailbox, browser, url, visits)
    desk.close()


def test_an_owner_decides_who_speaks_for_them(house: House) -> None:
    desk = house.desk
    raj = house.invited("raj.patel", "raj@tideworks.example")
    desk.pass_time(COOLED)  # what is new proves nothing where something older is on file
    house.mails()
    signs_in(raj)
    raj.follows("Tideworks Ltd")
    raj.follows("People")
    proves(raj)

    raj.follows("Add new contact")
    raj.fills(name="Ada Finch", email="ada@tideworks.example")
    raj.presses("Go on")
    raj.presses("Add them")
    raj.sees("They are on the account.", "Holds nothing")
    assert house.mails() == [CHANGED], "nobody who can do nothing is invited"
    raj.ticks("Manage Support")
    raj.presses("See what changes")
    raj.sees("Ada Finch can from now on:", "An invitation to sign in goes to ada@tideworks.example.")
    raj.presses("Save this")
    raj.sees("Saved.")
    ada = house.joins("ada@tideworks.example")
    assert house.mails() == [
        ("ada@tideworks.example", "You can sign in to your account pages"),
        ("ada@tideworks.example", "You may do more on an account than before"),
        ("ada@tideworks.example", "Your invitation to your account pages"),
        ("raj@tideworks.example", "A contact can sign in to the account pages"),
        CHANGED,
    ]

    support_id, pin = new_pin(ada)
    assert house.mails() == [
        ("ada@tideworks.example", "Your support PIN was changed"),
        ("raj@tideworks.example", "A support PIN was changed"),
    ]
    desk.be(ADA.id).dm(f"link {slack_code(ada)}")
    assert house.mails() == [
        ("ada@tideworks.example", "A Slack member was linked to you"),
        ("raj@tideworks.example", "A Slack member was linked to a contact"),
    ]

    phone = rings(house, support_id, pin)
    for keys in "11":
        phone.press(keys)
    phone.speak("tide-web answers 503")
    desk.work()
    desk.be(ADA.id).dm("the mail is slow")
    desk.work()
    ada.opens("/tickets/new")
    ada.fills(words="The database is full")
    ada.presses("Open the ticket")
    ada.sees("Your ticket is open, and the desk has it.")
    assert house.mails() == [("ada@tideworks.example", f"Ticket {number}: we have it") for number in (1001, 1002, 1003)]
    for words in ("tide-web answers 503", "the mail is slow", "The database is full"):
        assert words in desk.said("U0KIM", AGENTS)

    phone = rings(house, support_id, pin)
    raj.ticks()
    raj.presses("See what changes")
    raj.sees("Ada Finch can do nothing on this account any more.")
    raj.sees("3 of Ada Finch's tickets are open; they will not see them any more.")
    raj.presses("Save this")
    raj.sees("Saved.")
    heard = len(phone.heard)
    phone.press("1")
    assert "You may not ask for support on this account." in " ".join(phone.heard[heard:]), "at her next key"
    desk.be(ADA.id).dm("and now everything is down")
    assert house.mails() == [("ada@tideworks.example", "You may do less on an account than before"), CHANGED]
    assert "everything is down" not in desk.said("U0KIM", AGENTS)
    ada.fills(words="Hello?")
    ada.presses("Send to the desk")
    ada.sees("You were signed out before this was sent")
    ada.opens("/sign-in")
    ada.presses("Sign in with a passkey")
    ada.sees("you hold no permission on any account")


def test_the_billing_contact_is_handed_over_the_old_one_removed_and_nobody_lifts_themselves(house: House) -> None:
    """MS-19, MS-43, MS-46, C12"""
    raj, leo_, mia_ = house.visitor(), "Leo Fox", "Mia Chen"
    house.lets_in(raj, RAJ)
    raj.opens("/accounts/400639/people")
    holds(raj, mia_, "Manage Support", "Manage Billing")
    hands_over(raj, "Billing contact", mia_)
    raj.sees("Sign in with a passkey")  # as their own rights have changed
    house.lets_in(raj, RAJ)
    house.mails()

    removes(raj, mia_)
    raj.sees("That cannot be done", "First hand the role over to somebody else.", "MS-43")
    raj.opens("/accounts/400639/people")
    holds(raj, leo_, "Manage Services", "Manage Billing", "Manage Users")
    hands_over(raj, "Billing contact", leo_)
    raj.sees("The role is handed over.")
    removes(raj, mia_)
    raj.presses("Save this")
    raj.sees("They are off the account.")
    assert house.mails() == [
        ("leo@tideworks.example", "You may do more on an account than before"),  # Manage Users and Billing
        ("leo@tideworks.example", "You may do more on an account than before"),  # billing contact
        ("mia@tideworks.example", "You may do less on an account than before"),
        ("mia@tideworks.example", "You were removed from an account"),
        *[CHANGED] * 3,
    ]

    leo = house.visitor()
    house.lets_in(leo, LEO)
    for forged in ("hold-admin_contact", "hold-owner", "hold-manage_support"):
        leo.opens("/accounts/400639/people/leo.fox")
        leo.page.evaluate(FORGES, forged)
        leo.presses("See what changes")
        leo.sees("That cannot be done")
    leo.sees("Nobody gives themselves more than they hold.")
    leo.opens("/accounts/400639/people/leo.fox")
    assert leo.page.locator(".holds").get_by_text("Manage Support").count() == 0
    assert house.mails() == []


def test_of_two_owners_who_take_each_other_off_one_remains(house: House) -> None:
    """SR-1; that it is so at the same instant, and on both databases: tests/portal/test_people.py"""
    sam, ines = house.visitor(), house.visitor()
    house.lets_in(sam, SAM, NORTHLIGHT)
    sam.opens("/accounts/300528/people/ines.costa")
    sam.ticks("Owner")
    sam.presses("See what changes")
    sam.presses("Save this")
    sam.sees("Saved.")
    house.lets_in(ines, INES, NORTHLIGHT)
    for one, other in ((sam, "ines.costa"), (ines, "sam.okoro")):
        one.opens(f"/accounts/300528/people/{other}")
        one.presses("from the account")
        one.sees("is removed from the account.")
    sam.presses("Save this")
    sam.sees("They are off the account.")
    ines.presses("Save this")
    ines.sees("Sign in with a passkey")
    sam.opens("/accounts/300528/people/sam.okoro")
    sam.presses("from the account")
    sam.sees("An account always has this role: Owner.", "First hand the role over to somebody else.")


def test_a_request_by_phone_changes_nothing_before_it_is_confirmed_in_slack(house: House) -> None:
    """C6: the call is proved by a passkey, an agent writes down what was said, and Raj confirms it with another second proof."""
    desk = house.desk
    raj = house.invited("raj.patel", "raj@tideworks.example")
    desk.pass_time(COOLED)
    kim = house.visitor()
    kim.opens(f"/desk/join/{invitation(desk, 'agent.kim')}")
    kim.presses("Join with a passkey")
    kim.sees("with your passkey")
    made = app(desk, "raj.patel")
    signs_in(raj)
    phone = on_the_phone(desk, "raj.patel")
    for key in ("1", "3", "7", "7"):
        phone.press(key)
    (number,) = re.findall(r"The number to type there is ([0-9]) ([0-9])\.", " ".join(phone.heard))
    raj.opens("/call")
    raj.sees("on the number ending 07", "Confirm: Add or change a contact, at Tideworks Ltd.")
    raj.fills(number="".join(number))
    raj.presses("Confirm with your passkey")
    raj.sees("Go on with the call: it hears that you have given a second proof.")
    phone.wait()
    phone.speak("Please add Nina Novak, nina@new.example, for support")
    house.mails()

    kim.opens("/desk/tickets/1001")
    kim.sees("Please add Nina Novak")
    kim.page.get_by_label("What", exact=True).select_option("Add somebody")
    kim.fills(person="Nina Novak", email="nina@new.example")
    kim.page.get_by_label("Manage Support").check()
    kim.presses("Ask the account")
    kim.sees("The account is asked to confirm it.")
    assert house.mails() == [("raj@tideworks.example", "Somebody asked to change who is on your account")]
    raj.opens("/accounts/400639/people")
    proves(raj)
    raj.sees("Waiting for a confirmation", "Raj Patel asks to add Nina Novak (nina@new.example): Manage Support.")
    desk.click("U0RAJ", "contact_look")
    assert "second proof" in desk.text_of(desk.form("U0RAJ"))
    desk.submit("U0RAJ", code=shows(desk, made))
    desk.click("U0RAJ", "contact_look")
    assert "Nina Novak can from now on: " in desk.text_of(desk.form("U0RAJ"))
    desk.submit("U0RAJ")
    assert house.mails() == [
        ("nina@new.example", "You may do more on an account than before"),
        ("nina@new.example", "Your invitation to your account pages"),
        ("raj@tideworks.example", "The change you asked for is made"),
        CHANGED,
    ]
    nina = house.joins("nina@new.example")
    nina.follows("To your accounts")
    nina.sees("Tideworks Ltd")
    kim.opens("/desk/tickets/1001")
    kim.sees("Raj Patel confirmed the change of contacts: it is made")
