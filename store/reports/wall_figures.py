"""What stands on the wall beside the calls: who is there, and how the tickets stand. Nothing of any customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select

from authz import Grant
from store import tables
from store.db.transaction import Transaction
from store.reports import daily_figures
from store.reports.daily_figures import Figures
from store.sign_in.realms import STAFF

MOST: Final = 1_000  # tickets are counted up to here, however many there are


@dataclass(frozen=True, slots=True)
class There:
    """One of the staff who is signed in, or away: their id and name. `back_at` in ms; None: until they say so."""

    staff: int
    name: str
    away: bool
    back_at: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many tickets are open, and how many of these are late: MOST of them at most."""

    open: int
    late: int


def there(tx: Transaction, grant: Grant) -> list[There]:
    tx.require(grant, "desk.proof.ask")
    s, o = tables.staff.c, tables.staff_sessions.c
    is_in = and_(
        o.staff_id == s.id, o.ended_at.is_(None), o.seen_at > tx.now - STAFF.idle, o.made_at > tx.now - STAFF.whole
    )
    away = s.away_since.is_not(None) & (s.back_at.is_(None) | (s.back_at > tx.now))
    query = select(s.id, s.name, s.back_at, away.label("away"))
    query = query.where(s.suspended_at.is_(None), away | select(o.digest).where(is_in).exists())
    rows = tx.connection.execute(query.order_by(s.name, s.id)).all()
    found = [There(row.id, row.name, bool(row.away), row.back_at if row.away else None) for row in rows]
    tx.told(grant, *(("staff.name",) if found else ()))
    return found


def calls(tx: Transaction, grant: Grant, zone: ZoneInfo) -> Figures:
    """Today's."""
    tx.require(grant, "desk.proof.ask")
    return daily_figures.calls(tx, daily_figures.day_of(tx.now, zone))


def tickets(tx: Transaction, grant: Grant, zone: ZoneInfo) -> Figures:
    """Those opened and closed today."""
    tx.require(grant, "desk.ticket.work")
    return daily_figures.tickets(tx, daily_figures.day_of(tx.now, zone))


def standing(tx: Transaction, grant: Grant) -> Standing:
    tx.require(grant, "desk.ticket.work")
    t = tables.tickets.c
    is_open = t.status == "open"
    return Standing(_up_to(tx, is_open), _up_to(tx, is_open & (t.due_at < tx.now)))


def _up_to(tx: Transaction, which: ColumnElement[bool]) -> int:
    some = select(tables.tickets.c.number).where(which).limit(MOST).subquery()
    found: int = tx.connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found
