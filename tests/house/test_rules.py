"""The 96 rules of the three documents: each stands once in docs/rules.md, and every test that is said to hold one is there."""

from __future__ import annotations

import re
from functools import cache

from tests.house.test_names import ROOT

PAGE = (ROOT / "docs/rules.md").read_text("utf-8")
ROW = re.compile(r"^\| ((?:MT|SR|MS)-\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
TEST = re.compile(r"`tests/([\w/]+\.py)::(test_\w+)`")
UNHELD = ("*advice*:", "*scope*:", "*not yet*:")


@cache
def source(file: str) -> str:
    return (ROOT / "tests" / file).read_text("utf-8")


def missing(page: str) -> list[str]:
    """What is said to hold a rule and does not exist, and rules that nothing holds and that are not said to be such."""
    found = []
    for rule, where, held in ROW.findall(page):
        tests = TEST.findall(held)
        if held.count("::") != len(tests):
            found.append(f"{rule}: a test that cannot be read")
        if not tests and not where.startswith(UNHELD):
            found.append(f"{rule}: held by nothing")
        for file, test in tests:
            if not (ROOT / "tests" / file).is_file() or f"\ndef {test}(" not in source(file):
                found.append(f"{rule}: {file}::{test}")
    return found


def test_every_rule_stands_there_once_and_every_test_named_is_there() -> None:
    rules = [rule for rule, _, _ in ROW.findall(PAGE)]
    last = (("MT", 23), ("SR", 23), ("MS", 50))
    assert rules == [f"{prefix}-{n}" for prefix, most in last for n in range(1, most + 1)]
    assert missing(PAGE) == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    (first, *_) = TEST.findall(PAGE)
    broken = PAGE.replace(f"`tests/{'::'.join(first)}`", "`tests/authz/test_judge.py::test_of_nothing`", 1)
    assert len(missing(broken)) == 1
    assert missing("| MT-1 | page | - |\n") == ["MT-1: held by nothing"]
