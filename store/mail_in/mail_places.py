"""How many mails wait, and which gives way to a new one: whoever writes in somebody else's name, or by the thousand, takes their own places and no other's.

Each address has as many places for mails that something vouches for (the servers of its domain, or a ticket whose mail is answered) as for those that
anybody may have written; in either, the oldest gives way to the newest. All together have a bound as well: there the oldest gives way of what has the
most, one domain or all that nothing vouches for. So often in an hour, and then a new mail waits at the mail server: nobody clears places by writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, bindparam, delete, func, literal_column, or_, select

from store import tables
from store.db.keys import MOST
from store.db.transaction import NOBODY, Transaction
from store.security import budgets
from store.security.budgets import Limit

WAITING: Final = 50  # of one address that something vouches for, and as many that nothing does
ALL_WAITING: Final = 20_000
AN_HOUR: Final = 25  # of one address that give way
ALL_AN_HOUR: Final = 1_000  # that give way to mails of one domain, or to those that nothing vouches for
_NAME: Final = "mail-gives-way"


class TooManyWaitingError(RuntimeError):
    """So many mails wait already, of this address or of all, and so many have given way of late, that no more is kept now."""


def make(tx: Transaction, sender: tuple[str, ...], vouched: tuple[str, ...]) -> None:
    """A place for one more, by the digests of the address it names and of what vouches for it (empty: nothing). Raises `TooManyWaitingError`."""
    limit = Limit(f"{_NAME}:{sender[0]}:{bool(vouched[0])}", AN_HOUR, budgets.HOUR // AN_HOUR)
    locked = budgets.lock(tx, (limit,))  # before looking: another mail of this address takes no place meanwhile
    beyond = tx.connection.execute(_VOUCHED if any(vouched) else _PLAIN, _each("sender", sender)).scalars().all()
    if beyond:
        if locked.spent is not None:
            raise TooManyWaitingError
        budgets.settle(tx, locked, locked.limits)
        _give_way(tx, beyond)
    elif _is_full(tx):
        limit = Limit(f"{_NAME}:{vouched[0]}", ALL_AN_HOUR, budgets.HOUR // ALL_AN_HOUR)
        if budgets.take(tx, (limit,)) is not None:
            raise TooManyWaitingError
        while not _give_way(tx, tx.connection.execute(_OF_THE_MOST).scalars().all()):
            pass  # it made way for another's mail at this moment


def _is_full(tx: Transaction) -> bool:
    found: int = tx.connection.execute(_ALL).scalar_one()
    return found >= ALL_WAITING


def _give_way(tx: Transaction, ids: Sequence[int]) -> bool:
    """They are gone, as if they had never come: nothing of them is kept but that they were. False: somebody else removed them."""
    gone = tx.connection.execute(delete(tables.pending_mails).where(_m.id.in_(ids)).returning(_m.id)).scalars().all()
    for id in gone:
        tx.record(NOBODY, None, "mail.in", "gave_way", fields=(f"mail:{id}",))
    return bool(gone)


def _each(name: str, digests: tuple[str, ...]) -> dict[str, str]:
    return {f"{name}_{place}": digest for place, digest in enumerate(digests)}


_m = tables.pending_mails.c
WAITS: Final[ColumnElement[str]] = literal_column("'waiting'")  # as the indices have it, or none is taken
waits: Final = _m.state == WAITS
_OF_SENDER = select(_m.id).where(waits, or_(*(_m.sender == bindparam(f"sender_{n}") for n in range(MOST))))
_BEYOND = _OF_SENDER.order_by(_m.id.desc()).offset(WAITING - 1)  # one more has its place once they are gone
_VOUCHED, _PLAIN = _BEYOND.where(_m.vouched != ""), _BEYOND.where(_m.vouched == "")
_anybody = _m.vouched >= ""  # or SQLite would go through those that wait no longer as well
_ALL = select(func.count()).select_from(select(_m.id).where(waits, _anybody).limit(ALL_WAITING).subquery())
_OF_THE_MOST = (
    select(func.min(_m.id))
    .where(waits, _anybody)
    .group_by(_m.vouched)
    .order_by(func.count().desc(), func.min(_m.id))
    .limit(1)
)
