"""How each statement of the service is carried out: collected where it is sent, then explained on databases with much in them.

A pytest plugin: it sees what every test has the store send, whichever database that is on. With `--everything` the last test of
each process fails with what reads a table that grows from end to end; at every change tests/house/test_plans.py asks it of one walk
through the desk. tests/allowed_scans.py says what may.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from sqlalchemy import Engine, Index, Insert, PrimaryKeyConstraint, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import CompileError, DBAPIError, OperationalError

import store
from authz import load_schemes
from benchmarks import filling, growth
from store.db.statements import Prepared
from store.tables import Base
from tests.allowed_scans import ALLOWED, FEW, SHORT
from tests.postgres import running_server
from tests.scratch import SCRATCH
from tests.sizes import EVERYTHING

MANY: Final = 10_000
STEPS: Final = 5_000  # of SQLite's machine: so many take some hundred rows, not thousands
NOW: Final = 1_795_348_800_000  # the noon of the tests
PASS_ON: Final = ("statements.py", "sweeping.py")  # files of the store that send what others ask for
LARGE: Final = 600  # statements a process has seen in a run that is worth the databases
ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Sent:
    """A statement as it was made, with what it was given by name; `where` is file:function, `dialect` of whom it was sent to.
    `late`: ms from when that was to the time the databases are filled for."""

    statement: Any
    given: dict[str, object]
    where: str
    dialect: str
    late: int


@dataclass
class Seen:
    """Each once, by its words."""

    sent: dict[str, Sent] = field(default_factory=dict)

    def add(self, words: str, statement: Any, given: dict[str, object], dialect: str) -> None:
        if words in self.sent or isinstance(statement, Insert) or "SAVEPOINT" in words:
            return
        if any(type(value).__module__.startswith("tests.") for value in given.values()):
            return  # what tests put in the place of a value, which no database takes
        frame = _sender()
        if frame is not None:
            where = f"{Path(frame.f_code.co_filename).stem}:{frame.f_code.co_name}"
            now = getattr(frame.f_locals.get("tx"), "now", frame.f_locals.get("now"))
            self.sent[words] = Sent(statement, given, where, dialect, NOW - now if isinstance(now, int) else 0)


SEEN: Final = Seen()


@contextmanager
def seen_anew() -> Iterator[dict[str, Sent]]:
    """What is sent in the context alone, whatever was sent before."""
    before, own = dict(SEEN.sent), SEEN.sent
    own.clear()
    try:
        yield own
    finally:
        SEEN.sent = before | own


def _sender() -> FrameType | None:
    """Which function of the store sends it. None: a test itself, or a migration."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        sends = _sends(frame.f_code.co_filename)
        if sends is not None:
            return frame if sends else None
        frame = frame.f_back
    return None


@cache
def _sends(file: str) -> bool | None:
    """Whether what this file sends is a statement of the service. None: it only passes on what others send."""
    path = Path(file)
    if path.is_relative_to(ROOT / "store") and path.name not in PASS_ON:
        return path.name != "schema.py" and not path.is_relative_to(ROOT / "store" / "migrations")
    if (ROOT / "tests") in path.parents and path != Path(__file__):
        return False
    return None


def listen() -> None:
    """From now on every statement is seen."""

    def before(_connection: Any, _cursor: Any, words: str, _values: Any, context: Any, _many: bool) -> None:
        made = getattr(context, "invoked_statement", None)
        if words not in SEEN.sent and made is not None:
            given = (context.compiled_parameters or [{}])[0]
            SEEN.add(words, made, dict(given), context.dialect.name)

    event.listen(Engine, "before_cursor_execute", before)
    original = Prepared.on

    def on(self: Prepared, connection: Any, values: Any) -> Any:
        made = original(self, connection, values)
        words = self._compiled[connection.dialect.name].sql
        if words not in SEEN.sent:
            SEEN.add(words, self._statement, dict(values), connection.dialect.name)
        return made

    Prepared.on = on  # type: ignore[method-assign]


