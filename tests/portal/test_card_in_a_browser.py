"""The caller's card in a real browser, while they speak: waiting, taken, at the keypad, passed, failed and empty, over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.switchboard import asks, taken
from tests.ivr.wire import change
from tests.portal.browsing import PASSWORD, Agent, loads_of
from tests.rights import held
from tests.serving import serving

OF_MIA = ("Mia Chen", "Tideworks", "400639", "Manage Support")
PIN = "17846325"


@dataclass
class Watched:
    """Kim's page, and the desk behind it. `looked` holds the source of the page at every step."""

    page: Page
    desk: Desk
    url: str
    looked: list[str]
    kim: Agent

    def code(self) -> str:
        return self.kim.code()

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)
        self.looked.append(self.page.content())

    def presses(self, button: str) -> None:
        sends(self.page, button)
        self.desk.work()


def sends(page: Page, button: str) -> None:
    """Presses a button of the card, and waits until the desk has what it sends: the page stays."""
    with page.expect_request_finished(lambda sent: sent.method == "POST" and "/desk/calls/" in sent.url):
        page.locator("#card").get_by_role("button", name=button).click()


@pytest.fixture
def watched(page: Page, sample_sqlite: str) -> Iterator[Watched]:
    desk = Desk(sample_sqlite, **ACCOUNT)
    kim = Agent(desk)
    with serving(desk.app) as server:
        page.set_viewport_size({"width": 1280, "height": 860})
        desk.now += 30_000
        page.goto(f"{server.url}/desk")
        page.get_by_label("Username").fill("agent.kim")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code from your").fill(kim.code())
        page.get_by_role("button", name="Sign in", exact=True).click()
        watched = Watched(page, desk, server.url, [], kim)
        watched.sees("You have no call")
        page.wait_for_load_state()  # the words are there before the scripts that mind keys and clicks
        yield watched
        page.goto("about:blank")  # or the page would ask while the desk is taken down


def takes_the_call(watched: Watched) -> tuple[Phone, Phone]:
    mia = asks(watched.desk)
    digits = watched.page.locator(".calls .waiting .digits")
    expect(digits).to_have_count(1)
    return mia, taken(watched.desk, mia, digits.inner_text())


def test_the_card_follows_the_call(watched: Watched) -> None:
    mia, _agent = takes_the_call(watched)
    watched.sees("Verified by PIN")
    for words in (*OF_MIA, "Technical tickets", "What is owed"):
        expect(watched.page.locator("#card")).to_contain_text(words)
    expect(watched.page.locator(".tell")).to_contain_text("Technical tickets")
    expect(watched.page.locator(".never")).to_contain_text("What is owed")
    words = watched.page.locator(".two-words strong").inner_text()
    assert re.fullmatch("[a-z]+ [a-z]+", words)

    watched.presses("Ask for PIN")
    watched.sees("They are at the keypad: PIN")
    mia.press(f"{PIN}#")
    watched.desk.work()
    watched.sees("PIN passed.")
    watched.sees("Verified by PIN")

    mia.hang_up()
    watched.desk.work()
    watched.sees("The call has ended")
    watched.desk.pass_time(31 * 60)
    expect(watched.page).to_have_url(re.compile(r"/desk/sign-in\?to="))  # the line and a look may both lead there
    assert not [word for word in OF_MIA if word in watched.page.content()], "signed out, and nothing left on the page"
    assert not [source for source in watched.looked if PIN in source]


def test_a_wrong_pin_empties_the_card(watched: Watched) -> None:
    mia, _agent = takes_the_call(watched)
    watched.sees("Mia Chen")
    watched.presses("Ask for PIN")
    watched.sees("They are at the keypad")
    for wrong in ("11112222", "22223333", "33334444"):
        if mia.state == "ended":
            break
        mia.press(f"{wrong}#")
        watched.desk.work()
    watched.sees("PIN failed. Tell them nothing, whatever the story.")
    expect(watched.page.locator("#proof")).to_have_text("Unverified")
    left = watched.page.content()
    assert not [word for word in OF_MIA if word in left]
    assert not [source for source in watched.looked for pin in (PIN, "11112222") if pin in source]


