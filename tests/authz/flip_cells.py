"""Turns every single yes of the shipped scheme files into a no and every no into a yes, and counts who notices."""

import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from authz import Scheme, SchemeError, load_schemes, read_scheme  # noqa: E402
from authz.scheme import Square  # noqa: E402
from tests.authz.hand_table import disagreements  # noqa: E402

SCHEMES = ROOT / "authz" / "schemes"


class Flip(NamedTuple):
    """One change of one square. `reading` is the word of the switch under which it counts, else empty."""

    scheme: str
    cell: str
    column: str
    reading: str
    was: str
    now: str

    def __str__(self) -> str:
        reading = f" [{self.reading}]" if self.reading else ""
        return f"{self.scheme} {self.cell} {self.column}{reading}: {self.was!r} -> {self.now!r}"


class Count(NamedTuple):
    """`also` says of how many refused at load the table would have found as well, had the loader let them through."""

    flipped: int
    by_the_table: int
    at_load: int
    also: int
    survived: list[Flip]

    def __str__(self) -> str:
        return (
            f"{self.flipped} cells: {self.by_the_table} found by the table, {self.at_load} refused at load "
            f"({self.also} of these found by the table as well), {len(self.survived)} survived"
        )


def squares(document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Cell, column, reading and text of every square, those of a switch once for each reading."""
    for cell, row in document["rows"].items():
        for column, square in row.items():
            for reading, text in square.items() if isinstance(square, dict) else [("", square)]:
                yield cell, column, reading, text


def opposite(text: str, row: dict[str, Any]) -> str:
    """No for yes and yes for no, on the same rules; a bare no borrows a rule from a yes of its row."""
    rules = text.partition(" when ")[0].partition(" ")[2]
    if text.startswith("yes"):
        return f"no {rules}"
    if not rules:
        lent = next(square for square in row.values() if isinstance(square, str) and square.startswith("yes"))
        rules = lent.partition(" when ")[0].partition(" ")[2]
    return f"yes {rules}"


def flips(document: dict[str, Any]) -> Iterator[Flip]:
    for cell, column, reading, text in squares(document):
        yield Flip(document["scheme"], cell, column, reading, text, opposite(text, document["rows"][cell]))


def loosened(document: dict[str, Any]) -> Iterator[Flip]:
    """Every `yes … when WORD` without its condition or limit."""
    for cell, column, reading, text in squares(document):
        if " when " in text:
            yield Flip(document["scheme"], cell, column, reading, text, text.partition(" when ")[0])


def with_flip(document: dict[str, Any], flip: Flip) -> dict[str, Any]:
    """A copy of the document with that one square changed, and its switch turned to where the square counts."""
    changed = deepcopy(document)
    row = changed["rows"][flip.cell]
    if flip.reading:
        row[flip.column][flip.reading] = flip.now
        changed["switch"] = dict.fromkeys(changed["switch"], flip.reading)
    else:
        row[flip.column] = flip.now
    return changed


def as_toml(value: object) -> str:
    """Enough of TOML for a scheme file: a table as an inline table, the rest as JSON writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {as_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value)


def write(document: dict[str, Any], path: Path) -> Path:
    path.write_text("".join(f"{key} = {as_toml(value)}\n" for key, value in document.items()), encoding="utf-8")
    return path


def documents() -> list[dict[str, Any]]:
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMES.glob("*.toml"))]


def past_the_loader(flip: Flip) -> Scheme:
    """The shipped scheme with that square changed and nothing checked."""
    shipped = load_schemes()[flip.scheme]
    rules, _, when = flip.now.partition(" when ")
    status, _, cited = rules.partition(" ")
    row = {**shipped.rows[flip.cell], flip.column: Square(status == "yes", tuple(cited.split(", ")), when)}
    switches = dict.fromkeys(shipped.switches, flip.reading) if flip.reading else shipped.switches
    return replace(shipped, rows={**shipped.rows, flip.cell: row}, switches=switches, memo={})


def is_seen(scheme: Scheme, flip: Flip) -> bool:
    """Whoever holds that column alone is asked about first: nearly every flip shows there."""
    first = [column.members for column in scheme.columns if column.name == flip.column]
    return any(disagreements(scheme, [flip.cell], first=first))


def count(changes: Iterator[tuple[dict[str, Any], Flip]]) -> Count:
    """Loads each changed file and asks the judge about that cell, everything there is, until the table objects."""
    flipped = by_the_table = at_load = also = 0
    survived = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flipped.toml"
        for document, flip in changes:
            flipped += 1
            try:
                scheme = read_scheme(write(with_flip(document, flip), path))
            except SchemeError:
                at_load += 1
                also += is_seen(past_the_loader(flip), flip)
                continue
            if is_seen(scheme, flip):
                by_the_table += 1
            else:
                survived.append(flip)
    return Count(flipped, by_the_table, at_load, also, survived)


def main() -> int:
    shipped = documents()
    every = count((document, flip) for document in shipped for flip in flips(document))
    loose = count((document, flip) for document in shipped for flip in loosened(document))
    print(f"flipped {every}")
    print(f"loosened {loose}")
    for flip in every.survived + loose.survived:
        print(f"survived: {flip}")
    return 1 if every.survived or loose.survived or not every.flipped else 0


if __name__ == "__main__":
    sys.exit(main())
