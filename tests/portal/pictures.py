"""Draws docs/images/people.png, the people of an account as its owner sees them: `make pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import store
from tests.browser import ARGUMENTS, chromium
from tests.desk import Desk, load_samples
from tests.house.test_names import ROOT
from tests.portal.customers import Customer
from tests.portal.peopling import TIDEWORKS, page, proved
from tests.serving import serving

RAJ = 7


def draw(folder: Path) -> None:
    url = f"sqlite:///{folder / 'desk.db'}"
    store.migrate(url)
    load_samples(url)
    desk = Desk(url)
    for username in ("raj.patel", "mia.chen", "dev.anand"):
        Customer(desk, username)
    raj = proved(desk, RAJ)
    with serving(desk.app) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        seen = browser.new_page(viewport={"width": 1180, "height": 600}, locale="en-GB")
        session = raj.client.cookies["deskgate_account"]
        seen.context.add_cookies([{"name": "deskgate_account", "value": session, "url": server.url}])
        seen.goto(server.url + page(TIDEWORKS))
        seen.screenshot(path=ROOT / "docs" / "images" / "people.png", full_page=True)
        browser.close()
    desk.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STATE_DIRECTORY"] = folder
        draw(Path(folder))
