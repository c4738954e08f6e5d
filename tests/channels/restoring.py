"""A database that lost its end, and the supervisor who says that it was looked into."""

from __future__ import annotations

from sqlalchemy import delete, select

from authz import Proof, Subject
from desk import supervision
from desk.actors import Actor
from store import tables
from tests.desk import Desk


def lost_its_end(desk: Desk) -> None:
    """As a failover to a standby that was behind: the newest part of the ledger is gone, and the worker notices."""
    with desk.store.engine.begin() as connection:
        for table in (tables.ledger, tables.segments, tables.checkpoints):
            connection.execute(delete(table))
    desk.container.worker.checkpoint()


def checked(desk: Desk, by: str) -> bool:
    """Somebody of the staff marks the warning of the restore as checked; whether they may."""
    a = tables.alerts.c
    with desk.store.transaction("test") as tx:
        (warning,) = tx.connection.execute(select(a.id).where(a.kind == "restored")).scalars()
        return supervision.see_alert(tx, Actor(Subject(by), Proof.NONE), warning)
