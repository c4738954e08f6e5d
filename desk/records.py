"""The records of an account, for its owner: who was told what about it, page by page or all for an export, and a receipt of one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from authz import Action, Grant
from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts.account_details import AccountName, Refused
from store.ledger import account_records
from store.ledger.account_records import OnAccount, Place, Record, Vouched

PAGE: Final = 50
DESK: Final = "@desk"
"""Stands for the desk's own people where a person may be chosen; no username is that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: `person` is a username, `desk`, or empty for all; `month` is like 2026-11, or empty; those after a place."""

    person: str = ""
    month: str = ""
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """`older`: where the next page begins. None: there is no more."""

    account: AccountName
    records: Sequence[Record]
    people: Sequence[OnAccount]
    older: Place | None


def records(
    tx: Transaction, who: Actor, number: str, wanted: Wanted, many: int = PAGE
) -> RecordsPage | tuple[AccountName, Refused] | None:
    """None: no account of theirs has this number. Somebody or a month that is not there has no entries."""
    found = accounts.asked_of(tx, who, number, Action.ACCOUNT_RECORDS)
    if found is None:
        return None
    account, grant = found
    if not isinstance(grant, Grant):
        return account, grant
    people = account_records.people(tx, grant)
    person = next((one.person for one in people if one.username == wanted.person), None)
    span = month_of(wanted.month) if wanted.month else (None, None)
    if span is None or (wanted.person not in ("", DESK) and person is None):
        return RecordsPage(account, (), people, None)
    listed = account_records.of_account(
        tx,
        grant,
        many + 1,
        person=person,
        desk=wanted.person == DESK,
        since=span[0],
        until=span[1],
        after=wanted.after,
    )
    more = len(listed) > many
    return RecordsPage(account, listed[:many], people, listed[many - 1].place if more else None)


def receipt(
    tx: Transaction, who: Actor, number: str, segment: str, n: int
) -> tuple[AccountName, Vouched | Refused | None] | None:
    """One entry with what ties it to the ledger; None in its place: it is none of this account's. None: no account of theirs has this number."""
    found = accounts.asked_of(tx, who, number, Action.ACCOUNT_RECORDS)
    if found is None:
        return None
    account, grant = found
    return account, account_records.one(tx, grant, segment, n) if isinstance(grant, Grant) else grant


def month_of(word: str) -> tuple[int, int] | None:
    """From when until when a month like 2026-11 is, in ms and UTC. None: it is no month."""
    try:
        first = datetime.strptime(word, "%Y-%m").replace(tzinfo=UTC)
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        return None
    return int(first.timestamp() * 1000), int(after.timestamp() * 1000)
