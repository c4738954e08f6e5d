"""Rows whose time is over, deleted or changed so many at once: on SQLite nobody else writes meanwhile, and after days of standing still there may be a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.db.transaction import Transaction

AT_ONCE: Final = 1_000


class _Place(ColumnElement[Any]):
    """Where a row stands, whatever its key is."""

    inherit_cache = True


class _IsThere(FunctionElement[Any]):
    """Whether a row stands in one of these places. As a list: PostgreSQL would read a table to compare it with a subquery."""

    inherit_cache = True  # and no Boolean: SQLite would be asked whether it is 1, and read the table


@compiles(_Place, "sqlite")
@compiles(_IsThere, "sqlite")
def _sqlite(it: Any, compiler: SQLCompiler, **how: Any) -> str:
    return "rowid" if isinstance(it, _Place) else f"rowid IN {compiler.process(it.clauses, **how)}"


@compiles(_Place, "postgresql")
@compiles(_IsThere, "postgresql")
def _postgresql(it: Any, compiler: SQLCompiler, **how: Any) -> str:
    return "ctid" if isinstance(it, _Place) else f"ctid = ANY (ARRAY{compiler.process(it.clauses, **how)})"


def some(tx: Transaction, table: Any, *over: ColumnElement[bool]) -> bool:
    """Deletes `AT_ONCE` of them at most. Whether there may be more. What somebody else is changing is left for the next time."""
    return int(tx.connection.execute(delete(table).where(_first(table, over))).rowcount) == AT_ONCE


def changed(tx: Transaction, table: Any, to: Mapping[str, Any], *over: ColumnElement[bool]) -> bool:
    """The same, but they stay, with these values: what they are found by must be no longer so."""
    these = update(table).where(_first(table, over)).values(to)
    return int(tx.connection.execute(these).rowcount) == AT_ONCE


def _first(table: Any, over: Sequence[ColumnElement[bool]]) -> _IsThere:
    first = select(_Place()).select_from(table).where(*over).limit(AT_ONCE).with_for_update(skip_locked=True)
    return _IsThere(first.correlate(None).scalar_subquery())
