"""The ledger: segments, entries, checkpoints; and what is said of the database itself."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import Base, only


def _check(name: str, holds: str) -> CheckConstraint:
    """On PostgreSQL alone: SQLite would have to copy the table. `audit verify` finds on both what this refuses."""
    return CheckConstraint(holds, name=name).ddl_if(dialect="postgresql")


class Segment(Base):
    """One HMAC chain, written by one connection of one process for an hour at most. `mac` signs this row, and is what its first
    entry is chained to."""

    __tablename__ = "ledger_segments"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(8))
    opened_at: Mapped[int] = mapped_column(index=True)
    mac: Mapped[bytes]
    __table_args__ = (_check("ck_ledger_segments_id", "id ~ '^[0-9a-f]{16}$'"),)


class Entry(Base):
    """One decision or one thing told. Field names, never values."""

    __tablename__ = "ledger"
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    who: Mapped[Subject]
    account: Mapped[int | None]
    action: Mapped[str]
    decision: Mapped[str]
    rules: Mapped[str]
    proof: Mapped[str]
    channel: Mapped[str]
    call: Mapped[str | None]
    fields: Mapped[str]
    mac: Mapped[bytes]
    __table_args__ = (
        Index("ix_ledger_at", "at"),
        Index("ix_ledger_account", "account", "at"),
        _check("ck_ledger_n", "n > 0"),
    )


class Checkpoint(Base):
    """The heads of all segments in use, signed, each chained to the one before, or to `builds_on` where that one is no good.
    `retires` ends keys: what was made with them is held from then on by what stands here."""

    __tablename__ = "ledger_checkpoints"
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int]
    key: Mapped[str] = mapped_column(String(8))
    heads: Mapped[str]
    mac: Mapped[bytes]
    builds_on: Mapped[int | None]
    retires: Mapped[str | None]
    __table_args__ = (
        only("ix_ledger_checkpoints_retiring", "retires IS NOT NULL", "n"),
        only("ix_ledger_checkpoints_over", "builds_on IS NOT NULL", "n"),
        _check("ck_ledger_checkpoints_n", "n > 0"),
    )


class WriteProbe(Base):
    """One row, written over and over: that the database can be written, and up to when it was."""

    __tablename__ = "write_probe"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int]


class SchemaSince(Base):
    """One row: the oldest schema (`revision`, as 0002) whose versions of Deskgate may go on with this one. Migrations write it."""

    __tablename__ = "schema_since"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[str]
