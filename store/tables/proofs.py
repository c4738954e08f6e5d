"""What people prove themselves by, and how often it may be tried."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Pin(Base):
    """security.md 5: Argon2id over an HMAC bound to the person, sealed again under a key that can be rotated."""

    __tablename__ = "pins"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    pepper: Mapped[str] = mapped_column(String(8))
    salt: Mapped[bytes]
    sealed: Mapped[bytes]
    issued_at: Mapped[int]


class PinGuard(Base):
    """Attempts at one support ID, there or not (`k` is the person, or a keyed digest of what nobody has)."""

    __tablename__ = "pin_guards"
    k: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_n: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[int | None]
    consecutive: Mapped[int] = mapped_column(Integer)
    lifetime: Mapped[int] = mapped_column(Integer)
    gen: Mapped[int]
    minute: Mapped[int]
    minute_n: Mapped[int] = mapped_column(Integer)
    real: Mapped[bool]
    seen_at: Mapped[int] = mapped_column(index=True)


class PinBudget(Base):
    """Wrong PINs over the whole desk, by kind of call and by hour and day."""

    __tablename__ = "pin_budgets"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    span: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(Integer)


class Code(Base):
    """A code that is good once and for minutes. `digest` is keyed; `bound` says what for (a call, a request)."""

    __tablename__ = "codes"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(index=True)
    bound: Mapped[str]
    made_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]
