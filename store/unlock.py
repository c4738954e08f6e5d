"""The one-time code of somebody whose PIN is locked: it proves nothing, it lets their own next PINs be looked at all the same.

So nobody can lock an owner out by guessing, and nothing is weaker: the PIN is needed as before, and the code besides. A try
is counted before the code is looked up. After five wrong ones it is good only from a number on file of the person, and after
twenty no more: or whoever has locked a PIN could use up its owner's codes as well.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, update

from store import codes, tables
from store.people import subject_of
from store.prepared import Prepared
from store.transaction import Transaction

KIND: Final = "unlock"
TRIES, TRIES_FROM_OWN_NUMBER = 5, 20


def tried(tx: Transaction, person: int, *, own_number: bool) -> bool:
    """Counts a try at the code a person may have. Commit before it is looked up. Whether there is one that may be tried."""
    most = TRIES_FROM_OWN_NUMBER if own_number else TRIES
    return _TRIED.first(tx, of_subject=subject_of(person), now=tx.now, most=most) is not None


def used(tx: Transaction, person: int, digits: str) -> bool:
    """Whether that was it; it is used up then."""
    return codes.use(tx, KIND, digits, subject_of(person)) is not None


_c = tables.codes.c
_TRIED = Prepared(
    update(tables.codes)
    .where(
        _c.kind == KIND,
        _c.subject == bindparam("of_subject"),
        _c.used_at.is_(None),
        _c.expires_at > bindparam("now", type_=_c.expires_at.type),
        _c.tries < bindparam("most", type_=_c.tries.type),
    )
    .values(tries=_c.tries + 1)
    .returning(_c.tries)
)
