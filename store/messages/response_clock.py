"""Since when a customer waits for the desk, and by when it is due: running while a ticket is open or pending, stopped otherwise.

How long that may take is not decided here: `Transaction.due` says so. Whether an SLA covers it is read in the statement that
writes, which is given both answers.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, exists, func, literal_column, or_, select, update

from authz import Grant
from store import tables
from store.db.transaction import Transaction
from store.messages import opening_exceptions
from store.messages.opening_exceptions import Exceptions


class Priority(IntEnum):
    """What comes first, by the desk alone."""

    URGENT, HIGH, NORMAL, LOW = range(4)


MOST: Final = 2_000  # tickets whose clock follows other hours at once; the rest when anything happens to them
STOPPED: Final = {"waiting_since": None, "due_at": None}
_t, _s = tables.tickets.c, tables.services.c


def new(tx: Transaction, priority: Priority, kind: str, *, running: bool) -> dict[str, int | None]:
    """Of a ticket that is being opened: for `waiting_since`, and for `NEW_DUE`."""
    other = opening_exceptions.read(tx)  # in any case: what is quarantined takes as long as everything else
    if not running:
        return {"waiting_since": None, "due": None, "due_covered": None}
    return {"waiting_since": tx.now, **_both(tx, tx.now, priority, kind, other)}


def running(tx: Transaction) -> dict[str, Any]:
    """Of a ticket that is open from now on: whoever waits already goes on waiting. Then `started` with what is given back of `STATE`."""
    return {"waiting_since": func.coalesce(_t.waiting_since, tx.now)}


def started(tx: Transaction, row: Any) -> None:
    """Somebody waits since this moment, or for something that is due earlier or later than it was."""
    both = _both(tx, row.waiting_since, row.priority, row.kind, opening_exceptions.read(tx))
    tx.connection.execute(_STARTED, {"ticket": row.number, **both})


def count_again(tx: Transaction, grant: Grant, since: int) -> None:
    """The hours of a day have changed: of what was due on it or later, but what is urgent, the first MOST of the queue."""
    tx.require(grant, "desk.threat.switch")
    other = opening_exceptions.read(tx)
    rows = tx.connection.execute(_FROM, {"since": since}).all()
    again = [{"ticket": row.number, **_both(tx, row.waiting_since, row.priority, row.kind, other)} for row in rows]
    if again:
        tx.connection.execute(_STARTED, again)


def _both(tx: Transaction, since: int, priority: int, kind: str, other: Exceptions) -> dict[str, int]:
    both = (("due", False), ("due_covered", True))
    return {name: tx.due(since, priority, kind, covered, other) for name, covered in both}


def covered(account: Any, service: Any) -> ColumnElement[bool]:
    """What is about a service under the Managed Platform SLA, or, of an account that has one, about none."""
    return exists().where(_s.account_id == account, _s.managed_sla, or_(service.is_(None), service == _s.ref))


def _due(account: Any, service: Any) -> ColumnElement[Any]:
    when, otherwise = (bindparam(name, type_=_t.due_at.type) for name in ("due_covered", "due"))
    return case((covered(account, service), when), else_=otherwise)


NEW_DUE: Final = _due(bindparam("account_id", type_=_t.account_id.type), bindparam("service", type_=_t.service.type))
STATE: Final = (_t.number, _t.kind, _t.priority, _t.waiting_since)  # what a statement gives back for `started`
_STARTED = update(tables.tickets).where(_t.number == bindparam("ticket")).values(due_at=_due(_t.account_id, _t.service))
# As in the index ix_tickets_due.
DUE: Final[ColumnElement[int]] = literal_column("coalesce(tickets.due_at, 0)", BigInteger)
LATER: Final[ColumnElement[bool]] = literal_column("tickets.priority > 0")
LATER_ALONE: Final[ColumnElement[bool]] = literal_column("(tickets.priority > 0) = true")
_FROM = (
    select(*STATE)
    .where(_t.status.in_(("open", "pending")), LATER_ALONE, bindparam("since", type_=_t.due_at.type) <= DUE)
    .order_by(_t.number + 0)  # by a sum, or SQLite would walk through all tickets for them
    .limit(MOST)
    .with_for_update()
)
