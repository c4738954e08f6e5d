"""The sound of spoken messages, fetched by the worker and kept sealed; and where there is none, that.

A recording is waiting until the worker has fetched it, and then here; it holds nothing, as Twilio says or as what was fetched
shows; or it is gone: Twilio has it no more, or will never give it; or it was removed, its time being over (retention.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from authz import Grant
from store import tables
from store.codes import exposed_codes
from store.db.transaction import Transaction
from store.messages import edits, ticket_access

WAITING, HERE, NOTHING, GONE, REMOVED = "waiting", "here", "nothing", "gone", "removed"
STATES: Final = (WAITING, HERE, NOTHING, GONE, REMOVED)
NO_SOUND: Final = 44  # bytes: the head of a WAV, and nothing after it


@dataclass(frozen=True, slots=True)
class Sound:
    content_type: str
    content: bytes

    @property
    def is_nothing(self) -> bool:
        return len(self.content) <= NO_SOUND


def is_wanted(tx: Transaction, sid: str) -> bool:
    """Whether it is still to be fetched; one that was given up is, where the operator has it tried again."""
    r = tables.recordings.c
    return tx.connection.execute(select(r.sid).where(r.sid == sid, r.state.in_((WAITING, GONE)))).first() is not None


def never(tx: Transaction, sid: str, state: str) -> bool:
    """There is NOTHING on it, or it is GONE: whoever follows the ticket sees that. False: it is here, or not on any ticket."""
    r, m = tables.recordings.c, tables.messages.c
    lost = update(tables.recordings).where(r.sid == sid, r.state.not_in((HERE, REMOVED, state))).values(state=state)
    if tx.connection.execute(lost.returning(r.sid)).first() is None:
        return False
    ticket = tx.connection.execute(select(m.ticket).where(m.recording == sid)).scalar()
    if ticket is not None:
        edits.news(tx, ticket)
    return True


def put(tx: Transaction, grant: Grant, sid: str, sound: Sound) -> None:
    """Keeps what was fetched, unless its time was over meanwhile. Done twice it stays the same."""
    tx.require(grant, "desk.deliver")
    sealed = tx.keys.seal("recordings", sound.content, f"recording {sid}")
    row = {"content_type": sound.content_type, "sealed": sealed, "fetched_at": tx.now, "state": HERE}
    r = tables.recordings.c
    if (
        tx.connection.execute(
            update(tables.recordings).where(r.sid == sid, r.removed_at.is_(None)).values(**row).returning(r.sid)
        ).first()
        is None
    ):
        return
    ticket = tx.connection.execute(select(tables.messages.c.ticket).where(tables.messages.c.recording == sid)).scalar()
    if ticket is not None:
        edits.news(tx, ticket)


def get(tx: Transaction, grant: Grant, ticket: int, message: int) -> Sound | None:
    """For the desk, what was spoken as a message of this ticket. None: nothing was, it is not here (yet, or any more), or its key is gone."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, ticket)
    r, m = tables.recordings.c, tables.messages.c
    here = (m.id == message, m.ticket == ticket, r.sealed.is_not(None))
    row = tx.connection.execute(
        select(tables.recordings).join(tables.messages, m.recording == r.sid).where(*here)
    ).first()
    if row is None:
        return None
    opened = tx.keys.open("recordings", row.sealed, f"recording {row.sid}")
    tx.told(grant, f"ticket.number:{ticket}", "ticket.recording")
    return None if opened is None else Sound(row.content_type or "audio/wav", opened)


def transcribed(tx: Transaction, sid: str, text: str) -> bool:
    """Twilio has written down what was said: it becomes the message's words, unless it has some already, and the ticket that began with it says so in its title."""
    m = tables.messages.c
    worded = update(tables.messages).where(m.recording == sid, m.body == "").values(body=exposed_codes.spoil(tx, text))
    row = tx.connection.execute(worded.returning(m.id, m.ticket, m.body)).first()
    if row is not None:
        edits.say_in_title(tx, row.ticket, row.id, row.body)
        edits.news(tx, row.ticket)
    return row is not None
