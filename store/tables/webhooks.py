"""Webhooks: who outside is told of what happens here, and what became of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class WebhookEndpoint(Base):
    """Where events go. `events`: their names with a space between, or `*`. `secret` is sealed, and `old_secret` signs as well until `old_until`."""

    __tablename__ = "webhook_endpoints"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    url: Mapped[str]
    events: Mapped[str]
    secret: Mapped[bytes]
    old_secret: Mapped[bytes | None]
    old_until: Mapped[int | None]
    made_at: Mapped[int]
    __table_args__ = (NEVER_AGAIN,)


class WebhookMessage(Base):
    """One event for one endpoint: what it is about and not what it says, which is read when it is sent. `number`: of a ticket, or the id
    of a call, an account or an alert; `happened_at` when; `state` as in webhook_messages.py; `status`: what the endpoint answered last."""

    __tablename__ = "webhook_messages"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    endpoint: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    happened_at: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(8))
    status: Mapped[int | None]
    sent_at: Mapped[int | None]
    __table_args__ = (Index("ix_webhook_messages_endpoint", "endpoint", "happened_at"),)