def test_what_is_withdrawn_is_gone_from_the_card_while_they_speak(watched: Watched) -> None:
    takes_the_call(watched)
    expect(watched.page.locator(".tell")).to_contain_text("Technical tickets")
    change(watched.desk, *held("manage_billing", tables.contacts.c.person_id == 8))
    watched.desk.pass_time(20)
    for never in ("Technical tickets", "What is owed"):
        expect(watched.page.locator(".never")).to_contain_text(never)
    expect(watched.page.locator(".tell")).to_contain_text("Nothing about the account")
    expect(watched.page.locator(".no-support")).to_contain_text("They may not ask for support")


def test_it_says_when_the_connection_is_lost_and_covers_what_may_be_old(watched: Watched) -> None:
    takes_the_call(watched)
    watched.page.clock.install()  # the page's own clock, to be turned
    watched.page.reload()
    watched.sees("Mia Chen")
    watched.page.context.set_offline(True)
    expect(watched.page.locator("#lost")).to_be_hidden()
    watched.page.clock.run_for(6_000)
    expect(watched.page.locator("#lost")).to_be_visible()
    expect(watched.page.locator("body.stale")).to_have_count(0)
    watched.page.clock.run_for(12_000)
    expect(watched.page.locator("body.stale")).to_have_count(1)
    watched.page.context.set_offline(False)
    expect(watched.page.locator("#lost")).to_be_hidden()
    expect(watched.page.locator("body.stale")).to_have_count(0)


def test_nothing_runs_out_of_the_page(watched: Watched) -> None:
    takes_the_call(watched)
    watched.page.goto(f"{watched.url}/desk")
    assert watched.page.locator(".of-call time").inner_text() == "0:00", "by the desk's clock, however wrong this one's"
    for path in ("/desk", "/desk/tickets", "/desk/account", "/desk/account/400639"):
        watched.page.goto(watched.url + path)
        for width in (360, 768, 1280, 1920):
            watched.page.set_viewport_size({"width": width, "height": 800})
            for scheme in ("light", "dark"):
                watched.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, (path, width, scheme)


def test_it_can_be_used_by_keyboard(watched: Watched) -> None:
    takes_the_call(watched)
    watched.sees("Mia Chen")
    ask = watched.page.locator("#ask-pin")
    for _ in range(30):
        if ask.evaluate("button => button === document.activeElement"):
            break
        watched.page.keyboard.press("Tab")
    expect(ask).to_be_focused()
    change(watched.desk, update(tables.support_calls).values(verification_result="", own_number=False))
    watched.sees("Mia Chen")
    watched.desk.pass_time(20)
    watched.page.wait_for_timeout(1500)
    expect(ask).to_be_focused()
    watched.page.keyboard.press("Enter")
    watched.sees("They are at the keypad")


def test_it_works_without_a_script(watched: Watched) -> None:
    takes_the_call(watched)
    watched.sees("Mia Chen")
    browser = watched.page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False, storage_state=watched.page.context.storage_state()) as context:
        plain = context.new_page()
        plain.goto(f"{watched.url}/desk")
        expect(plain.locator("#card")).to_contain_text("Mia Chen")
        assert '<noscript><meta http-equiv="refresh"' in plain.content()
        plain.get_by_role("button", name="Ask for PIN").click()
        expect(plain.locator("main")).to_contain_text("They are at the keypad")


def test_a_ticket_for_the_caller_takes_two_clicks_and_no_page_load_and_words_outlive_what_happens(
    watched: Watched,
) -> None:
    mia, _agent = takes_the_call(watched)
    watched.sees("Verified by PIN")
    page, loads = watched.page, loads_of(watched.page)
    words = page.get_by_label("For the caller")
    words.click()
    page.keyboard.type("It is slow")
    sends(page, "Open it")
    expect(page.locator(".in-call")).to_have_text("In this call: #1001")
    expect(page.locator(".said")).to_have_text("The ticket is open: read its number, above the field, to the caller.")
    expect(words).to_have_value("")
    words.fill("Since ten")
    watched.presses("Ask for PIN")
    mia.press("11112222#")
    watched.desk.work()
    mia.press("22223333#")
    mia.press("33334444#")
    watched.desk.work()
    watched.sees("PIN failed.")
    expect(words).to_be_hidden()
    watched.presses("Ask for PIN")
    mia.press(f"{PIN}#")
    watched.desk.work()
    watched.sees("PIN passed.")
    expect(words).to_have_value("Since ten")
    for size in ({"width": 1280, "height": 800}, {"width": 360, "height": 740}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.evaluate("scrollTo(0, 0)")
        expect(page.get_by_role("button", name="Open it")).to_be_in_viewport(ratio=1)
    assert loads == []
