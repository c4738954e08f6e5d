"""Who of the staff is signed in on a page: a token in their cookie, its digest here. ASVS 7.

A session ends after half an hour in which its owner did nothing (what a page asks by itself does not count), after ten hours,
at sign-out, when its owner is suspended, and when they set another password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from authz import Subject
from store import tables
from store.db.keys import Keys
from store.db.statements import each, issued, one_of
from store.db.transaction import Transaction

IDLE: Final = 30 * 60_000  # ms
WHOLE: Final = 10 * 3_600_000  # ms
BYTES: Final = 32
_USE: Final = "staff-sessions"
_NOTED: Final = 60_000  # ms: how exactly it is known when they last did something
_KEPT: Final = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`until` is when it ends if they do nothing, in ms. `is_supervisor`: a supervisor or an administrator."""

    staff: int
    username: str
    name: str
    role: str
    until: int

    @property
    def subject(self) -> Subject:
        return Subject.of_staff(self.staff)

    @property
    def is_supervisor(self) -> bool:
        return self.role in tables.SUPERVISORS


def begin(tx: Transaction, staff: int) -> str:
    """A new session, under a token nobody has had before. Shown to the browser that asked, once."""
    token = secrets.token_urlsafe(BYTES)
    row = {"staff_id": staff, "made_at": tx.now, "seen_at": tx.now, "ended_at": None}
    tx.connection.execute(insert(tables.staff_sessions).values(digest=tx.keys.digest(_USE, token), **row))
    return token


def find(tx: Transaction, token: str, *, does: bool) -> SignedIn | None:
    """Who that is, if they are signed in now. `does`: they do something, and it is not their page that asks by itself."""
    row = tx.connection.execute(_FIND, _asked(tx.keys, token, tx.now)).first()
    if row is None:
        return None
    seen = row.seen_at
    if does and tx.now - seen >= _NOTED:
        seen = tx.now
        s = tables.staff_sessions.c
        tx.connection.execute(update(tables.staff_sessions).where(s.digest == row.digest).values(seen_at=seen))
    return SignedIn(row.staff_id, row.username, row.name, row.role, min(seen + IDLE, row.made_at + WHOLE))


def owner(tx: Transaction, token: str) -> int | None:
    """Whose session it is, or was: to know whose words were typed in it."""
    s = tables.staff_sessions.c
    found: int | None = tx.connection.execute(
        select(s.staff_id).where(s.digest.in_(tx.keys.digests(_USE, token)))
    ).scalar()
    return found


def is_good(connection: Connection, keys: Keys, token: str, now: int) -> bool:
    """The same question for whoever only reads."""
    return connection.execute(_QUERY, _asked(keys, token, now)).first() is not None


def end(tx: Transaction, token: str) -> None:
    s = tables.staff_sessions.c
    one = update(tables.staff_sessions).where(s.digest.in_(tx.keys.digests(_USE, token)), s.ended_at.is_(None))
    staff = tx.connection.execute(one.values(ended_at=tx.now).returning(s.staff_id)).scalar()
    if staff is not None:
        tx.record(Subject.of_staff(staff), None, "staff.sign_out", "done")


def end_all(tx: Transaction, staff: int) -> None:
    s = tables.staff_sessions.c
    theirs = update(tables.staff_sessions).where(s.staff_id == staff, s.ended_at.is_(None))
    tx.connection.execute(theirs.values(ended_at=tx.now))


def sweep(tx: Transaction) -> None:
    tx.connection.execute(delete(tables.staff_sessions).where(tables.staff_sessions.c.made_at < tx.now - _KEPT))


def _asked(keys: Keys, token: str, now: int) -> dict[str, Any]:
    return {
        **each("of_digest", keys.digests(_USE, token)),
        "asked_at": now,
        "idle_since": now - IDLE,
        "begun": now - WHOLE,
    }


_ss, _st = tables.staff_sessions.c, tables.staff.c
_QUERY = (
    select(_ss.digest, _ss.staff_id, _ss.seen_at, _ss.made_at, _st.username, _st.name, _st.role)
    .join(tables.staff, _st.id == _ss.staff_id)
    .where(
        one_of(_ss.digest, "of_digest"),
        _ss.ended_at.is_(None),
        _ss.seen_at > bindparam("idle_since", type_=_ss.seen_at.type),
        _ss.made_at > bindparam("begun", type_=_ss.made_at.type),
        issued(_ss.made_at, bindparam("asked_at", type_=_ss.made_at.type)),
        issued(_ss.seen_at, bindparam("asked_at", type_=_ss.made_at.type)),
        _st.suspended_at.is_(None),
    )
)
_FIND = _QUERY
