"""Passkeys in a real browser, with an authenticator of Chromium's own: added, used, there already, without a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from store import tables
from store.verification.totp import STEP
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import rows
from tests.portal.browsing import PASSWORD, Agent, invitation
from tests.portal.passkeying import guest
from tests.portal.visitors import Visitor
from tests.serving import listening, serving


class Watched(Visitor):
    """Kim's browser, and the desk behind it."""

    def __init__(self, page: Page, url: str, desk: Desk) -> None:
        super().__init__(page, url)
        self.desk = desk


@pytest.fixture
def watched(page: Page, sample_sqlite: str) -> Iterator[Watched]:
    listener = listening()
    url = f"http://localhost:{listener.getsockname()[1]}"
    desk = Desk(sample_sqlite, public_url=url, **ACCOUNT)
    with serving(desk.app, listener):
        yield Watched(page, url, desk)
        page.goto("about:blank")


def test_one_of_the_staff_adds_one_and_signs_in_by_it(watched: Watched) -> None:
    page, desk = watched.page, watched.desk
    kim = Agent(desk)
    desk.now += STEP
    page.goto(f"{watched.url}/desk/sign-in")
    page.get_by_label("Username").fill("agent.kim")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code from your").fill(kim.code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    watched.sees("You have no call")
    page.get_by_role("link", name="Kim Novak").click()
    watched.device()
    page.get_by_label("What do you call it?").fill("My computer")
    watched.presses("Add a passkey")
    watched.sees("The passkey is yours from now on.")
    watched.sees("My computer")
    watched.presses("Add a passkey")
    watched.sees("This device has a passkey of yours for this page already.")
    watched.presses("Sign out")
    watched.presses("Sign in with a passkey")
    watched.sees("You have no call")
    p = tables.passkeys.c
    assert rows(desk, select(p.name, p.staff_id, p.last_used_at)) == [("My computer", kim.staff, desk.now)]


def test_a_page_that_was_left_open_asks_anew_and_one_without_a_script_says_so(watched: Watched) -> None:
    page, desk = watched.page, watched.desk
    watched.device()
    page.goto(f"{watched.url}/desk/join/{invitation(desk, 'agent.kim')}")
    watched.presses("Join with a passkey")
    watched.sees("with your passkey")
    page.clock.install()
    page.goto(f"{watched.url}/desk/sign-in")
    desk.pass_time(11 * 60)
    page.clock.run_for(11 * 60_000)
    watched.presses("Sign in with a passkey")
    watched.sees("You have no call")
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{watched.url}/desk/sign-in")
        expect(plain.locator("main")).to_contain_text("Passkeys need JavaScript")
        expect(plain.get_by_role("button", name="Sign in with a passkey")).to_be_disabled()


def test_a_customer_joins_by_passkey_and_signs_in(watched: Watched) -> None:
    page = watched.page
    watched.device()
    page.goto(f"{watched.url}{guest(watched.desk)}")
    watched.presses("Join with a passkey")
    watched.sees("From now on you sign in with your passkey")
    page.get_by_role("link", name="To your accounts").click()
    watched.sees("Tideworks")
    watched.presses("Sign out")
    watched.presses("Sign in with a passkey")
    watched.sees("Tideworks")
