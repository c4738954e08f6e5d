"""What an import file says, laid out on the disk while it is imported: entries one kind after the other, names for looking up.

It is a SQLite database that has no name: whatever does not fit in its cache goes to a file that is removed when it is opened,
so nobody else can read it and nothing of it stays. No PIN is put there.
"""

from __future__ import annotations

import json
import pickle
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from store.verification.pins import Pin

_CACHE: Final = 8 * 1024  # KiB
_TOGETHER: Final = 50  # entries in a row: how to read one is written once for all of them
_ASKED: Final = 500  # values in one question
E = TypeVar("E", bound=BaseModel)


class Once(NamedTuple):
    """What may stand in the file only once: as it is compared, as it is written, and where."""

    what: str
    value: str
    written: str
    path: str
    place: int


class Scratch:
    """Filled by `add`, ended by `settle`; then it is read, by any thread but by one at a time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, self._database.close)
        self._run(f"PRAGMA cache_size = -{_CACHE}")
        self._run("PRAGMA journal_mode = OFF")
        self._run(
            "CREATE TABLE entries (kind TEXT, first INTEGER, says_slack INTEGER, together BLOB, PRIMARY KEY (kind, first))"
        )
        self._run(
            "CREATE TABLE names (what TEXT, value TEXT, written TEXT, path TEXT, place INTEGER, PRIMARY KEY (what, value))"
            " WITHOUT ROWID"
        )
        self._run("CREATE TABLE contacts (person TEXT, account TEXT, PRIMARY KEY (person, account)) WITHOUT ROWID")
        self._run("BEGIN")
        self.many: dict[str, int] = {}
        self.pins: dict[int, Pin] = {}  # place among the people → PIN
        self.doubles: list[tuple[Once, Once]] = []  # the second, and the first
        self._waiting: dict[str, list[BaseModel]] = {}
        self._names: list[Once] = []
        self._contacts: list[tuple[str, str]] = []

    def add(self, kind: str, entry: BaseModel, names: Iterable[Once], contacts: Iterable[tuple[str, str]] = ()) -> None:
        """`contacts`: people by username, and the number of the account."""
        place = self.many.get(kind, 0)
        self.many[kind] = place + 1
        pin = getattr(entry, "pin", None)
        if pin is not None:
            self.pins[place] = pin
            entry = entry.model_copy(update={"pin": None})
        waiting = self._waiting.setdefault(kind, [])
        waiting.append(entry)
        self._names += names
        self._contacts += contacts
        if len(waiting) == _TOGETHER:
            self._put(kind)

    def settle(self) -> None:
        for kind, entries in self._waiting.items():
            if entries:
                self._put(kind)
        self._run("COMMIT")

    def _put(self, kind: str) -> None:
        entries = self._waiting[kind]
        says_slack = any("slack" in entry.model_fields_set for entry in entries)
        row = (kind, self.many[kind] - len(entries), says_slack, pickle.dumps(entries, 5))
        self._run("INSERT INTO entries VALUES (?, ?, ?, ?)", row)
        put = self._database.executemany("INSERT INTO names VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", self._names)
        if put.rowcount < len(self._names):
            self.doubles += self._doubles(self._names)
        self._database.executemany("INSERT INTO contacts VALUES (?, ?) ON CONFLICT DO NOTHING", self._contacts)
        self._waiting[kind], self._names, self._contacts = [], [], []

    def _doubles(self, names: Iterable[Once]) -> Iterator[tuple[Once, Once]]:
        for name in names:
            (first,) = self._run("SELECT * FROM names WHERE what = ? AND value = ?", name[:2])
            if first != name:
                yield name, Once(*first)

    def read(self, kind: str, *, slack: bool = False) -> Iterator[tuple[int, BaseModel]]:
        """Entries with their places; `slack`: only those that say whose Slack members are theirs."""
        query = "SELECT first, together FROM entries WHERE kind = ? AND says_slack >= ? ORDER BY first"
        for first, together in self._run(query, (kind, slack)):
            for place, entry in enumerate(pickle.loads(together), first):  # noqa: S301  # our own; nobody else writes there
                if slack and "slack" not in entry.model_fields_set:
                    continue
                pin = self.pins.get(place) if kind == "people" else None
                yield place, entry if pin is None else entry.model_copy(update={"pin": pin})

    def find(self, what: str, values: Iterable[str]) -> Iterator[Once]:
        """Those of the values that the file has."""
        left = iter(values)
        while asked := list(islice(left, _ASKED)):
            query = "SELECT * FROM names WHERE what = ? AND value IN (SELECT value FROM json_each(?))"
            yield from (Once(*row) for row in self._run(query, (what, json.dumps(asked))).fetchall())

    def contact_of(self, usernames: Iterable[str]) -> dict[str, set[str]]:
        """Of these people whoever is a contact, and of which accounts, by number."""
        found: dict[str, set[str]] = {}
        query = "SELECT person, account FROM contacts WHERE person IN (SELECT value FROM json_each(?))"
        for person, account in self._run(query, (json.dumps(list(usernames)),)):
            found.setdefault(person, set()).add(account)
        return found

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


class Entries(Generic[E]):
    """All entries of one kind, in the order of the file: read from the disk anew each time."""

    def __init__(self, scratch: Scratch, kind: str, model: type[E]) -> None:
        self._scratch, self._kind, self._model = scratch, kind, model

    def __len__(self) -> int:
        return self._scratch.many.get(self._kind, 0)

    def __iter__(self) -> Iterator[E]:
        return (entry for _, entry in self._read())

    def with_slack(self) -> Iterator[tuple[int, E]]:
        """Those that say which Slack members are theirs, with their places."""
        return self._read(slack=True)

    def _read(self, *, slack: bool = False) -> Iterator[tuple[int, E]]:
        for place, entry in self._scratch.read(self._kind, slack=slack):
            assert isinstance(entry, self._model)
            yield place, entry
