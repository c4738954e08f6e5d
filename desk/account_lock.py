"""The lock of an account on its owner's page: how it stands, locking and unlocking."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Grant
from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts import lock
from store.accounts.account_details import AccountName, Refused


@dataclass(frozen=True, slots=True)
class LockPage:
    """`since` (ms) the account is locked; None: it is not."""

    account: AccountName
    since: int | None


def lock_page(tx: Transaction, who: Actor, number: str) -> LockPage | tuple[AccountName, Refused] | None:
    """None: no account of theirs has this number."""
    found = accounts.asked_of(tx, who, number, Action.ACCOUNT_LOCK)
    if found is None:
        return None
    account, grant = found
    return LockPage(account, lock.locked_since(tx, grant)) if isinstance(grant, Grant) else (account, grant)


def set_locked(tx: Transaction, who: Actor, number: str, *, locked: bool) -> bool | tuple[AccountName, Refused] | None:
    """True: it is done; False: it was so already. None: no account of theirs has this number."""
    found = accounts.asked_of(tx, who, number, Action.ACCOUNT_LOCK, writes=True)
    if found is None:
        return None
    account, grant = found
    return lock.set_locked(tx, grant, locked=locked) if isinstance(grant, Grant) else (account, grant)