# --- databases with much in them


class Filled:
    """Two databases with much in them, one of each kind."""

    def __init__(self, sqlite_url: str, postgres_url: str) -> None:
        self.engines = {}
        for url in (sqlite_url, postgres_url):
            opened = store.open_store(url, growth.KEYS, load_schemes())
            Base.metadata.create_all(opened.engine)  # as migrations make it: test_migrations.py
            filling.past(opened, growth.fill(opened, MANY), MANY, NOW)
            self.engines[opened.engine.dialect.name] = opened.engine

    def run(self, dialect: str, words: str) -> None:
        with self.engines[dialect].begin() as connection:
            connection.exec_driver_sql(words)

    def count(self, table: str) -> int:
        with self.engines["sqlite"].connect().execution_options(reads_only=True) as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())

    @contextmanager
    def without(self, dialect: str, indices: Sequence[str]) -> Iterator[None]:
        """As if nobody had thought of them."""
        for name in indices:
            self.run(dialect, f"DROP INDEX {name}")
        try:
            yield
        finally:
            for table in Base.metadata.tables.values():
                for index in table.indexes:
                    if index.name in indices:
                        index.create(self.engines[dialect])

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()

    def scans(self, sent: list[Sent], *, analysed: bool = True) -> list[str]:
        """What reads a table that grows from end to end, on SQLite as it is run and after ANALYZE, and on PostgreSQL."""
        found = [f"{one.where} on {what} (PostgreSQL)" for one in sent for what in self._postgresql(one)]
        for kind in ("SQLite", "SQLite, analysed")[: 1 + analysed]:
            if "analysed" in kind:
                self.run("sqlite", "ANALYZE")
            found += [f"{one.where} on {what} ({kind})" for one in sent for what in self._sqlite(one)]
            found += [f"{one.where} on too many rows ({kind})" for one in sent if self._is_long(one)]
        self.run("sqlite", "DROP TABLE IF EXISTS sqlite_stat1")
        self.engines["sqlite"].dispose()  # who has read what ANALYZE found goes on by it
        return sorted({one for one in found if not _is_allowed(one)})

    def explained(self, dialect: Dialect, explain: str, one: Sent) -> Sequence[Any]:
        """What the database says of it. Nothing where it is words for the other database alone."""
        try:
            words, values = _compiled(one, dialect)
            with self.engines[dialect.name].connect().execution_options(reads_only=True) as connection:
                return connection.exec_driver_sql(f"{explain} {words}", values).all()
        except (CompileError, DBAPIError):
            if one.dialect == dialect.name:
                raise
            return []

    def _sqlite(self, one: Sent) -> Iterator[str]:
        words: Any = one.statement.compile(dialect=SQLITE)
        tables = {alias: table for table, alias in re.findall(r'\b(\w+) AS "?(\w+)"?', words.string)}
        for row in self.explained(SQLITE, "EXPLAIN QUERY PLAN", one):
            step = re.match(r"(SCAN|SEARCH) (\S+)(?:.*?INDEX (\w+))?", row.detail)
            if step is None:
                continue
            what, name, index = step.groups()
            table = str(tables.get(name, name))
            if (what == "SCAN" or " AUTOMATIC " in row.detail) and _grows(table) and index not in SHORT:
                yield table

    def _is_long(self, one: Sent) -> bool:
        """Done and taken back: whether it takes more than a few steps, by an index that helps little as well."""
        try:
            words, values = _compiled(one, SQLITE)
        except CompileError:
            return False
        taken = itertools.count(1)
        with self.engines["sqlite"].connect() as connection, connection.begin() as transaction:
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(lambda: next(taken) > STEPS // 1_000, 1_000)
            try:
                answer = connection.exec_driver_sql(words, values)
                if answer.returns_rows:
                    answer.all()
            except OperationalError as fault:
                return "interrupted" in str(fault.orig)
            except DBAPIError:
                return False
            finally:
                raw.set_progress_handler(None, 0)
                transaction.rollback()
        return False

    def _postgresql(self, one: Sent) -> Iterator[str]:
        for (plans,) in self.explained(POSTGRESQL, "EXPLAIN (FORMAT JSON)", one):
            yield from _whole(plans[0]["Plan"])


def _compiled(one: Sent, dialect: Dialect) -> tuple[str, Any]:
    """In the words of a database, with the values it was sent with."""
    made: Any = one.statement.compile(dialect=dialect)
    given = {bind.key: one.given[bind.key] for bind in made.bind_names if bind.required and bind.key in one.given}
    state = made.construct_expanded_state(given)
    values = {name: value + one.late if _is_time(value) else value for name, value in state.parameters.items()}
    return state.statement, tuple(values[name] for name in state.positiontup) if made.positional else values


def _is_time(value: object) -> bool:
    return isinstance(value, int) and abs(value - NOW) < 10_000 * filling.DAY


SQLITE: Final = sqlite.dialect()
POSTGRESQL: Final[Dialect] = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy types it no further
_OF_INDEX: Final = {str(index.name): name for name, table in Base.metadata.tables.items() for index in table.indexes}
_FIRST: Final = {
    str(one.name): next(iter(one.columns)).name
    for table in Base.metadata.tables.values()
    for one in itertools.chain[Index | PrimaryKeyConstraint](table.indexes, [table.primary_key])
    if len(one.columns)
}


def _whole(node: dict[str, Any], stops: bool = False) -> Iterator[str]:
    """What a plan of PostgreSQL reads whole. Not what goes along an index and stops after the first few of nearly all."""
    index = node.get("Index Name", "")
    table = node.get("Relation Name") or _OF_INDEX.get(index, "")
    by_index = "Index" in node["Node Type"] and not _is_led(index, node.get("Index Cond", ""))
    few = stops and ("Filter" not in node or node["Plan Rows"] > MANY / 2)
    if (node["Node Type"] == "Seq Scan" or (by_index and not few)) and _grows(table) and index not in SHORT:
        yield table
    for n, below in enumerate(node.get("Plans", ())):
        led = node["Node Type"] == "Limit" or (stops and node["Node Type"] in ("Nested Loop", "Merge Join"))
        yield from _whole(below, led and (n == 0 or node["Node Type"] == "Merge Join"))


def _is_led(index: str, condition: str) -> bool:
    """Whether it goes by what the index is sorted by first. By what comes after that alone, PostgreSQL reads all of it."""
    first = _FIRST.get(index)
    return re.search(rf"\b{first}\b", condition) is not None if first else bool(condition)


def _grows(table: str) -> bool:
    return table in Base.metadata.tables and table not in FEW


def _is_allowed(found: str) -> bool:
    where = found.partition(" (")[0]
    return any(re.fullmatch(f"(?:{one})( on .*)?", where) for one in ALLOWED)


# --- in a run of pytest

_OPEN: Final = ExitStack()
_FILLED: Final[list[Filled]] = []


def filled() -> Filled:
    """Made once in a process."""
    if not _FILLED:
        folder = _OPEN.enter_context(tempfile.TemporaryDirectory(prefix="deskgate-plans-", dir=SCRATCH))
        urls = f"sqlite:///{folder}/filled.db", _OPEN.enter_context(running_server()).create("filled")
        _FILLED.append(Filled(*urls))
        _OPEN.callback(_FILLED[0].close)
    return _FILLED[0]


def pytest_configure() -> None:
    listen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    result = yield
    if nextitem is None and item.config.getoption(EVERYTHING) and len(SEEN.sent) >= LARGE:
        found = filled().scans(list(SEEN.sent.values()))
        if found:
            pytest.fail("G: read from end to end by statements of this run:\n" + "\n".join(found), pytrace=False)
    return result


def pytest_unconfigure() -> None:
    _OPEN.close()
