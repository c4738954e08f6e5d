"""Mails that came in."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id, only


class PendingMail(Base):
    """A mail of nobody who has proved who they are (pending_mails.py). `source` is a keyed digest of what makes it this mail, `sender` of the address it says it is from;
    `vouched` of what says that it is from there: a domain, or a ticket whose mail it answers; empty: nothing.
    `sealed` is what it says, `files` what came with it, both gone as soon as it waits no longer. `automatic`: why no person wrote it, or empty. `state`:
    waiting, confirmed (its words are on a ticket), disowned (by whoever has that address), or removed (by the desk)."""

    __tablename__ = "pending_mails"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(64), unique=True)
    sender: Mapped[str] = mapped_column(String(64))
    vouched: Mapped[str] = mapped_column(String(64))
    automatic: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes | None]
    files: Mapped[bytes | None]
    came_at: Mapped[int] = mapped_column(index=True)
    __table_args__ = (
        only("ix_pending_mails_waiting", "state = 'waiting'", "automatic", "id"),
        Index("ix_pending_mails_sender", "sender", "state"),
        only("ix_pending_mails_vouched", "state = 'waiting'", "vouched", "id"),
        NEVER_AGAIN,
    )
