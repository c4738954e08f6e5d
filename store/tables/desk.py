"""What the desk keeps of its own: what staff looked at, what it was warned of, what is switched, what takes two people."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Reading(Base):
    """One of the staff looked at an account: for their budget."""

    __tablename__ = "readings"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(index=True)
    __table_args__ = (Index("ix_readings_staff", "staff_id", "at"), NEVER_AGAIN)


class SentForm(Base):
    """A form of the desk's page that was sent, by the key it carries: where it led."""

    __tablename__ = "sent_forms"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    led: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


class UnsentWords(Base):
    """What one of the staff had typed into a form that was not taken: JSON, by field."""

    __tablename__ = "unsent_words"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


class Alert(Base):
    """A warning. `audience` is desk, or leads: supervisors and administrators alone. `subject` whom it is about, or empty;
    `detail` a word or a number for its sentence, never a secret. `same` keeps it from being raised twice; `times`: how often it
    would have been, of what the desk's own people do."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    audience: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    detail: Mapped[str]
    same: Mapped[str] = mapped_column(unique=True)
    times: Mapped[int] = mapped_column(Integer, server_default="1")
    at: Mapped[int] = mapped_column(index=True)
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    seen_at: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN


class Switch(Base):
    """What is switched for the whole desk, by whom and when: `threat` leaves messages and call-backs only."""

    __tablename__ = "switches"
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    on: Mapped[bool]
    by: Mapped[str]
    at: Mapped[int]


class SecondLook(Base):
    """Something that takes two people: one asks, another one agrees. `status`: open, agreed, refused or gone."""

    __tablename__ = "second_looks"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action: Mapped[str] = mapped_column(String(24))
    about: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    asked_at: Mapped[int] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(8))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    answered_at: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN
