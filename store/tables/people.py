"""People at customers: their addresses and numbers."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Person(Base):
    """Somebody at a customer. May be a contact of several accounts. `email_since`: when their address came on file; `email_unproved`: it replaced another, and
    they have not opened a link that was sent there (address_proofs.py). Suspended, they are nobody to every channel. `erased_at`: nothing here says who they were
    any more (decision 0026)."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    support_id: Mapped[str] = mapped_column(String(8), unique=True)
    email_since: Mapped[int] = mapped_column(server_default="0")
    email_unproved: Mapped[bool] = mapped_column(server_default=false())
    suspended_at: Mapped[int | None]
    erased_at: Mapped[int | None]
    __table_args__ = (Index("ix_people_username_lower", text("lower(username)")), NEVER_AGAIN)


class PersonLogin(Base):
    """A customer who has joined: they sign in to the pages from then on. `password` (Argon2id, as argon2-cffi writes it, sealed) is
    of those who chose one, and good with a code of their authenticator app alone."""

    __tablename__ = "person_logins"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    password: Mapped[bytes | None]
    set_at: Mapped[int]


class PersonSession(Base):
    """A customer signed in on the pages. `digest` is of what their cookie holds."""

    __tablename__ = "person_sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[int] = mapped_column(index=True)
    seen_at: Mapped[int]
    ended_at: Mapped[int | None]


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


class ErasedName(Base):
    """A username or a support ID of somebody who was erased, as a keyed digest: nobody gets it by chance. `kind` is username or support_id."""

    __tablename__ = "erased_names"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
