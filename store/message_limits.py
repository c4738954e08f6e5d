"""How many messages callers who have not proved who they are may leave: from the caller outwards, like wrong PINs.

A message takes minutes of the desk and of the recorder, so it is counted before it is recorded. What callers leave who
withhold their number, or have one that nobody knows, costs those from a number on file nothing. Whoever hangs up without a word
has left nothing, and spends nothing: `give_back`. Callers for whom something failed on our side have a reserve of their own.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from store import budgets, tables
from store.budgets import HOUR, Limit
from store.prepared import Prepared
from store.transaction import Transaction

NUMBER: Final = Limit("number", 4, HOUR // 4, "messages_number")
KNOWN_NUMBER: Final = Limit("known-number", 10, HOUR // 10, "messages_number")  # a switchboard may be on file
WITHHELD: Final = Limit("withheld", 12, HOUR // 12, "messages_withheld")
STRANGERS: Final = Limit("strangers", 30, HOUR // 30, "messages_strangers")
ATTESTED: Final = Limit("attested", 30, HOUR // 30, "messages_strangers")
KNOWN: Final = Limit("known", 200, HOUR // 100, "messages_known")
FAILED_NUMBER: Final = Limit("failed-number", 4, HOUR // 4, "messages_number")
FAILED: Final = Limit("failed", 60, HOUR // 60, "messages_failed")


def take(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False) -> str:
    """Counts a message that is about to be recorded. Empty: it may be; or whose budget is spent: number, withheld, others.
    `failed`: the caller is here for a fault of ours (/ivr/fallback), which nobody brings about to use up what strangers have."""
    limits = _limits(tx, number, attested=attested, failed=failed)
    spent = budgets.take(tx, limits)
    if spent is None:
        return ""
    if len(limits) > 1 and spent is limits[1]:
        return "others"
    return "withheld" if number is None else "number"


def give_back(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False) -> None:
    """The call is over, and nothing was recorded."""
    budgets.give_back(tx, _limits(tx, number, attested=attested, failed=failed))


def charge(tx: Transaction, number: str | None, *, attested: bool, failed: bool = False) -> None:
    """There was something after all, and it is kept: counted anew, whether anything was left or not."""
    budgets.charge(tx, _limits(tx, number, attested=attested, failed=failed))


def _limits(tx: Transaction, number: str | None, *, attested: bool, failed: bool) -> tuple[Limit, ...]:
    known = _ON_FILE.first(tx, number=number or "") is not None
    which = tx.keys.digest("message-limits", number or "")[:40]
    if failed:
        return (_named(FAILED),) if number is None else (_named(FAILED_NUMBER, which), _named(FAILED))
    if number is None:
        return _named(WITHHELD), _named(STRANGERS)
    if known:
        return _named(KNOWN_NUMBER, which), _named(KNOWN)
    return _named(NUMBER, which), _named(ATTESTED if attested else STRANGERS)


def _named(limit: Limit, whose: str = "") -> Limit:
    name = f"message:{limit.name}:{whose}".rstrip(":")
    return Limit(name, limit.most, limit.every, limit.alert)


_ON_FILE: Final = Prepared(select(tables.phones.c.number).where(tables.phones.c.number == bindparam("number")).limit(1))
