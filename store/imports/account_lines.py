"""Accounts from the system that owns the truth, one a line with its people: through the import's own code, each line whole or not at all.

A line that will not do is named with its faults and leaves the others alone: the night's work of a billing system must not hang on one of its
accounts. Lines of one call are tried together; where some will not do, the others are tried again without them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple

from pydantic import Field, ValidationError
from sqlalchemy.exc import IntegrityError

from authz import Grant
from store.db.transaction import Transaction
from store.imports import import_run
from store.imports.file_format import (
    Account,
    ImportFile,
    Person,
    PersonDetails,
    doubles_within,
    in_words,
    names_of,
    object_of,
)
from store.imports.people_rows import PinRound
from store.imports.row_changes import Changes
from store.imports.scratch import Once, Scratch

LONGEST: Final = 8 * 1024 * 1024  # bytes of one line
TOGETHER, BYTES_TOGETHER = 500, 4 * 1024 * 1024  # lines that are brought together, and how long they are, about
_PLACE: Final = re.compile(r"(people|accounts)\[(\d+)\]\.?(.*)", re.DOTALL)


class AccountLine(Account):
    """An account as an import file has it, and with it those of its people who are new or were changed. A PIN comes by import alone. `locked` is passed over,
    so that an account goes back in as it was read: nobody but its owner locks or unlocks it."""

    people: list[PersonDetails] = Field(default=[])
    locked: bool = False


class Fault(NamedTuple):
    """What will not do of a line: the path in it, empty of the whole, and in words why."""

    path: str
    words: str


class NumberedLine(NamedTuple):
    """`number` counts from 1, empty lines as well. Instead of the account its faults, where it is none."""

    number: int
    said: AccountLine | list[Fault]


@dataclass(slots=True)
class Brought:
    """What became of lines: counts like `accounts.added`; those that will not do, by number; and the numbers of accounts that their owners have
    locked, whose contacts were left as they are."""

    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    refused: dict[int, list[Fault]] = field(default_factory=dict)
    locked: list[str] = field(default_factory=list)


class MetOthersError(Exception):
    """Somebody else stored the same people, accounts or Slack members at that moment. Nothing of these lines is stored; they can be brought again."""


def read_line(number: int, line: bytes) -> NumberedLine:
    """One line of JSON Lines, checked as far as no database is asked."""
    try:
        said = json.loads(line, object_pairs_hook=object_of, parse_constant=str)
    except UnicodeDecodeError:
        return NumberedLine(number, [Fault("", "is not UTF-8")])
    except json.JSONDecodeError as wrong:
        return NumberedLine(number, [Fault("", f"is not JSON: {wrong.msg} at column {wrong.colno}")])
    except (RecursionError, ValueError):
        return NumberedLine(number, [Fault("", "is nested too deeply, or has a number too long")])
    try:
        account = AccountLine.model_validate(said)
    except ValidationError as trouble:
        faults = trouble.errors(include_url=False, include_input=False)
        return NumberedLine(number, [_in_line(in_words(fault, "accounts", 0)) for fault in faults])
    doubles = doubles_of(account)
    return NumberedLine(number, doubles or account)


def doubles_of(line: AccountLine) -> list[Fault]:
    """What stands twice in one line."""
    found, seen = [*doubles_within("accounts", 0, line)], dict[str, int]()
    for place, one in enumerate(line.people):
        found += doubles_within("people", place, _person(one))
        first = seen.setdefault(one.username.lower(), place)
        if first != place:
            found.append(
                f"people[{place}].username: {one.username} stands there twice, also at people[{first}].username"
            )
    return [_in_line(words) for words in found]


def read_lines(stream: BinaryIO) -> Iterator[list[NumberedLine]]:
    """As many at a time as are brought together, so that a stream of any length takes the same memory."""
    number, together, held = 0, list[NumberedLine](), 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            together.append(NumberedLine(number, [Fault("", f"is longer than {LONGEST // 1024 // 1024} MiB")]))
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST)
            continue
        if line.strip():
            together.append(read_line(number, line))
            held += len(line)
        if len(together) >= TOGETHER or held >= BYTES_TOGETHER:
            yield together
            together, held = [], 0
    if together:
        yield together


def bring(
    tx: Transaction,
    grant: Grant,
    lines: Iterable[NumberedLine],
    *,
    known_since: int | None = None,
    over_locks: bool = False,
    home: str = "",
    notices: bool = True,
) -> Brought:
    """In their order: whoever is a contact by a line is on file, or in `people` of it or of an earlier one. Options: `import_run.run`.
    Raises `MetOthersError`."""
    tx.require(grant, "desk.accounts.write")
    import_run.one_at_a_time(tx)
    brought, good = Brought(), list[tuple[int, AccountLine]]()
    for number, said in lines:
        brought.lines += 1
        if isinstance(said, AccountLine):
            good.append((number, said))
        else:
            brought.refused[number] = said
    for some in _without_doubles(good):
        left = some
        while left:
            with closing(_laid_out(left)) as laid:
                refused = laid.twice or _tried(tx, grant, laid, brought, known_since, over_locks, home, notices)
            if not refused:
                break
            brought.refused |= {left[place][0]: faults for place, faults in refused.items()}
            left = [line for place, line in enumerate(left) if place not in refused]
    fields = [f"{what}:{n}" for what, n in sorted(brought.counts.items())]
    tx.record(grant.subject, None, "import", "done", fields=fields)
    return brought


class _UndoneError(Exception):
    """Leaves a part of the transaction, of which then nothing stands."""


class _Laid:
    """Lines as an import file; `line_of`: of each of its people the place of the line, and the place among those of the line."""

    def __init__(self, file: ImportFile, line_of: list[tuple[int, int]], doubles: Iterable[tuple[Once, Once]]) -> None:
        self.file, self.line_of, self.close = file, line_of, file.close
        self.twice: dict[int, list[Fault]] = {}
        for second, first in doubles:
            self.note(self.twice, f"{second.path}: {second.written} is {first.written} of another line as well")

    def note(self, faults: dict[int, list[Fault]], words: str) -> None:
        found = _PLACE.match(words)
        assert found is not None, words
        place = int(found[2])
        line = place if found[1] == "accounts" else self.line_of[place][0]
        within = [place for _, place in self.line_of]
        faults.setdefault(line, []).append(_in_line(words, within))


def _tried(
    tx: Transaction,
    grant: Grant,
    laid: _Laid,
    brought: Brought,
    known_since: int | None,
    over_locks: bool,
    home: str,
    notices: bool,
) -> dict[int, list[Fault]]:
    """The faults, by the place of the line: then nothing is stored of any. None: all is."""
    faults: dict[int, list[Fault]] = {}
    try:
        with tx.part():
            changes = Changes(
                *(tx, laid.file, None),
                dry=False,
                known_since=known_since,
                over_locks=over_locks,
                notices=notices,
                by=grant.subject,
            )
            import_run.bring(changes, laid.file, PinRound(choice=False, reset=False), home)
            for words in changes.troubles:
                laid.note(faults, words)
            if faults:
                raise _UndoneError
            brought.counts += changes.counts
            brought.locked += changes.locked
    except _UndoneError:
        pass
    except IntegrityError:
        raise MetOthersError from None
    return faults


def _without_doubles(lines: Sequence[tuple[int, AccountLine]]) -> Iterator[list[tuple[int, AccountLine]]]:
    """Runs of lines in which each account and each of the people stands once; or twice, but the same. So of two lines the later one counts."""
    some: list[tuple[int, AccountLine]] = []
    numbers, people = set[str](), dict[str, PersonDetails]()
    for number, line in lines:
        again = line.number in numbers or any(people.get(one.username.lower(), one) != one for one in line.people)
        if again:
            yield some
            some, numbers, people = [], set(), {}
        some.append((number, line))
        numbers.add(line.number)
        people |= {one.username.lower(): one for one in line.people}
    if some:
        yield some


def _laid_out(lines: Sequence[tuple[int, AccountLine]]) -> _Laid:
    scratch, line_of, seen = Scratch(), list[tuple[int, int]](), set[str]()
    for place, (_, line) in enumerate(lines):
        for within, one in enumerate(line.people):
            if one.username not in seen:
                seen.add(one.username)
                scratch.add("people", _person(one), names_of("people", len(line_of), _person(one)))
                line_of.append((place, within))
        contacts = ((contact.person, line.number) for contact in line.contacts)
        scratch.add("accounts", line, names_of("accounts", place, line), contacts)
    scratch.settle()
    return _Laid(ImportFile(scratch), line_of, scratch.doubles)


def _person(one: PersonDetails) -> Person:
    return Person.model_construct(one.model_fields_set, **dict(one))


def _in_line(words: str, within: Sequence[int] = ()) -> Fault:
    """A fault of an import file, with its path in the line it came with; `within`: of each of the people their place in that line."""
    path, _, why = words.partition(": ")
    found = _PLACE.match(path)
    assert found is not None, words
    kind, place, rest = found.groups()
    if kind == "accounts":
        return Fault(rest, why)
    return Fault(f"people[{within[int(place)] if within else place}]{'.' if rest else ''}{rest}", why)
