"""Keys by which other systems ask at /api, and what they were answered to what they may send twice."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Id


class ApiKey(Base):
    """A key of a customer's, made by `person_id` for `account_id`, or of the operator's, made for neither. `digest` is keyed; `hint` is how the
    key begins, to tell it by; `scope` are cells or verbs, a comma between two. `ended_why` is withdrawn, maker, account or restored."""

    __tablename__ = "api_keys"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    scope: Mapped[str]
    made_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    seen_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    ended_by: Mapped[Subject | None]
    ended_why: Mapped[str] = mapped_column(String(12), server_default="")
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) = (account_id IS NULL)", name="ck_api_keys_whose"),
        Index("ix_api_keys_person", "person_id", "account_id"),
        NEVER_AGAIN,
    )


class ApiAnswer(Base):
    """What a key was answered to a request with an Idempotency-Key, in the transaction of what that did; kept for a day. `request` is a digest
    of the request, `answer` is sealed."""

    __tablename__ = "api_answers"
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    answer: Mapped[bytes]
    at: Mapped[int] = mapped_column(index=True)
