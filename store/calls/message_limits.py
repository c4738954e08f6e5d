"""How many messages callers who have not proved who they are may leave: from the caller outwards, like wrong PINs.

A message takes minutes of the desk and of the recorder, so it is counted before it is recorded. Whoever hangs up without a word
has left nothing, and spends nothing: `give_back`. Callers for whom something failed on our side have a reserve of their own.

A number can be made up, so nobody may hear from this whether one is on file: whoever shows a number takes of the same budgets
and hears the same. Where what they share is used up, everybody may speak, has been told that only messages from numbers on file
are taken, and only those are: strangers do not shut out whoever rings from a number on file, and learn of none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from store import tables
from store.db.transaction import Transaction
from store.security import budgets
from store.security.budgets import HOUR, Limit

NUMBER: Final = Limit("number", 6, HOUR // 6, "messages_number")  # on file or not: a switchboard may be
WITHHELD: Final = Limit("withheld", 12, HOUR // 12, "messages_withheld")
STRANGERS: Final = Limit("strangers", 30, HOUR // 30, "messages_strangers")
ATTESTED: Final = Limit("attested", 30, HOUR // 30, "messages_strangers")
KNOWN: Final = Limit("known", 200, HOUR // 100, "messages_known")
FAILED_NUMBER: Final = Limit("failed-number", 4, HOUR // 4, "messages_number")
FAILED: Final = Limit("failed", 60, HOUR // 60, "messages_failed")


@dataclass(frozen=True, slots=True)
class Room:
    """`refused`: whose budget is spent (number, withheld, others), empty where somebody may speak. `on_file`: what is spoken is
    taken only from a number on file."""

    refused: str = ""
    on_file: bool = False


def take(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False) -> Room:
    """Counts a message that is about to be recorded. The statements are the same for every number.
    `failed`: the caller is here for a fault of ours (/ivr/fallback), which nobody brings about to use up what strangers have."""
    if failed or number is None:
        limits = _limits(tx, number, attested=attested, failed=failed)
        spent = budgets.take(tx, limits)
        if len(limits) > 1 and spent is limits[1]:
            return Room("others")
        return Room("" if spent is None else "withheld" if number is None else "number")
    own, common = _limits(tx, number, attested=attested)
    reserve, known = _named(KNOWN), is_on_file(tx, number)
    locked = budgets.lock(tx, (own, common, reserve))
    if not budgets.has(tx, locked, own):
        budgets.settle(tx, locked, ())
        return Room("number")
    if budgets.has(tx, locked, common):
        budgets.settle(tx, locked, (own, common))
        return Room()
    if not budgets.has(tx, locked, reserve):
        budgets.settle(tx, locked, ())
        return Room("others")
    budgets.settle(tx, locked, (own, reserve) if known else (own,))
    return Room(on_file=True)


def is_on_file(tx: Transaction, number: str | None) -> bool:
    return tx.connection.execute(_ON_FILE, {"number": number or ""}).first() is not None


def give_back(
    tx: Transaction, number: str | None, *, attested: bool, failed: bool = False, on_file: bool = False
) -> None:
    """The call is over, and nothing was recorded. `on_file` as `take` said."""
    budgets.give_back(tx, _taken(tx, number, attested=attested, failed=failed, on_file=on_file))


def charge(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False, on_file: bool = False) -> None:
    """There was something after all, and it is kept: counted anew, whether anything was left or not."""
    budgets.charge(tx, _taken(tx, number, attested=attested, failed=failed, on_file=on_file))


def _taken(tx: Transaction, number: str | None, *, attested: bool, failed: bool, on_file: bool) -> tuple[Limit, ...]:
    limits = _limits(tx, number, attested=attested, failed=failed)
    if not on_file:
        return limits
    return (limits[0], _named(KNOWN)) if is_on_file(tx, number) else limits[:1]


def _limits(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False) -> tuple[Limit, ...]:
    which = tx.keys.digest("message-limits", number or "")[:40]
    if failed:
        return (_named(FAILED),) if number is None else (_named(FAILED_NUMBER, which), _named(FAILED))
    if number is None:
        return _named(WITHHELD), _named(STRANGERS)
    return _named(NUMBER, which), _named(ATTESTED if attested else STRANGERS)


def _named(limit: Limit, whose: str = "") -> Limit:
    name = f"message:{limit.name}:{whose}".rstrip(":")
    return Limit(name, limit.most, limit.every, limit.alert)


_ON_FILE: Final = select(tables.phones.c.number).where(tables.phones.c.number == bindparam("number")).limit(1)
