"""E11, E12: the desk's page at the keyboard: what changes by itself moves nothing, and what is being written outlives the session."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from store import tables
from tests.ivr.wire import change
from tests.portal.browsing import PASSWORD
from tests.portal.test_card_in_a_browser import Watched, takes_the_call, watched
from tests.portal.test_insider import accounts

__all__ = ["watched"]


def on(watched: Watched) -> str:
    """What the keyboard is on."""
    return str(watched.page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href')"))


def test_e12_a_link_keeps_the_keyboard_while_what_it_says_changes(watched: Watched) -> None:
    link = watched.page.locator(".counts a").nth(1)
    link.focus()
    accounts(watched.desk, 1)
    change(watched.desk, update(tables.tickets).values(status="pending"))
    watched.desk.pass_time(20)
    expect(link).to_have_text("1 unverified")
    assert on(watched) == "/desk/tickets?status=pending"


def test_e12_where_a_button_is_gone_the_keyboard_is_on_no_other(watched: Watched) -> None:
    """The next key would do something else than whoever presses it means."""
    takes_the_call(watched)
    watched.sees("Mia Chen")
    watched.page.locator("#ask-pin").focus()
    watched.page.keyboard.press("Enter")
    watched.desk.work()
    watched.sees("They are at the keypad")
    watched.page.locator("#give-back").focus()
    change(watched.desk, update(tables.support_calls).values(staff_id=2))
    watched.desk.pass_time(20)
    expect(watched.page.locator("#card")).to_have_count(0)
    assert on(watched) == "live"


@pytest.mark.parametrize("how", ["page", "button"])
def test_e11_what_is_being_written_when_the_session_ends_comes_back(watched: Watched, how: str) -> None:
    """Found out by the page, or by whoever presses the button first."""
    (number,) = accounts(watched.desk, 1)
    page = watched.page
    page.goto(f"{watched.url}/desk/tickets/{number}")
    page.get_by_label("Note").fill("half a <note>\nand more")
    if how == "button":
        page.context.set_offline(True)
    change(watched.desk, tables.staff_sessions.update().values(ended_at=watched.desk.now))
    if how == "button":
        page.route("**/desk/tickets/*?stamp=*", lambda route: route.abort())
        page.context.set_offline(False)
        page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("alert")).to_contain_text("You were signed out before this was sent")
    page.unroute_all()
    page.get_by_label("Username").fill("agent.kim")
    page.get_by_label("Password").fill(PASSWORD)
    watched.desk.now += 30_000
    page.get_by_label("Code from your").fill(watched.code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**/desk/tickets/{number}**")
    expect(page.get_by_label("Note")).to_have_value("half a <note>\nand more")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("li.note")).to_contain_text("half a <note>")
    expect(page.get_by_label("Note")).to_have_value("")


def test_e11_what_is_being_written_stays_when_the_page_is_closed_to_its_writer(watched: Watched) -> None:
    (number,) = accounts(watched.desk, 1)
    page = watched.page
    page.goto(f"{watched.url}/desk/tickets/{number}")
    page.get_by_label("Note").fill("half a note")
    change(watched.desk, update(tables.tickets).values(status="quarantined"))
    watched.desk.pass_time(20)
    expect(page.locator("#closed")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("slow")
    expect(page.get_by_label("Note")).to_have_value("half a note")
