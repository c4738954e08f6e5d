"""The first page of a customer who is signed in: the accounts that are theirs, by name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName

LISTED: Final = 100  # accounts


@dataclass(frozen=True, slots=True)
class HomePage:
    """`more`: how many accounts of theirs are not listed."""

    accounts: tuple[AccountName, ...]
    more: int


def home_page(tx: Transaction, who: Actor) -> HomePage:
    """On which accounts they are allowed anything is judged now: what they have lost since they signed in is not here."""
    grants = accounts.allowed(tx, who)
    names = tuple(account_details.name(tx, grant) for grant in islice(grants.values(), LISTED))
    return HomePage(names, len(grants) - len(names))
