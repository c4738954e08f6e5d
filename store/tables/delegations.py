"""Ticket rights that are lent for a while, and the requests for them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id, only


class DelegationRequest(Base):
    """Somebody was refused and asks those who may lend. `status` is open, lent, refused or gone."""

    __tablename__ = "delegation_requests"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    asker: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    cell: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[int]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    answered_at: Mapped[int | None]
    __table_args__ = (
        Index("ix_delegation_requests_asker", "asker", "asked_at"),
        Index("ix_delegation_requests_account", "account_id", "status"),
        NEVER_AGAIN,
    )


class Delegation(Base):
    """A cell one contact lends another. With `one_ticket` it is good for opening one, which is then in `ticket`."""

    __tablename__ = "delegations"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    lender: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    borrower: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    cell: Mapped[str] = mapped_column(String(32))
    one_ticket: Mapped[bool]
    ticket: Mapped[int | None] = mapped_column(ForeignKey("tickets.number", ondelete="SET NULL"))
    lent_at: Mapped[int]
    ends_at: Mapped[int]
    ended_at: Mapped[int | None]
    __table_args__ = (
        Index("ix_delegations_borrower", "borrower", "account_id"),
        only("ix_delegations_live", "ended_at IS NULL", "account_id"),
        NEVER_AGAIN,
    )
