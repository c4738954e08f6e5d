"""What is switched for the whole desk while it runs: `threat` leaves the phone to messages and callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from authz import Grant, Subject
from store import tables
from store.db import grant_limits
from store.db.reconciling import RECONCILE
from store.db.transaction import Transaction, upsert
from store.security import alerts

__all__ = ["RECONCILE", "THREAT", "Switched", "look", "switch", "switched_on", "threat"]
THREAT: Final = "threat"


@dataclass(frozen=True, slots=True)
class Switched:
    on: bool
    by: Subject
    at: int


def threat(tx: Transaction) -> bool:
    """Whether the desk is in threat mode: calls leave a message, and are called back."""
    row = tx.connection.execute(_SWITCH, {"name": THREAT}).first()
    return row is not None and bool(row.on)


def look(tx: Transaction, grant: Grant) -> Switched | None:
    """How it stands, and who did it."""
    tx.require(grant, "desk.threat.switch", "desk.proof.ask")
    row = tx.connection.execute(_SWITCH, {"name": THREAT}).first()
    return None if row is None else Switched(bool(row.on), row.by, row.at)


def switched_on(tx: Transaction, grant: Grant) -> dict[str, int]:
    """All that is on for the whole desk, threat mode and reconcile mode: name → since when."""
    tx.require(grant, "desk.threat.switch", "desk.proof.ask")
    s = tables.switches.c
    return {row.name: row.at for row in tx.connection.execute(select(s.name, s.at).where(s.on))}


def switch(tx: Transaction, grant: Grant, on: bool, *, asked_by: int | None = None) -> bool:
    """Whether it was the other way before. One of the staff may switch it on; off takes two, of whom `asked_by` (an id of the
    staff) is the other: see `dual_control`. The operator's shell needs nobody."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    if not on:
        grant_limits.takes_two(grant, asked_by)
    if threat(tx) == on:
        return False
    row = {"name": THREAT, "on": on, "by": grant.subject, "at": tx.now}
    new = upsert(tx, tables.switches).values(**row)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=row))
    tx.told(grant, f"threat:{'on' if on else 'off'}")
    alerts.alert(tx, "threat_on" if on else "threat_off", str(tx.now), subject=grant.subject)
    return True


_SWITCH = select(tables.switches).where(tables.switches.c.name == bindparam("name"))
