"""A desk with every door open, for the stories of owners: its pages in Chromium, the phone, Slack and a mailbox; and what people do there."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Browser

from simulator.phone import Phone
from simulator.slack.cast import Person
from tests.bot.slack_desk import SlackDesk
from tests.channels.mailbox import Mailbox
from tests.portal.customers import invite
from tests.portal.peopling import TIDEWORKS, proved
from tests.portal.visitors import Visitor, visitor

# What somebody adds to a form who looks into their own browser.
FORGES: Final = (
    "name => document.querySelector('main form').insertAdjacentHTML('beforeend', `<input name=${name} value=on>`)"
)
COOLED: Final = 73 * 3600
CHANGED: Final = ("raj@tideworks.example", "The contacts of your account were changed")
ADA: Final = Person("U0ADA", "T0DESK", "Ada", "Ada Finch", "ada@tideworks.example")


@dataclass
class House:
    """The desk with every door open."""

    desk: SlackDesk
    mailbox: Mailbox
    browser: Browser
    url: str
    visits: ExitStack
    seen: int = 0  # of the mails

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

    def lets_in(self, there: Visitor, person: int, account: tuple[int, str] = TIDEWORKS) -> None:
        """As one who has signed in and given a second proof on the account."""
        session = proved(self.desk, person, account).client.cookies["deskgate_account"]
        there.page.context.add_cookies([{"name": "deskgate_account", "value": session, "url": self.url}])

    def mails(self) -> list[tuple[str, str]]:
        """To whom, and about what, since this was asked last."""
        self.desk.work()
        came, self.seen = self.mailbox.mails[self.seen :], len(self.mailbox.mails)
        return sorted((str(mail["To"]), str(mail["Subject"])) for mail in came)


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
    there.page.get_by_label(f"Remove {name}").check()
    there.presses("Remove those ticked")
