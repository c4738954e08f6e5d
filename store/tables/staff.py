"""The desk's own people: how they sign in, what they looked at, what takes two, what they sent and typed, their drills."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id

ROLES: Final = ("agent", "supervisor", "administrator")
"""Of `staff`, the least first."""
SUPERVISORS: Final = ROLES[1:]
"""The roles of `staff` whose people are supervisors, as the glossary calls them."""


class Staff(Base):
    """`phone` is the one of the desk's phones that is theirs. Suspended, they may do nothing. `access_extensions`: how often
    a supervisor let them go on looking at accounts (account_access.py). Away `away_since` then, until `back_at` or until they say so, their phone does not
    ring; `sound`: their pages sound when a call rings; `shortcuts`: and take single keys. `invited_at`: since when an invitation of theirs
    is open, or was until it ended; `added_by`: who wrote them down on the desk's page."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    phone: Mapped[str | None] = mapped_column(String(16))
    suspended_at: Mapped[int | None]
    access_extensions: Mapped[int] = mapped_column(server_default="0")
    away_since: Mapped[int | None]
    back_at: Mapped[int | None]
    sound: Mapped[bool] = mapped_column(server_default=true())
    shortcuts: Mapped[bool] = mapped_column(server_default=true())
    invited_at: Mapped[int | None]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    __table_args__ = NEVER_AGAIN


class StaffLogin(Base):
    """What a member of staff signs in with beside passkeys: a password (Argon2id, as argon2-cffi writes it, sealed) and an
    authenticator; neither, where they joined by passkey alone."""

    __tablename__ = "staff_logins"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    password: Mapped[bytes | None]
    authenticator: Mapped[bytes | None]
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


class WallDisplay(Base):
    """A display that shows the wall and nothing else, under the rights of whoever opened it: until `ends_at`, or until it is withdrawn (`ended_at`). `code` is a digest of what
    it showed, until it has come for its wall; `digest` then of what its cookie holds."""

    __tablename__ = "wall_displays"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    opened_by: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    made_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    ended_at: Mapped[int | None]
    seen_at: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    __table_args__ = NEVER_AGAIN


class AccountAccess(Base):
    """One of the staff looked at an account: for their budget."""

    __tablename__ = "account_access"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(index=True)
    __table_args__ = (Index("ix_account_access_staff", "staff_id", "at"), NEVER_AGAIN)


class SentForm(Base):
    """A form of the desk's page that was sent, by the key it carries: where it led."""

    __tablename__ = "sent_forms"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    location: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


class UnsentWords(Base):
    """What one of the staff had typed into a form that was not taken: JSON, by field."""

    __tablename__ = "unsent_words"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


class DualControl(Base):
    """Something that takes two people: one asks, another one agrees. `status`: open, agreed, refused or gone."""

    __tablename__ = "dual_control"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action: Mapped[str] = mapped_column(String(24))
    about: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[int] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(8))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"), index=True)
    answered_at: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN


class OpeningException(Base):
    """A day (like 2026-12-25, by the desk's clock) on which people answer from the minute `opens` to `closes` instead of at OPENING_HOURS; both empty:
    on which nobody does."""

    __tablename__ = "opening_exceptions"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    opens: Mapped[int | None]
    closes: Mapped[int | None]
    words: Mapped[str]


class Drill(Base):
    """A call of an invented person that one of the staff plays, or has played: what they did (`acts`, JSON), and what came of it."""

    __tablename__ = "drills"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    script: Mapped[str]
    started_at: Mapped[int] = mapped_column(index=True)
    ended_at: Mapped[int | None] = mapped_column(index=True)
    acts: Mapped[str]
    verdict: Mapped[str] = mapped_column(String(12))
    told: Mapped[int]
    __table_args__ = (Index("ix_drills_staff", "staff_id", "id"), NEVER_AGAIN)
