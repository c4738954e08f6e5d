"""Days on which people answer at other hours than OPENING_HOURS says, or not at all: set by supervisors, kept for a while once they are past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select

from authz import Grant
from store import tables
from store.db import grant_limits, sweeping
from store.db.statements import Prepared
from store.db.transaction import Transaction, upsert

MOST: Final = 100
LONGEST: Final = 120  # characters
KEPT_FOR: Final = 30  # days: whoever waits since before one is still counted by it
Exceptions = Mapping[date, tuple[int, int] | None]
"""By day of the desk: the minutes of it at which it opens and closes; None: closed."""
_e = tables.opening_exceptions


@dataclass(frozen=True, slots=True)
class OpeningException:
    """`span` as in `Exceptions`; `words` for colleagues."""

    day: date
    span: tuple[int, int] | None
    words: str


def read(tx: Transaction) -> Exceptions:
    """When the desk is open is no secret: callers hear it."""
    return {one.day: one.span for one in listed(tx)}


def listed(tx: Transaction) -> tuple[OpeningException, ...]:
    """By day, past ones as well."""
    return tuple(
        OpeningException(date.fromisoformat(row.day), None if row.opens is None else (row.opens, row.closes), row.words)
        for row in _ALL.all(tx)
    )


def put(tx: Transaction, grant: Grant, one: OpeningException) -> bool:
    """In the place of what stood for that day. False: there are as many as there may be."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    opens, closes = one.span or (None, None)
    row = {"day": one.day.isoformat(), "opens": opens, "closes": closes, "words": one.words[:LONGEST]}
    if tx.connection.execute(select(func.count()).select_from(_e).where(_e.c.day != row["day"])).scalar_one() >= MOST:
        return False
    new = upsert(tx, _e).values(**row)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["day"], set_=row))
    tx.told(grant, f"hours.set:{row['day']}:{'closed' if opens is None else f'{opens}-{closes}'}")
    return True


def remove(tx: Transaction, grant: Grant, day: date) -> bool:
    """Whether there was one."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    gone = delete(_e).where(_e.c.day == day.isoformat()).returning(_e.c.day)
    done = tx.connection.execute(gone).first() is not None
    tx.told(grant, *((f"hours.removed:{day.isoformat()}",) if done else ()))
    return done


def sweep(tx: Transaction) -> bool:
    before = datetime.fromtimestamp(tx.now / 1000, UTC).date() - timedelta(days=KEPT_FOR)
    return sweeping.some(tx, _e, _e.c.day < before.isoformat())


_ALL = Prepared(select(_e).order_by(_e.c.day))  # prepared saves 15 µs a ticket
