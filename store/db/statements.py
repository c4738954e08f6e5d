"""What statements share: their parts, an INSERT for each database, rows sent together, and the few that the driver runs itself.

A statement is made once, where its room is loaded, and goes through `connection.execute`, which remembers how it is compiled. Those
that each turn, message in Slack and job sends are `Prepared`, with what that saves beside them (docs/performance.md).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, Protocol, cast

from sqlalchemy import ColumnElement, Connection, Executable, Table, Update, bindparam, insert, update
from sqlalchemy import Insert as Insert_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from store.db.keys import MOST

Insert = Callable[[Table], sqlite.Insert]
INSERTS: Final[Mapping[str, Insert]] = {"sqlite": sqlite.insert, "postgresql": cast(Insert, postgresql.insert)}
"""Each database's INSERT, which can say what to do on a conflict: both spell it alike, SQLAlchemy keeps them apart."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`order` of the values for a driver that takes them by position; `fixed` are the values in the statement itself."""

    sql: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, object]
    given: Mapping[str, Callable[[Any], Any]]
    row: Callable[[Sequence[Any]], Any] | None

    def values(self, named: Mapping[str, object]) -> Mapping[str, object] | list[object]:
        values = {**self.fixed, **named} if self.fixed else dict(named)
        for name, convert in self.given.items():
            values[name] = convert(values[name])
        return values if self.order is None else [values[name] for name in self.order]


def one_of(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a column holds one of the digests that `each` gives under this name."""
    return column.in_([bindparam(f"{name}_{n}", type_=column.type) for n in range(MOST)])


def starting(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether a column begins with these words, as a range: SQLite uses no index for LIKE. On PostgreSQL of a `Bytewise` column alone."""
    return (column >= words) & not_beyond(column, words)


def not_beyond(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether a column comes before all that is beyond what begins with these words."""
    return column < words[:-1] + chr(ord(words[-1]) + 1)


AHEAD: Final = 60_000  # ms that clocks may differ


def issued(at: ColumnElement[int], now: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether something was made by now. What was made in the future, before a clock was put right, proves nothing."""
    return at - AHEAD <= now


def of_late(at: ColumnElement[int], now: int, span: int) -> ColumnElement[bool]:
    """Whether something was in the last `span` ms. What is dated in the future, before a clock was put right, counts for nothing."""
    return at.between(now - span + 1, now + AHEAD)


def each(name: str, digests: Sequence[str]) -> dict[str, str]:
    """What `keys.digests` made, as values for `one_of`."""
    return {f"{name}_{n}": digest for n, digest in enumerate(digests)}


def either(make: Callable[[Insert], Executable]) -> Mapping[str, Executable]:
    """A statement made from each database's own INSERT, by the name of its dialect."""
    return {name: make(insert) for name, insert in INSERTS.items()}


class Connected(Protocol):
    """What a statement asks of a transaction."""

    @property
    def connection(self) -> Connection: ...

    @property
    def dialect(self) -> str: ...


class Prepared:
    """A statement, compiled at its first use and then run by the driver: 15 µs less each time, 23 where a row has many columns. Values
    go by name."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, tx: Connected, **values: object) -> None:
        self.on(tx.connection, values).close()

    def first(self, tx: Connected, **values: object) -> Any:
        """The first row, or None."""
        cursor = self.on(tx.connection, values)
        row, make = cursor.fetchone(), self._compiled[tx.dialect].row
        cursor.close()
        return make(row) if make is not None and row is not None else None

    def all(self, tx: Connected, **values: object) -> list[Any]:
        cursor = self.on(tx.connection, values)
        rows, make = cursor.fetchall(), self._compiled[tx.dialect].row
        cursor.close()
        assert make is not None
        return list(map(make, rows))

    def on(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """The driver's cursor after the statement. Raises what SQLAlchemy would: a connection that is lost is given up."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        cursor: Any = None
        try:
            cursor = connection.connection.cursor()
            dialect.do_execute(cursor, compiled.sql, cast(Any, compiled.values(values)))
        except dialect.loaded_dbapi.Error as fault:
            connection._handle_dbapi_exception(fault, compiled.sql, None, cursor, None)
        return cursor

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._statement
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect))  # type: ignore[attr-defined]
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        assert not any(bind.expanding for bind in binds.values()), "a list of values is no statement made once"
        fixed = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
        takes = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        made = self._compiled[dialect.name] = _Compiled(
            compiled.string,
            tuple(compiled.positiontup or ()) if compiled.positional else None,
            fixed,
            {name: convert for name, convert in takes.items() if convert is not None},
            _row(statement, dialect),
        )
        return made


def _row(statement: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any] | None:
    """Makes the named tuple of a row, with its values as SQLAlchemy would give them."""
    columns = dict(getattr(statement, "exported_columns", ()))  # plain text has none
    if not columns:
        return None
    make: Callable[[Sequence[Any]], Any] = namedtuple("Row", columns)._make  # type: ignore[attr-defined]
    gives = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns.values()]
    wanted = [(place, convert) for place, convert in enumerate(gives) if convert is not None]
    if not wanted:
        return make

    def converted(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, convert in wanted:
            values[place] = convert(values[place])
        return make(values)

    return converted


# --- rows nobody waits for an answer to

Write = tuple[Table, dict[str, object], str]
"""A row to be inserted; or what a row is from now on, with the column by which it is found. No column: an INSERT."""
MOST_AT_ONCE: Final = 6  # rows in one statement; an import writes thousands, and those go table by table


def insert_together(connection: Connection, writes: Sequence[Write]) -> None:
    """Writes rows in their order, with as few round trips to the database as possible. Raises what the database raises.

    On PostgreSQL a round trip costs as much as the row: a ticket's message, its job and its ledger entry, or a call and its entries, go as one statement, each
    but the last a common table expression. Those are carried out in any order, so a table has one INSERT for all its rows, or jobs of
    one moment would be done the wrong way round. On SQLite there is no round trip, so they go one by one.
    """
    alike = len({table for table, *_ in writes}) == len({(table, by, tuple(row)) for table, row, by in writes})
    if connection.dialect.name == "postgresql" and alike and 1 < len(writes) <= MOST_AT_ONCE:
        _at_once(connection, writes)
        return
    for (table, by, _names), group in groupby(writes, key=lambda write: (write[0], write[2], tuple(write[1]))):
        rows = list(group)
        if len(rows) > 1 and not by:
            connection.execute(insert(table), [row for _, row, _ in rows])
        else:
            _at_once(connection, rows)


def _at_once(connection: Connection, writes: Sequence[Write]) -> None:
    shape = tuple((table, tuple(row), by) for table, row, by in writes)
    values = {f"{place}_{name}": value for place, (_, row, _) in enumerate(writes) for name, value in row.items()}
    _one_statement(shape).on(connection, values).close()


@lru_cache(maxsize=64)
def _one_statement(shape: tuple[tuple[Table, tuple[str, ...], str], ...]) -> Prepared:
    rows, changed = dict[Table, list[dict[str, Any]]](), list[Insert_ | Update]()
    for place, (table, names, by) in enumerate(shape):
        row = {name: bindparam(f"{place}_{name}", type_=table.c[name].type) for name in names}
        if by:
            changed.append(update(table).where(table.c[by] == row.pop(by)).values(row))
        else:
            rows.setdefault(table, []).append(row)
    changed += [insert(table).values(several if len(several) > 1 else several[0]) for table, several in rows.items()]
    last = changed.pop()
    # Prepared: 15 µs less a transaction that writes anything.
    return Prepared(last.add_cte(*(each.cte(f"written_{place}") for place, each in enumerate(changed))))
