"""What is said on a ticket: messages, their files and recordings, edits that came before them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Bytewise, Id, only


class Message(Base):
    """What was said on a ticket, or what became of it: `event` is empty, or a word like closed. `internal` is a note of the
    desk's own. `source` is the Slack message it came as, `edited` Slack's stamp of its newest edit; `earlier` what an
    answer of the desk's said before it was corrected, oldest first, as JSON; `withdrawn_at` when its author took it back;
    `written_by` the agent who wrote it down for them, in a call."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    author: Mapped[Subject]
    body: Mapped[str]
    recording: Mapped[str | None] = mapped_column(String(34), unique=True)
    at: Mapped[int]
    event: Mapped[str] = mapped_column(String(16), server_default="")
    internal: Mapped[bool] = mapped_column(server_default=false())
    source: Mapped[str | None] = mapped_column(Bytewise)
    earlier: Mapped[str] = mapped_column(server_default="[]")
    withdrawn_at: Mapped[int | None]
    edited: Mapped[str] = mapped_column(String(32), server_default="")
    written_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    __table_args__ = (
        Index("ix_messages_source", "source", unique=True),
        only("ix_messages_ended", "event IN ('closed', 'reopened')", "at"),
        only("ix_messages_written_by", "written_by IS NOT NULL", "written_by"),
    )


class EarlyEdit(Base):
    """What a Slack message says that is on no ticket: its author is asked what it is about, or its edit has overtaken it. Without a
    `body` it was deleted. `edited` as in a message."""

    __tablename__ = "early_edits"
    source: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    author: Mapped[Subject]
    edited: Mapped[str] = mapped_column(String(32))
    body: Mapped[str | None]
    at: Mapped[int] = mapped_column(index=True)


class File(Base):
    """A file that came with a message. `sealed` is empty until the worker has fetched it; `trouble` why it never will. `content_type` as in file_kinds.py.
    `removed_at`: when its time was over (retention.py)."""

    __tablename__ = "attachments"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    slack_id: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sealed: Mapped[bytes | None]
    trouble: Mapped[str | None]
    came_at: Mapped[int]
    removed_at: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("message", "slack_id"),
        only("ix_attachments_sealed", "sealed IS NOT NULL", "came_at"),
        NEVER_AGAIN,
    )


class Recording(Base):
    """The sound of a spoken message. `sealed` is empty until the worker has fetched it. `state` in words of recordings.py."""

    __tablename__ = "recordings"
    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    seconds: Mapped[int]
    state: Mapped[str] = mapped_column(String(8), server_default="waiting")
    content_type: Mapped[str | None]
    sealed: Mapped[bytes | None]
    recorded_at: Mapped[int]
    fetched_at: Mapped[int | None]
    removed_at: Mapped[int | None]
    __table_args__ = (only("ix_recordings_kept", "removed_at IS NULL", "recorded_at"),)
