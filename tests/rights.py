"""What contacts hold, changed at once and behind the desk's back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Delete, Insert, delete, exists, insert, literal, select

from store import Transaction, tables

_c, _r = tables.contacts.c, tables.contact_rights.c


def held(words: str, *where: Any) -> list[Delete | Insert]:
    """By which the contacts of whom all this is true hold these words, comma-joined, and nothing else."""
    one = exists().where(_c.account_id == _r.account_id, _c.person_id == _r.person_id, *where)
    each = [
        select(_c.account_id, _c.person_id, literal(word)).where(*where)
        for word in dict.fromkeys(filter(None, words.split(",")))
    ]
    rows = [insert(tables.contact_rights).from_select(["account_id", "person_id", "right"], row) for row in each]
    return [delete(tables.contact_rights).where(one), *rows]


def hold(tx: Transaction, words: str, *where: Any) -> None:
    """The same, done."""
    for statement in held(words, *where):
        tx.connection.execute(statement)
