"""Answers the desk gives again and again, kept by supervisors for everybody; fields in them are filled where one is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.transaction import Transaction
from store.tickets import queue_lists

MOST: Final = 200
LONGEST_TITLE: Final = 80  # characters
LONGEST: Final = 4_000
_c = tables.canned_answers


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    id: int
    title: str
    words: str


def listed(tx: Transaction, grant: Grant) -> tuple[CannedAnswer, ...]:
    """By title. They name no customer."""
    tx.require(grant, "desk.ticket.work")
    rows = tx.connection.execute(select(_c).order_by(func.lower(_c.c.title), _c.c.id).limit(MOST))
    return tuple(CannedAnswer(row.id, row.title, row.words) for row in rows)


def save(tx: Transaction, grant: Grant, id: int | None, title: str, words: str) -> bool:
    """A new one, or another text for one. False: there is none of that id, or there are as many as there may be. For supervisors."""
    _require_supervisor(tx, grant)
    texts = {"title": title[:LONGEST_TITLE], "words": words[:LONGEST]}
    if id is not None:
        changed = update(_c).where(_c.c.id == id).values(texts).returning(_c.c.id)
        done = tx.connection.execute(changed).first() is not None
    else:
        done = tx.connection.execute(select(func.count()).select_from(_c)).scalar_one() < MOST
        if done:
            tx.connection.execute(insert(_c).values(texts))
    tx.told(grant, *(("canned_answer.saved",) if done else ()))
    return done


def remove(tx: Transaction, grant: Grant, id: int) -> bool:
    _require_supervisor(tx, grant)
    gone = tx.connection.execute(delete(_c).where(_c.c.id == id).returning(_c.c.id)).first() is not None
    tx.told(grant, *(("canned_answer.removed",) if gone else ()))
    return gone


def _require_supervisor(tx: Transaction, grant: Grant) -> None:
    queue_lists.reads_queue(tx, grant)
    if not grant_limits.is_supervisor(grant):
        raise queue_lists.SupervisorsOnlyError("canned answers are for supervisors to keep")
