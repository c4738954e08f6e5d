"""Some things are done in one place only. import-linter sees imports; this sees the rest."""

import ast
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from deskgate.sweeps import SWEEPS
from tests.house.test_names import PACKAGES, ROOT


@cache  # and not when the file is read, which every process of a run does
def sources() -> dict[str, ast.Module]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def makes_without_asking(tree: ast.AST) -> Iterator[str]:
    """`tuple.__new__(…)`, `object.__new__(…)`, `object.__setattr__(…)`, `x.__class__ = …`: the ways round a constructor."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            name = f"{node.func.value.id}.{node.func.attr}"
            if name in ("tuple.__new__", "object.__new__", "object.__setattr__"):
                yield name
        if isinstance(node, ast.Attribute) and node.attr == "__class__" and isinstance(node.ctx, ast.Store):
            yield "__class__ ="


def words_sql(tree: ast.AST) -> Iterator[str]:
    """A statement of SQL in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            if len(words) > 2 and words[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA", "CREATE", "DROP"):
                yield node.value


def draws_twiml(tree: ast.AST) -> Iterator[str]:
    """An import of twilio's TwiML builder."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if name.startswith("twilio.twiml"))


def builds_an_ask(tree: ast.AST) -> Iterator[str]:
    """`Ask(…)`: the proof of this moment is looked up in one place, for every channel."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Ask":
            yield ast.unparse(node)


def judges(tree: ast.AST) -> Iterator[str]:
    """`tx.ask(…)`: what is done with a decision is a use case."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tx.ask", "self.tx.ask"):
            yield ast.unparse(node)


STAFF_PERMITS = ("permit", "permit_line", "permit_staff")


def permits_staff(tree: ast.AST) -> Iterator[str]:
    """`permit(…)` and its like: what the desk's people and their phones may do is asked for where it is done, once for every channel."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in STAFF_PERMITS:
            yield ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and node.module == "desk.actors":
            yield from (alias.name for alias in node.names if alias.name in STAFF_PERMITS)


def reads_digits(tree: ast.AST) -> Iterator[str]:
    """`word.isdigit()`: of all scripts, and of any length. `numbers.parse_int` and `numbers.are_digits` know better."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("isdigit", "isdecimal", "isnumeric"):
            yield ast.unparse(node)


ONLY: list[tuple[Callable[[ast.AST], Iterator[str]], str | tuple[str, ...], str]] = [
    (makes_without_asking, "authz/", "tuple.__new__(Grant, ())"),
    (words_sql, "store/", "connection.execute('SELECT * FROM people')"),
    (draws_twiml, "ivr/screens.py", "from twilio.twiml.voice_response import VoiceResponse"),
    (reads_digits, ("store/", "simulator/"), "int(word) if word.isdigit() else None"),
]


def test_there_are_sources() -> None:
    assert len(sources()) > 20


@pytest.mark.parametrize("channel", ["ivr/", "bot/", "portal/", "api/"])
def test_no_channel_builds_an_ask(channel: str) -> None:
    assert list(builds_an_ask(ast.parse("tx.ask(Ask(who, action, account, None, Proof.VERIFIED))")))
    assert any(builds_an_ask(tree) for name, tree in sources().items() if name.startswith("desk/"))
    found = {name: list(builds_an_ask(tree)) for name, tree in sources().items() if name.startswith(channel)}
    assert not {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("channel", ["ivr/", "bot/", "portal/", "api/"])
def test_no_channel_judges(channel: str) -> None:
    assert list(judges(ast.parse("verdict = self.tx.ask(asked)")))
    assert any(judges(tree) for name, tree in sources().items() if name.startswith("desk/"))
    found = {name: list(judges(tree)) for name, tree in sources().items() if name.startswith(channel)}
    assert not {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("channel", ["ivr/", "bot/", "portal/", "api/"])
def test_no_channel_asks_for_a_right_of_the_staff(channel: str) -> None:
    assert list(permits_staff(ast.parse("grant = permit(tx, who.subject, Action.DESK_PROOF_ASK)")))
    assert list(permits_staff(ast.parse("from desk.actors import permit as p")))
    assert any(permits_staff(tree) for name, tree in sources().items() if name.startswith("desk/"))
    found = {name: list(permits_staff(tree)) for name, tree in sources().items() if name.startswith(channel)}
    assert not {name: what for name, what in found.items() if what}


@pytest.mark.parametrize(("finds", "place", "example"), ONLY, ids=lambda value: getattr(value, "__name__", None))
def test_only_in_its_place(
    finds: Callable[[ast.AST], Iterator[str]], place: str | tuple[str, ...], example: str
) -> None:
    assert list(finds(ast.parse(example))), "the test does not see what it looks for"
    found = {name: list(finds(tree)) for name, tree in sources().items() if not name.startswith(place)}
    assert not {name: what for name, what in found.items() if what}


def test_every_sweep_of_store_is_known_to_the_worker() -> None:
    """A sweep that the worker does not know would leave its table to grow."""
    there = {
        path
        for path, tree in sources().items()
        if path.startswith("store/")
        and any(isinstance(node, ast.FunctionDef) and node.name == "sweep" for node in tree.body)
    }
    swept = {f"{one.__module__.replace('.', '/')}.py" for one in SWEEPS}
    assert len(there) > 20
    assert swept == there
