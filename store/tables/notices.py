"""Notices sent to those whom a scheme names, what became of each, which addresses refuse mail, and who wants less of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Id, only


class Notice(Base):
    """One notice to several people. `kind` is billing, technical, account or ticket; `ticket` and `event` say of a ticket what became of
    it, and then there are no words here: they are made when it is sent. `key` keeps the same cause from telling twice."""

    __tablename__ = "notices"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    ticket: Mapped[int | None] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(12), server_default="")
    title: Mapped[str]
    body: Mapped[str]
    written_by: Mapped[Subject]
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[int]
    __table_args__ = (Index("ix_notices_kind", "kind", "id"), Index("ix_notices_kept", "kind", "at"), NEVER_AGAIN)


class NoticeAccount(Base):
    """An account that a notice is about."""

    __tablename__ = "notice_accounts"
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)


class NoticeRecipient(Base):
    """Somebody a notice goes to, by which `rules`. `state` and `why` as in notice_delivery.py; `slack`: it was put into a direct message too;
    `tries`: how often their address has refused it."""

    __tablename__ = "notice_recipients"
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    rules: Mapped[str]
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str]
    slack: Mapped[bool] = mapped_column(server_default=false())
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    at: Mapped[int]
    __table_args__ = (
        Index("ix_notice_recipients_person", "person_id", "notice_id"),
        only("ix_notice_recipients_refused", "state = 'refused'", "at"),
    )


class MailBounce(Base):
    """An address that a mail server has refused for good, until it takes a mail again. `why` holds the code, never an address."""

    __tablename__ = "mail_bounces"
    email: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    since: Mapped[int]
    at: Mapped[int]
    times: Mapped[int] = mapped_column(Integer, server_default="1")


class MailPreference(Base):
    """What somebody has chosen about mail. Who has no row gets it all."""

    __tablename__ = "mail_preferences"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    tickets: Mapped[bool] = mapped_column(server_default=true())
