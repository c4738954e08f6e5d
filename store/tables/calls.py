"""Calls under way, the desk being rung, webhooks that had their effect."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Id


class Call(Base):
    """One caller's leg. `step` numbers the turns; `state` is sealed, and `answer`,
    the TwiML of the last one, for repeats."""

    __tablename__ = "calls"
    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    step: Mapped[int] = mapped_column(Integer)
    state: Mapped[bytes]
    fingerprint: Mapped[str]
    answer: Mapped[bytes | None]
    claimed: Mapped[str | None]
    claimed_at: Mapped[int | None]
    started_at: Mapped[int]
    ended_at: Mapped[int | None] = mapped_column(index=True)


class Ring(Base):
    """The desk being rung for one waiting caller. The first agent to press 1 takes it."""

    __tablename__ = "rings"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call: Mapped[str] = mapped_column(String(34), index=True)
    subject: Mapped[str]
    account_id: Mapped[int]
    emergency: Mapped[bool]
    service: Mapped[str | None]
    proof: Mapped[int] = mapped_column(Integer)
    legs: Mapped[int] = mapped_column(Integer)
    gone: Mapped[int] = mapped_column(Integer)
    taken_by: Mapped[str | None] = mapped_column(String(34))
    ended_at: Mapped[int | None]
    started_at: Mapped[int]


class Delivery(Base):
    """A webhook that has had its effect. Kept three days: platforms repeat themselves for as long as that."""

    __tablename__ = "deliveries"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(index=True)
