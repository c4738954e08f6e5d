"""What an import does to rows: finds how they differ from the file, tells it, and writes it in bulk.

Rows are read by some thousand keys at a time and written by `executemany`; never one by one.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Executable, Row, Select, Table, bindparam, delete, insert, select, update

from authz import Subject
from store import tables
from store.accounts import change_feed
from store.db.transaction import OPERATOR, Transaction
from store.imports.file_format import ImportFile, path_of
from store.jobs import job_queue

CHUNK: Final = 1_000
MOST_LINES: Final = 200  # differences told one by one; the rest are counted
Progress = Callable[[str, int, int], None]
Key = tuple[Any, ...]
Values = tuple[Any, ...]
T = TypeVar("T")
_CONCERNS: Final = {  # what somebody is told of; addresses and numbers have notices of their own
    "people": frozenset({"name", "support_id"}),
    "staff": frozenset({"email", "role", "phone"}),
    "accounts": frozenset({"name", "scheme", "status", "billing"}),
}


class Changes:
    """One pass of an import inside one transaction. A dry one, or one that met trouble, writes nothing more. It holds some
    thousand entries of the file at a time, however long that is."""

    def __init__(
        self,
        tx: Transaction,
        file: ImportFile,
        progress: Progress | None,
        *,
        dry: bool,
        known_since: int | None = None,
        over_locks: bool = False,
        notices: bool = True,
        by: Subject = OPERATOR,
    ) -> None:
        self.tx, self.file, self.dry, self.notices, self.by = tx, file, dry, notices, by
        self.known_since = tx.now if known_since is None else min(known_since, tx.now)
        self.over_locks = over_locks
        self.locked: list[str] = []  # numbers of accounts whose contacts were left as they are
        self.new_people = bytearray(len(file.people))  # by place in the file: 1 for somebody who was not there before
        self.newcomers: set[int] = set()  # the same as ids, of the entries at hand
        self.new_staff: set[int] = set()
        self.given_way: set[int] = set()  # people whose username is the file's for somebody else
        self.run = secrets.token_hex(8)  # makes the keys of this import's notices its own
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []
        self.troubles: list[str] = []
        self.people: dict[str, int] = {}  # username → id, of those met last, and the other way round
        self.usernames: dict[int, str] = {}
        self._progress = progress

    def trouble(self, *place: str | int, says: str) -> None:
        self.troubles.append(f"{path_of(*place)}: {says}")

    def count(self, what: str, line: str) -> None:
        """One difference: `accounts.added`, and a line for people."""
        self.counts[what] += 1
        if len(self.differences) < MOST_LINES:
            self.differences.append(line)

    def changed(
        self, what: str, account: int | None, fields: Iterable[str], notice: tuple[str, str] | None = None
    ) -> None:
        """An entry for what was there before and is different now: names of what changed, never values. `notice`: its kind and
        whom it is about, for those it concerns; once in an import."""
        if self.dry or self.troubles:
            return
        named = tuple(fields)
        self.tx.record(self.by, account, what, "done", fields=named)
        if what == "account.changed":
            change_feed.note(self.tx, what, self.by, account=account, fields=named)
        if what == "person.changed":
            change_feed.note(self.tx, what, self.by, person=Subject(named[0]).person, fields=named[1:])
        if notice is not None:
            kind, about = notice
            told = {"notice": kind, about.partition(":")[0]: int(about.partition(":")[2])}
            job_queue.enqueue_once(self.tx, "notice", f"{kind}:{about}:{self.run}", told)

    def meet(self, usernames: Iterable[str]) -> None:
        """Finds people of the database, and of the file those who are not written yet; whoever was met before is let go of."""
        names, p = set(usernames), tables.people.c
        there = self.rows(select(p.id, p.username), p.username, names)
        self.people = {row.username: row.id for row in there if row.id not in self.given_way}
        places = self.file.places(names - self.people.keys())
        self.people |= {name: provisional(place) for name, place in places.items()}
        self.usernames = {id: username for username, id in self.people.items()}

    def told(self, stage: str, done: int, total: int) -> None:
        self.tx.look_at_the_clock()
        if self._progress is not None:
            self._progress(f"checking {stage}" if self.dry else stage, done, total)

    def rows(self, query: Select[*tuple[Any, ...]], column: ColumnElement[Any], keys: Iterable[Any]) -> list[Row[Any]]:
        """The rows of a query whose column is one of the keys, asked for in pieces."""
        found: list[Row[Any]] = []
        for piece in pieces(keys):
            found += self.tx.connection.execute(query.where(column.in_(piece))).all()
        return found

    def write(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        for piece in pieces(rows):
            if not self.dry and not self.troubles:
                self.tx.connection.execute(statement, piece)


def provisional(place: int) -> int:
    """An id for the entry at this place, whose row is not made: in a dry pass, or after trouble."""
    return -1 - place


def pieces(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    iterator = iter(items)
    while piece := list(islice(iterator, size)):
        yield piece


class Sheet:
    """One table as the import sees it: the columns that say which row, and those that say what is in it."""

    def __init__(self, table: Table, key: tuple[str, ...], values: tuple[str, ...]) -> None:
        self.table, self.key, self.values = table, key, values
        here = [table.c[name] == bindparam(f"key_{name}") for name in key]
        self._insert = insert(table)
        self._update = update(table).where(*here).values({name: bindparam(f"new_{name}") for name in values})
        self._delete = delete(table).where(*here)

    def split(self, row: Row[Any]) -> tuple[Key, Values]:
        """A row read, as its key and its values."""
        known = row._mapping
        return tuple(known[name] for name in self.key), tuple(known[name] for name in self.values)

    def add(self, changes: Changes, rows: Mapping[Key, Values], **constant: Any) -> None:
        """`constant` are columns that are written once and never compared: when a number was added."""
        names = self.key + self.values
        made = [dict(zip(names, key + values, strict=True)) | constant for key, values in rows.items()]
        changes.write(self._insert, made)

    def change(self, changes: Changes, rows: Mapping[Key, Values]) -> None:
        new = [f"new_{name}" for name in self.values]
        changes.write(self._update, [self._where(key) | dict(zip(new, row, strict=True)) for key, row in rows.items()])

    def remove(self, changes: Changes, keys: Iterable[Key]) -> None:
        changes.write(self._delete, [self._where(key) for key in keys])

    def _where(self, key: Key) -> dict[str, Any]:
        return {f"key_{name}": value for name, value in zip(self.key, key, strict=True)}


class Difference:
    """Rows there are against rows there should be."""

    def __init__(self, now: Mapping[Key, Values], wanted: Mapping[Key, Values]) -> None:
        self.added = {key: values for key, values in wanted.items() if key not in now}
        self.changed = {key: values for key, values in wanted.items() if key in now and now[key] != values}
        self.removed = {key: values for key, values in now.items() if key not in wanted}

    def __iter__(self) -> Iterator[tuple[str, Key, Values]]:
        """(added, changed or removed; key; values as they will be, or were)."""
        for word, rows in (("added", self.added), ("changed", self.changed), ("removed", self.removed)):
            for key, values in rows.items():
                yield word, key, values


def _kept(entry: BaseModel, column: str) -> Any:
    """What stands in the column: of something that has parts, its JSON."""
    value = getattr(entry, column)
    return value.model_dump_json() if isinstance(value, BaseModel) else value


class Register:
    """Rows that have a name of their own: people and staff by username, accounts by number."""

    def __init__(
        self,
        table: Table,
        kind: str,
        one: str,
        name: str,
        columns: tuple[str, ...],
        needed: tuple[str, ...],
        ours: tuple[str, ...] = (),
    ):
        """`ours` are columns that are not the file's to say, and that whoever brings the rows looks at."""
        self.table, self.kind, self.one, self.name = table, kind, one, name
        self._columns, self._needed = columns, needed
        self._sheet = Sheet(table, ("id",), columns)
        self._all = select(table.c.id, table.c[name], *(table.c[column] for column in columns + ours))
        self._ids = select(table.c.id, table.c[name])
        self._named = table.c[name]
        self._insert = insert(table)

    def find(self, changes: Changes, entries: Iterable[BaseModel], *, lock: bool = False) -> dict[str, Row[Any]]:
        """The rows there are already. `lock` keeps others from changing what hangs on them, not from referring to them."""
        query = self._all.order_by("id").with_for_update(key_share=True) if lock else self._all
        names = [getattr(entry, self.name) for entry in entries]
        return {row._mapping[self.name]: row for row in changes.rows(query, self._named, names)}

    def bring(
        self,
        changes: Changes,
        first: int,
        entries: Sequence[BaseModel],
        found: Mapping[str, Row[Any]],
        issued: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, int]:
        """Adds and changes rows as entries `first`, … of the file say; the ids of all of them. `issued` are columns of
        new rows that are not the file's to say, by name."""
        ids: dict[str, int] = {}
        new: list[dict[str, Any]] = []
        places: dict[str, int] = {}
        changed: dict[Key, Values] = {}
        for place, entry in enumerate(entries, first):
            name: str = getattr(entry, self.name)
            row, says = found.get(name), {c: _kept(entry, c) for c in self._columns if c in entry.model_fields_set}
            if row is None:
                for column in self._needed:
                    if column not in says:
                        changes.trouble(self.kind, place, column, says=f"is missing, and {name} is new")
                defaults = {column: _kept(entry, column) for column in self._columns}
                places[name] = place
                new.append({self.name: name} | defaults | dict((issued or {}).get(name, {})))
                changes.count(f"{self.kind}.added", f"{self.one} {name}: new")
                continue
            ids[name] = row.id
            before = {column: row._mapping[column] for column in self._columns}
            after = before | says
            if after != before:
                changed[(row.id,)] = tuple(after.values())
                what = ", ".join(f"{c} {before[c]} → {after[c]}" for c in after if after[c] != before[c])
                changes.count(f"{self.kind}.changed", f"{self.one} {name}: {what}")
                self._told(changes, row.id, [column for column in after if after[column] != before[column]])
        changes.write(self._insert, new)
        self._sheet.change(changes, changed)
        return ids | self._ids_of(changes, places)

    def _told(self, changes: Changes, id: int, columns: Sequence[str]) -> None:
        """What changed of somebody or something that was there before; whom it concerns is told."""
        concerned = _CONCERNS[self.kind].intersection(columns)
        notice = (f"{self.one}_changed", f"{self.one}:{id}") if concerned else None
        of_account = self.kind == "accounts"
        columns = [column for column in columns if column != "decoy"]  # which are, the ledger's readers do not learn
        if not columns:
            return
        named = columns if of_account else [f"{self.one}:{id}", *columns]
        changes.changed(f"{self.one}.changed", id if of_account else None, named, notice)

    def _ids_of(self, changes: Changes, places: Mapping[str, int]) -> dict[str, int]:
        written = [] if changes.dry else changes.rows(self._ids, self._named, places)
        return {name: provisional(place) for name, place in places.items()} | {
            row._mapping[self.name]: row.id for row in written
        }
