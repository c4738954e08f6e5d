"""Tokens in the addresses of one-time pages: to enrol an authenticator, to join the pages of customers or the desk's, to be shown a new PIN.

A token is looked at as often as somebody opens the page (mail scanners and previews in chats open links, too) and is used
up by the form that finishes it. 128 bits of chance and a seal of 84, by which a made-up one is told before anything is looked up;
kept as a keyed digest beside the codes. There is nothing to count: nobody guesses it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, select, update

from authz import Subject
from store import tables
from store.codes import one_time_codes
from store.db.keys import Keys
from store.db.statements import each
from store.db.transaction import Transaction
from store.security import budgets
from store.security.budgets import Limit

LIFE: Final = one_time_codes.LIFE  # ms
BYTES: Final = 16
CHANCE: Final = 22  # characters: those bytes in base64
CHARACTERS: Final = 43  # of a token, with its seal
KINDS: Final = ("enrol", "invitation", "join", "pin")
_LONGEST: Final = 64
_SEAL: Final = "pages-seal"


def issue(tx: Transaction, kind: str, subject: Subject, bound: str = "", life: int = LIFE) -> str:
    """A new token for a subject, good for `life` (ms); the ones of that kind before it are no longer valid."""
    if kind not in KINDS:
        raise ValueError(f"no kind of page: {kind}")
    while True:
        chance = secrets.token_urlsafe(BYTES)
        token = (chance + tx.keys.digest(_SEAL, kind, chance))[:CHARACTERS]
        if one_time_codes.put(tx, tx.keys.digest("pages", kind, token), _kind(kind), subject, bound, life):
            return token


def is_ours(keys: Keys, kind: str, token: str) -> bool:
    """Whether a token of that kind was ever issued, good still or not. Takes no statement."""
    return len(token) == CHARACTERS and keys.made(token[CHANCE:], _SEAL, kind, token[:CHANCE])


def codes_of(person: int) -> Limit:
    """The budget of wrong codes at somebody's own one-time pages: theirs alone, so that nobody's page shuts another's."""
    return Limit(f"page:{person}", 10, budgets.HOUR // 6)


def look(tx: Transaction, kind: str, token: str) -> tuple[Subject, str] | None:
    """(subject, bound) of a token that is good now, and stays so. None: no such token, used or too old."""
    row = tx.connection.execute(
        _LOOK, {**each("of_digest", digests(tx, kind, token)), "of_kind": _kind(kind), "now": tx.now}
    ).first()
    return None if row is None else (row.subject, row.bound)


def bound_of(tx: Transaction, kind: str, subject: Subject) -> str | None:
    """What the one that a subject has out is bound to. None: none is out that is good."""
    c = tables.codes.c
    theirs = c.kind == _kind(kind), c.subject == subject, c.used_at.is_(None), c.expires_at > tx.now
    found: str | None = tx.connection.execute(select(c.bound).where(*theirs)).scalar()
    return found


def ends(tx: Transaction, kind: str, subjects: Iterable[Subject]) -> dict[Subject, int]:
    """When (ms) the ones end that they have out and that are good: those who have none are left out."""
    c = tables.codes.c
    theirs = c.kind == _kind(kind), c.subject.in_(list(subjects)), c.used_at.is_(None), c.expires_at > tx.now
    rows = tx.connection.execute(select(c.subject, c.expires_at).where(*theirs)).all()
    return {Subject(row.subject): row.expires_at for row in rows}


def lock(tx: Transaction, kind: str, token: str) -> bool:
    """Whether a token is good now; if so nobody else uses or ends it until the transaction has ended."""
    found = tx.connection.execute(
        _LOCK, {**each("of_digest", digests(tx, kind, token)), "of_kind": _kind(kind), "now": tx.now}
    ).first()
    return found is not None


def use(tx: Transaction, kind: str, token: str) -> tuple[Subject, str] | None:
    """The same, and it is used up now: of two who send it at once one gets None."""
    row = tx.connection.execute(
        _USE, {**each("of_digest", digests(tx, kind, token)), "of_kind": _kind(kind), "now": tx.now}
    ).first()
    return None if row is None else (row.subject, row.bound)


def void(tx: Transaction, kind: str, subject: Subject) -> None:
    """Whatever tokens of that kind they have are no longer valid."""
    one_time_codes.void(tx, _kind(kind), subject)


def _kind(kind: str) -> str:
    return f"page:{kind}"


def digests(tx: Transaction, kind: str, token: str) -> tuple[str, ...]:
    """What may be kept of a token."""
    return tx.keys.digests("pages", kind, token[:_LONGEST])


_c = tables.codes.c
_now = bindparam("now", type_=_c.expires_at.type)
_good = (*one_time_codes.GOOD, _c.kind == bindparam("of_kind"))
_LOCK = select(_c.subject).where(*_good).with_for_update()
_LOOK = select(_c.subject, _c.bound).where(*_good)
_USE = update(tables.codes).where(*_good).values(used_at=_now).returning(_c.subject, _c.bound)
