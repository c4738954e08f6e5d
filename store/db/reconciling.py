"""Reconcile mode: from a restore, or a failover that lost the end, until a supervisor has checked what came back. What is held back meanwhile.

Who may do what is that of the backup: somebody who was taken off since is back. They are told no more than they were told then, but could
change who may do what, or have something done that no import undoes. decisions/0025
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from authz import LOCKED_LOSES, Denied, Grant, Reason, WayForward
from store import tables
from store.db.statements import Connected

RECONCILE: Final = "reconcile"  # its name among the switches
HELD_BACK: Final = LOCKED_LOSES
"""What nobody is allowed meanwhile: what nobody is on an account that its owner has locked against changes."""
_REFUSED: Final = Denied(Reason.ACCOUNT_LOCKED, ("D-reconcile",), WayForward.LEAVE_MESSAGE)
_ON: Final = select(tables.switches.c.at).where(tables.switches.c.name == RECONCILE, tables.switches.c.on)


def since(tx: Connected) -> int | None:
    """When it began; None: the desk is not in it."""
    at: int | None = tx.connection.execute(_ON).scalar()
    return at


def held(tx: Connected, verdict: Grant | Denied) -> Grant | Denied:
    """The verdict, or the refusal in its place. Reads only where something is allowed that would be held back: seldom."""
    if isinstance(verdict, Grant) and verdict.cell in HELD_BACK and since(tx) is not None:
        return _REFUSED
    return verdict
