"""docs/threats.md keeps its word: each of them is tried in a file that holds its number, or says why not yet."""

from __future__ import annotations

import re

import pytest

from tests.house.test_names import ROOT

PAGE = ROOT / "docs" / "threats.md"
ALL = [f"T{n}" for n in range(1, 59)]


def rows(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\| (T\d+) \| .* \| (.*) \|$", text, re.MULTILINE))


def tried(number: str, last: str) -> list[str]:
    """The files a row links to that hold its number."""
    linked = re.findall(r"\]\(\.\./((?:tests|benchmarks|reliability)/[\w/]+\.py)\)", last)
    return [path for path in linked if re.search(rf"\b{number}\b", (ROOT / path).read_text("utf-8"))]


def keeps_its_word(number: str, last: str) -> bool:
    return bool(tried(number, last)) or "not yet: " in last


@pytest.mark.parametrize("number", ALL)
def test_each_is_tried_or_says_why_not(number: str) -> None:
    every = rows(PAGE.read_text("utf-8"))
    assert list(every) == ALL
    assert keeps_its_word(number, every[number])


def test_a_row_that_does_not_is_seen() -> None:
    assert not keeps_its_word("T11", "[test_pool](../tests/store/test_pool.py)")
    assert not keeps_its_word("T1", "[test_recut](../tests/ivr/test_recut.py)"), "T11 is not T1"
    assert keeps_its_word("T11", "[test_recut](../tests/ivr/test_recut.py)")
    assert not keeps_its_word("T39", "")
