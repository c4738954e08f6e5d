"""The browser of the browser tests starts, and the page it draws is alive."""

from playwright.sync_api import Page


def test_a_page_is_drawn_and_its_scripts_run(page: Page) -> None:
    page.set_content("<h1>Good day</h1><script>document.title = 6 * 7</script>")
    assert page.get_by_role("heading").inner_text() == "Good day"
    assert page.title() == "42"
