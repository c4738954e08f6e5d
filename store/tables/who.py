"""People at customers, and the staff of the desk."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Person(Base):
    """Somebody at a customer. May be a contact of several accounts."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    support_id: Mapped[str] = mapped_column(String(8), unique=True)
    __table_args__ = NEVER_AGAIN


class Phone(Base):
    """A number on file, E.164. One number may be on file for several people."""

    __tablename__ = "phones"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    added_at: Mapped[int]


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    __table_args__ = NEVER_AGAIN
