"""Open this to see which changes of an account's contacts are refused, and by which rule (section "Changing contacts").

A change is what everybody on the account holds before it and after it, whatever it is called: somebody added, changed or removed,
a role handed over. Whether whoever acts may manage contacts at all is the judge's.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from authz.scheme import Ruling, Scheme
from authz.vocabulary import FACTS

Held = Mapping[int, frozenset[str]]
"""A person (id) → all that they hold on the account; whoever is not in it is not on the account."""


class Broken(StrEnum):
    """Why a change is refused. The codes are stable; docs/reasons.md explains each."""

    UNKNOWN_WORD = "unknown_word"
    OWNERS_ALONE = "owners_alone"
    OWN_RIGHTS = "own_rights"
    MORE_THAN_HELD = "more_than_held"
    HAND_OVER_FIRST = "hand_over_first"
    REQUIRED = "required"
    LACKS = "lacks"
    TOO_MANY = "too_many"


class Refusal(NamedTuple):
    """The first rule that a change breaks. `person`: of whose change; `role`: the contact role it is about, or empty; `words`: the holdings
    that are missing or unknown; `cells`: what would be given and is not held by whoever gives it."""

    code: Broken
    rules: tuple[str, ...]
    person: int
    role: str = ""
    words: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


_DECISION: Final = {
    Broken.OWNERS_ALONE: "D-contacts.owner",
    Broken.OWN_RIGHTS: "D-contacts.own",
    Broken.MORE_THAN_HELD: "D-contacts.more",
}
_NOTHING: Final = frozenset[str]()


def refused(scheme: Scheme, actor: int, before: Held, after: Held) -> Refusal | None:
    """None: nothing speaks against it. Who acts first: of whose role, for whom, with what they hold themselves; then what must
    hold on every account."""
    changed = [one for one in sorted(before.keys() | after.keys()) if before.get(one) != after.get(one)]
    mine = before.get(actor, _NOTHING)
    for check in (_unknown, _owners, _own, _more):
        for person in changed:
            found = check(scheme, actor, mine, person, before.get(person, _NOTHING), after.get(person, _NOTHING))
            if found is not None:
                return found
    return _counted(scheme, before, after) or _required(scheme, changed, before, after)


def miscounted(scheme: Scheme, holdings: Iterable[frozenset[str]]) -> Iterator[tuple[str, int]]:
    """The contact roles that an account must have and has not, or has more than one of, with how many hold them."""
    held = [word for words in holdings for word in words]
    for word in scheme.at_least_one:
        if word not in held:
            yield word, 0
    for word in scheme.exactly_one:
        if held.count(word) != 1:
            yield word, held.count(word)


def asked_for(scheme: Scheme) -> tuple[str, ...]:
    """What can be asked for by phone or in Slack: the standard roles (SR-3), but for those that are handed over; where there is no other, single
    permissions."""
    roles = tuple(one for one in scheme.roles if one != scheme.owner and one not in scheme.exactly_one)
    return roles or scheme.permissions


def ticked(scheme: Scheme, held: frozenset[str], words: frozenset[str]) -> frozenset[str]:
    """What somebody holds once these words are ticked, and no others: a role that one contact alone has is not ticked and stays with them, and
    so does what it requires (MS-41: the green ticks)."""
    kept = held.intersection(scheme.exactly_one)
    return frozenset[str]().union(kept, words, *(scheme.requires.get(role, _NOTHING) for role in kept))


def gained(scheme: Scheme, before: frozenset[str], after: frozenset[str]) -> tuple[str, ...]:
    """The cells that are allowed now and were not, or within a limit only."""
    return tuple(cell for cell in scheme.cells if _is_more(scheme, before, after, cell))


def lost(scheme: Scheme, before: frozenset[str], after: frozenset[str]) -> tuple[str, ...]:
    return gained(scheme, after, before)


def _is_more(scheme: Scheme, before: frozenset[str], after: frozenset[str], cell: str) -> bool:
    now = scheme.ruling(after, cell, FACTS)
    return now.allowed and not _as_free(scheme.ruling(before, cell, FACTS), now)


def _as_free(one: Ruling, other: Ruling) -> bool:
    return one.allowed and one.when in ("", other.when)


def _made(
    scheme: Scheme, code: Broken, person: int, role: str = "", *, words: Iterable[str] = (), cells: Iterable[str] = ()
) -> Refusal:
    """With the rules that the scheme cites for it: of this role, or of all."""
    cited = scheme.changing.get(f"{code}:{role}") or scheme.changing.get(code) or ()
    rules = (_DECISION[code], *cited) if code in _DECISION else cited or ("D-contacts.always",)
    about = set(words)
    return Refusal(
        code, rules, person, role, tuple(w for w in scheme.roles + scheme.permissions if w in about), tuple(cells)
    )


def _unknown(
    scheme: Scheme, _actor: int, _mine: frozenset[str], person: int, _old: frozenset[str], new: frozenset[str]
) -> Refusal | None:
    strange = new - scheme.words
    return (
        Refusal(Broken.UNKNOWN_WORD, ("D-contacts.always",), person, words=tuple(sorted(strange))) if strange else None
    )


def _owners(
    scheme: Scheme, _actor: int, mine: frozenset[str], person: int, old: frozenset[str], new: frozenset[str]
) -> Refusal | None:
    """The owner's role, and whoever has it, are the owner's alone to touch."""
    if scheme.owner in mine or scheme.owner not in old | new:
        return None
    return _made(scheme, Broken.OWNERS_ALONE, person, str(scheme.owner))


def _own(
    scheme: Scheme, actor: int, mine: frozenset[str], person: int, old: frozenset[str], new: frozenset[str]
) -> Refusal | None:
    """Nobody raises themselves; the owner, who may do everything already, may take a contact role that another has."""
    if person != actor:
        return None
    role = () if scheme.owner in mine else (new - old).intersection(scheme.exactly_one)
    cells = gained(scheme, old, new)
    return (
        _made(scheme, Broken.OWN_RIGHTS, person, next(iter(sorted(role)), ""), cells=cells) if role or cells else None
    )


def _more(
    scheme: Scheme, actor: int, mine: frozenset[str], person: int, old: frozenset[str], new: frozenset[str]
) -> Refusal | None:
    """Nobody grants more than they hold: no cell, and no contact role that is not theirs to hand on."""
    if person == actor:
        return None
    passed = (new ^ old).intersection(scheme.exactly_one) - mine if scheme.owner not in mine else _NOTHING
    more = [cell for cell in gained(scheme, old, new) if _is_more(scheme, mine, new, cell)]
    if not passed and not more:
        return None
    return _made(scheme, Broken.MORE_THAN_HELD, person, next(iter(sorted(passed)), ""), cells=more)


def _counted(scheme: Scheme, before: Held, after: Held) -> Refusal | None:
    for word, many in miscounted(scheme, after.values()):
        if many:
            twice = next(one for one, held in after.items() if word in held and word not in before.get(one, _NOTHING))
            return _made(scheme, Broken.TOO_MANY, twice, word)
        holder = next((one for one, held in before.items() if word in held), 0)
        return _made(scheme, Broken.HAND_OVER_FIRST, holder, word)
    return None


def _required(scheme: Scheme, changed: Iterable[int], before: Held, after: Held) -> Refusal | None:
    """What a role needs: it cannot be taken from whoever has the role, and comes before it for whoever has not."""
    for person in changed:
        for role, lack in scheme.missing(after.get(person, _NOTHING)).items():
            code = Broken.REQUIRED if role in before.get(person, _NOTHING) else Broken.LACKS
            return _made(scheme, code, person, role, words=lack)
    return None
