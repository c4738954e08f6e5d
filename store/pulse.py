"""The pulse of the database: one row, written over and over, by which it is known that it keeps what it is given, and until when it did."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from store import tables

ONE: Final = 1
_p = tables.pulse


def beat(connection: Connection, now: int) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(_p).values(id=ONE, at=now)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"at": now}))
