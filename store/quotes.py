"""Which answers of ours in Slack hold somebody's words: so that they are made anew when the words change, or go. No words are here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from store import tables
from store.prepared import Prepared
from store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Quote:
    """`post` is the key of what was posted (places.py), `asked` what it answers and to whom."""

    post: str
    asked: Mapping[str, Any]


def keep(tx: Transaction, post: str, asked: Mapping[str, Any], about: Iterable[str]) -> None:
    """What a post is about from now on: tickets (`ticket:1042`) and messages (`source:…`), or nothing."""
    tx.connection.execute(delete(tables.quotes).where(tables.quotes.c.post == post))
    rows = [{"about": one, "post": post, "asked": json.dumps(asked)} for one in dict.fromkeys(about)]
    if rows:
        tx.connection.execute(insert(tables.quotes), rows)


def holding(tx: Transaction, about: str) -> list[Quote]:
    """What holds words of a ticket or message."""
    return [Quote(row.post, json.loads(row.asked)) for row in _ABOUT.all(tx, about=about)]


def forget(tx: Transaction, about: str) -> None:
    tx.connection.execute(delete(tables.quotes).where(tables.quotes.c.about == about))


_ABOUT = Prepared(select(tables.quotes).where(tables.quotes.c.about == bindparam("about")).order_by(tables.quotes.c.id))
