"""Everything at the desk by keyboard alone: a call, the queue, a ticket; and which keys there are, said once for all."""

from __future__ import annotations

import re
from itertools import chain

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portal.staff.keys_page import KEYS
from store import tables
from tests.house.test_names import ROOT
from tests.ivr.wire import change, rows
from tests.portal.test_card_in_a_browser import Watched, takes_the_call, watched
from tests.portal.test_insider import accounts
from tests.portal.test_words import SAID, TEMPLATES

__all__ = ["watched"]
BROWSERS_OWN = {"Enter", "Escape"}


def test_every_key_that_is_listed_leads_somewhere_and_no_other_does() -> None:
    pages = "".join(page for name, page in TEMPLATES.items() if not name.startswith("customers/"))
    there = set(re.findall(r'(?:data-shortcut="|, key="|== "keypad", "|not case\.second, ")([^"{]+)"', pages))
    moves = re.search(r"const MOVES = \{(.*?)^\};", (ROOT / "portal/web/static/keys.js").read_text(), re.M | re.S)
    assert moves
    there |= set(re.findall(r'^  "?(.)"?: ', moves[1], re.M))
    assert there | BROWSERS_OWN == set(chain(*KEYS.values()))


def test_the_page_about_the_desk_lists_the_keys_in_the_same_words() -> None:
    lines = [
        f"| {'' if at else SAID['keys_of'][where]} | `{key.replace('Control', 'Ctrl')}` | {SAID['key'][key]} |"
        for where, keys in KEYS.items()
        for at, key in enumerate(keys)
    ]
    assert "\n".join(("| where | key | leads to |", "|---|---|---|", *lines)) in (ROOT / "docs/desk.md").read_text()


def presses(page: Page, *keys: str) -> None:
    page.wait_for_load_state()  # the words of a page are there before the script that minds the keys
    for key in keys:
        page.keyboard.press(key)


def test_a_call_and_the_queue_are_worked_by_keyboard_alone(watched: Watched) -> None:
    page, desk = watched.page, watched.desk
    mia, _phone = takes_the_call(watched)
    watched.sees("Mia Chen")
    presses(page, "p")
    expect(page.locator("#ask-pin")).to_be_focused()
    presses(page, "Enter")
    expect(page.locator(".said")).to_contain_text("sent the caller to the keypad")
    desk.work()
    watched.sees("They are at the keypad")
    expect(page.locator("#live")).to_be_focused()  # the button can be pressed no more
    mia.press("17846325#")
    desk.work()
    watched.sees("PIN passed.")
    presses(page, "o")
    page.keyboard.type("no mail jkt?")
    presses(page, "Control+Enter")
    expect(page.locator(".in-call")).to_contain_text("#1001")
    presses(page, "n")
    expect(page.get_by_label("Note on #1001")).to_be_focused()  # and what is typed now opens no ticket of theirs
    mia.hang_up()
    desk.work()
    watched.sees("The call has ended")

    accounts(desk, 2)
    presses(page, "Escape", "q")
    page.wait_for_url("**/desk/tickets")
    presses(page, "j", "j", "k", "Enter")
    pane = page.locator("#pane")
    expect(pane.locator("h1")).to_be_focused()
    first = pane.locator("h1").inner_text()
    presses(page, "t", "Enter")
    expect(pane.locator(".taken")).to_have_text("yours")
    presses(page, "n")
    page.keyboard.type("jkq")
    presses(page, "Control+Enter")
    expect(pane.locator("li.note")).to_contain_text("jkq")
    expect(pane.locator("h1")).to_be_focused()  # the next key is for something else
    change(desk, update(tables.tickets).values(priority=1))
    desk.pass_time(20)
    expect(pane.locator(".facts").first).to_contain_text("High")
    expect(pane.locator("h1")).to_be_focused()
    presses(page, "j")
    expect(pane.locator("h1")).not_to_have_text(first)
    expect(pane.locator("h1")).to_be_focused()
    presses(page, "Escape")
    expect(page.locator(".tickets [aria-current]")).to_be_focused()

    presses(
        page, "k", "Enter", "n"
    )  # what is pressed before a ticket is there is pressed on it, and not on the one before
    page.keyboard.type("half a note")
    expect(pane.locator("h1")).to_have_text(first)
    expect(page.get_by_label("Note")).to_have_value("half a note")
    presses(page, "Escape", "q")
    page.wait_for_url("**/desk/tickets")
    presses(page, "j", "Enter")
    expect(pane.locator("h1")).to_be_focused()
    expect(page.get_by_label("Note")).to_have_value("half a note")
    presses(page, "Escape")

    presses(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("next ticket")
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_focused()  # Enter switches nothing off
    presses(page, "j", "Escape")
    expect(page.locator(".tickets [aria-current]")).to_be_focused()
    expect(page.locator("#note")).to_have_attribute("aria-keyshortcuts", "n")
    presses(page, "?")
    page.get_by_role("button", name="Switch single keys off").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Single keys are off")
    expect(page.get_by_role("button", name="Switch single keys on")).to_be_focused()
    presses(page, "Escape")
    expect(page.locator("#note")).not_to_have_attribute("aria-keyshortcuts", "n")
    presses(page, "n", "?")
    expect(page.locator("#note")).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert rows(desk, select(tables.staff.c.shortcuts).where(tables.staff.c.id == watched.kim.staff)) == [(False,)]


def test_enter_does_with_those_that_are_ticked_what_it_says_and_a_drill_is_played_by_keyboard(watched: Watched) -> None:
    page, desk = watched.page, watched.desk
    first, second = accounts(desk, 2)
    presses(page, "q")
    page.wait_for_url("**/desk/tickets")
    presses(page, "j", "x", "j", "x", "Shift+Tab")
    expect(page.locator(f"#tick-{second}")).to_be_focused()
    presses(page, "Enter", "b", "Tab", "Tab", "Tab")
    page.keyboard.type("outage")
    presses(page, "Enter")
    page.wait_for_url("**/desk/tickets/bulk/*")
    assert rows(desk, select(tables.ticket_tags.c.ticket).order_by(tables.ticket_tags.c.ticket)) == [
        (first,),
        (second,),
    ]
    assert rows(desk, select(tables.assignments.c.ticket)) == [], "and nobody took them"
    presses(page, "z", "Enter")
    expect(page.locator(".said")).to_be_visible()
    assert rows(desk, select(tables.ticket_tags.c.ticket)) == []

    page.goto(f"{watched.url}/desk/drills")
    page.get_by_role("button", name="Answer the next call").press("Enter")
    page.get_by_label("In your own words").focus()
    page.keyboard.type("Who are you?")
    presses(page, "Control+Enter")
    expect(page.locator(".talk")).to_contain_text("Who are you?")
    presses(page, "p")
    expect(page.locator("#ask-pin")).to_be_focused()
