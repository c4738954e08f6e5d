"""Later work, owed until it is done."""

from __future__ import annotations

from sqlalchemy import Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Id


class Work(Base):
    """Later work, enqueued in the transaction of its cause. A row without `done_at` is still owed; of rows with the same
    `lane` only the oldest is done, so that they keep their order. `given_up`: done with, for it can never be done, or was
    tried for long enough; `retried_at`: when the operator last had it tried anew."""

    __tablename__ = "work"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    lane: Mapped[str | None]
    payload: Mapped[str]
    run_at: Mapped[int]
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None]
    created_at: Mapped[int]
    done_at: Mapped[int | None]
    given_up: Mapped[bool]
    retried_at: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index(
            "ix_work_lane", "lane", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")
        ),
        Index("ix_work_given_up", "lane", sqlite_where=text("given_up = 1"), postgresql_where=text("given_up")),
        Index("ix_work_due", "run_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    )
