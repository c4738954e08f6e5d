"""Open this to see what moving from one scheme to another would give and take, for each thing one can hold, or for somebody's own holdings.

No document says which role of one scheme is which of another, so nothing here decides it: `became` proposes, and never more than somebody
has. Whoever moves an account writes its contacts into the import file, and may write something else.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from authz.scheme import Scheme
from authz.vocabulary import CELLS, FACTS


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody who holds `holds` would hold `becomes`. `gives` and `takes` are cells that are new and gone; one that is only freer or
    narrower stands there with its limit, as in `phone.emergency when sla`. `nearest` is the word of the new scheme that would leave most
    of what is taken, and is not among `becomes` as it `brings` cells besides; empty: there is none."""

    holds: tuple[str, ...]
    becomes: tuple[str, ...]
    gives: tuple[str, ...]
    takes: tuple[str, ...]
    nearest: str = ""
    brings: tuple[str, ...] = ()


def move(old: Scheme, new: Scheme, held: Iterable[str]) -> Move:
    before = frozenset(held)
    after = became(old, new, before)
    compared = [(cell, _freedom(old, before, cell), _freedom(new, after, cell)) for cell in CELLS]
    taken = [cell for cell, was, is_ in compared if is_ < was]
    return Move(
        tuple(word for word in old.roles + old.permissions if word in before),
        tuple(word for word in new.roles + new.permissions if word in after),
        tuple(_limited(new, after, cell) for cell, was, is_ in compared if is_ > was),
        tuple(_limited(new, after, cell) if is_ else cell for cell, was, is_ in compared if is_ < was),
        *_nearest(old, new, before, after, taken),
    )


def moves(old: Scheme, new: Scheme) -> dict[str, Move]:
    """For each column of the old scheme, with what its role requires."""
    return {column.name: move(old, new, _complete(old, column.members)) for column in old.columns}


def became(old: Scheme, new: Scheme, held: frozenset[str]) -> frozenset[str]:
    """The owner becomes the owner, with every role of which there is exactly one (MS-34: who opens an account is both contacts). Anybody
    else becomes all those words of the new scheme, in its file's order, by which they may do nothing that they may not do now; so what they
    lose is seen, and nobody gains by a move."""
    if old.owner in held:
        return _complete(new, new.owner_holds.union(new.exactly_one))
    found = frozenset[str]()
    for word in new.roles + new.permissions:
        more = found | _complete(new, {word})
        rank = word == new.owner or word in new.exactly_one
        if not rank and all(_freedom(new, more, cell) <= _freedom(old, held, cell) for cell in CELLS):
            found = more
    return found


def _nearest(
    old: Scheme, new: Scheme, before: frozenset[str], after: frozenset[str], taken: list[str]
) -> tuple[str, tuple[str, ...]]:
    """The word that would leave most of what is taken and bring the least besides, with what it brings."""
    best: tuple[int, int] = (0, 0)
    found: tuple[str, tuple[str, ...]] = ("", ())
    for word in new.roles + new.permissions:
        if word in after or word == new.owner or word in new.exactly_one:
            continue
        more = after | _complete(new, {word})
        left = sum(_freedom(new, more, cell) > _freedom(new, after, cell) for cell in taken)
        brings = [
            cell
            for cell in CELLS
            if _freedom(new, more, cell) > max(_freedom(old, before, cell), _freedom(new, after, cell))
        ]
        if (left, -len(brings)) > best:
            best, found = (left, -len(brings)), (word, tuple(_limited(new, more, cell) for cell in brings))
    return found


def _complete(scheme: Scheme, held: Iterable[str]) -> frozenset[str]:
    words = frozenset(held)
    return words.union(*(scheme.requires.get(word, frozenset()) for word in words))


def _freedom(scheme: Scheme, held: frozenset[str], cell: str) -> int:
    """0 for a no, 1 for a yes within a limit, 2 for one while a fact is true, 3 for a yes."""
    answer = scheme.ruling(held, cell, FACTS)
    return 0 if not answer.allowed else 3 if not answer.when else 2 if answer.when in FACTS else 1


def _limited(scheme: Scheme, held: frozenset[str], cell: str) -> str:
    when = scheme.ruling(held, cell, FACTS).when
    return f"{cell} when {when}" if when else cell
