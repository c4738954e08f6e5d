"""What a request to /api with an Idempotency-Key was answered: the same request sent again is answered the same, and does nothing.

Kept in the transaction of what the request did, for a day. It is sealed, since it may hold words of a ticket.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, insert, select

from store import tables
from store.db import sweeping
from store.db.transaction import Transaction

KEPT: Final = 24 * 3_600_000  # ms
_USE: Final = "api-answers"
_a = tables.api_answers.c


class OtherRequestError(ValueError):
    """The same Idempotency-Key came with another request before."""


def kept_answer(tx: Transaction, key: int, sent: str, request: bytes) -> bytes | None:
    """What this request of a key (id) was answered before. None: it comes for the first time, or what was kept can no longer be opened.
    Raises `OtherRequestError`."""
    query = select(tables.api_answers).where(
        _a.key_id == key, _a.digest.in_(tx.keys.digests(_USE, sent)), _a.at > tx.now - KEPT
    )
    row = tx.connection.execute(query).first()
    if row is None:
        return None
    if not tx.keys.made(row.request, _USE, request.hex()):
        raise OtherRequestError
    return tx.keys.open(_USE, row.answer, f"{key} {row.digest}")


def keep_answer(tx: Transaction, key: int, sent: str, request: bytes, answer: bytes) -> None:
    """In the transaction of what the request did, or neither stands."""
    digest = tx.keys.digest(_USE, sent)
    mine = _a.key_id == key, _a.digest.in_(tx.keys.digests(_USE, sent))
    tx.connection.execute(delete(tables.api_answers).where(*mine))  # one that is over a day old, and not swept yet
    row = {"key_id": key, "digest": digest, "request": tx.keys.digest(_USE, request.hex()), "at": tx.now}
    row |= {"answer": tx.keys.seal(_USE, answer, f"{key} {digest}")}
    tx.connection.execute(insert(tables.api_answers).values(row))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.api_answers, _a.at <= tx.now - KEPT)
