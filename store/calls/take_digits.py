"""The two digits by which one of the staff takes one call on a phone of the desk: theirs alone, and worth nothing in another call."""

from __future__ import annotations

from hashlib import shake_256
from typing import Final

from sqlalchemy import select

from store import tables
from store.db.keys import Keys
from store.db.transaction import Transaction

USE: Final = "take-digits"


def places(tx: Transaction) -> dict[int, int]:
    """Where each of the staff stands among them (by id). Nobody moves: whoever joins comes last, and nobody is ever deleted."""
    ids = tx.connection.execute(select(tables.staff.c.id).order_by(tables.staff.c.id)).scalars()
    return {id: place for place, id in enumerate(ids)}


def digits(keys: Keys, support_call: int, place: int) -> str:
    """All hundred in an order of this call's own, so that a hundred people have different ones."""
    mixed = shake_256(keys.digest(USE, str(support_call)).encode()).digest(200)
    order = sorted(range(100), key=lambda n: mixed[2 * n : 2 * n + 2])
    return f"{order[place % 100]:02}"
