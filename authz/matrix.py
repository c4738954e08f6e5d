"""Open this to see a scheme as one table: for `deskgate matrix`, for people, for the golden files."""

from typing import TypedDict

from authz.scheme import Ruling, Scheme
from authz.vocabulary import FACTS


class PrintedSquare(TypedDict):
    allowed: bool
    rules: list[str]
    when: str


class Matrix(TypedDict):
    scheme: str
    holdings: dict[str, dict[str, PrintedSquare]]


def matrix(scheme: Scheme) -> Matrix:
    """The whole decision table: proof taken as sufficient, the account active, facts met and named in `when`."""
    return {
        "scheme": scheme.name,
        "holdings": {
            column.name: {
                cell: {"allowed": a.allowed, "rules": list(a.rules), "when": a.when}
                for cell in scheme.cells
                for a in (scheme.ruling(column.members, cell, FACTS),)
            }
            for column in scheme.columns
        },
    }


def table(scheme: Scheme) -> str:
    """The same as plain text, one row per cell and one column per holding."""
    lines = [["", *scheme.holdings]]
    lines += [
        [cell, *(_square(scheme.ruling(c.members, cell, FACTS)) for c in scheme.columns)] for cell in scheme.cells
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip() for line in lines) + "\n"


def _square(ruling: Ruling) -> str:
    limit = f" when {ruling.when}" if ruling.when else ""
    return f"{'yes' if ruling.allowed else 'no '} {', '.join(ruling.rules)}{limit}"
