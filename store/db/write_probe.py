"""One row, written over and over: it shows that the database stores what it is given, and when it last did."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store import tables

ONE: Final = 1
_p = tables.write_probe


def beat(connection: Connection, now: int, patience: float) -> None:
    """On PostgreSQL it waits so many seconds for the row; on SQLite a transaction that has begun has the whole database."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    if dialect is postgresql:
        connection.execute(select(func.set_config("statement_timeout", f"{patience * 1000:.0f}", True)))
    new = dialect.insert(_p).values(id=ONE, at=now)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"at": now}))
