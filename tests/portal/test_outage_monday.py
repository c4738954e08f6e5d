"""The outage Monday, played in Chromium: callers and messages by the dozen, four of the desk at once; no answer goes twice, nothing is lost, and the
ledger has every disclosure under a right grant. `make test-all` plays all of it, forty callers and two hundred messages; `make test` four and twelve."""

from __future__ import annotations

import faulthandler
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace as Entry
from typing import Final

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from store import tables
from tests.bot.slack_desk import stage
from tests.ivr.switchboard import rings
from tests.ivr.wire import rows
from tests.portal.ledger_of_monday import Known, wrong
from tests.portal.monday import ANSWERED, FOR_THE_CALLER, PIN, Colleague, Customer, Monday, at_work, monday
from tests.sizes import size

CALLERS: Final = size(40, 4)
MESSAGES: Final = CALLERS * size(5, 3)
STEP: Final = 3  # seconds of the desk's clock: all of it takes ten minutes
WRONG: Final = ("11112222#", "22223333#", "33334444#")


class Played:
    """The day as it goes. `answered`: ticket -> words that were sent first; `late`: words of whoever was not the first."""

    def __init__(self, day: Monday, colleagues: list[Colleague]) -> None:
        self.day, self.desk = day, day.desk
        *self.agents, self.ana = colleagues
        self.all = colleagues
        self.answered: dict[int, str] = {}
        self.late: list[str] = []
        self.gave_up: list[Customer] = []
        self.seen: set[tuple[int, str, int]] = set()  # staff, company, when

    def step(self, n: int) -> None:
        faulthandler.dump_traceback_later(
            300, exit=True, file=2
        )  # on a busy machine a step may take so long, not the day
        self.desk.pass_time(STEP)
        self.day.writes(self.day.customers[n % len(self.day.customers)], f"Our site is down {n:03}")
        if n % (MESSAGES // CALLERS) == 0:
            self.caller(n * CALLERS // MESSAGES)
        if n % 4 == 3:
            self.answer(n // 4)
        if n % 10 == 9:
            self.look()

    def caller(self, k: int) -> None:
        customer, agent = self.day.customers[k % len(self.day.customers)], self.agents[k // 2 % len(self.agents)]
        agent.says_goodbye()
        match k % 4:
            case 0:
                agent.takes(self.day.calls(customer, f"{PIN}#", "0"), f"Call {k:02}: nothing loads")
            case 1:
                caller = self.day.calls(customer, f"{PIN}#", "5")
                for page in (page for one in self.all for page in one.pages):
                    expect(page.get_by_role("alert").filter(has_text="Emergency.")).to_be_visible()
                    expect(page).to_have_title(re.compile(r"^\(1\) Emergency · "))
                agent.takes(caller, f"Call {k:02}: nothing loads")
            case 2:
                caller = self.day.calls(customer, *WRONG)
                assert caller.state == "ended"
                assert not [line for line in caller.heard if customer.name in line or customer.company in line]
            case _:
                self.day.calls(customer, f"{PIN}#", "0").hang_up()
                self.desk.work()
                self.gave_up.append(customer)
        assert rings(self.desk) == []

    def answer(self, k: int) -> None:
        """The oldest that nobody has answered; every third time by two of them at once."""
        t = tables.tickets.c
        open_ones = rows(self.desk, select(t.number).where(t.status == "open").order_by(t.priority, t.number))
        number = next((row.number for row in open_ones if row.number not in self.answered), None)
        if number is None:
            return
        first, second = self.agents[k % 3], self.agents[(k + 1) % 3]
        words = f"Answer {k:02}: we are on it"
        if k % 3 != 1:
            first.answers(number, words)
        else:
            for one in (first, second):
                one.opens(number)
                one.queue.keyboard.type(f"{words}, says {one.staff}")
            for one in (first, second):
                one.sends(f"{words}, says {one.staff}")
            self.late.append(f"{words}, says {second.staff}")
            words = f"{words}, says {first.staff}"
        self.answered[number] = words

    def look(self) -> None:
        """Whose names stand on whose pages; a list and the wall have none."""
        for one in self.all:
            for page in one.pages:
                shown = page.locator("main").inner_text()
                self.seen |= {(one.staff, company, self.desk.now) for company in re.findall(r"Company \d+", shown)}
        for one in self.agents:
            listed = one.queue.locator(".list-side")
            assert not listed.count() or not re.search(r"Customer Nr|Company \d", listed.inner_text())
        assert not re.search(r"Customer Nr|Company \d", self.ana.queue.content())


@pytest.fixture
def played(browser: Browser, sqlite_url: str) -> Iterator[Played]:
    with stage() as on, monday(sqlite_url, on, max(8, CALLERS)) as day, ExitStack() as stack:
        day_played = Played(day, at_work(day, browser, stack))
        for n in range(MESSAGES):
            day_played.step(n)
        for one in day_played.agents:
            one.says_goodbye()
        day_played.desk.pass_time(11)
        day_played.desk.work()
        day_played.look()
        yield day_played


def test_the_outage_monday(played: Played) -> None:
    nothing_is_lost(played)
    every_answer_reaches_its_requester_once(played)
    every_disclosure_is_in_the_ledger_under_a_right_grant(played)
    assert len(played.day.counted[ANSWERED]) > 1
    assert len(played.day.counted[FOR_THE_CALLER]) == CALLERS // 2
    assert set(played.day.counted[ANSWERED]) == {(2, 0)}, "clicks and pages that were loaded"
    assert set(played.day.counted[FOR_THE_CALLER]) == {(2, 0)}
    with played.ana.counted(played.ana.queue, "to another page"):
        played.ana.queue.get_by_role("link", name="Tickets", exact=True).click()
        played.ana.queue.wait_for_url("**/desk/tickets")
    assert played.day.counted["to another page"] == [(1, 1)], "and what counts them sees both"


def nothing_is_lost(played: Played) -> None:
    """What was written is on a ticket of its author's once, and who hung up before anybody came has one as well."""
    m, t = tables.messages.c, tables.tickets.c
    said = rows(played.desk, select(m.body, t.account_id, t.opened_by).join(tables.tickets, t.number == m.ticket))
    bodies = Counter(row.body for row in said)
    wrote = [words for one in played.day.customers for words in one.wrote]
    assert len(wrote) == MESSAGES
    assert {words: bodies[words] for words in wrote if bodies[words] != 1} == {}
    known = Known.of(played.day)
    for one in played.day.customers:
        theirs = {row.body for row in said if row.opened_by == known.person[one.n]}
        assert set(one.wrote) <= theirs
        if one in played.gave_up:
            titles = rows(played.desk, select(t.title).where(t.opened_by == known.person[one.n]))
            assert any("asked for a person" in row.title for row in titles), one.name


def every_answer_reaches_its_requester_once(played: Played) -> None:
    m, t = tables.messages.c, tables.tickets.c
    ours = (
        select(m.body, t.opened_by)
        .join(tables.tickets, t.number == m.ticket)
        .where(m.author.like("staff:%"), m.event == "")
    )
    sent = {row.body: row.opened_by for row in rows(played.desk, ours)}
    assert sorted(sent) == sorted(played.answered.values()), (
        "each once, and of two who answer one ticket at once the first"
    )
    assert played.late
    known = Known.of(played.day)
    for one in played.day.customers:
        read = "\n".join(played.desk.read(one.user))
        theirs = {words for words, whose in sent.items() if whose == known.person[one.n]}
        assert {words: read.count(words) for words in sent} == {words: int(words in theirs) for words in sent}
        assert not [words for words in played.late if words in read]
        others = [words for other in played.day.customers if other is not one for words in other.wrote]
        assert not [words for words in others if words in read]


def every_disclosure_is_in_the_ledger_under_a_right_grant(played: Played) -> None:
    e = tables.ledger
    ledger = [Entry(**row._mapping) for row in rows(played.desk, select(e).order_by(e.c.at, e.c.segment, e.c.n))]
    known = Known.of(played.day)
    assert wrong(ledger, known) == []
    shown_wrong(ledger, known)
    told = {(row.who, row.account): row.at for row in reversed(ledger) if "account.name" in row.fields.split()}
    assert played.seen
    for staff, company, at in played.seen:
        assert told[f"staff:{staff}", known.account[company]] <= at, "what is on a page is in the ledger first"


def shown_wrong(ledger: list[Entry], known: Known) -> None:
    """What reads the ledger finds what does not belong there."""
    card = next(row for row in ledger if row.action == "desk.card.view" and row.who.startswith("staff:"))
    by_phone = next(row for row in ledger if row.channel == "phone" and row.action == "offer")
    other = next(f"staff:{n}" for n in range(1, 5) if f"staff:{n}" != card.who)
    for entry, otherwise in (
        (card, {"who": other, "at": 0}),
        (card, {"account": card.account + 1}),
        (by_phone, {"at": by_phone.at - 1_000_000}),
        (by_phone, {"call": "CA" + "0" * 32}),
        (by_phone, {"who": "nobody"}),
    ):
        forged = Entry(**vars(entry) | otherwise)
        assert wrong([forged], known), forged
