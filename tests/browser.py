"""A real browser for the tests that ask for one, and the word at the end about whether they ran.

Where no Chromium is found these tests are left out and counted. With DESKGATE_REQUIRE_BROWSER set, as `.ci/run` sets it,
a run without browser tests has failed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.outer_programs import Program, counted

NAMES = (
    "chromium-headless-shell",  # the same pages without a window's machinery: a third of the processor time of the whole
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PATIENCE = 30_000  # ms: a busy machine is no fault of the code
# Quiet: a browser that phones home fills the log of a closed network and slows the tests down.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """The Chromium of this machine, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One for all tests of a process, with the event loop of Playwright, which counts as running in this thread as long as it is there."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield launched, loop
        asyncio._set_running_loop(loop)
        launched.close()


@pytest.fixture
def browser(_chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """A headless Chromium. Tests that ask for it are left out where there is none."""
    launched, loop = _chromium
    asyncio._set_running_loop(loop)
    yield launched
    asyncio._set_running_loop(None)  # or asyncio.run() would fail in every test that comes after


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile. An error in its scripts fails the test."""
    errors: list[str] = []
    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        yield page
    assert not errors, f"errors in the page's scripts: {errors}"


def pytest_configure(config: pytest.Config) -> None:
    expect.set_options(timeout=PATIENCE)
    program = Program("browser", "browser", "DESKGATE_REQUIRE_BROWSER", "no Chromium was found", chromium)
    counted(config, program)
