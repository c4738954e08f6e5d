"""After a restore the past is back: what had been proved then proves nothing any more, and whoever was suspended stays it.

It is noticed by what this machine has seen of the database (seen.py), or done by the operator. docs/operating.md#backups
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from authz import Grant
from store import revoke, staff, tables
from store.seen import Seen
from store.transaction import Transaction

if TYPE_CHECKING:
    from store import Store


def is_behind(store: Store) -> Seen | None:
    """What this machine has seen of the database, where the database does not hold it any more."""
    seen = store.memory.recall()
    return None if seen is None or store.holds(seen.checkpoint, seen.digest) else seen


def remember(store: Store) -> tuple[int, str] | None:
    """Makes a checkpoint, which it gives, and keeps outside how far the database had come and who is suspended. A restore that nobody has
    answered yet is not forgotten by it."""
    head = store.checkpoint()
    with store.memory.alone():
        seen = store.memory.recall()
        if head is None or is_behind(store) is not None or (seen is not None and seen.checkpoint >= head[0]):
            return head
        store.memory.keep(Seen(*head, store.suspended()))
    return head


def end_all(tx: Transaction, grant: Grant, suspended: Collection[str] = ()) -> dict[str, int]:
    """Ends everything that proves somebody without their PIN or password, withdraws what would be sent or told to them to prove more,
    and suspends these of the staff; how many of each."""
    tx.good(grant, "desk.operate", "desk.deliver")
    s, c, u, a = tables.staff_sessions, tables.codes, tables.step_ups, tables.approvals
    ended = {
        "sign-ins": update(s).where(s.c.ended_at.is_(None)).values(ended_at=tx.now),
        "codes and pages": update(c).where(c.c.used_at.is_(None)).values(used_at=tx.now),
        "second proofs": update(u).where(u.c.ends_at > tx.now).values(ends_at=tx.now),
        "questions in Slack": update(a).where(a.c.answered_at.is_(None)).values(answered_at=tx.now, right=False),
    }
    counts = {what: tx.connection.execute(statement).rowcount for what, statement in ended.items()}
    counts |= revoke.owed_to_anybody(tx)
    w = tables.staff.c
    at_work = select(w.id).where(w.username.in_(suspended), w.suspended_at.is_(None)).order_by(w.id)
    again = list(tx.connection.execute(at_work).scalars())
    for one in again:
        staff.stop(tx, one)
    fields = [f"{what.replace(' ', '_')}:{n}" for what, n in counts.items()]
    fields += [f"suspended:staff:{one}" for one in again]
    tx.record(grant.subject, None, "restored", "done", fields=fields)
    return counts | {"of the staff suspended again": len(again)}
