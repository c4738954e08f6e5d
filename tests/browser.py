"""A real browser for the tests that ask for one, and the word at the end about whether they ran.

Where no Chromium is found these tests are left out and counted. With DESKGATE_REQUIRE_BROWSER set, as `.ci/run` sets it,
a run without browser tests has failed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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


class Tally:
    """Counts the browser tests of a run and says the last line. With xdist the workers leave out, the controller tells."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.ran = 0
        self.left_out = 0
        self.worker_output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        self.over = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanting = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
        for item in wanting:
            item.add_marker("needs_browser")
        if wanting and not chromium():
            self.left_out = len(wanting)
            items[:] = [item for item in items if item not in wanting]
            self.config.hook.pytest_deselected(items=wanting)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call" and "needs_browser" in report.keywords

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # Every worker collects everything, so any one of them knows.
        self.left_out = max(self.left_out, getattr(node, "workeroutput", {}).get("browser_tests_left_out", 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.over = True
        if self.worker_output is not None:
            self.worker_output["browser_tests_left_out"] = self.left_out
        elif self.missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def missed(self) -> bool:
        """Were browser tests required, and none ran?"""
        return bool(os.environ.get("DESKGATE_REQUIRE_BROWSER")) and not self.ran

    def pytest_unconfigure(self) -> None:
        terminal = self.config.pluginmanager.getplugin("terminalreporter")
        if self.over and self.worker_output is None and terminal and not self.config.option.collectonly:
            terminal.write_line(self.last_line(), red=self.missed, yellow=bool(self.left_out))

    def last_line(self) -> str:
        if self.left_out:
            line = f"browser tests: {self.left_out} left out, no Chromium was found"
        else:
            line = f"browser tests: {self.ran} ran" if self.ran else "browser tests: none among those chosen"
        return line + ("; they were required: FAILED" if self.missed else "")


def pytest_configure(config: pytest.Config) -> None:
    expect.set_options(timeout=PATIENCE)
    config.pluginmanager.register(Tally(config), "browser-tally")
