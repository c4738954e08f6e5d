"""Follows a page of docs/recipes as an operator would: its commands are typed, its files written, and what it says they print is looked for."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx2

from tests.cli.conftest import Shell
from tests.desk import Desk
from tests.house.test_names import ROOT

_BLOCK: Final = re.compile(
    r"(?P<before>[^\n]*)\n+(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
_SET: Final = re.compile(r"(?:export )?(?P<name>[A-Z_]+)=(?P<value>\S*)")
STARTED: Final = ("make run", "deskgate serve", ". .venv/bin/activate")  # it is there already
OTHERS: Final = ("$ZAMMAD", "$ZENDESK")  # of other companies, which nobody here has
BY_BASH: Final = ("mkdir", "cp", "cat", "printf", "split", "chmod", "ls")


class Block(NamedTuple):
    """`kind` is `sh` for commands, `text` for what the last of them prints; of any other it is a file, where the line before names one. `before` is that line."""

    kind: str
    file: str
    lines: list[str]
    before: str = ""


def blocks(page: str) -> Iterator[Block]:
    for found in _BLOCK.finditer("\n" + page):
        indent = len(found["indent"])
        lines = [line[indent:] for line in found["body"].splitlines()]
        named = re.search(r"`([\w.-]+)`:$", found["before"].rstrip())
        yield Block(found["kind"], named[1] if named else "", lines, found["before"].strip())


def commands(lines: list[str]) -> Iterator[str]:
    """One a line, but where a line ends in a backslash."""
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, line.strip().split("…"))))


class Operator:
    """`given`: what the page leaves to be filled in, and is there already here, by name. `typed`: how many commands were run; `elsewhere`: those that another
    test runs or nobody can, as they need what may not be here."""

    def __init__(self, desk: Desk, url: str, shell: Shell, folder: Path) -> None:
        self.desk, self.shell, self.folder = desk, shell, folder
        self.given = {"DESK": url}
        self.known = {"PWD": str(folder)}
        self.printed = ""
        self.typed = 0
        self.looked = 0
        self.elsewhere: list[str] = []

    def follow(self, page: str) -> None:
        for block in blocks(page):
            match block.kind:
                case "sh":
                    for line in commands(block.lines):
                        self.type(line)
                case "text":
                    self.look(block.lines)
                case _ if block.file:
                    lines = map(self.filled_in, block.lines) if block.file == ".env" else block.lines
                    (self.folder / block.file).write_text("\n".join(lines) + "\n", "utf-8")

    def filled_in(self, setting: str) -> str:
        name = setting.partition("=")[0]
        return f"{name}={self.given[name]}" if name in self.given else setting

    def look(self, lines: list[str]) -> None:
        """Each line that the page shows was printed, in that order; `…` stands for anything."""
        printed = iter(self.printed.splitlines())
        for line in lines:
            if line.strip() != "…":
                assert any(pattern(line).search(one) for one in printed), f"not printed: {line}\n\n{self.printed}"
                self.looked += 1

    def type(self, line: str) -> None:
        if line.startswith(STARTED):
            return
        if found := _SET.fullmatch(line.strip()):
            self.set(found["name"], found["value"])
            return
        if any(other in line for other in OTHERS):
            self.elsewhere.append(line)
            return
        line, _, into = line.partition(" > ")
        given, _, command = line.rpartition(" | ")
        self.typed += 1
        words = shlex.split(re.sub(r"\$([A-Z_]+)", lambda name: (self.known | self.given)[name[1]], command))
        match words[0]:
            case "deskgate" if words[1:3] == ["simulate", "call"]:
                self.desk.ring((ROOT / words[words.index("--script") + 1]).read_text("utf-8"))
            case "deskgate":
                said = self.shell.run(*words[1:], stdin=self.bash(given) if given else "")
                assert said.code == 0, (line, said)
                self.printed = said.out
            case "curl":
                self.printed = self.curl(words[1:])
            case word if word in BY_BASH or word.startswith("(umask"):
                self.printed = self.bash(line)
            case _:
                self.elsewhere.append(line)
        if into:
            (self.folder / into).write_text(self.printed, "utf-8")
        self.desk.work()

    def set(self, name: str, value: str) -> None:
        """`KEY=dgk_…` takes what was printed last; what is a setting of Deskgate's is one from now on."""
        if name in self.given:
            value = self.given[name]
        elif "…" in value:
            found = re.search(pattern(value).pattern.replace(".*", r"\S+"), self.printed)
            assert found, f"{value} was not printed: {self.printed}"
            value = found[0]
        self.known[name] = value
        self.shell.set(**{name: value})

    def bash(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=os.environ | self.known,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def curl(self, arguments: list[str]) -> str:
        """What curl would make of it: neither it nor a shell has to be there."""
        words = iter(arguments)
        method, headers, body, at, out = "GET", dict[str, str](), b"", "", ""
        for word in words:
            match word:
                case "-s" | "-i":
                    pass
                case "-X":
                    method = next(words)
                case "-o":
                    out = next(words)
                case "-H":
                    name, _, value = next(words).partition(": ")
                    headers[name] = value
                case "-d" | "--data-binary":
                    given = next(words)
                    body = (self.folder / given[1:]).read_bytes() if given.startswith("@") else given.encode()
                    method = "POST" if method == "GET" else method
                case _:
                    assert not word.startswith("-"), word
                    at = word
        answer = httpx2.request(method, at, headers=headers, content=body or None, trust_env=False, timeout=60)
        assert answer.status_code < 300, (arguments, answer.text)
        if out:
            (self.folder / out).write_bytes(answer.content)
        return answer.text
