"""API keys of an account, as its people make, see and withdraw them; and the operator's, at the shell.

Whoever may manage API keys (MS-25) makes one for what they may do themselves at a support channel, and no more. Making one takes a second proof.
An owner who has locked the account against changes can still withdraw keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authz import ASKED_BY_KEY, KEY_CELLS, KEY_VERBS, LENT, OWN_REQUESTS, Action, At, Grant, Proof, Reason
from desk import accounts
from desk.actors import Actor, build_ask
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Refused
from store.api_keys import api_keys
from store.api_keys.api_keys import DAY, LONGEST, ApiKey, FoundKey
from store.contacts import contact_changes
from store.text.cleaning import cleaned

DAYS: Final = (30, 90, 365)  # for how long a key can be made on the page
LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class KeysPage:
    """`cells`: what a key of theirs can be made for. `locked`: the account is locked, so that keys are withdrawn and none is made; and while it is,
    none of them does anything."""

    account: AccountName
    keys: tuple[ApiKey, ...]
    cells: tuple[str, ...]
    locked: bool


@dataclass(frozen=True, slots=True)
class Made:
    """`token` is the key itself: shown once, and never again."""

    id: int
    token: str


class NotMade(StrEnum):
    """Why no key was made."""

    NAME = "name"
    SCOPE = "scope"
    DAYS = "days"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key as its program may know it; `may`: what of its scope is allowed now."""

    key: ApiKey
    may: tuple[str, ...]


Not = tuple[AccountName, Refused]


def keys_page(tx: Transaction, who: Actor, number: str) -> KeysPage | Not | None:
    """None: no account of theirs has this number."""
    found = _managing(tx, who, number)
    if found is None:
        return None
    account, grant = found
    if isinstance(grant, Refused):
        return account, grant
    locked = grant.cell == Action.ACCOUNT_LOCK
    cells = () if locked else possible(tx, who, account.id)
    return KeysPage(account, tuple(api_keys.listed(tx, grant)), cells, locked)


def possible(tx: Transaction, who: Actor, account: int) -> tuple[str, ...]:
    """The cells for which they can make a key: what they hold themselves at a support channel, without a second proof, or what it can ask for; nothing that is
    lent to them or is about requests of their own alone."""
    rights = tx.rights(who.subject, account, Proof.VERIFIED, At.SUPPORT)
    theirs = {cell for cell, yes in rights.may.items() if yes.when not in (*LENT, OWN_REQUESTS)}
    return tuple(cell for cell in KEY_CELLS if cell in (rights.step_up if cell in ASKED_BY_KEY else theirs))


def make(
    tx: Transaction, who: Actor, number: str, name: str, cells: Sequence[str], days: int
) -> Made | NotMade | Not | None:
    """A key that is good for so many days. None: no account of theirs has this number."""
    found = accounts.asked_of(tx, who, number, Action.APIKEYS_MANAGE, writes=True)
    if found is None:
        return None
    account, grant = found
    if isinstance(grant, Refused):
        return account, grant
    wanted = tuple(cell for cell in KEY_CELLS if cell in set(cells))
    if not wanted or len(wanted) < len(set(cells)) or not set(wanted) <= set(possible(tx, who, account.id)):
        return NotMade.SCOPE
    return _made(tx, grant, name, wanted, days, DAYS)


def withdraw(tx: Transaction, who: Actor, number: str, id: int) -> bool | Not | None:
    """True: it is good for nothing any more; False: it was not good, or is none of theirs. None: no account of theirs has this number."""
    found = _managing(tx, who, number, writes=True)
    if found is None:
        return None
    account, grant = found
    return (account, grant) if isinstance(grant, Refused) else api_keys.withdraw(tx, grant, id)


def make_for_operator(tx: Transaction, grant: Grant, name: str, verbs: Sequence[str], days: int) -> Made | NotMade:
    """Under the grant of the operator's shell (desk.operate)."""
    wanted = tuple(verb for verb in KEY_VERBS if verb in set(verbs))
    if not wanted or len(wanted) < len(set(verbs)):
        return NotMade.SCOPE
    return _made(tx, grant, name, wanted, days, range(1, LONGEST // DAY + 1))


def own(tx: Transaction, who: Actor, key: FoundKey) -> OwnKey:
    """The key by which they ask."""
    about = api_keys.own(tx, key)
    if key.account is None:
        return OwnKey(about, tuple(about.scope))
    may = tx.rights(who.subject, key.account, Proof.VERIFIED, At.SUPPORT).may
    return OwnKey(about, tuple(cell for cell in about.scope if cell in may))


def _made(
    tx: Transaction, grant: Grant, name: str, scope: tuple[str, ...], days: int, allowed: Sequence[int]
) -> Made | NotMade:
    said = " ".join(cleaned(name).split())
    if not 1 <= len(said) <= LONGEST_NAME:
        return NotMade.NAME
    if days not in allowed:
        return NotMade.DAYS
    made = api_keys.make(tx, grant, said, scope, tx.now + days * DAY)
    return NotMade.ENOUGH if made is None else Made(*made)


def _managing(
    tx: Transaction, who: Actor, number: str, *, writes: bool = False
) -> tuple[AccountName, Grant | Refused] | None:
    """By the right to manage keys; on an account that is locked, by the owner's to lock it."""
    account = account_details.numbered(tx, accounts.allowed(tx, who).values(), number)
    if account is None:
        return None
    if writes:
        contact_changes.lock(tx, account.id)
    ask = build_ask(tx, who, Action.APIKEYS_MANAGE, account.id)
    verdict = tx.ask(ask)
    if isinstance(verdict, Grant):
        return account, verdict
    if verdict.reason is Reason.ACCOUNT_LOCKED:
        owner = build_ask(tx, who, Action.ACCOUNT_LOCK, account.id)
        by_lock = tx.ask(owner)
        if isinstance(by_lock, Grant):
            return account, by_lock
        if by_lock.reason is Reason.STEP_UP:
            return account, account_details.why_not(tx, owner, by_lock)
    return account, account_details.why_not(tx, ask, verdict)
