"""Draws docs/images/people.png, the people of an account as its owner sees them, and desk.png, the card of a caller: `make pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import store
from tests.browser import ARGUMENTS, chromium
from tests.desk import Desk, load_samples
from tests.house.test_names import ROOT
from tests.ivr.switchboard import asks, taken
from tests.portal.browsing import Agent, Browser
from tests.portal.customers import Customer
from tests.portal.peopling import TIDEWORKS, page, proved
from tests.serving import serving

RAJ = 7


def draw(folder: Path) -> None:
    url = f"sqlite:///{folder / 'desk.db'}"
    store.migrate(url)
    load_samples(url)
    desk = Desk(url)
    kim = Agent(desk)
    kim.sign_in()
    taken(desk, asks(desk), kim.first_digits())
    with serving(desk.app) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        seen = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-GB")
        shown(seen, kim, server.url, "/desk")
        seen.screenshot(path=ROOT / "docs" / "images" / "desk.png")
        seen.goto("about:blank")
        for username in ("raj.patel", "mia.chen", "dev.anand"):
            Customer(desk, username)
        seen = browser.new_page(viewport={"width": 1180, "height": 600}, locale="en-GB")
        shown(seen, proved(desk, RAJ), server.url, page(TIDEWORKS))
        seen.screenshot(path=ROOT / "docs" / "images" / "people.png", full_page=True)
        browser.close()
    desk.close()


def shown(seen: Page, who: Browser, url: str, path: str) -> None:
    cookies = who.client.cookies.jar
    seen.context.add_cookies([{"name": one.name, "value": str(one.value), "url": url} for one in cookies])
    seen.goto(url + path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STATE_DIRECTORY"] = folder
        draw(Path(folder))
