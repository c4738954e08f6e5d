"""Rows nobody waits for an answer to, written with as few journeys to the database as can be.

On PostgreSQL a journey costs as much as the row: a ticket's message, its work and its ledger entry go as one statement, each
INSERT but the last a common table expression. On SQLite there is no journey, so they go one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Table, bindparam, insert

from store.db.statements import Prepared

Write = tuple[Table, dict[str, object]]
MOST_AT_ONCE: Final = 6  # rows in one statement; an import writes thousands, and those go table by table


def insert_together(connection: Connection, writes: Sequence[Write]) -> None:
    """Inserts rows in their order. Raises what the database raises."""
    if connection.dialect.name == "postgresql" and 1 < len(writes) <= MOST_AT_ONCE:
        _at_once(connection, writes)
        return
    for (table, _names), group in groupby(writes, key=lambda write: (write[0], tuple(write[1]))):
        rows = list(group)
        if len(rows) > 1:
            connection.execute(insert(table), [row for _, row in rows])
        else:
            _at_once(connection, rows)


def _at_once(connection: Connection, writes: Sequence[Write]) -> None:
    shape = tuple((table, tuple(row)) for table, row in writes)
    values = {f"{place}_{name}": value for place, (_, row) in enumerate(writes) for name, value in row.items()}
    _one_statement(shape).on(connection, values).close()


@lru_cache(maxsize=64)
def _one_statement(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> Prepared:
    inserts = [
        insert(table).values({name: bindparam(f"{place}_{name}", type_=table.c[name].type) for name in names})
        for place, (table, names) in enumerate(shape)
    ]
    last = inserts.pop()
    # Prepared: 15 µs less a transaction that writes anything.
    return Prepared(last.add_cte(*(each.cte(f"written_{place}") for place, each in enumerate(inserts))))
