"""The accounts of a customer: which accounts they are on, what they may do there and why not, what an account owes and runs, who manages its contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, TypeVar

from authz import CELL_OF, CELLS, OWN_REQUESTS, Action, Denied, Grant, Proof, Reason, Status, Topic
from desk.actors import EVERYTHING, Actor, build_ask, offered_anything
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Deciders, Invoice, Refused, Service
from store.contacts import contact_changes

REFUSALS: Final = 8  # accounts of which it is said why not
_ANYTHING: Final = tuple((action, topic) for (action, topic), cell in CELL_OF.items() if cell in CELLS)
T = TypeVar("T")
Theirs = Mapping[int, Mapping[str, Grant]]
"""The accounts (ids) on which somebody is allowed anything at all, with what they are allowed, by cell."""


@dataclass(frozen=True, slots=True)
class OfAccounts(Generic[T]):
    """One thing about each of the first accounts; `more` is how many accounts are left out."""

    each: tuple[tuple[AccountName, T], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Rights:
    """The cells somebody is allowed on an account: those they are told of, in their order, and every one. `why` they are told of
    none, where they may not ask for support."""

    said: tuple[str, ...]
    every: frozenset[str]
    why: Refused | None = None


def theirs(tx: Transaction, who: Actor) -> Theirs:
    """The cells they are allowed without a second proof. For decisions: this tells nothing."""
    return tx.offer_everywhere(who.subject, Proof.VERIFIED, EVERYTHING, who.at)


def allowed(tx: Transaction, who: Actor) -> dict[int, Grant]:
    """The accounts (ids) on which they are allowed anything with the proof they have, signing in to the pages included. Each comes with
    a grant that allows its name to be told."""
    return tx.offer_accounts(who.subject, who.proof, _ANYTHING, who.at)


def named(tx: Transaction, may: Theirs, many: int, under: str = "") -> OfAccounts[Mapping[str, Grant]]:
    """The first so many with their names, each told under the cell `under` where that is allowed."""
    first = list(may.values())[:many]
    names = [account_details.name(tx, grants[under if under in grants else next(iter(grants))]) for grants in first]
    return OfAccounts(tuple(zip(names, first, strict=True)), len(may) - len(first))


def name(tx: Transaction, who: Actor, account: int) -> AccountName | None:
    """The name of an account (id) they are a contact of. None: they are not."""
    grant = offered_anything(tx, who, account)
    return None if grant is None else account_details.name(tx, grant)


def matching(tx: Transaction, who: Actor, words: str, *, most: int) -> list[AccountName]:
    """The first of their accounts whose name or number has these words in it."""
    found = (account_details.name_like(tx, next(iter(grants.values())), words) for grants in theirs(tx, who).values())
    return list(islice((account for account in found if account is not None), most))


def rights(tx: Transaction, who: Actor, many: int) -> OfAccounts[Rights]:
    """What they may do on each account, and are told so."""
    found = named(tx, theirs(tx, who), many)
    each = tuple((account, _rights(tx, who, account.id, grants)) for account, grants in found.each)
    for (account, grants), (_, rights) in zip(found.each, each, strict=True):
        tx.told_rights(who.subject, account.id, Proof.VERIFIED, {cell: grants[cell] for cell in rights.said})
    return OfAccounts(each, found.more)


def _rights(tx: Transaction, who: Actor, account: int, grants: Mapping[str, Grant]) -> Rights:
    told, why = said(grants), None
    if not told:
        ask = build_ask(tx, who, Action.PHONE_SUPPORT, account)
        verdict = tx.ask(ask)
        if isinstance(verdict, Denied) and verdict.reason is Reason.NO_SUPPORT:
            why = account_details.why_not(tx, ask, verdict)
    return Rights(told, frozenset(grants), why)


def said(grants: Mapping[str, Grant]) -> tuple[str, ...]:
    """The cells among these that somebody is told they may do."""
    return tuple(cell for cell, grant in grants.items() if cell != "contacts.view" and grant.when != OWN_REQUESTS)


def asked_of(
    tx: Transaction, who: Actor, number: str, action: Action, *, writes: bool = False
) -> tuple[AccountName, Grant | Refused] | None:
    """One of their accounts, and whether they may do that there; a second proof that is missing is a refusal too. None: no account of
    theirs has this number. `writes`: nobody takes them off until the transaction has ended, and they are judged on what is left by whoever
    did so just now."""
    account = account_details.numbered(tx, allowed(tx, who).values(), number)
    if account is None:
        return None
    if writes:
        contact_changes.lock(tx, account.id)
    ask = build_ask(tx, who, action, account.id)
    verdict = tx.ask(ask)
    return account, verdict if isinstance(verdict, Grant) else account_details.why_not(tx, ask, verdict)


def owns(tx: Transaction, who: Actor, account: int) -> bool:
    """Whether an account (id) of theirs is their own, so that they find the pages that are its owner's alone."""
    grant = allowed(tx, who).get(account)
    return grant is not None and account_details.owns(tx, grant)


