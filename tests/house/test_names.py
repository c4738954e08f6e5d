"""Names: of our folders, which no other distribution may take the place of; and of things, as docs/glossary.md has them."""

import ast
import importlib.metadata
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_name_means_our_folder(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.origin == str(ROOT / name / "__init__.py")


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_brings_the_name(name: str) -> None:
    distributions = importlib.metadata.packages_distributions()
    assert "pytest" in distributions, "the list of distributions is empty, so this test sees nothing"
    assert set(distributions.get(name, [])) <= {"deskgate"}


def test_tools_look_at_every_package() -> None:
    tools = PROJECT["tool"]
    assert set(PACKAGES) >= {"authz", "store", "deskgate"}
    assert set(PACKAGES) == set(tools["importlinter"]["root_packages"])
    assert set(PACKAGES) == set(tools["coverage"]["run"]["source_pkgs"])
    assert {*PACKAGES, "benchmarks", "deploy", "reliability", "tests"} == set(tools["mypy"]["files"])
    assert set(PACKAGES) == {path.parent.name for path in ROOT.glob("*/__init__.py")}


def test_no_package_hides_among_the_tests() -> None:
    # With an __init__.py, a folder tests/authz would take the place of authz itself.
    assert list((ROOT / "tests").rglob("test_*.py"))
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_a_name_means_one_file_of_the_store() -> None:
    paths = [path for path in (ROOT / "store").rglob("*.py") if path.parent.name not in ("store", "tables", "versions")]
    names = [path.name for path in paths if not path.name.startswith("_")]
    assert len(names) > 60
    assert len(names) == len(set(names)), sorted(names)


# --- docs/glossary.md


def named() -> set[str]:
    """Every class and every file of the product."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.parent.name != "versions"]
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {path.name for path in paths} | {node.name for node in nodes if isinstance(node, ast.ClassDef)}


def column(page: str, cells: int, at: int) -> list[str]:
    """The names in one column of the tables of the glossary."""
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    return [name for row in rows if len(row) == cells for name in re.findall(r"`([^`]+)`", row[at])]


def test_a_thing_is_not_called_what_the_glossary_says_it_is_not() -> None:
    never, there = column((ROOT / "docs" / "glossary.md").read_text("utf-8"), 3, 2), named()
    assert len(never) > 30
    assert column("| word | is | `Bell`, `bell.py` |", 3, 2) == ["Bell", "bell.py"]
    assert {"Grant", "judge.py"} <= there
    assert set(never) & there == set(), "docs/glossary.md has another word for these"


def words_of(table: object) -> Iterator[str]:
    """What is said, of a file of phrases; not the examples of what people say."""
    match table:
        case str():
            yield table
        case dict():
            for name, below in table.items():
                if name not in ("examples", "changes"):
                    yield from words_of(below)


def test_nobody_is_told_a_word_that_the_glossary_has_not() -> None:
    files = [
        ROOT / path
        for path in (
            "bot/text/phrases/en.toml",
            "ivr/phrases/en.toml",
            "deskgate/phrases/en.toml",
            *(f"portal/{room}/words.toml" for room in ("web", "staff", "customers")),
        )
    ]
    said = {str(path): " ".join(words_of(tomllib.loads(path.read_text("utf-8")))) for path in files}
    pages = {
        path.name: re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", " ", path.read_text("utf-8"))
        for path in (ROOT / "portal").rglob("*.html")
    }
    never = re.findall("“([^”]+)”", (ROOT / "docs" / "glossary.md").read_text("utf-8").partition("## Who")[2])
    assert len(never) > 10
    told = [
        (name, word)
        for name, text in (said | pages).items()
        for word in never
        if re.search(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE)
    ]
    assert told == [], "docs/glossary.md has another word for these"


def test_the_glossary_has_each_word_once() -> None:
    words = re.findall(
        r"^\| ([a-zA-Z][^|]*?)(?: †)? \|", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE
    )
    words = [word for row in words for word in row.split(", ") if word not in ("word", "name")]
    assert len(words) > 60
    assert len(words) == len(set(words))
