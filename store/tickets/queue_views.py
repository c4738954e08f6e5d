"""Lists of the queue that have a name: one's own, and those that supervisors keep for everybody."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import delete, func, insert, or_, select

from authz import Grant
from store import tables
from store.db import grant_limits
from store.db.transaction import Transaction
from store.tickets import queue_lists
from store.tickets.queue_lists import Filters

MOST: Final = 20  # of one of the staff
LONGEST: Final = 40  # characters of a name
_v = tables.queue_views


@dataclass(frozen=True, slots=True)
class View:
    """`removable`: the reader may take it away."""

    id: int
    name: str
    filters: Filters
    shared: bool
    removable: bool


def listed(tx: Transaction, grant: Grant) -> tuple[View, ...]:
    """Those for everybody first."""
    queue_lists.reads_queue(tx, grant)
    staff, leads = grant.subject.staff, grant_limits.is_supervisor(grant)
    query = select(_v).where(or_(_v.c.staff_id == staff, _v.c.shared)).order_by(_v.c.shared.desc(), _v.c.name, _v.c.id)
    rows = tx.connection.execute(query.limit(4 * MOST)).all()
    return tuple(
        View(row.id, row.name, _filters(row.filters), row.shared, leads if row.shared else True) for row in rows
    )


def save(tx: Transaction, grant: Grant, name: str, filters: Filters, *, shared: bool) -> bool:
    """False: they have as many as one may have. Raises `SupervisorsOnlyError` where an agent would save one for everybody."""
    queue_lists.reads_queue(tx, grant)
    if shared and not grant_limits.is_supervisor(grant):
        raise queue_lists.SupervisorsOnlyError("a view for everybody is for supervisors to keep")
    staff = grant.subject.staff
    if tx.connection.execute(select(func.count()).where(_v.c.staff_id == staff)).scalar_one() >= MOST:
        return False
    row = {"staff_id": staff, "name": name[:LONGEST], "filters": json.dumps(asdict(filters)), "shared": shared}
    tx.connection.execute(insert(_v).values(row))
    tx.told(grant, "view.saved:all" if shared else "view.saved:own")
    return True


def remove(tx: Transaction, grant: Grant, id: int) -> bool:
    """False: there is none, or it is not theirs to take away."""
    queue_lists.reads_queue(tx, grant)
    own = (_v.c.staff_id == grant.subject.staff) & _v.c.shared.is_(False)
    theirs = or_(own, _v.c.shared) if grant_limits.is_supervisor(grant) else own
    gone = delete(_v).where(_v.c.id == id, theirs).returning(_v.c.id)
    return tx.connection.execute(gone).first() is not None


def _filters(text: str) -> Filters:
    """What a version of ours has written: what this one does not know is left out."""
    known = {one.name for one in fields(Filters)}
    return Filters(**{name: value for name, value in json.loads(text).items() if name in known})
