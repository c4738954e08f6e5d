"""Which answers of ours in Slack hold somebody's words: so that they are made anew when the words change, or go. No words are here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select

from store import tables
from store.db import sweeping
from store.db.transaction import Transaction

# An answer nobody had made anew for a month is far up in a conversation, and its ticket says itself what is so now; workspaces that keep
# messages for a time drop it too. Words are changed and taken back within days.
KEPT: Final = 30 * 24 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Quote:
    """`post` is the key of what was posted (ticket_threads.py), `asked` what it answers and to whom."""

    id: int
    post: str
    asked: Mapping[str, Any]


def keep(tx: Transaction, post: str, asked: Mapping[str, Any], about: Iterable[str]) -> None:
    """What a post is about from now on: tickets (`ticket:1042`) and messages (`source:…`), or nothing."""
    tx.connection.execute(delete(tables.quotes).where(tables.quotes.c.post == post))
    rows = [{"about": one, "post": post, "asked": json.dumps(asked), "at": tx.now} for one in dict.fromkeys(about)]
    if rows:
        tx.connection.execute(insert(tables.quotes), rows)


def holding(tx: Transaction, about: str, many: int, before: int | None = None) -> list[Quote]:
    """What holds words of a ticket or message: the newest first, so many at most; the next of them come `before` the last."""
    first = before if before is not None else _AFTER_ALL
    found = tx.connection.execute(_ABOUT, {"about": about, "before": first, "many": many}).all()
    return [Quote(row.id, row.post, json.loads(row.asked)) for row in found]


def said_as(tx: Transaction, post: str, source: str) -> str:
    """As which message words came that a post asks about: its channel has another id since `source` was written into it, or not."""
    q = tables.quotes.c
    found = select(q.about).where(q.post == post, q.about.like("source:%"))
    return str(tx.connection.execute(found).scalar() or f"source:{source}").removeprefix("source:")


def forget(tx: Transaction, about: str) -> None:
    tx.connection.execute(delete(tables.quotes).where(tables.quotes.c.about == about))


def sweep(tx: Transaction) -> bool:
    """Answers nobody needs made anew any longer."""
    return sweeping.some(tx, tables.quotes, tables.quotes.c.at < tx.now - KEPT)


_AFTER_ALL: Final = 2**62
_q = tables.quotes.c
_ABOUT = (
    select(tables.quotes)
    .where(_q.about == bindparam("about"), _q.id < bindparam("before"))
    .order_by(_q.id.desc())
    .limit(bindparam("many"))
)
