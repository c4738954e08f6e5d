"""On SQLite whoever writes takes the lock at the beginning, and whoever only reads takes none, on the same connection one after the other."""

from __future__ import annotations

from sqlalchemy import text

from authz import load_schemes
from store import Keys, open_store
from tests.statements import watched


def test_a_writer_begins_by_locking_and_a_reader_does_not(sqlite_url: str) -> None:
    """A writer that read first and locked later would be refused where another had written meanwhile."""
    store = open_store(sqlite_url, Keys([bytes(32)]), load_schemes(), pool_size=1)
    seen: list[str] = []
    with watched(store.engine, seen.append):
        for reads_only in (False, True, False, True):
            with store.engine.connect() as connection:
                connection.execution_options(**({"reads_only": True} if reads_only else {}))
                connection.execute(text("SELECT 1"))
    store.close()
    began = [words for words in seen if words.startswith("BEGIN")]
    assert began == ["BEGIN IMMEDIATE", "BEGIN", "BEGIN IMMEDIATE", "BEGIN"]
