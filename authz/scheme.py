"""Open this to see what a compiled scheme is and how it answers for several holdings at once.

A scheme is the decision table itself: one row per cell, one column per holding and per set held together.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from authz.vocabulary import CELLS, DESK_CELLS, FACTS

_NOTHING: frozenset[str] = frozenset()


class SchemeError(ValueError):
    """A scheme file that cannot be trusted; the message names file, row and column."""


class Square(NamedTuple):
    """One square of the table: `yes MS-30 when sla`."""

    allowed: bool
    rules: tuple[str, ...]
    when: str


class Ruling(NamedTuple):
    """What a scheme says about one cell to someone holding all of this. `waits`: the only yes needs an unmet fact."""

    allowed: bool
    rules: tuple[str, ...]
    when: str
    waits: bool = False


class Elsewhere(NamedTuple):
    """Where something is done that is not done here, in words, and its address or empty."""

    where: str
    address: str


class Column(NamedTuple):
    """A holding of the table: one word, or several held together."""

    name: str
    members: frozenset[str]


@dataclass(frozen=True, eq=False, slots=True)
class Scheme:
    """A checked scheme. Compared by identity; `memo` belongs to the judge. `support_first`: at a support channel the right to
    support comes before every other. `invoiced`: the role whose holder invoices name, or none; `domain_contacts`: where those of domain names
    are changed. `changing`: the rules that a refused change of contacts cites (contact_rules.py). `notices`: for each kind the words that are
    told, with the rules, in file order."""

    name: str
    title: str
    source: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    columns: tuple[Column, ...]
    owner: str | None
    at_least_one: tuple[str, ...]
    exactly_one: tuple[str, ...]
    requires: Mapping[str, frozenset[str]]
    switches: Mapping[str, str]
    decisions: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Square]]
    notices: Mapping[str, Mapping[str, tuple[str, ...]]]
    support_first: bool
    invoiced: str | None
    domain_contacts: Elsewhere | None
    changing: Mapping[str, tuple[str, ...]]
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> frozenset[str]:
        """Every role and permission word a person can hold under this scheme."""
        return frozenset(self.roles + self.permissions)

    @property
    def holdings(self) -> tuple[str, ...]:
        """The columns' names in file order: `support`, `support+billing`."""
        return tuple(column.name for column in self.columns)

    @property
    def cells(self) -> tuple[str, ...]:
        """The rows every scheme of this kind has."""
        return DESK_CELLS if self.owner is None else CELLS

    def missing(self, held: Iterable[str]) -> dict[str, frozenset[str]]:
        """What held words require and is not held (MS-13, MS-19): `{"billing_contact": {"manage_billing"}}`."""
        have = frozenset(held)
        lacks = {word: needed - have for word, needed in self.requires.items() if word in have}
        return {word: lack for word, lack in lacks.items() if lack}

    def when(self, held: frozenset[str], cell: str) -> str:
        """The fact or limit a yes would carry, facts taken as met; "" if it carries none or is no yes."""
        return self.ruling(held, cell, FACTS).when

    def ruling(self, held: frozenset[str], cell: str, facts: frozenset[str] = _NOTHING) -> Ruling:
        """What this scheme says to someone holding all of `held`; unknown words count for nothing.

        The union of what is held. Of several yeses the freest speaks, then the first in file order. A no cites all
        rules of what is held; where none has a rule of its own, those that would have allowed it.
        """
        row = self.rows[cell]
        squares = [row[column.name] for column in self._speaking(held)]
        yeses = [e for e in squares if e.allowed and (e.when not in FACTS or e.when in facts)]
        if yeses:
            freest = min(yeses, key=_tightness)  # min keeps the first of equals: file order
            return Ruling(True, freest.rules, freest.when)
        waiting = [e for e in squares if e.allowed]
        if waiting:
            return Ruling(False, _without_doubles(waiting), "", waits=True)
        return Ruling(False, _without_doubles(squares) or self.grounds(cell), "")

    def grounds(self, cell: str) -> tuple[str, ...]:
        """The rules that would have allowed a cell: those of single holdings, of sets where only a set may."""
        row = self.rows[cell]
        return _without_doubles(row[c.name] for c in self._allowing(cell) or self.columns)

    def allowing(self, cell: str) -> tuple[tuple[str, ...], bool]:
        """What would allow a cell: its single holdings (sets where only a set may), and whether they are roles. Where roles can be given
        they are named, and single permissions where they cannot: an admin contact's is handed over, and is no right one could be given."""
        may = self._allowing(cell)
        given = [c for c in may if not c.members & set(self.exactly_one)]
        named = [c for c in given if c.members <= set(self.roles)] or given or may
        return tuple(c.name for c in named), all(c.members <= set(self.roles) for c in named)

    def rights(self, held: frozenset[str]) -> frozenset[str]:
        """Every cell that these holdings allow, facts taken as met."""
        return frozenset(cell for cell in self.cells if self.ruling(held, cell, FACTS).allowed)

    @property
    def owner_holds(self) -> frozenset[str]:
        """What every owner holds at least: the role, and what it requires."""
        return frozenset({self.owner}) | self.requires.get(self.owner, _NOTHING) if self.owner else _NOTHING

    def words_allowing(self, cell: str) -> frozenset[str]:
        """Everybody who may do it holds at least one of these; one alone may not be enough."""
        return _NOTHING.union(*(c.members for c in self.columns if self.rows[cell][c.name].allowed))

    def only_owner(self, cell: str) -> bool:
        """Whether nobody but the owner may do it."""
        return self.owner is not None and all(
            self.owner in c.members for c in self.columns if self.rows[cell][c.name].allowed
        )

    def told(self, kind: str, held: Iterable[str]) -> tuple[str, ...]:
        """The rules by which somebody who holds all of this is sent notices of this kind; none: they are not."""
        named, have = self.notices.get(kind, {}), frozenset(held)
        return tuple(dict.fromkeys(rule for word, rules in named.items() if word in have for rule in rules))

    def _allowing(self, cell: str) -> list[Column]:
        may = [c for c in self.columns if self.rows[cell][c.name].allowed]
        return [c for c in may if len(c.members) == 1] or may

    def _speaking(self, held: frozenset[str]) -> list[Column]:
        """The held columns in file order, less those a held set speaks for."""
        mine = [column for column in self.columns if column.members <= held]
        return [c for c in mine if not any(c.members < other.members for other in mine)]


def _tightness(square: Square) -> int:
    """0 for an unconditional yes, 1 for a met fact, 2 for a limit: an additional holding never narrows a right."""
    return 0 if not square.when else 1 if square.when in FACTS else 2


def _without_doubles(squares: Iterable[Square]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule for square in squares for rule in square.rules))
