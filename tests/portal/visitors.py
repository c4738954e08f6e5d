"""Somebody in Chromium: a profile of their own, with a device that keeps their passkeys and whose holder unlocks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE


class Visitor:
    """`opens`, `fills`, `ticks`, `presses`, `follows`, and `sees` what is then to be read."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self._devices = page.context.new_cdp_session(page)
        self._devices.send("WebAuthn.enable")

    def device(self) -> None:
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        self._devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def opens(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")

    def fills(self, **fields: str) -> None:
        for name, words in fields.items():
            self.page.locator(f"[name={name}]:visible").fill(words)

    def ticks(self, *labels: str) -> None:
        """These of the permissions, and no others of those that can be ticked."""
        for box in self.page.locator("input[type=checkbox][name^=hold-]:checked").all():
            box.uncheck()
        for label in labels:
            self.page.get_by_label(label, exact=True).check()

    def presses(self, button: str) -> None:
        self.page.locator("body").get_by_role("button", name=button).click()

    def follows(self, link: str) -> None:
        self.page.get_by_role("link", name=link).first.click()

    def sees(self, *words: str) -> None:
        for one in words:
            expect(self.page.locator("body")).to_contain_text(one)


@contextmanager
def visitor(browser: Browser, url: str) -> Iterator[Visitor]:
    """A profile of their own. An error in a page's script fails the test."""
    errors: list[str] = []
    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        made = Visitor(page, url)
        made.device()
        yield made
        page.goto("about:blank")
    assert not errors, f"errors in the page's scripts: {errors}"
