"""Background jobs, pending until they are done."""

from __future__ import annotations

from sqlalchemy import Integer, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, Id, only


class Job(Base):
    """A background job, enqueued in the transaction of its cause. A row without `done_at` is still pending; of rows with the same
    `ordering_key` only the oldest is done, so that they keep their order. `given_up`: done with, for it can never be done, or was
    tried for long enough; `retried_at`: when the operator last had it tried anew."""

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    ordering_key: Mapped[str | None]
    payload: Mapped[str]
    run_at: Mapped[int]
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None]
    created_at: Mapped[int]
    done_at: Mapped[int | None]
    given_up: Mapped[bool] = mapped_column(server_default=false())
    retried_at: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        only("ix_jobs_ordering_key", "done_at IS NULL", "ordering_key", "id"),
        only("ix_jobs_given_up", "given_up = 1", "ordering_key", postgresql="given_up"),
        only("ix_jobs_due", "done_at IS NULL", "run_at"),
        only("ix_jobs_kind_due", "done_at IS NULL", "kind", "run_at"),
        only("ix_jobs_done", "done_at IS NOT NULL", "done_at"),
    )
