"""How many mails wait, and which gives way to a new one: whoever writes in somebody else's name, or by the thousand, takes their own places and no other's.

Each address has as many places for mails that something vouches for (the servers of its domain, or a ticket whose mail is answered) as for those that
anybody may have written; in either, the oldest gives way to the newest. All together have a bound as well: there the oldest gives way of what has the
most, one domain or all that nothing vouches for. So often in an hour, and then a new mail waits at the mail server: nobody clears places by writing.
"""

from __future__ import annotations

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
    of_kind = _VOUCHED if any(vouched) else _PLAIN
    row = tx.connection.execute(of_kind, _each("sender", sender)).one()
    if row.many >= WAITING:
        _gives_way(tx, row.oldest, Limit(f"{_NAME}:{sender[0]}:{bool(vouched[0])}", AN_HOUR, budgets.HOUR // AN_HOUR))
    elif _is_full(tx):
        _gives_way(
            tx, _oldest_of_the_most(tx), Limit(f"{_NAME}:{vouched[0]}", ALL_AN_HOUR, budgets.HOUR // ALL_AN_HOUR)
        )


def _is_full(tx: Transaction) -> bool:
    found: int = tx.connection.execute(_ALL).scalar_one()
    return found >= ALL_WAITING


def _oldest_of_the_most(tx: Transaction) -> int:
    found: int = tx.connection.execute(_OF_THE_MOST).scalar_one()
    return found


def _gives_way(tx: Transaction, id: int, limit: Limit) -> None:
    """It is gone, as if it had never come: nothing of it is kept but that it was."""
    if budgets.take(tx, (limit,)) is not None:
        raise TooManyWaitingError
    tx.connection.execute(delete(tables.pending_mails).where(_m.id == id))
    tx.record(NOBODY, None, "mail.in", "gave_way", fields=(f"mail:{id}",))


def _each(name: str, digests: tuple[str, ...]) -> dict[str, str]:
    return {f"{name}_{place}": digest for place, digest in enumerate(digests)}


_m = tables.pending_mails.c
WAITS: Final[ColumnElement[str]] = literal_column("'waiting'")  # as the indices have it, or none is taken
waits: Final = _m.state == WAITS
_OF_SENDER = select(func.count().label("many"), func.min(_m.id).label("oldest")).where(
    waits, or_(*(_m.sender == bindparam(f"sender_{n}") for n in range(MOST)))
)
_VOUCHED, _PLAIN = _OF_SENDER.where(_m.vouched != ""), _OF_SENDER.where(_m.vouched == "")
_anybody = _m.vouched >= ""  # or SQLite would go through those that wait no longer as well
_ALL = select(func.count()).select_from(select(_m.id).where(waits, _anybody).limit(ALL_WAITING).subquery())
_OF_THE_MOST = (
    select(func.min(_m.id))
    .where(waits, _anybody)
    .group_by(_m.vouched)
    .order_by(func.count().desc(), func.min(_m.id))
    .limit(1)
)
