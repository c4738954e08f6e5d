"""Codes that are good once and for ten minutes: to link a Slack member, and whatever else proves somebody by a code.

Eight digits from the system's generator, kept as a keyed digest. Who may try how often is the guard's: see `attempt_limits.reserve`.
"""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import bindparam, select, update

from authz import Subject
from store import tables
from store.accounts.people import lock
from store.db import sweeping
from store.db.statements import each, either, issued, one_of
from store.db.transaction import Transaction

DIGITS: Final = 8
OF_AN_ACCOUNT: Final = ("step", "text", "carry_slack", "carry_phone")  # kinds that are good on one account alone
KINDS: Final = ("link", "unlock", "number", *OF_AN_ACCOUNT)  # all there are: said aloud, each is over
LIFE: Final = 10 * 60_000  # ms: NIST 800-63B 3.1.3
KEPT: Final = 24 * 3_600_000


def issue(tx: Transaction, kind: str, subject: Subject, bound: str = "") -> str:
    """A new code for a subject; the ones of that kind before it are no longer valid. Shown or sent to them alone."""
    if kind not in KINDS:
        raise ValueError(f"no kind of code: {kind}")
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if put(tx, tx.keys.digest("codes", kind, digits), kind, subject, bound, LIFE):
            return digits


def put(tx: Transaction, digest: str, kind: str, subject: Subject, bound: str, life: int) -> bool:
    """In place of the live one of that kind a subject has. False: these digits are somebody's, or another was made at the same
    moment; once more, and that one is no longer valid. So of two at once one is good: the table holds no two that are."""
    if subject.is_person:
        lock(tx, subject.person)
    void(tx, kind, subject)
    row = {"kind": kind, "subject": subject, "bound": bound, "made_at": tx.now, "expires_at": tx.now + life}
    return tx.connection.execute(_NEW[tx.dialect], {"digest": digest, **row}).first() is not None


def redeem(tx: Transaction, kind: str, digits: str) -> tuple[Subject, str] | None:
    """(subject, bound) of the code, which is used up now; None: no such code, used or too old."""
    found = tx.connection.execute(_USE, {**each("of_digest", digests(tx, kind, digits)), "now": tx.now}).all()
    # The same digits under two keys: nobody knows whose.
    return (found[0].subject, found[0].bound) if len(found) == 1 else None


def use(tx: Transaction, kind: str, digits: str, subject: Subject) -> str | None:
    """`bound` of this subject's own code, which is used up now. Whoever else's it is, it is left alone: None, as for no code."""
    if len(digits) != DIGITS:
        return None
    row = tx.connection.execute(
        _USE_OWN, {**each("of_digest", digests(tx, kind, digits)), "of_subject": subject, "now": tx.now}
    ).first()
    return None if row is None else str(row.bound)


def bound_of(tx: Transaction, kind: str, digits: str, subject: Subject) -> str | None:
    """The same, and it stays good: for whoever must know first what it is for."""
    if len(digits) != DIGITS:
        return None
    row = tx.connection.execute(
        _OWN, {**each("of_digest", digests(tx, kind, digits)), "of_subject": subject, "now": tx.now}
    ).first()
    return None if row is None else str(row.bound)


def void(tx: Transaction, kind: str, subject: Subject) -> None:
    """Whatever codes of that kind they have are no longer valid."""
    c = tables.codes.c
    theirs = update(tables.codes).where(c.kind == kind, c.subject == subject, c.used_at.is_(None))
    tx.connection.execute(theirs.values(used_at=tx.now))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.codes, tables.codes.c.expires_at < tx.now - KEPT)


def digests(tx: Transaction, kind: str, digits: str) -> tuple[str, ...]:
    """What may be kept of a code."""
    return tx.keys.digests("codes", kind, digits)


_c = tables.codes.c
_columns = ("digest", "kind", "subject", "bound", "made_at", "expires_at")
_NEW = either(
    lambda insert: (
        insert(tables.codes)
        .values({name: bindparam(name) for name in _columns})
        .on_conflict_do_nothing()
        .returning(_c.digest)
    )
)
_now = bindparam("now", type_=_c.expires_at.type)
GOOD: Final = (one_of(_c.digest, "of_digest"), _c.used_at.is_(None), _c.expires_at > _now, issued(_c.made_at, _now))
"""A code, or a page's token, that may still be used: for `of_digest` and `now`."""
_USE = update(tables.codes).where(*GOOD).values(used_at=_now).returning(_c.subject, _c.bound)
_good = (*GOOD, _c.subject == bindparam("of_subject"))
_USE_OWN = update(tables.codes).where(*_good).values(used_at=_now).returning(_c.bound)
_OWN = select(_c.bound).where(*_good)
