"""What the desk is warned of, what is done only so often, and what is switched."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Bytewise, Id


class Alert(Base):
    """A warning. `audience` is desk, or supervisors, with administrators, alone. `subject` whom it is about, or empty;
    `detail` a word or a number for its sentence, never a secret. `dedupe_key` keeps it from being raised twice; `times`: how often it
    would have been, of what the desk's own people do."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    audience: Mapped[str] = mapped_column(String(12))
    subject: Mapped[Subject] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    detail: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    times: Mapped[int] = mapped_column(Integer, server_default="1")
    at: Mapped[int] = mapped_column(index=True)
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"), index=True)
    seen_at: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN


class Switch(Base):
    """What is switched for the whole desk, by whom and when: `threat` leaves messages and callbacks only."""

    __tablename__ = "switches"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    on: Mapped[bool]
    by: Mapped[Subject]
    at: Mapped[int]


class Budget(Base):
    """What may be done only so often, by name (budgets.py). `full_at`: when nothing of it is spent any more; `alerted_at`: when
    the desk was last told that nothing was left."""

    __tablename__ = "budgets"
    name: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    full_at: Mapped[int] = mapped_column(index=True)
    alerted_at: Mapped[int | None]
