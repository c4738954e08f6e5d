"""A store with a clock to turn and people in it: what the tests of PINs, grants and background jobs are made on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import insert, select, update

from authz import load_schemes
from store import Keys, Store, Transaction, open_store, tables
from store.accounts.people import check_digit
from store.verification import pins
from store.verification.pins import KeptPin

NOON = 1_795_348_800_000  # 2026-11-22 12:00 UTC, the beginning of a minute and of an hour
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OLD, NEW = bytes(range(32)), bytes(range(32, 64))  # two keys for SECRET_KEYS
SCHEMES = load_schemes()
P = ParamSpec("P")
R = TypeVar("R")


class Clocked:
    """`now` is its clock. `opened(keys)` is another process on the same database, with keys of its own."""

    def __init__(self, url: str, keys: Keys | None = None) -> None:
        self.now, self._url = NOON, url
        self._stores: list[Store] = []
        self.keys = keys or Keys([OLD])
        self.store = self.opened(self.keys)

    def opened(self, keys: Keys, **options: Any) -> Store:
        self._stores.append(open_store(self._url, keys, SCHEMES, lambda: self.now, **options))
        return self._stores[-1]

    def close(self) -> None:
        for store in self._stores:
            store.close()

    @contextmanager
    def transaction(self, call: str | None = None) -> Iterator[Transaction]:
        with self.store.transaction("test", call) as tx:
            yield tx

    def do(self, what: Callable[Concatenate[Transaction, P], R], *given: P.args, **named: P.kwargs) -> R:
        """One function of the store in a transaction of its own."""
        with self.transaction() as tx:
            return what(tx, *given, **named)

    def pin_of(self, person: int) -> KeptPin:
        kept = self.do(pins.find, person)
        assert kept is not None
        return kept

    def add_people(self, count: int) -> list[int]:
        """People who have a support ID and nothing else; their ids."""
        with self.transaction() as tx:
            first = len(tx.connection.execute(select(tables.people.c.id)).all())
            seven = [str(2_000_000 + first + n) for n in range(count)]
            rows = [
                {
                    "username": f"p{word}",
                    "name": "P",
                    "email": f"p{word}@c.example",
                    "support_id": word + check_digit(word),
                }
                for word in seven
            ]
            tx.connection.execute(insert(tables.people), rows)
            new = select(tables.people.c.id).where(tables.people.c.username.in_([row["username"] for row in rows]))
            return list(tx.connection.execute(new.order_by(tables.people.c.id)).scalars())

    def rows(self, query: Any) -> list[Any]:
        with self.transaction() as tx:
            return list(tx.connection.execute(query).all())

    def change(self, table: Any, **values: Any) -> None:
        """As somebody would who can write to the database."""
        with self.transaction() as tx:
            tx.connection.execute(update(table).values(**values))
