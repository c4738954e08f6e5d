"""A desk that imports: a store with a clock, short ways to import and to look, for the tests of imports."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from authz import load_schemes
from store import Keys, Store, open_store, tables
from store.db.holdings import in_order
from store.imports.file_format import ImportFileError, read
from store.imports.import_run import ImportResult, run
from store.verification import pins
from store.verification.pins import Pin

SAMPLE = json.loads((Path(__file__).parents[2] / "deskgate" / "sample-accounts.json").read_bytes())
NOW = 1_795_000_000_000
Document = dict[str, list[dict[str, Any]]]
KEPT = [table for table in tables.Base.metadata.sorted_tables if not table.name.startswith("ledger")]


class Desk:
    """A store, its clock, and a short way to import."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.store: Store = open_store(url, Keys([bytes(range(32))]), load_schemes(), lambda: self.now)

    def imports(self, document: Document, **options: Any) -> ImportResult:
        return run(self.store, read(json.dumps(document).encode()), **options)

    def refuses(self, document: Document, **options: Any) -> list[str]:
        before = self.everything()
        with pytest.raises(ImportFileError) as caught:
            self.imports(document, **options)
        assert self.everything() == before, "a refused import stored something"
        return caught.value.lines

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        with self.store.engine.connect().execution_options(reads_only=True) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row there is, but for the ledger's."""
        return {table.name: sorted(self.rows(select(table)), key=repr) for table in KEPT}

    def held(self, number: str) -> dict[str, str]:
        """username → what they hold on an account."""
        p, a, c, r = tables.people.c, tables.accounts.c, tables.contacts.c, tables.contact_rights.c
        query = select(a.scheme, p.username, r.right).select_from(tables.contacts).join(tables.people)
        query = query.join(tables.accounts).outerjoin(
            tables.contact_rights, (r.account_id == c.account_id) & (r.person_id == c.person_id)
        )
        found: dict[str, set[str]] = {}
        scheme = None
        for name, username, right in self.rows(query.where(a.number == number)):
            scheme = self.store.schemes[name]
            found.setdefault(username, set()).update([right] if right else ())
        return {username: ",".join(in_order(scheme, held)) for username, held in found.items()}

    def notices(self, kind: str = "notice") -> list[dict[str, Any]]:
        j = tables.jobs.c
        return [json.loads(row[0]) for row in self.rows(select(j.payload).where(j.kind == kind).order_by(j.id))]

    def ledger(self, action: str) -> list[tuple[Any, ...]]:
        e = tables.ledger.c
        return self.rows(
            select(e.who, e.account, e.decision, e.fields, e.channel).where(e.action == action).order_by(e.segment, e.n)
        )

    def id_of(self, username: str) -> int:
        found: int = self.rows(select(tables.people.c.id).where(tables.people.c.username == username))[0][0]
        return found

    def has_pin(self, username: str, digits: str) -> bool:
        with self.store.transaction("test") as tx:
            kept = pins.find(tx, self.id_of(username))
        return kept is not None and bool(pins.compare(self.store.keys, kept, Pin(digits)))


def document(**parts: list[dict[str, Any]]) -> Document:
    return parts


def sample() -> Document:
    return copy.deepcopy(SAMPLE)
