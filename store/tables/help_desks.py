"""Help desks of others: which of our tickets is which of theirs, and what went over, both ways."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Id


class HelpDeskTicket(Base):
    """A ticket that has gone to the help desk: `theirs` is its number there. `part` counts how often it has begun anew there, since it was put
    together with somebody else's; `status` is ours, as they were last told."""

    __tablename__ = "help_desk_tickets"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    theirs: Mapped[int | None] = mapped_column(unique=True)
    part: Mapped[int] = mapped_column(server_default="1")
    status: Mapped[str] = mapped_column(String(16))


class HelpDeskMessage(Base):
    """Something of a ticket that they were given. `key`: what it is, `said:17` or `file:4`; `version`: a digest of what they were told of it. What came
    from there has a `source` in messages."""

    __tablename__ = "help_desk_messages"
    ticket: Mapped[int] = mapped_column(ForeignKey("help_desk_tickets.ticket", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[str] = mapped_column(String(16))


class HelpDeskLeft(Base):
    """A ticket of theirs that was ours until it was put together with another's: nothing that is written there reaches anybody."""

    __tablename__ = "help_desk_left"
    theirs: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)


class HelpDeskTransaction(Base):
    """A transaction of theirs that was seen `at` a time (ms), kept while one before it may still turn up."""

    __tablename__ = "help_desk_transactions"
    theirs: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[int]
    __table_args__ = (Index("ix_help_desk_transactions_at", "at"),)


class HelpDeskPosition(Base):
    """Up to which transaction all of theirs were seen. One who looks has it alone until `leased_until` (ms)."""

    __tablename__ = "help_desk_positions"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    seen: Mapped[int]
    leased_until: Mapped[int]
