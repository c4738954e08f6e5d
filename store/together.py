"""Rows nobody waits for an answer to, written with as few journeys to the database as can be.

On PostgreSQL a journey costs as much as the row: a ticket's message, its work and its ledger entry go as one statement, each
INSERT but the last a common table expression. On SQLite there is no journey, so they go one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Insert, Table, bindparam, insert

Write = tuple[Table, dict[str, object]]
MOST_AT_ONCE: Final = 6  # rows in one statement; an import writes thousands, and those go table by table


def insert_together(connection: Connection, writes: Sequence[Write]) -> None:
    """Inserts rows in their order. Raises what the database raises."""
    if connection.dialect.name == "postgresql" and 1 < len(writes) <= MOST_AT_ONCE:
        shape = tuple((table, tuple(row)) for table, row in writes)
        values = {f"{place}_{name}": value for place, (_, row) in enumerate(writes) for name, value in row.items()}
        connection.execute(_one_statement(shape), values)
        return
    for (table, _names), group in groupby(writes, key=lambda write: (write[0], tuple(write[1]))):
        rows = [row for _, row in group]
        connection.execute(_plain(table), rows if len(rows) > 1 else rows[0])


@lru_cache(maxsize=64)
def _one_statement(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> Insert:
    inserts = [
        insert(table).values({name: bindparam(f"{place}_{name}", type_=table.c[name].type) for name in names})
        for place, (table, names) in enumerate(shape)
    ]
    last = inserts.pop()
    return last.add_cte(*(each.cte(f"written_{place}") for place, each in enumerate(inserts)))


@lru_cache(maxsize=64)
def _plain(table: Table) -> Insert:
    return insert(table)
