"""The sound of spoken messages, fetched by the worker and kept sealed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from authz import Grant
from store import tables, timeline
from store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Sound:
    content_type: str
    content: bytes


def put(tx: Transaction, grant: Grant, sid: str, sound: Sound) -> None:
    """Keeps what was fetched. Done twice it stays the same."""
    tx.good(grant, "desk.deliver")
    sealed = tx.keys.seal("recordings", sound.content, f"recording {sid}")
    row = {"content_type": sound.content_type, "sealed": sealed, "fetched_at": tx.now}
    tx.connection.execute(update(tables.recordings).where(tables.recordings.c.sid == sid).values(**row))


def get(tx: Transaction, grant: Grant, sid: str) -> Sound | None:
    """For the desk. None while it has not been fetched, or when its key is gone."""
    tx.good(grant, "desk.ticket.work")
    row = tx.connection.execute(select(tables.recordings).where(tables.recordings.c.sid == sid)).first()
    if row is None or row.sealed is None:
        return None
    opened = tx.keys.open("recordings", row.sealed, f"recording {sid}")
    tx.told(grant, "ticket.recording")
    return None if opened is None else Sound(row.content_type or "audio/wav", opened)


def transcribed(tx: Transaction, sid: str, text: str) -> bool:
    """Twilio has written down what was said: it becomes the message's words, unless it has some already."""
    m = tables.messages.c
    worded = update(tables.messages).where(m.recording == sid, m.body == "").values(body=text)
    row = tx.connection.execute(worded.returning(m.ticket)).first()
    if row is not None:
        timeline.news(tx, row.ticket)
    return row is not None
