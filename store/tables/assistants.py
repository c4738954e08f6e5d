"""Programs that help one of the desk's people with one case, and the answers they have drafted."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Assistant(Base):
    """A program that helps one of the staff with one case of theirs, a call (`support_call`) or a `ticket`: until `ends_at`, or until it is withdrawn (`ended_at`).
    `session` is the digest of the session of theirs it was given in, and `digest` that of its token."""

    __tablename__ = "assistants"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    session: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    support_call: Mapped[int | None] = mapped_column(ForeignKey("support_calls.id", ondelete="CASCADE"), index=True)
    ticket: Mapped[int | None] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    ended_at: Mapped[int | None]
    seen_at: Mapped[int | None]
    __table_args__ = (Index("ix_assistants_staff", "staff_id", "id"), NEVER_AGAIN)


class SuggestedAnswer(Base):
    """An answer that an assistant has drafted for its agent, who sends it, changed or not, or lets it go. `title` is that of a canned answer, or empty."""

    __tablename__ = "suggested_answers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    assistant_id: Mapped[int] = mapped_column(ForeignKey("assistants.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    title: Mapped[str]
    words: Mapped[str]
    at: Mapped[int]
    __table_args__ = NEVER_AGAIN
