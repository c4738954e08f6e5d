"""After a restore the past is back: what had been proved then proves nothing any more. Sign-ins, codes, pages, second proofs end."""

from __future__ import annotations

from sqlalchemy import update

from authz import Grant
from store import tables
from store.transaction import OPERATOR, Transaction


def end_all(tx: Transaction, grant: Grant) -> dict[str, int]:
    """Ends everything that proves somebody without their PIN or password; how many of each."""
    tx.good(grant, "desk.operate")
    s, c, u, a = tables.staff_sessions, tables.codes, tables.step_ups, tables.approvals
    ended = {
        "sign-ins": update(s).where(s.c.ended_at.is_(None)).values(ended_at=tx.now),
        "codes and pages": update(c).where(c.c.used_at.is_(None)).values(used_at=tx.now),
        "second proofs": update(u).where(u.c.ends_at > tx.now).values(ends_at=tx.now),
        "questions in Slack": update(a).where(a.c.answered_at.is_(None)).values(answered_at=tx.now, right=False),
    }
    counts = {what: tx.connection.execute(statement).rowcount for what, statement in ended.items()}
    fields = [f"{what.replace(' ', '_')}:{n}" for what, n in counts.items()]
    tx.record(OPERATOR, None, "restored", "done", fields=fields)
    return counts
