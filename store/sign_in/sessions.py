"""Who is signed in on a page: a token in their cookie, its digest here. ASVS 7.

A session ends after a while in which whoever signed in did nothing (what a page asks by itself does not count), after some hours whatever they
do (realms.py), at sign-out, when they are suspended, when they join anew, and of a customer when their rights change or something
that proves them is taken away (revocation.py).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update

from authz import Subject
from store import tables
from store.db import sweeping
from store.db.keys import Keys
from store.db.statements import each, issued, one_of
from store.db.transaction import Transaction
from store.sign_in.realms import REALMS, Realm

BYTES: Final = 32
_NOTED: Final = 60_000  # ms: how exactly it is known when they last did something
_KEPT: Final = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`since` is when they signed in, and `until` when it ends if they do nothing, in ms. `session` is what may be kept of it: a second proof given in it is bound to that.
    `is_supervisor`: a supervisor or an administrator. `shortcuts`: their pages take single keys."""

    subject: Subject
    username: str
    name: str
    role: str
    since: int
    until: int
    session: str
    shortcuts: bool

    @property
    def staff(self) -> int:
        return self.subject.staff

    @property
    def person(self) -> int:
        return self.subject.person

    @property
    def is_supervisor(self) -> bool:
        return self.role in tables.SUPERVISORS


def begin(tx: Transaction, realm: Realm, id: int) -> str:
    """A new session, under a token nobody has had before. Shown to the browser that asked, once."""
    token = secrets.token_urlsafe(BYTES)
    row = {realm.column: id, "made_at": tx.now, "seen_at": tx.now, "ended_at": None}
    tx.connection.execute(insert(realm.sessions).values(digest=tx.keys.digest(_use(realm), token), **row))
    return token


def find(tx: Transaction, realm: Realm, token: str, *, does: bool) -> SignedIn | None:
    """Who that is, if they are signed in now. `does`: they do something, and it is not their page that asks by itself."""
    row = tx.connection.execute(_query(realm), _asked(tx.keys, realm, token, tx.now)).first()
    if row is None:
        return None
    seen = row.seen_at
    if does and tx.now - seen >= _NOTED:
        seen = tx.now
        s = realm.sessions
        tx.connection.execute(update(s).where(s.c.digest == row.digest).values(seen_at=seen))
    until = min(seen + realm.idle, row.made_at + realm.whole)
    whose = realm.subject(row.whose)
    return SignedIn(whose, row.username, row.name, row.role, row.made_at, until, row.digest, bool(row.shortcuts))


def whose(tx: Transaction, realm: Realm, token: str) -> int | None:
    """Whose session it is, or was: to know whose words were typed in it."""
    s = realm.sessions.c
    mine = select(s[realm.column]).where(s.digest.in_(tx.keys.digests(_use(realm), token)))
    found: int | None = tx.connection.execute(mine).scalar()
    return found


def is_good(connection: Connection, keys: Keys, realm: Realm, token: str, now: int) -> bool:
    """The same question for whoever only reads."""
    return connection.execute(_query(realm), _asked(keys, realm, token, now)).first() is not None


def signed_in(tx: Transaction, realm: Realm) -> set[int]:
    """Who is, by id."""
    return set(tx.connection.execute(_everybody(realm), _since(realm, tx.now)).scalars())


def end(tx: Transaction, realm: Realm, token: str) -> None:
    s = realm.sessions.c
    one = update(realm.sessions).where(s.digest.in_(tx.keys.digests(_use(realm), token)), s.ended_at.is_(None))
    id = tx.connection.execute(one.values(ended_at=tx.now).returning(s[realm.column])).scalar()
    if id is not None:
        tx.record(realm.subject(id), None, f"{realm.word}.sign_out", "done")


def end_all(tx: Transaction, realm: Realm, id: int, *, but: str = "") -> None:
    """`but`: not this one (`SignedIn.session`), in which they have just changed what they sign in with."""
    s = realm.sessions.c
    theirs = update(realm.sessions).where(s[realm.column] == id, s.ended_at.is_(None), s.digest != but)
    tx.connection.execute(theirs.values(ended_at=tx.now))


def sweep(tx: Transaction) -> bool:
    more = False
    for realm in REALMS:
        more |= sweeping.some(tx, realm.sessions, realm.sessions.c.made_at < tx.now - _KEPT)
    return more


def _use(realm: Realm) -> str:
    return f"{realm.word}-sessions"


def _asked(keys: Keys, realm: Realm, token: str, now: int) -> dict[str, Any]:
    return {**each("of_digest", keys.digests(_use(realm), token)), **_since(realm, now)}


def _since(realm: Realm, now: int) -> dict[str, int]:
    return {"asked_at": now, "idle_since": now - realm.idle, "begun": now - realm.whole}


@lru_cache(maxsize=4)
def _query(realm: Realm) -> Select[Any]:
    s, p = realm.sessions.c, realm.people.c
    return (
        select(
            s.digest,
            s[realm.column].label("whose"),
            s.seen_at,
            s.made_at,
            p.username,
            p.name,
            realm.role.label("role"),
            realm.shortcuts.label("shortcuts"),
        )
        .join(realm.people, p.id == s[realm.column])
        .where(one_of(s.digest, "of_digest"), *_good(realm))
    )


@lru_cache(maxsize=4)
def _everybody(realm: Realm) -> Select[Any]:
    s, p = realm.sessions.c, realm.people.c
    return select(s[realm.column]).distinct().join(realm.people, p.id == s[realm.column]).where(*_good(realm))


def _good(realm: Realm) -> tuple[ColumnElement[bool], ...]:
    s = realm.sessions.c
    asked_at = bindparam("asked_at", type_=s.made_at.type)
    return (
        s.ended_at.is_(None),
        s.seen_at > bindparam("idle_since", type_=s.seen_at.type),
        s.made_at > bindparam("begun", type_=s.made_at.type),
        issued(s.made_at, asked_at),
        issued(s.seen_at, asked_at),
        realm.may_work,
    )
