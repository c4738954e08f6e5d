"""Owners decide who speaks for them: the whole story in Chromium, with the phone and Slack on the other side, and each mail in a mailbox.

What each part says in full is tested where it belongs; here all doors are open at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser

from simulator.phone import Phone
from simulator.slack import SAMPLE
from simulator.slack.cast import Person
from tests.bot.conftest import slack_stage as slack_stage
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.channels.mailbox import Mailbox
from tests.portal.customers import invite
from tests.portal.visitors import Visitor, visitor
from tests.serving import listening, serving

# What somebody adds to a form who looks into their own browser.
FORGES = "name => document.querySelector('main form').insertAdjacentHTML('beforeend', `<input name=${name} value=on>`)"
COOLED = 73 * 3600
CHANGED = ("raj@tideworks.example", "The contacts of your account were changed")
ADA = Person("U0ADA", "T0DESK", "Ada", "Ada Finch", "ada@tideworks.example")


@dataclass
class House:
    """The desk with every door open."""

    desk: SlackDesk
    mailbox: Mailbox
    browser: Browser
    url: str
    visits: ExitStack

    def visitor(self) -> Visitor:
        return self.visits.enter_context(visitor(self.browser, self.url))

    def joins(self, address: str) -> Visitor:
        """Somebody opens the link of the newest mail that has one, and joins by passkey."""
        self.desk.work()
        link = re.findall(r"http://\S+/join/\S+", "\n".join(self.mailbox.to(address)))[-1]
        there = self.visitor()
        there.opens(link)
        there.presses("Join with a passkey")
        there.sees("From now on you sign in with your passkey")
        return there

    def invited(self, username: str, address: str) -> Visitor:
        """By the operator, as an account comes to the desk."""
        invite(self.desk, username)
        return self.joins(address)

    def mails(self) -> list[tuple[str, str]]:
        """To whom, and about what, since this was asked last."""
        self.desk.work()
        came = [(str(mail["To"]), str(mail["Subject"])) for mail in self.mailbox.mails]
        self.mailbox.mails.clear()
        return sorted(came)


@pytest.fixture
def house(browser: Browser, sample_sqlite: str, slack_stage: Stage, mailbox: Mailbox) -> Iterator[House]:
    listener = listening()
    url = f"http://localhost:{listener.getsockname()[1]}"
    mail = {"smtp_url": mailbox.url, "mail_from": "desk@desk.example"}
    cast = replace(SAMPLE, people=(*SAMPLE.people, ADA))
    desk = SlackDesk(sample_sqlite, slack_stage, cast=cast, public_url=url, **mail)
    desk.container.worker.start = lambda: None  # type: ignore[method-assign]  # the test does what is owed, when it is owed
    with serving(desk.app, listener), ExitStack() as visits:
        yield House(desk, mailbox, browser, url, visits)
    desk.close()


def signs_in(there: Visitor) -> None:
    there.opens("/sign-in")
    there.presses("Sign in with a passkey")
    there.sees("Your accounts")


def proves(there: Visitor) -> None:
    there.presses("Use your passkey")
    there.page.wait_for_url(lambda at: "/prove" not in at)


def new_pin(there: Visitor) -> tuple[str, str]:
    """Their support ID, and the PIN that they are shown."""
    there.opens("/me")
    ((first, last),) = re.findall(r"support ID ([0-9]{4}) ([0-9]{4})", there.page.inner_text("main"))
    there.follows("New PIN")
    proves(there)
    there.presses("Show my new PIN")
    return first + last, shown(there)


def slack_code(there: Visitor) -> str:
    there.opens("/me/slack")
    there.follows("Prove again who you are")
    proves(there)
    there.presses("Show a code")
    return shown(there)


def shown(there: Visitor) -> str:
    return there.page.locator(".pin").inner_text().replace(" ", "")


def rings(house: House, support_id: str, pin: str) -> Phone:
    phone = house.desk.exchange.phone("anonymous")
    phone.dial()
    phone.press(f"{support_id}#")
    phone.press(f"{pin}#")
    return phone


def holds(there: Visitor, name: str, *permissions: str) -> None:
    there.follows(name)
    there.ticks(*permissions)
    there.presses("See what changes")
    there.presses("Save this")
    there.sees("Saved.")


def hands_over(there: Visitor, role: str, name: str) -> None:
    there.presses(f"Make {name} {role}")
    there.sees(f"From now on the role {role} belongs to: {name}.")
    there.presses("Save this")


def removes(there: Visitor, name: str) -> None:
    there.opens("/accounts/400639/people")
    there.page.get_by_label(f"Delete {name}").check()
    there.presses("Remove those ticked")


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
    desk, leo_, mia_ = house.desk, "Leo Fox", "Mia Chen"
    raj = house.invited("raj.patel", "raj@tideworks.example")
    leo = house.invited("leo.fox", "leo@tideworks.example")
    desk.pass_time(COOLED)
    signs_in(raj)
    raj.opens("/accounts/400639/people")
    proves(raj)
    holds(raj, mia_, "Manage Support", "Manage Billing")
    hands_over(raj, "Billing contact", mia_)
    raj.sees("Sign in with a passkey")  # as their own rights have changed
    signs_in(raj)
    raj.opens("/accounts/400639/people")
    proves(raj)
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
        ("mia@tideworks.example", "You were taken off an account"),
        *[CHANGED] * 3,
    ]

    signs_in(leo)
    leo.opens("/accounts/400639/people/leo.fox")
    proves(leo)
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
    sam = house.invited("sam.okoro", "sam@northlight.example")
    ines = house.invited("ines.costa", "ines@northlight.example")
    house.desk.pass_time(COOLED)
    signs_in(sam)
    sam.opens("/accounts/300528/people/ines.costa")
    proves(sam)
    sam.ticks("Owner")
    sam.presses("See what changes")
    sam.presses("Save this")
    sam.sees("Saved.")
    signs_in(ines)
    ines.opens("/accounts/300528/people/sam.okoro")
    proves(ines)
    for one, other in ((sam, "ines.costa"), (ines, "sam.okoro")):
        one.opens(f"/accounts/300528/people/{other}")
        one.presses("from the account")
        one.sees("is taken off the account.")
    house.mails()
    sam.presses("Save this")
    sam.sees("They are off the account.")
    ines.presses("Save this")
    ines.sees("Sign in with a passkey")
    ines.presses("Sign in with a passkey")
    ines.sees("you hold no permission on any account")
    sam.opens("/accounts/300528/people/sam.okoro")
    sam.presses("from the account")
    sam.sees("An account always has this role: Owner.", "First hand the role over to somebody else.")
