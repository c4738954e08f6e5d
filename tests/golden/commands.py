"""The shell's part of a walk: a command as it is typed, what it prints and on which stream, and how it ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

import structlog
from typer.testing import CliRunner

from deskgate.__main__ import COMMANDS, commands, load
from tests.cli.test_usage import walk

_MOMENT: Final = len("2026-11-22 12:00:00")


class ShellDoor:
    """`$ deskgate …`, with `<<< words` typed into it; `$ write NAME words` makes a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()
        self._news: list[str] = []

    def type(self, line: str) -> None:
        if line.startswith("write "):
            _, name, words = line.split(" ", 2)
            (self.folder / name).write_text(words, "utf-8")
            return
        if line == "every help":
            for name, _ in sorted(_all()):
                self._news.append(f"$ deskgate {name} --help".replace("  ", " "))
                self._run([*name.split(), "--help"], "")
            return
        typed, _, stdin = line.removeprefix("deskgate").partition(" <<< ")
        self._run(shlex.split(typed), stdin.replace("\\n", "\n"))

    def _run(self, words: list[str], stdin: str) -> None:
        before = structlog.get_config()
        done = self._runner.invoke(commands, words, input=stdin, env={"COLUMNS": "100"}, catch_exceptions=False)
        structlog.configure(**before)  # a command writes its log to a screen that is gone now
        lines = done.stdout.splitlines()
        if words[:1] == ["audit"]:  # what several segments wrote in one moment has no order
            lines = [line for _, moment in groupby(lines, key=lambda line: line[:_MOMENT]) for line in sorted(moment)]
        self._news += [f"  {line}".rstrip() for line in lines]
        self._news += [f"  error: {line}".rstrip() for line in done.stderr.splitlines()]
        if done.exit_code:
            self._news.append(f"  exit {done.exit_code}")

    def news(self) -> Iterator[str]:
        yield from self._news
        self._news = []


def _all() -> Iterator[tuple[str, object]]:
    yield "", None
    for name in COMMANDS:
        yield from walk(load(name), name)
