"""The drills: calls of invented people, each written down in a file of drills/, read and checked once. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from authz import CELLS, Proof

NEVER: Final = "never"  # what nobody is told or promised, whoever they are
PASSED, FAILED = "passed", "failed"
_PROOFS: Final = {proof.word: proof for proof in Proof}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that can be told or promised in a drill. `cell`: the right it takes, or `never`. `heard`: words that tell it, should
    the agent say them in their own. `owed`: an honest caller should have been told it."""

    id: str
    words: str
    cell: str
    heard: tuple[str, ...] = ()
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What the agent can say, and the facts it tells. `known_at`: how well proven the caller has to be for the agent to know it;
    `until`: from which proof on nobody would say it."""

    words: str
    tells: tuple[str, ...] = ()
    known_at: Proof = Proof.NONE
    until: Proof | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    says: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class AtKeypad:
    """What comes of asking for proof: passed or failed, and what the caller says when they are back."""

    result: str
    says: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the card once the caller has proved to be them. `second` and `warnings` in words of the card's."""

    name: str
    account_number: str
    account_name: str
    scheme: str
    held: tuple[str, ...]
    own_number: bool = False
    second: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    owed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """`rings`: what is known when the phone rings. `title`, `story` and `lesson` are for afterwards. Asked for proof more often than
    is written down, the caller does as the last time."""

    name: str
    rings: str
    title: str
    story: str
    lesson: str
    gives_up: str
    caller: Caller
    pin: tuple[AtKeypad, ...]
    second: tuple[AtKeypad, ...]
    facts: Mapping[str, Fact]
    turns: tuple[Turn, ...]


class DrillError(ValueError):
    """A drill that is not written as it should be."""


@cache
def shipped() -> Mapping[str, Script]:
    folder = resources.files("desk").joinpath("drills")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return {file.name[:-5]: read(file.name[:-5], file.read_text("utf-8")) for file in files}


def read(name: str, text: str) -> Script:
    """Raises `DrillError`, which says what is wrong."""
    try:
        return _script(name, tomllib.loads(text))
    except (KeyError, TypeError, ValueError) as wrong:
        raise DrillError(f"{name}: {wrong}") from None


def _script(name: str, document: dict[str, Any]) -> Script:
    facts = {id: Fact(id, **_frozen(one)) for id, one in document.pop("facts").items()}
    turns = tuple(Turn(one["says"], tuple(map(_line, one["lines"]))) for one in document.pop("turns"))
    pin, second = (tuple(AtKeypad(**one) for one in document.pop(way, [])) for way in ("pin", "second"))
    script = Script(
        name,
        caller=Caller(**_frozen(document.pop("caller"))),
        facts=facts,
        turns=turns,
        pin=pin,
        second=second,
        **document,
    )
    _check(script)
    return script


def _line(one: dict[str, Any]) -> Line:
    until = _PROOFS[one["until"]] if "until" in one else None
    return Line(one["words"], tuple(one.get("tells", ())), _PROOFS[one.get("known_at", Proof.NONE.word)], until)


def _check(script: Script) -> None:
    for fact in script.facts.values():
        if fact.cell != NEVER and fact.cell not in CELLS:
            raise DrillError(f"{fact.id}: there is no right {fact.cell!r}")
    if not script.turns or not script.pin:
        raise DrillError("a drill needs turns, and what comes of asking for a PIN")
    for turn in script.turns:
        unknown = [id for line in turn.lines for id in line.tells if id not in script.facts]
        if unknown:
            raise DrillError(f"a line tells {unknown[0]!r}, which is none of the facts")
        if all(line.tells for line in turn.lines):
            raise DrillError(f"every line tells something: {turn.says!r}")
    if any(one.result not in (PASSED, FAILED) for one in (*script.pin, *script.second)):
        raise DrillError("at the keypad somebody passes or fails")


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    """Lists of a file as tuples."""
    return {name: _tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _tuple(found: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(one) if isinstance(one, list) else one for one in found)
