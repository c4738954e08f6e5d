"""People at customers, and the staff of the desk."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Person(Base):
    """Somebody at a customer. May be a contact of several accounts. `email_since`: when their address came on file."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    support_id: Mapped[str] = mapped_column(String(8), unique=True)
    email_since: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (Index("ix_people_username_lower", text("lower(username)")), NEVER_AGAIN)


class Phone(Base):
    """A number on file, E.164. One number may be on file for several people."""

    __tablename__ = "phones"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    added_at: Mapped[int]


class OldEmail(Base):
    """An address that was on file until it was replaced: told of changes for a while, so that nobody is cut off unseen."""

    __tablename__ = "old_emails"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    replaced_at: Mapped[int] = mapped_column(index=True)


class Staff(Base):
    """`phone` is the one of the desk's phones that is theirs. Suspended, they may do nothing. `let_on`: how often
    somebody who leads let them go on looking at accounts (readings.py)."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    phone: Mapped[str | None] = mapped_column(String(16))
    suspended_at: Mapped[int | None]
    let_on: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = NEVER_AGAIN


class StaffLogin(Base):
    """What a member of staff signs in with: a password (Argon2id, as argon2-cffi writes it, sealed) and an authenticator."""

    __tablename__ = "staff_logins"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    password: Mapped[bytes]
    authenticator: Mapped[bytes]
    last_step: Mapped[int]
    set_at: Mapped[int]


class StaffSession(Base):
    """Somebody signed in on a page. `digest` is of what their cookie holds."""

    __tablename__ = "staff_sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[int]
    seen_at: Mapped[int]
    ended_at: Mapped[int | None]
