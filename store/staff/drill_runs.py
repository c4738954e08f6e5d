"""Drills that the staff play and have played: what they did, and what came of it. Nothing of any customer.

The ledger says that a drill was done, by whom and which; what was said in it stands here alone, and goes after half a year.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, delete, insert, select, update

from authz import Grant
from store import tables
from store.db import grant_limits, sweeping
from store.db.transaction import Transaction

KEPT: Final = 180 * 24 * 3_600_000  # ms
SHOWN: Final = 100
Acts = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Run:
    """`verdict` and `told`, how many things were told that should not have been, once it is over."""

    id: int
    staff: int
    staff_name: str
    script: str
    started_at: int
    ended_at: int | None
    acts: Acts
    verdict: str
    told: int


def begin(tx: Transaction, grant: Grant, script: str) -> int:
    """Its id. Another one they have not ended is dropped."""
    tx.require(grant, "desk.proof.ask")
    d, staff = tables.drills, grant.subject.staff
    # By a sum, or SQLite would look through all they have ever played.
    tx.connection.execute(delete(d).where(d.c.staff_id + 0 == staff, d.c.ended_at.is_(None)))
    row = {"staff_id": staff, "script": script, "started_at": tx.now, "acts": "[]", "verdict": "", "told": 0}
    id: int = tx.connection.execute(insert(d).values(row).returning(d.c.id)).scalar_one()
    return id


def look(tx: Transaction, grant: Grant, id: int) -> Run | None:
    """One of their own; with a grant for the ledger anybody's that is over."""
    tx.require(grant, "desk.proof.ask", "desk.ledger.read")
    d, own = tables.drills.c, grant.cell == "desk.proof.ask"
    if not own:
        grant_limits.whole_desk(grant)
    theirs = d.staff_id == grant.subject.staff if own else d.ended_at.is_not(None)
    row = tx.connection.execute(_RUNS.where(d.id == id, theirs)).first()
    if row is not None and not own:
        tx.told(grant, "staff.drills")
    return None if row is None else _run(row)


def of_own(tx: Transaction, grant: Grant) -> list[Run]:
    """Theirs, the newest first."""
    tx.require(grant, "desk.proof.ask")
    d = tables.drills.c
    mine = _RUNS.where(d.staff_id == grant.subject.staff).order_by(d.id.desc()).limit(SHOWN)
    return [_run(row) for row in tx.connection.execute(mine).all()]


def of_all(tx: Transaction, grant: Grant) -> list[Run]:
    """Everybody's that are over, the newest first: for those who answer for the desk."""
    tx.require(grant, "desk.ledger.read")
    grant_limits.whole_desk(grant)
    over = _RUNS.where(tables.drills.c.ended_at.is_not(None)).order_by(tables.drills.c.ended_at.desc()).limit(SHOWN)
    tx.told(grant, "staff.drills")
    return [_run(row) for row in tx.connection.execute(over).all()]


def keep(tx: Transaction, grant: Grant, run: Run, acts: Acts) -> bool:
    """What they have done so far. False: it is not theirs, it is over, or something came between."""
    tx.require(grant, "desk.proof.ask")
    return _changed(tx, grant, run, {"acts": _text(acts)})


def end(tx: Transaction, grant: Grant, run: Run, acts: Acts, verdict: str, told: int) -> bool:
    """The same for the last act, and what came of it all."""
    tx.require(grant, "desk.proof.ask")
    done = _changed(tx, grant, run, {"acts": _text(acts), "verdict": verdict, "told": told, "ended_at": tx.now})
    if done:
        tx.record(grant.subject, None, "drill", "done", fields=(f"drill:{run.script}",))
    return done


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.drills, tables.drills.c.started_at < tx.now - KEPT)


def _changed(tx: Transaction, grant: Grant, run: Run, to: dict[str, object]) -> bool:
    d = tables.drills.c
    as_it_was = (d.id == run.id, d.staff_id == grant.subject.staff, d.ended_at.is_(None), d.acts == _text(run.acts))
    one = update(tables.drills).where(*as_it_was).values(to)
    return tx.connection.execute(one.returning(d.id)).first() is not None


def _text(acts: Acts) -> str:
    return json.dumps([list(act) for act in acts], ensure_ascii=False)


def _run(row: Any) -> Run:
    return Run(
        row.id,
        row.staff_id,
        row.name,
        row.script,
        row.started_at,
        row.ended_at,
        json.loads(row.acts),
        row.verdict,
        row.told,
    )


_d = tables.drills.c
_RUNS: Final[Select[Any]] = select(
    _d.id, _d.staff_id, tables.staff.c.name, _d.script, _d.started_at, _d.ended_at, _d.acts, _d.verdict, _d.told
).join(tables.staff, tables.staff.c.id == _d.staff_id)
