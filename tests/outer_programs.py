"""Tests that need a program which a machine may not have (a browser, Request Tracker, PHP): left out where it is not, and counted.

With the variable set that says it is required, as `.ci/run` sets it, a run without them has failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sizes import is_everything


@dataclass(frozen=True)
class Program:
    """`fixture`: what such tests ask for, which also names their mark, `needs_…`. `variable`: in the environment, says that it is required. `without`: what to
    say where it is not there."""

    name: str
    fixture: str
    variable: str
    without: str
    is_there: Callable[[], object]


class Tally:
    """Counts the tests of one program in a run and says the last line. With xdist the workers leave out, the controller tells."""

    def __init__(self, config: pytest.Config, program: Program) -> None:
        self.config, self.program = config, program
        self.mark = f"needs_{program.fixture}"
        self.ran = 0
        self.left_out = 0
        self.worker_output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        self.over = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanting = [item for item in items if self.program.fixture in getattr(item, "fixturenames", ())]
        for item in wanting:
            item.add_marker(self.mark)
        if not is_everything() and (long := [item for item in wanting if item.get_closest_marker("long_story")]):
            items[:] = [item for item in items if item not in long]
            wanting = [item for item in wanting if item not in long]
            self.config.hook.pytest_deselected(items=long)
        if wanting and not self.program.is_there():
            self.left_out = len(wanting)
            items[:] = [item for item in items if item not in wanting]
            self.config.hook.pytest_deselected(items=wanting)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call" and self.mark in report.keywords

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # Every worker collects everything, so any one of them knows.
        self.left_out = max(self.left_out, getattr(node, "workeroutput", {}).get(f"left_out_{self.mark}", 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.over = True
        if self.worker_output is not None:
            self.worker_output[f"left_out_{self.mark}"] = self.left_out
        elif self.missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def missed(self) -> bool:
        """Were they required, and none ran?"""
        return bool(os.environ.get(self.program.variable)) and not self.ran

    def pytest_unconfigure(self) -> None:
        terminal = self.config.pluginmanager.getplugin("terminalreporter")
        if self.over and self.worker_output is None and terminal and not self.config.option.collectonly:
            terminal.write_line(self.last_line(), red=self.missed, yellow=bool(self.left_out))

    def last_line(self) -> str:
        if self.left_out:
            said = f"{self.left_out} left out, {self.program.without}"
        else:
            said = f"{self.ran} ran" if self.ran else "none among those chosen"
        return f"{self.program.name} tests: {said}" + ("; they were required: FAILED" if self.missed else "")


def counted(config: pytest.Config, program: Program) -> None:
    config.pluginmanager.register(Tally(config, program), f"{program.fixture}-tally")
