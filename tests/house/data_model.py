"""docs/data-model.md, drawn from the tables themselves: `make data-model` writes it, and test_docs.py compares."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table
from sqlalchemy.types import TypeEngine

from store import tables
from store.tables.base import SubjectText

PAGE = Path(__file__).parents[2] / "docs" / "data-model.md"
ON_DELETE: Final = {"CASCADE": "is deleted with it", "SET NULL": "stays, with the column empty", "": "forbids it"}
TOP: Final = """# The data model

Drawn from `store/tables/` by `make data-model`. Do not edit this page: change the tables, write a migration, and run the command; a test compares.

Each part below is a file of `store/tables/`. In the drawings a solid line means: the row is deleted with the one it points to. A dashed line
means: it stays. `or nothing` marks a column that may be NULL. Times (`…_at`, `at`) are milliseconds since 1970 in UTC. A *subject* is
`person:17`, `staff:3` or a part of the desk such as `desk:worker`, never a name, and has no foreign key: a person can be erased, and the ledger keeps its
chain. Columns of `bytes` are sealed with the keys of the settings (`store/db/keys.py`), but for salts and the ledger's MACs.
"""


def rooms() -> dict[str, list[tuple[Table, str]]]:
    """The tables with what is said of each, by the file they stand in; both in the order of their names."""
    found: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    for mapper in tables.Base.registry.mappers:
        table = mapper.local_table
        assert isinstance(table, Table)
        said = inspect.cleandoc(mapper.class_.__doc__ or "")
        found[mapper.class_.__module__.rpartition(".")[2]].append((table, " ".join(said.split())))
    return {name: sorted(found[name], key=lambda pair: pair[0].name) for name in sorted(found)}


def kind(of: TypeEngine[object]) -> str:
    if isinstance(of, SubjectText):
        return "text"
    if isinstance(of, String):  # Text is one as well, without a length
        return f"text({of.length})" if of.length else "text"
    kinds = {BigInteger: "int", Integer: "int", Boolean: "bool", LargeBinary: "bytes"}
    return next(word for of_kind, word in kinds.items() if isinstance(of, of_kind))


def keys(table: Table) -> Iterator[tuple[Column[object], ForeignKey]]:
    for column in table.columns:
        yield from ((column, key) for key in column.foreign_keys)


def entity(table: Table) -> Iterator[str]:
    yield f"    {table.name} {{"
    for column in table.columns:
        marks = [
            word for word, on in (("PK", column.primary_key), ("FK", column.foreign_keys), ("UK", column.unique)) if on
        ]
        parts = [kind(column.type), column.name, ", ".join(marks), '"or nothing"' if column.nullable else ""]
        yield "        " + " ".join(filter(None, parts))
    yield "    }"


def line(table: Table, column: Column[object], key: ForeignKey) -> str:
    """One of the other, or perhaps none, has any number of these; one at most where the column alone tells them apart."""
    alone = column.unique or list(table.primary_key.columns) == [column]
    shape = f"{'|o' if column.nullable else '||'}{'--' if key.ondelete == 'CASCADE' else '..'}{'o|' if alone else 'o{'}"
    return f"    {key.column.table.name} {shape} {table.name} : {column.name}"


def deletions(every: list[Table]) -> Iterator[str]:
    """What becomes of the rows that point to one that is deleted."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table in every:
        for column, key in keys(table):
            found[key.column.table.name][key.ondelete or ""].append(f"`{table.name}.{column.name}`")
    yield "\n## When a row is deleted\n"
    yield f"| a row of | {' | '.join(ON_DELETE.values())} |"
    yield "|" + "---|" * (1 + len(ON_DELETE))
    for name in sorted(found):
        yield f"| `{name}` | {' | '.join(', '.join(sorted(found[name][how])) for how in ON_DELETE)} |"


def page() -> str:
    by_room = rooms()
    every = [table for room in by_room.values() for table, _ in room]
    parts = [TOP + f"\n{len(every)} tables: " + ", ".join(f"[{name}](#{name})" for name in by_room) + "."]
    parts += deletions(every)
    for name, room in by_room.items():
        parts += [f"\n## {name}\n", "```mermaid", "erDiagram"]
        for table, _ in room:
            parts += [*entity(table), *(line(table, column, key) for column, key in keys(table))]
        parts += ["```\n", *(f"- `{table.name}`: {said}" if said else f"- `{table.name}`" for table, said in room)]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
