"""Somebody who may write the database, has kept old copies of its rows, and has no key: for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import CheckConstraint, Engine, Table, create_engine, delete, insert, select
from sqlalchemy.schema import AddConstraint, DropConstraint

from authz import Proof, Subject, load_schemes
from store import Keys, Store, open_store
from store.ledger.verify import Verdict, verify
from store.tables import checkpoints, ledger, segments

NOW = 1_795_000_000_000
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
TABLES: tuple[Table, ...] = (ledger, segments, checkpoints)
KINDS = ["x'ff'", "CAST(x'ff' AS TEXT)", "1.5", "''", "'99'", "-1", "'[7]'"]  # what a column of SQLite's keeps as well
Copies = dict[Any, list[dict[str, Any]]]


class Attacked:
    """A store that writes, and the attacker's own connection to its database."""

    def __init__(self, url: str) -> None:
        self.url, self.now = url, NOW
        self.store: Store = self.opened(OLD)
        self.attacker: Engine = create_engine(url)

    def opened(self, *secrets: bytes, size: int = 2) -> Store:
        return open_store(self.url, Keys(secrets), load_schemes(), lambda: self.now, size)

    def write(self, n: int, store: Store | None = None) -> None:
        for _ in range(n):
            self.now += 1_000
            with (store or self.store).transaction("phone", f"CA{self.now}") as tx:
                account = self.now // 1_000 % 3 or None
                tx.record(
                    Subject("person:1"),
                    account,
                    "billing.view",
                    "allowed",
                    ["MT-3"],
                    Proof.VERIFIED,
                    ["invoice.amount"],
                )

    def mark(self) -> str:
        made = self.store.checkpoint()
        assert made is not None
        return made[1]

    def verify(self, head: str | None = None) -> Verdict:
        return verify(self.store, head)

    def broken(self, head: str | None = None) -> str:
        found = self.verify(head).broken
        assert found is not None, "the attack was not found"
        return found

    def does(self, *statements: Any) -> None:
        with self.attacker.begin() as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount, "the attack hit nothing"

    def rows(self, table: Any = ledger) -> list[dict[str, Any]]:
        with self.attacker.begin() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]

    def copies(self) -> Copies:
        return {table: self.rows(table) for table in TABLES}

    def rolls_back_to(self, copies: Copies) -> None:
        with self.attacker.begin() as connection:
            for table, rows in copies.items():
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), rows)

    @contextmanager
    def without_checks(self) -> Iterator[None]:
        """PostgreSQL's, which whoever owns the tables can drop. All is as it was before when it is over."""
        checks = [check for table in TABLES for check in table.constraints if isinstance(check, CheckConstraint)]
        before, theirs = self.copies(), checks if self.attacker.dialect.name == "postgresql" else []
        with self.attacker.begin() as connection:
            for check in theirs:
                connection.execute(DropConstraint(check))
        try:
            yield
        finally:
            self.rolls_back_to(before)
            with self.attacker.begin() as connection:
                for check in theirs:
                    connection.execute(AddConstraint(check, isolate_from_table=False))

    def segment(self) -> str:
        return str(self.rows()[0]["segment"])

    def last(self, segment: str) -> int:
        return max(int(row["n"]) for row in self.rows() if row["segment"] == segment)


def at(row: dict[str, Any]) -> Any:
    return (ledger.c.segment == row["segment"]) & (ledger.c.n == row["n"])
