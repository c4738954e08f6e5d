"""Displays that show the wall with nobody signed in: opened by a supervisor, for a browser that has shown a code, for the wall alone.

The code is made from what that browser's cookie holds, and kept nowhere until somebody types it on the staff page: a stranger who opens the
page of a display leaves nothing behind. Once it comes for its wall the display has a token of its own. It shows what whoever opened it may see, and goes dark
when they no longer lead or are suspended.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select, update

from authz import Grant, Subject
from store import tables
from store.db import sweeping
from store.db.keys import Keys
from store.db.statements import AHEAD
from store.db.transaction import Transaction, upsert

DAY: Final = 24 * 3_600_000  # ms
DAYS: Final = 30
MOST: Final = 20
COMES_IN: Final = 10 * 60_000  # ms in which the display comes for its wall
LONGEST_NAME: Final = 40
_NOTED: Final = 60_000  # ms: how exactly it is known when one last asked
_KEPT: Final = 7 * DAY
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # none that reads as another, and no word comes of them
_LONG: Final = 8  # letters: 34 bits, which nobody draws by asking for pages in ten minutes
_CHANCE: Final = 22
_TOKEN: Final = 43
_CODE, _USE, _SEAL = "wall-code", "wall-displays", "wall-seal"
_w = tables.wall_displays.c


@dataclass(frozen=True, slots=True)
class WallDisplay:
    """`opened_by` is a name. `seen_at`: when it last asked; None: it has not come for its wall yet. Times in ms."""

    id: int
    name: str
    opened_by: str
    ends_at: int
    seen_at: int | None


def code_of(keys: Keys, browser: str) -> str:
    """What a browser shows, by which it is opened: BCDF-GHJK."""
    number = int(keys.digest(_CODE, browser), 16)
    letters = ""
    for _ in range(_LONG):
        number, rest = divmod(number, len(_LETTERS))
        letters += _LETTERS[rest]
    return f"{letters[:4]}-{letters[4:]}"


def read_code(typed: str) -> str | None:
    """As people type it, in any case, with or without the hyphen; None: that is none."""
    letters = re.sub(r"[\s-]", "", typed).upper()
    good = len(letters) == _LONG and set(letters) <= set(_LETTERS)
    return f"{letters[:4]}-{letters[4:]}" if good else None


def open_for(tx: Transaction, grant: Grant, code: str, name: str) -> bool:
    """The display that shows this code gets the wall, if it comes within ten minutes. False: there are as many as may be, or that code was typed
    before."""
    tx.require(grant, "desk.threat.switch")
    many = tx.connection.execute(select(func.count()).select_from(_good(tx).subquery())).scalar_one()
    if many >= MOST:
        return False
    row = {"name": name[:LONGEST_NAME], "opened_by": grant.subject.staff, "made_at": tx.now}
    row |= {"ends_at": tx.now + DAYS * DAY, "code": tx.keys.digest(_CODE, "typed", code)}
    new = upsert(tx, tables.wall_displays).values(**row).on_conflict_do_nothing(index_elements=["code"])
    id = tx.connection.execute(new.returning(_w.id)).scalar()
    if id is not None:
        tx.told(grant, f"wall_opened:{id}")
    return id is not None


def come_for(tx: Transaction, code: str) -> str | None:
    """The token of a display that shows this code, once; None: nobody has typed it in the last ten minutes."""
    typed = tx.keys.digests(_CODE, "typed", code)
    chance = secrets.token_urlsafe(16)
    token = (chance + tx.keys.digest(_SEAL, chance))[:_TOKEN]
    one = select(_good(tx).where(_w.code.in_(typed), _w.made_at > tx.now - COMES_IN).subquery().c.id)
    mine = update(tables.wall_displays).where(_w.id.in_(one), _w.code.is_not(None))
    now = {"code": None, "digest": tx.keys.digest(_USE, token), "seen_at": tx.now}
    row = tx.connection.execute(mine.values(now).returning(_w.id, _w.opened_by)).first()
    if row is None:
        return None
    tx.record(Subject.of_staff(row.opened_by), None, "wall.display", "begun", fields=(f"display:{row.id}",))
    return token


def is_ours(keys: Keys, token: str) -> bool:
    """Whether a display ever had that token, open still or not. Takes no statement."""
    return len(token) == _TOKEN and keys.made(token[_CHANCE:], _SEAL, token[:_CHANCE])


def is_good(connection: Connection, keys: Keys, token: str, now: int) -> bool:
    """For whoever only reads."""
    return connection.execute(_of(keys, token, now)).first() is not None


def find(tx: Transaction, token: str) -> Subject | None:
    """Whose rights a display shows the wall by; None: it is withdrawn or over, or they lead no more."""
    row = tx.connection.execute(_of(tx.keys, token, tx.now)).first()
    if row is None:
        return None
    if tx.now - (row.seen_at or 0) >= _NOTED:
        tx.connection.execute(update(tables.wall_displays).where(_w.id == row.id).values(seen_at=tx.now))
    return Subject.of_staff(row.opened_by)


def listed(tx: Transaction, grant: Grant) -> list[WallDisplay]:
    """Those that show the wall, or may still come for it; the newest first."""
    tx.require(grant, "desk.threat.switch")
    tx.told(grant, "staff.name")
    coming = _w.digest.is_not(None) | (_w.made_at > tx.now - COMES_IN)
    rows = tx.connection.execute(_good(tx).where(coming).order_by(_w.id.desc())).all()
    return [WallDisplay(row.id, row.name, row.opener, row.ends_at, row.seen_at) for row in rows]


def withdraw(tx: Transaction, grant: Grant, id: int) -> bool:
    """It shows nothing any more. Whether it did, or might have."""
    tx.require(grant, "desk.threat.switch")
    one = update(tables.wall_displays).where(_w.id == id, _w.ended_at.is_(None)).values(ended_at=tx.now, code=None)
    done = tx.connection.execute(one.returning(_w.id)).first() is not None
    if done:
        tx.told(grant, f"wall_withdrawn:{id}")
    return done


def end_all(tx: Transaction) -> None:
    """After a restore: one that was withdrawn since the backup must not show anything again."""
    tx.connection.execute(update(tables.wall_displays).where(_w.ended_at.is_(None)).values(ended_at=tx.now, code=None))


def sweep(tx: Transaction) -> bool:
    never = _w.digest.is_(None) & (_w.made_at < tx.now - COMES_IN)
    return sweeping.some(tx, tables.wall_displays, (_w.ends_at < tx.now - _KEPT) | never)


def _of(keys: Keys, token: str, now: int) -> Select[Any]:
    return _of_good(now).where(_w.digest.in_(keys.digests(_USE, token)))


def _good(tx: Transaction) -> Select[Any]:
    return _of_good(tx.now)


def _of_good(now: int) -> Select[Any]:
    s = tables.staff.c
    return (
        select(_w.id, _w.name, _w.opened_by, _w.ends_at, _w.seen_at, s.name.label("opener"))
        .join(tables.staff, s.id == _w.opened_by)
        .where(_w.ended_at.is_(None), _w.ends_at > now, _w.made_at <= now + AHEAD)
        .where(s.suspended_at.is_(None), s.role.in_(tables.SUPERVISORS))
    )
