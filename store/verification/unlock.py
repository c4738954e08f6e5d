"""The one-time code of somebody whose PIN is locked: it proves nothing, it lets their own next PINs be looked at all the same.

So nobody can lock an owner out by guessing, and nothing is weaker: the PIN is needed as before, and the code besides. What is
keyed is counted, and charged to whoever keys it, like any try at the PIN. Whoever keys the code itself is past what others have
spent, or a stranger who hammers a PIN could keep its owner out: until `TRIES` wrong ones, by anybody, were keyed while it lived.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from sqlalchemy import bindparam, select, update

from authz import Subject
from store import tables
from store.codes import one_time_codes
from store.db.statements import each
from store.db.transaction import Transaction

KIND: Final = "unlock"
TRIES: Final = 1_000  # so that to find one by trying is a chance of one in 100,000; and the PIN is needed besides


class Keyed(IntEnum):
    """What was keyed beside the code the person has, if they have any. NO is false."""

    NO = 0
    WITHIN = 1  # the code; good for whoever has something left of what wrong PINs may cost them
    FIRST = 2  # the code, and past whatever others have spent


def compared(tx: Transaction, person: int, digits: str) -> Keyed:
    """Whether that is the code; it is used up by `used` alone. Commit what counts the try before anybody hears of it."""
    of_code = each("of_digest", one_time_codes.digests(tx, KIND, digits))
    row = tx.connection.execute(_FIND, {"of_subject": Subject.of_person(person), "now": tx.now, **of_code}).first()
    return Keyed.NO if row is None else Keyed.FIRST if row.tries < TRIES else Keyed.WITHIN


def tried(tx: Transaction, person: int) -> None:
    """Counts a try at the code a person may have."""
    tx.connection.execute(_TRIED, {"of_subject": Subject.of_person(person), "now": tx.now})


def used(tx: Transaction, person: int, digits: str) -> bool:
    """Whether that was it; it is used up then."""
    return one_time_codes.use(tx, KIND, digits, Subject.of_person(person)) is not None


_c = tables.codes.c
_now = bindparam("now", type_=_c.expires_at.type)
_theirs = (_c.kind == KIND, _c.subject == bindparam("of_subject"))
_FIND = select(_c.tries).where(*_theirs, *one_time_codes.GOOD)
_TRIED = update(tables.codes).where(*_theirs, _c.used_at.is_(None), _c.expires_at > _now).values(tries=_c.tries + 1)
