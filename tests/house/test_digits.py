"""Digits: `str.isdigit` takes ², ٣ and ①, so never without `isascii` (H13); and no test looks for a few bare ones as absent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.test_names import PACKAGES, ROOT

FEW = 6  # what is issued by chance has eight digits: with six looked for, three runs in a million would fail
LOOSE = {"isdigit", "isdecimal", "isnumeric"}


def loose(source: str) -> Iterator[int]:
    """The lines where text is taken for digits in the smallest statement or condition without asking whether it is ASCII."""

    def visit(node: ast.AST, asked: bool) -> Iterator[int]:
        if isinstance(node, ast.stmt | ast.BoolOp | ast.comprehension):
            # Each statement answers for itself; what is asked in one that only encloses it does not count.
            own = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt)]
            asked = any(getattr(one, "attr", "") == "isascii" for part in own for one in ast.walk(part))
        if isinstance(node, ast.Attribute) and node.attr in LOOSE and not asked:
            yield node.lineno
        for child in ast.iter_child_nodes(node):
            yield from visit(child, asked)

    yield from visit(ast.parse(source), False)


def test_h13_digits_are_those_of_ascii() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 100
    found = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in loose(path.read_text("utf-8"))]
    assert found == []


def test_h13_a_loose_one_is_seen() -> None:
    assert list(loose("x = int(a) if a.isdigit() else 0")) == [1]
    assert list(loose("found = [int(v) for v in vs if str(v).isdigit()]")) == [1]
    assert list(loose("if a.isascii():\n    b = c\nd = a.isnumeric()")) == [3]
    assert list(loose("ok = a.isascii() and a.isdigit() and len(a) < 16")) == []
    assert list(loose("found = map(str.isdigit, said)")) == [1]


def bare(source: str) -> Iterator[int]:
    """The lines where a text must not hold a few digits: a code issued by chance may hold them too. Say `#1001`, `311.20`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn) and isinstance(node.left, ast.Constant):
            looked_for = str(node.left.value)
            if looked_for.isascii() and looked_for.isdigit() and len(looked_for) < FEW:
                yield node.lineno


def test_no_test_fails_by_the_digits_of_a_code() -> None:
    files = list((ROOT / "tests").rglob("*.py"))
    assert len(files) > 200
    assert [f"{path.relative_to(ROOT)}:{line}" for path in files for line in bare(path.read_text("utf-8"))] == []


def test_bare_digits_are_seen() -> None:
    assert list(bare('assert "311" not in refusal')) == [1]
    assert list(bare('assert "311.20" not in refusal\nassert "#1001" not in page\nassert "53960281" not in page')) == []
