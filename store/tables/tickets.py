"""Tickets, their messages, and what was spoken."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Bytewise, Id


class Ticket(Base):
    """`status` is open, waiting, closed; pending: left by someone not proven, for the desk to sort out; draft: it waits for
    a second proof, and the desk has not got it; withdrawn: a draft that was taken back, which nobody sees; or held: left
    under a threat, which of the desk those who lead alone see whole. `held_as` is the status customers see of what was left so, for
    good: nothing the desk does changes it. `titled`: the subject is the first line of the first message, and
    changes with it. `proof` is how sure it was who asked when the desk got it, `factor` by which second proof; both are empty
    where nobody had proved it."""

    __tablename__ = "tickets"
    number: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    topic: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    titled: Mapped[bool] = mapped_column(server_default=false())
    status: Mapped[str]
    held_as: Mapped[str | None]
    urgent: Mapped[bool]
    service: Mapped[str | None]
    channel: Mapped[str]
    opened_at: Mapped[int]
    proof: Mapped[str] = mapped_column(String(12), server_default="")
    factor: Mapped[str] = mapped_column(String(16), server_default="")
    __table_args__ = (
        Index("ix_tickets_account", "account_id", "number"),
        Index("ix_tickets_opened_by", "opened_by", "status"),
        Index("ix_tickets_queue", "status", text("urgent DESC"), "number"),
        Index("ix_tickets_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )


class Message(Base):
    """What was said on a ticket, or what became of it: `event` is empty, or a word like closed. `internal` is a note of the
    desk's own. `source` is the Slack message it came as, `edited` Slack's stamp of its newest edit; `earlier` what an
    answer of the desk's said before it was corrected, oldest first, as JSON; `withdrawn_at` when its author took it back."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    author: Mapped[str]
    body: Mapped[str]
    recording: Mapped[str | None] = mapped_column(String(34), unique=True)
    at: Mapped[int]
    event: Mapped[str] = mapped_column(String(16))
    internal: Mapped[bool]
    source: Mapped[str | None] = mapped_column(Bytewise)
    earlier: Mapped[str]
    withdrawn_at: Mapped[int | None]
    edited: Mapped[str] = mapped_column(String(32), server_default="")
    __table_args__ = (Index("ix_messages_source", "source", unique=True),)


class AnswerState(Base):
    """What became of an answer of the desk's: `state` and `why` as in reach.py; `place` is the thread that refused it."""

    __tablename__ = "answer_states"
    message: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    place: Mapped[int | None]


class EarlyEdit(Base):
    """What a Slack message says that is on no ticket: its author is asked what it is about, or its edit has overtaken it. Without a
    `body` it was deleted. `edited` as in a message."""

    __tablename__ = "early_edits"
    source: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    author: Mapped[str]
    edited: Mapped[str] = mapped_column(String(32))
    body: Mapped[str | None]
    at: Mapped[int] = mapped_column(index=True)


class Assignment(Base):
    """Who of the staff has taken a ticket."""

    __tablename__ = "assignments"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    at: Mapped[int]
    __table_args__ = (Index("ix_assignments_staff", "staff_id", "ticket"),)


class File(Base):
    """A file that came with a message. `sealed` is empty until the worker has fetched it; `trouble` why it never will."""

    __tablename__ = "files"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    slack_id: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sealed: Mapped[bytes | None]
    trouble: Mapped[str | None]
    __table_args__ = (UniqueConstraint("message", "slack_id"), NEVER_AGAIN)


class Place(Base):
    """A thread in Slack that belongs to a ticket. `side` is customer (direct messages of `person_id`, all that is said),
    origin (the channel where it began, nothing confidential) or desk. `member` of `member_team` is whose direct messages
    they are. `thread` is empty until its first message stands."""

    __tablename__ = "places"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    side: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    team: Mapped[str] = mapped_column(String(32))
    member_team: Mapped[str | None] = mapped_column(String(32))
    member: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None] = mapped_column(String(32))
    thread: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (UniqueConstraint("team", "channel", "thread"), NEVER_AGAIN)


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
