"""What a commit must pass is what `make check` runs: the hooks of pre-commit, read and not run, beside the Makefile."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.house.test_names import ROOT

HOOKS: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def checked(makefile: str) -> list[str]:
    """The commands of `make check`, its variables filled in."""
    given = dict(re.findall(r"^(\w+) +:= (.*)$", makefile, re.MULTILINE))
    recipe = makefile.partition("\ncheck:")[2].partition("\n\n")[0]
    commands = re.findall(r"^\t@?(.*)$", recipe, re.MULTILINE)
    while any("$(" in command for command in commands):
        commands = [re.sub(r"\$\((\w+)\)", lambda name: given[name[1]], command) for command in commands]
    return commands


def hooked(hooks: dict[str, Any]) -> list[str]:
    return [hook["entry"] for repository in hooks["repos"] for hook in repository["hooks"]]


def test_the_hooks_are_what_make_check_runs() -> None:
    assert len(checked(MAKEFILE)) == 4
    assert hooked(HOOKS) == checked(MAKEFILE)


@pytest.mark.parametrize("change", ["check: x\n\t$(PY) -m ruff", "check: x\n\t$(PY) -m pytest\n\n"])
def test_another_command_is_seen(change: str) -> None:
    assert hooked(HOOKS) != checked(f"VENV := .venv\nPY := $(VENV)/bin/python\n{change}")


def test_nothing_is_fetched_and_everything_is_read() -> None:
    """A tool of its own version says something else than ours; one that is told the changed files alone sees less."""
    for repository in HOOKS["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert (hook["language"], hook["pass_filenames"]) == ("system", False), hook["id"]
            assert re.search(hook["files"], "tests/house/test_hooks.py"), hook["id"]
            assert re.search(hook["files"], "pyproject.toml"), hook["id"]
