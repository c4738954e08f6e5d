"""H13: `str.isdigit` takes ², ٣ and ①, which int() refuses or reads as a number: nowhere in our code without `isascii`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.test_names import PACKAGES, ROOT

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
