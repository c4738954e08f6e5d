"""Accounts, who stands how on them, and what they have and owe."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Id, only


class Account(Base):
    """`decoy`: nobody's; whoever of the desk looks at it is asking for what they have no case for. `billing`: what its next invoices
    print, as JSON, as the import says it. `locked_at`: since when its owner lets nobody change anything."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str]
    scheme: Mapped[str]
    status: Mapped[str]
    decoy: Mapped[bool] = mapped_column(server_default="0")
    billing: Mapped[str | None]
    locked_at: Mapped[int | None]
    __table_args__ = NEVER_AGAIN


class Contact(Base):
    """A person on an account, whatever they hold there, be it nothing."""

    __tablename__ = "contacts"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)


class ContactRight(Base):
    """One role or permission word of the account's scheme that a contact holds."""

    __tablename__ = "contact_rights"
    account_id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, primary_key=True)
    right: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "person_id"], ["contacts.account_id", "contacts.person_id"], ondelete="CASCADE"
        ),
        Index("ix_contact_rights_right", "account_id", "right", "person_id"),
        {"sqlite_with_rowid": False},  # its key is all there is of it
    )


class ContactChange(Base):
    """What a contact held before a change and after it, in the words of the account's scheme, joined by commas; NULL: they were not on the
    account. `by` is the subject who changed it. What stood before the first change nobody has written down."""

    __tablename__ = "contact_changes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    by: Mapped[Subject]
    at: Mapped[int]
    before: Mapped[str | None]
    after: Mapped[str | None]
    __table_args__ = (Index("ix_contact_changes_account", "account_id", "person_id", "id"), NEVER_AGAIN)


class AccountChange(Base):
    """What changed of an account or of a person, for systems that follow it (change_feed.py). `place` is its place in their order, empty until somebody has looked;
    `before` and `after` as in a contact's change; `fields` are names, a blank between two."""

    __tablename__ = "account_changes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    place: Mapped[int | None] = mapped_column(unique=True)
    what: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    by: Mapped[Subject]
    at: Mapped[int] = mapped_column(index=True)
    before: Mapped[str | None]
    after: Mapped[str | None]
    fields: Mapped[str]
    __table_args__ = (
        only("ix_account_changes_new", "place IS NULL", "id"),
        Index("ix_account_changes_account", "account_id", "at"),
        NEVER_AGAIN,
    )


class ChangeFeed(Base):
    """The order of the changes, of which there is one: the `last` place that was given, and since when (ms) they are: at first, or after a restore."""

    __tablename__ = "change_feed"
    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]
    began_at: Mapped[int]


class ContactRequest(Base):
    """A change of contacts that somebody asked for by phone or in Slack: it waits until somebody who may make it confirms it. `do` is add,
    change or remove; `person_id` is whom it changes, NULL where somebody new (`name`, `email`) is to be added; `holds` is what they are to hold
    and `before` what they held when it was asked, in words joined by commas. `written_by` is the subject who wrote it down: the asker, or one of
    the staff who heard their message, or the API key by which a program asked for them. `status` is waiting, confirmed, refused or ended; `why` says why it ended. Or it is draft, as the
    program asked for it: `name` is then whom it is about, until its asker hands in their draft (drafted_requests.py)."""

    __tablename__ = "contact_requests"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    asker: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    written_by: Mapped[Subject]
    do: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    email: Mapped[str]
    holds: Mapped[str]
    before: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(10), server_default="")
    asked_at: Mapped[int]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    answered_at: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = (
        Index("ix_contact_requests_account", "account_id", "status"),
        Index("ix_contact_requests_status", "status", "account_id", "id"),
        NEVER_AGAIN,
    )


class Service(Base):
    __tablename__ = "services"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    status: Mapped[str]
    managed_sla: Mapped[bool]


class Invoice(Base):
    """`amount` is the decimal string of the import, `due` a date as ISO 8601. `billed` is what it prints of whom it is for, as that
    stood when the import first brought it (billing_details.py), as JSON; nothing changes it."""

    __tablename__ = "invoices"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    due: Mapped[str] = mapped_column(String(10))
    status: Mapped[str]
    billed: Mapped[str]
