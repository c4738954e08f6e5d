"""What the maintainers are told of a database (`deskgate doctor --report`): how much is in it and which jobs fail, nothing of what it says."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import case, func, select, text

from authz import Grant
from store import tables
from store.db.schema import NEWEST
from store.db.transaction import Transaction

# Of why a job failed: codes and types alone. Its words are ours, and a code in them another company's.
CODES: Final = re.compile(
    r"\banswered \d{3}(?: \(\d{5}\))?|\b[45]\d\d [45]\.\d{1,2}\.\d{1,2}\b|\b[A-Z][A-Za-z]{3,40}(?:Error|Timeout)\b"
)


def figures(tx: Transaction, grant: Grant) -> dict[str, Any]:
    """`schema`, `newest`: revisions; `rows`: by table; `jobs`: those that failed or were given up, by kind, state and code."""
    tx.require(grant, "desk.operate")
    version = tx.connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    rows = {
        name: tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in sorted(tables.Base.metadata.tables.items())
    }
    w = tables.jobs.c
    state = case((w.given_up, "given-up"), else_="failing")
    failed = w.error.is_not(None) & (w.done_at.is_(None) | w.given_up)
    found = tx.connection.execute(
        select(
            w.kind, state.label("state"), w.error, func.count().label("many"), func.max(w.attempts).label("attempts")
        )
        .where(failed)
        .group_by(w.kind, state, w.error)
        .limit(1000)
    )
    tx.told(grant, "report.figures")
    return {"schema": list(version), "newest": NEWEST, "rows": rows, "jobs": _by_code(found)}


def _by_code(found: Any) -> list[dict[str, Any]]:
    """Two whose words differ in somebody's address alone are one."""
    added: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, state, error, many, attempts in found:
        code = " ".join(CODES.findall(error)) or "no code"
        one = added.setdefault(
            (kind, state, code), {"kind": kind, "state": state, "code": code, "many": 0, "attempts": 0}
        )
        one["many"] += many
        one["attempts"] = max(one["attempts"], attempts)
    return [added[key] for key in sorted(added)]