def refusals(
    tx: Transaction, who: Actor, asked: Sequence[tuple[Action, Topic | None]]
) -> list[tuple[AccountName, Refused]]:
    """Why they may do none of `asked`, on the first accounts they may hear anything of: the first of these that is refused."""
    found: list[tuple[AccountName, Refused]] = []
    for id, grants in theirs(tx, who).items():
        for action, topic in (pair for pair in asked if CELL_OF[pair] not in grants):
            ask = build_ask(tx, who, action, id, topic)
            verdict = tx.ask(ask)
            if isinstance(verdict, Denied):
                account = account_details.name(tx, next(iter(grants.values())))
                found.append((account, account_details.why_not(tx, ask, verdict)))
                break
        if len(found) == REFUSALS:
            break
    return found


def without_support(tx: Transaction, who: Actor) -> list[tuple[AccountName, Refused]]:
    """Why nothing is told or offered to them, where that is so on every account of theirs."""
    if any(said(grants) for grants in theirs(tx, who).values()):
        return []
    found = refusals(tx, who, [(Action.PHONE_SUPPORT, None)])
    return found if all(why.denied.reason is Reason.NO_SUPPORT for _, why in found) else []


def bills(tx: Transaction, who: Actor, many: int) -> OfAccounts[Sequence[Invoice] | None] | None:
    """What each account owes; None for an account whose bills they may not see. None alone: they may see the bills of no account."""
    cell, may = str(Action.BILLING_VIEW), theirs(tx, who)
    if not any(cell in grants for grants in may.values()):
        return None
    found = named(tx, may, many, cell)
    read = ((one, account_details.invoices(tx, grants[cell]) if cell in grants else None) for one, grants in found.each)
    return OfAccounts(tuple(read), found.more)


def services(tx: Transaction, who: Actor, many: int) -> OfAccounts[Sequence[Service]] | None:
    """The services of each account on which they may see them. None: there is no such account."""
    return _each(tx, who, Action.SERVICE_VIEW, many, account_details.services)


def deciders(tx: Transaction, who: Actor, many: int) -> OfAccounts[Deciders] | None:
    """Who may change the contacts of each account on which they may know that. None: there is no such account."""
    return _each(tx, who, Action.CONTACTS_VIEW, many, account_details.who_may_manage_contacts)


def _each(
    tx: Transaction, who: Actor, action: Action, many: int, read: Callable[[Transaction, Grant], T]
) -> OfAccounts[T] | None:
    cell = str(action)
    may = {id: grants for id, grants in theirs(tx, who).items() if cell in grants}
    if not may:
        return None
    found = named(tx, may, many, cell)
    return OfAccounts(tuple((one, read(tx, grants[cell])) for one, grants in found.each), found.more)


def billing_alone(tx: Transaction, who: Actor, account: int) -> tuple[AccountName, Status] | None:
    """An account (id) and its status, where that status is why they can open only billing tickets there."""
    grant = tx.offer([build_ask(tx, who, Action.TICKET_OPEN, account, Topic.BILLING)]).get("ticket.open:billing")
    status = account_details.takes_billing_alone(tx, grant) if grant is not None else None
    return (account_details.name(tx, grant), status) if grant is not None and status is not None else None
