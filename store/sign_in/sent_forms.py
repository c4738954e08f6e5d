"""Forms of the desk's page: each does once what it says, and what was typed in one that was not taken waits for whoever typed it.

A form carries a key that is good once. It is used up in the transaction of what the form does, together with where that led: the same
form sent again leads there too, and does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, insert, select

from store import tables
from store.db import sweeping
from store.db.transaction import Transaction, upsert

KEPT: Final = 24 * 3_600_000  # ms
MOST: Final = 20  # forms whose words are kept for one of the staff
_USE: Final = "portal-sent"
_s, _u = tables.sent_forms, tables.unsent_words


def location_before(tx: Transaction, key: tuple[str, ...]) -> str | None:
    """Where this form led when it was sent before; None: it is sent for the first time, and its key is used up now. Another one
    that is sent at this moment waits for us."""
    digests = tx.keys.digests(_USE, *key)
    new = (
        upsert(tx, _s).values(digest=digests[0], location="", at=tx.now).on_conflict_do_nothing().returning(_s.c.digest)
    )
    return led(tx, key) if tx.connection.execute(new).first() is None or len(set(digests)) > 1 else None


def led(tx: Transaction, key: tuple[str, ...], within: int = KEPT) -> str | None:
    """The same for a form whose answer is only looked up: nothing is used up. `within` (ms): how long ago it was sent at most."""
    of = _s.c.digest.in_(tx.keys.digests(_USE, *key))
    there = select(_s.c.location).where(of, _s.c.location != "", _s.c.at > tx.now - within).limit(1)
    found: str | None = tx.connection.execute(there).scalar()
    return found


def done(tx: Transaction, key: tuple[str, ...], to: str) -> None:
    """It was done, and led there."""
    new = upsert(tx, _s).values(digest=tx.keys.digest(_USE, *key), location=to, at=tx.now)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["digest"], set_={"location": to}))


def forget(tx: Transaction, key: tuple[str, ...]) -> None:
    """Nothing was done: sent again, it is looked at again."""
    tx.connection.execute(delete(_s).where(_s.c.digest == tx.keys.digest(_USE, *key)))


def keep(tx: Transaction, staff: int, form: str, words: Mapping[str, str]) -> None:
    """What was typed there and went nowhere, for its author alone; for a day. Where there are as many as may be, the oldest gives way."""
    drop(tx, staff, form)
    theirs = select(_u.c.form).where(_u.c.staff_id == staff).order_by(_u.c.at.desc(), _u.c.form)
    for old in tx.connection.execute(theirs).scalars().all()[MOST - 1 :]:
        drop(tx, staff, old)
    row = {"staff_id": staff, "form": form, "words": json.dumps(dict(words)), "at": tx.now}
    tx.connection.execute(insert(_u).values(row))


def kept(tx: Transaction, staff: int) -> dict[str, dict[str, str]]:
    """By form, what its fields hold."""
    mine = select(_u.c.form, _u.c.words).where(_u.c.staff_id == staff, _u.c.at > tx.now - KEPT)
    return {row.form: json.loads(row.words) for row in tx.connection.execute(mine)}


def drop(tx: Transaction, staff: int, form: str) -> None:
    tx.connection.execute(delete(_u).where(_u.c.staff_id == staff, _u.c.form == form))


def sweep(tx: Transaction) -> bool:
    more = sweeping.some(tx, _s, _s.c.at <= tx.now - KEPT)
    return sweeping.some(tx, _u, _u.c.at <= tx.now - KEPT) or more
