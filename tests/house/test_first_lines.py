"""A file says in its first line why one would open it, stays short, and uses the desk's words for names."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.test_names import PACKAGES, ROOT

LONGEST = 350
FILES = sorted(
    path for folder in (*PACKAGES, "tests", "benchmarks", "reliability") for path in (ROOT / folder).rglob("*.py")
)
MIGRATIONS = ROOT / "store" / "migrations" / "versions"
EMPTY_WORDS = re.compile(r"(?:^|_|\b)(manager|helper|util)s?(?:$|_|\b)")


def empty_words(path: Path, source: str) -> list[str]:
    """The names in a module, its own included, that hold a word which says nothing."""
    names = [path.stem, *re.findall(r"^ *(?:class|(?:async )?def) (\w+)", source, re.MULTILINE)]
    return [name for name in names if EMPTY_WORDS.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())]


def says_why(source: str) -> bool:
    first = source.removeprefix("#!/usr/bin/env python3\n")
    return first.startswith("#") or bool(ast.get_docstring(ast.parse(source)))


def test_there_are_files() -> None:
    assert len(FILES) > 30


def trouble(path: Path) -> str:
    """What is wrong with a file, or nothing."""
    source = path.read_text()
    if not says_why(source):
        return "the first line should say what the file is for"
    if found := empty_words(path, source):
        return f"these names say nothing: {found}"
    if MIGRATIONS not in path.parents and source.count("\n") > LONGEST:
        return "would this be two files with two names?"
    return ""


def test_house_rules_of_a_file() -> None:
    assert {str(path.relative_to(ROOT)): wrong for path in FILES if (wrong := trouble(path))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "class CallManager: ...",
        "def pin_helper(): ...",
        "class C:\n  async def utils(self): ...",
        "def manager_of(): ...",
    ],
)
def test_an_empty_word_is_seen(source: str) -> None:
    assert empty_words(Path("call.py"), source)


@pytest.mark.parametrize(
    "source", ["def manage_users(): ...", "class Managed: ...", "def helps(): ...", "def utility(): ..."]
)
def test_a_full_word_passes(source: str) -> None:
    assert not empty_words(Path("call.py"), source)


def test_an_empty_word_is_seen_in_a_file_name() -> None:
    assert empty_words(Path("string_utils.py"), "")


def test_a_silent_first_line_is_seen() -> None:
    assert not says_why("import os\n# late\n")
    assert says_why('"""Why."""\n')
