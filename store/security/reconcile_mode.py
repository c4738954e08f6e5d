"""Reconcile mode begins with a restore and ends when a supervisor has checked what came back; what it holds back: store/db/reconciling.py."""

from __future__ import annotations

from sqlalchemy import update

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.reconciling import RECONCILE, since
from store.db.transaction import Transaction, upsert

__all__ = ["begin", "end", "since"]


def begin(tx: Transaction, grant: Grant) -> None:
    """From now on, also where it is on already: what was checked before is to be checked again."""
    tx.require(grant, "desk.operate", "desk.deliver")
    row = {"name": RECONCILE, "on": True, "by": grant.subject, "at": tx.now}
    new = upsert(tx, tables.switches).values(**row)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=row))


def end(tx: Transaction, grant: Grant) -> bool:
    """A supervisor has looked into the warning of the restore. Whether it was on."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    s = tables.switches.c
    off = update(tables.switches).where(s.name == RECONCILE, s.on).values(on=False, by=grant.subject, at=tx.now)
    ended = bool(tx.connection.execute(off).rowcount)
    if ended:
        tx.told(grant, "reconcile:off")
    return ended
