"""The pulse of the database: one row, written over and over, by which it is known that it keeps what it is given, and until when it did."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store import tables

ONE: Final = 1
_p = tables.write_probe


def beat(connection: Connection, now: int, patience: float) -> None:
    """PostgreSQL waits for so many seconds where the row is somebody else's; on SQLite whoever begins has all of it."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    if dialect is postgresql:
        connection.execute(select(func.set_config("statement_timeout", f"{patience * 1000:.0f}", True)))
    new = dialect.insert(_p).values(id=ONE, at=now)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"at": now}))
