"""A ticket beside its list, in a real browser: taken, answered and closed in two clicks and no page load; what is typed is kept meanwhile."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import insert, select

from store import tables
from tests.ivr.wire import change, rows
from tests.portal.browsing import loads_of
from tests.portal.test_called_back import PAGE, ticket_of
from tests.portal.test_card_in_a_browser import Watched, watched
from tests.portal.test_insider import signed_in
from tests.portal.test_taking import answers_of, status_of

IN_SIGHT = """button => {
    const { left, top, right, bottom } = button.getBoundingClientRect();
    return [[left + 5, top + 5], [right - 5, bottom - 5]].every((at) => button.contains(document.elementFromPoint(...at)));
}"""

__all__ = ["watched"]


def goes_out(watched: Watched) -> None:
    watched.desk.pass_time(10)
    watched.desk.work()


def test_a_ticket_is_taken_answered_and_closed_in_two_clicks_and_no_page_load(watched: Watched) -> None:
    ticket_of(watched.desk, "person:8")
    change(watched.desk, insert(tables.canned_answers).values(title="Restarted", words="We restarted it."))
    page = watched.page
    page.set_viewport_size({"width": 1280, "height": 600})
    page.goto(f"{watched.url}/desk/tickets")
    loads = loads_of(page)
    tick, many_at_once = page.get_by_label("Tick #1001"), page.get_by_text("With those that are ticked")
    expect(many_at_once).to_be_hidden()
    tick.check()
    expect(many_at_once).to_be_visible()
    tick.uncheck()
    expect(many_at_once).to_be_hidden()
    page.get_by_role("link", name="#1001 slow").click()
    answer, pane = page.get_by_label("Answer", exact=True), page.locator("#pane")
    expect(answer).to_be_focused()
    expect(answer).to_be_in_viewport(ratio=1)
    with page.expect_response("**/desk/drafts"):
        page.keyboard.type("Rest")
    page.keyboard.type("arted.")
    page.get_by_role("button", name="Answer and close").click()
    expect(page.locator(".said")).to_contain_text("Your answer goes out in ten seconds")
    expect(pane.locator(".held")).to_contain_text("goes out in")
    expect(answer).to_have_value("")
    undo = page.get_by_role("button", name="Undo")
    assert undo.evaluate(IN_SIGHT), "it is there for ten seconds, and not behind the field for the next answer"
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".said")).to_be_in_viewport()
    assert page.get_by_role("link", name="Look up").evaluate(IN_SIGHT), "what is said hides no way to another page"
    undo.click()
    expect(answer).to_have_value("Restarted.")
    expect(pane.locator(".held")).to_have_count(0)
    page.get_by_role("button", name="Answer and close").click()
    expect(pane.locator(".held")).to_have_count(1)
    counted = page.locator(".filters [aria-current]")
    expect(counted).to_have_text("Open 1")
    goes_out(watched)
    expect(pane).to_contain_text("Kim Novak closed this ticket")
    expect(counted).to_have_text("Open 0")
    expect(pane.locator(".held")).to_have_count(0)
    assert loads == []
    assert page.url == f"{watched.url}{PAGE}"
    assert status_of(watched.desk) == "closed"
    taken = rows(watched.desk, select(tables.assignments.c.staff_id))
    assert taken == [(watched.kim.staff,)]
    assert rows(watched.desk, select(tables.unsent_words)) == []

    with page.expect_response("**/desk/drafts"):
        answer.fill("One more thing")
    page.reload()
    expect(page.locator(".list-side h1")).to_have_text("Tickets")
    expect(answer).to_have_value("One more thing")
    page.go_back()
    expect(pane).to_be_hidden()
    expect(page.locator(".list-side")).to_be_visible()
    expect(page.locator(".list-side h1")).to_be_focused()


def test_what_a_colleague_answers_while_one_writes_is_read_first_and_no_word_is_lost(watched: Watched) -> None:
    """It comes by itself above the field: it may not have been noticed."""
    ticket_of(watched.desk, "person:8")
    ana, page = signed_in(watched.desk, "lead.ana"), watched.page
    ana.get(PAGE)
    page.goto(watched.url + PAGE)
    answer = page.get_by_label("Answer", exact=True)
    answer.fill("Have you tried a restart?")
    ana.answers(PAGE, "Restarted. Better?")
    watched.sees("Restarted. Better?")
    page.get_by_role("button", name="Answer and wait").click()
    expect(page.locator(".said")).to_contain_text("a colleague answered or closed this ticket")
    expect(page.locator(".said.not-done")).to_have_attribute("role", "alert")
    expect(answer).to_have_value("Have you tried a restart?")
    assert answers_of(watched.desk) == ["Restarted. Better?"]
    page.get_by_role("button", name="Answer and wait").click()
    expect(page.locator(".said")).to_contain_text("Your answer goes out")
    other = page.get_by_label("Number of another ticket")
    other.fill("4000")
    other.press("Enter")
    expect(page.locator(".said.not-done")).to_contain_text("no such ticket")
    expect(other).to_have_value("4000")
    goes_out(watched)
    assert answers_of(watched.desk) == ["Restarted. Better?", "Have you tried a restart?"]
