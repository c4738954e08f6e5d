"""What standings are read from: a write to any of it has them read anew, in the transaction that wrote."""

from __future__ import annotations

from sqlalchemy import Select, Table
from sqlalchemy.sql import visitors

from store import tables
from store.db import holdings


def test_a_write_to_whatever_standings_are_read_from_has_them_read_anew() -> None:
    """Tickets alone are written by `Prepared` or all the time, and say so themselves."""
    statements = [getattr(one, "_statement", one) for one in vars(holdings).values()]
    read = {
        table
        for one in statements
        if isinstance(one, Select)
        for table in visitors.iterate(one)
        if isinstance(table, Table)
    }
    assert read == holdings._READ_FROM | {tables.tickets}
