"""Codes and links that are good once."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import Base, only


class Code(Base):
    """A code that is good once and for minutes: of a kind a subject has one at most that is not used. `digest` is keyed; `bound`
    says what for (a call, a request)."""

    __tablename__ = "codes"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[Subject] = mapped_column(index=True)
    bound: Mapped[str]
    made_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    __table_args__ = (only("ix_codes_live", "used_at IS NULL", "kind", "subject", unique=True),)
