"""No file of the product imports itself by way of others: which files go round is computed from the sources.

Every import counts, wherever in a file it stands: at the top, in a function, or for the types alone under `TYPE_CHECKING`. Not
counted is what Python does besides: to import `store.db.keys` runs `store/__init__.py` first.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from tests.house.test_names import PACKAGES, ROOT


def modules() -> dict[str, ast.Module]:
    """The product's modules by their names, read."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imported(tree: ast.Module, known: Collection[str]) -> Iterator[str]:
    """What a module imports: `from store.db import keys` is `store.db.keys` where there is such a module, otherwise `store.db`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are written out: this test does not read relative ones"
            wholes = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (whole if whole in known else str(node.module) for whole in wholes)


def arrows(sources: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Module → the other modules of the product that it imports."""
    return {name: {one for one in imported(tree, sources) if one in sources} - {name} for name, tree in sources.items()}


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The sets of modules of which each reaches every other (Tarjan), where there is more than one."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        number[one] = low[one] = len(number)
        stack.append(one)
        for other in sorted(graph.get(one, ())):
            if other not in number:
                visit(other)
                low[one] = min(low[one], low[other])
            elif other in stack:
                low[one] = min(low[one], number[other])
        if low[one] == number[one]:
            at = stack.index(one)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for one in sorted(graph):
        if one not in number:
            visit(one)
    return found


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = arrows(modules())
    assert len(graph) > 250
    assert sum(map(len, graph.values())) > 1000
    assert circles(graph) == []


def test_a_circle_is_seen() -> None:
    sources = {
        "store": "from store.a import x",
        "store.a": "import typing\nif typing.TYPE_CHECKING:\n    from store import b",
        "store.b": "def f():\n    import store.c",
        "store.c": "from store.a import y",
        "store.d": "from store import a, b, c",
    }
    graph = arrows({name: ast.parse(source) for name, source in sources.items()})
    assert circles(graph) == [["store.a", "store.b", "store.c"]]
