"""The outage Monday: a desk of its own with customers who call and write, and colleagues who work at its pages in real browsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from playwright.sync_api import Browser, Page, expect

from authz import load_schemes
from simulator.phone import Phone
from simulator.slack import SAMPLE, Message
from simulator.slack import Person as Member
from simulator.slack.sample import DESK
from store import Keys, open_store
from store.imports import import_run
from store.imports.file_format import read
from tests.bot.slack_desk import SlackDesk, Stage
from tests.browser import PATIENCE
from tests.desk import NOON, SECRET
from tests.ivr.switchboard import rings
from tests.portal.browsing import Agent, loads_of
from tests.serving import serving

PIN: Final = "17846325"
PHONES: Final = ("+441632960008", "+441632960009", "+441632960010")
FOR_THE_CALLER, ANSWERED = "a ticket for the caller on the line", "take, answer and close"
COLLEAGUES: Final = {
    "agent.kim": ("Kim Novak", "agent", "U0KIM"),
    "agent.bo": ("Bo Lind", "agent", ""),
    "agent.new": ("Nia New", "agent", ""),
    "lead.ana": ("Ana Brandt", "supervisor", "U0ANA"),
}
# What the desk's scripts do is done by them; what a hand does is counted, and kept from page to page.
COUNTS: Final = """
addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);
"""


@dataclass
class Customer:
    """Somebody with an account. `thread` is what they wrote first in Slack, `wrote` all of it."""

    n: int
    thread: Message | None = None
    wrote: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"Customer Nr{self.n:02}"

    @property
    def number(self) -> str:
        return f"+44163296{200 + self.n:04}"

    @property
    def user(self) -> str:
        return f"U0MON{self.n:02}"

    @property
    def company(self) -> str:
        return f"Company {self.account}"

    @property
    def account(self) -> str:
        return f"{500_000 + self.n // 2}"


class Colleague:
    """One of the desk, signed in, with two tabs: `calls` and `queue`. `leg` is the phone in their hand."""

    def __init__(self, monday: Monday, agent: Agent, browser: Browser, stack: ExitStack) -> None:
        self.monday, self.agent, self.staff = monday, agent, agent.staff
        self.caller: Phone | None = None
        context = stack.enter_context(browser.new_context(locale="en-GB", timezone_id="Europe/London"))
        context.add_init_script(COUNTS)
        context.add_cookies(
            [{"name": one.name, "value": str(one.value), "url": monday.url} for one in agent.client.cookies.jar]
        )
        self.calls = self._opened(context.new_page(), "/desk")
        self.queue = self._opened(context.new_page(), "/desk/wall" if agent.username == "lead.ana" else "/desk/tickets")
        stack.callback(lambda: [page.goto("about:blank") for page in self.pages])

    @property
    def pages(self) -> tuple[Page, Page]:
        return self.calls, self.queue

    def _opened(self, page: Page, path: str) -> Page:
        page.on("pageerror", lambda error: self.monday.faults.append(str(error)))
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(self.monday.url + path)
        return page

    @contextmanager
    def counted(self, page: Page, of: str) -> Iterator[None]:
        """What a hand does in the context is counted, as one of its kind."""
        loads = loads_of(page)
        before = int(page.evaluate("Number(sessionStorage.clicks ?? 0)"))
        yield
        clicks = int(page.evaluate("Number(sessionStorage.clicks ?? 0)")) - before
        self.monday.counted.setdefault(of, []).append((clicks, len(loads)))

    def takes(self, caller: Phone, words: str) -> None:
        """The phone that rings is answered with the digits of their page, and what the caller wants is written down from the card."""
        digits = self.calls.locator(".calls .waiting .digits")
        expect(digits).to_have_text([*self.agent.digits().values()])  # until then one who has hung up may stand there
        leg = rings(self.monday.desk)[0]
        leg.answer()
        leg.press(digits.inner_text())
        caller.wait()
        assert "in conference" in caller.state, leg.heard
        self.monday.desk.work()
        self.caller = caller
        card = self.calls.locator("#card")
        expect(card).to_contain_text("Verified by PIN")
        expect(card).to_contain_text(self.monday.whose(caller).name)
        with self.counted(self.calls, FOR_THE_CALLER):
            card.get_by_label("For the caller").click()
            self.calls.keyboard.type(words)
            card.get_by_role("button", name="Open it").click()
            expect(self.calls.locator(".said")).to_have_text(
                "The ticket is open: read its number, above the field, to the caller."
            )

    def says_goodbye(self) -> None:
        if self.caller is not None:
            self.caller.hang_up()
            self.caller = None
            self.monday.desk.work()
            expect(self.calls.locator("#card")).to_contain_text("The call has ended")

    def opens(self, number: int) -> None:
        self.queue.locator(f"a[href='/desk/tickets/{number}']").first.click()
        expect(self.queue.locator("#pane h1")).to_contain_text(f"#{number}")
        expect(self.queue.get_by_label("Answer", exact=True)).to_be_focused()

    def sends(self, words: str, then: str = "Answer and close") -> None:
        """It is held for ten seconds, as the page says."""
        self.queue.get_by_role("button", name=then).click()
        expect(self.queue.locator(".held .words").filter(has_text=words)).to_have_count(1)

    def answers(self, number: int, words: str) -> None:
        with self.counted(self.queue, ANSWERED):
            self.opens(number)
            self.queue.keyboard.type(words)
            self.sends(words)


@dataclass
class Monday:
    """A desk, its customers and colleagues. `counted`: of each kind how many clicks and pages it took; `faults` of scripts; `keyed`: call -> whose PIN was right,
    and when."""

    desk: SlackDesk
    url: str
    customers: list[Customer]
    counted: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    keyed: dict[str, tuple[Customer, int]] = field(default_factory=dict)

    def whose(self, phone: Phone) -> Customer:
        return next(one for one in self.customers if one.number == phone.caller)

    def writes(self, customer: Customer, words: str) -> None:
        """In Slack, to the desk: the first time of itself, and then in the thread of that."""
        said = self.desk.be(customer.user).dm(words, customer.thread)
        customer.thread = customer.thread or said
        customer.wrote.append(words)
        self.desk.work()

    def calls(self, customer: Customer, *keys: str) -> Phone:
        """With a key for a person or an emergency after their PIN; or with wrong PINs alone."""
        phone = self.desk.exchange.phone(customer.number)
        phone.dial()
        for key in ("#", *keys):
            phone.press(key)
        if f"{PIN}#" in keys:
            self.keyed[phone.sid] = customer, self.desk.now
        self.desk.work()
        return phone


def accounts_of(customers: list[Customer]) -> bytes:
    """An import: two on each account who ask for support, and its owner, who is away."""
    every = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
    owners = [
        {"username": f"owner.{n}", "name": f"Owner Of{n}", "email": f"owner.{n}@monday.example"}
        for n in range(len(customers) // 2)
    ]
    people = [
        {"username": f"customer.{one.n}", "name": one.name, "email": f"c{one.n}@monday.example", "pin": PIN}
        | {"phones": [one.number], "slack": [{"team": DESK, "user": one.user}]}
        for one in customers
    ]
    accounts = [
        {"number": one.account, "name": one.company, "scheme": "memset", "status": "active"}
        | {"services": [{"id": f"ms-{one.n}", "name": "Miniserver", "status": "running", "managed_sla": True}]}
        | {
            "contacts": [
                {"person": f"owner.{one.n // 2}", "roles": ["admin_contact", "billing_contact"], "permissions": every},
                *({"person": f"customer.{n}", "permissions": ["manage_support"]} for n in (one.n, one.n + 1)),
            ]
        }
        for one in customers[::2]
    ]
    staff = [
        {"username": username, "name": name, "email": f"{username}@desk.example", "role": role}
        | ({"slack": [{"team": DESK, "user": user}]} if user else {})
        for username, (name, role, user) in COLLEAGUES.items()
    ]
    return json.dumps({"people": [*owners, *people], "accounts": accounts, "staff": staff}).encode()


@contextmanager
def monday(url: str, on: Stage, customers: int) -> Iterator[Monday]:
    """So many customers, an even number, who were imported a month ago."""
    there = [Customer(n) for n in range(customers)]
    opened = open_store(url, Keys.parse(SECRET), load_schemes(), lambda: NOON - 30 * 86_400_000)
    import_run.run(opened, read(accounts_of(there)))
    opened.close()
    members = tuple(Member(one.user, DESK, one.name, one.name, f"c{one.n}@monday.example") for one in there)
    cast = replace(SAMPLE, people=SAMPLE.people + members)
    desk = SlackDesk(url, on, cast=cast, agent_number=",".join(PHONES), accounts_an_hour="60")
    with serving(desk.app) as server:
        day = Monday(desk, server.url, there)
        yield day
    desk.close()
    assert day.faults == [], "in the pages' scripts"


def at_work(monday: Monday, browser: Browser, stack: ExitStack) -> list[Colleague]:
    """Everybody signs in, and has their pages open."""
    agents = [Agent(monday.desk, username) for username in COLLEAGUES]
    for one in agents:
        one.sign_in()
    return [Colleague(monday, one, browser, stack) for one in agents]
