"""One account on its people's own pages: its status, what they may do there, and as much of services, invoices and contacts as is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authz import LENDABLE, Elsewhere, Grant, Proof, Status
from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts import account_details, lock
from store.accounts.account_details import AccountName, Deciders, Invoice, Service


@dataclass(frozen=True, slots=True)
class Locked:
    """An account locked against changes since then (ms); who can unlock it, as far as they may know."""

    since: int
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`may` and `may_not` are cells, for the words. None: that part of the account is not theirs to see. `opens`: they may open a
    ticket here. `owns`: the account is theirs."""

    account: AccountName
    status: Status
    may: tuple[str, ...]
    may_not: tuple[str, ...]
    opens: bool
    locked: Locked | None
    owns: bool
    services: Sequence[Service] | None
    invoices: Sequence[Invoice] | None
    deciders: Deciders | None
    domain_contacts: Elsewhere | None


def account_page(tx: Transaction, who: Actor, number: str) -> AccountPage | None:
    """None: no account of theirs has this number; whether another has, nobody hears."""
    allowed = accounts.allowed(tx, who)
    account = account_details.numbered(tx, allowed.values(), number)
    if account is None:
        return None
    grants = accounts.theirs(tx, who).get(account.id, {})
    may = accounts.said(grants)
    tx.told_rights(who.subject, account.id, Proof.VERIFIED, {cell: grants[cell] for cell in may})
    services, bills, contacts = (grants.get(cell) for cell in ("service.view", "billing.view", "contacts.view"))
    return AccountPage(
        account,
        account_details.status(tx, allowed[account.id]),
        may,
        tuple(cell for cell in LENDABLE if cell.startswith("ticket.open") and cell not in grants),
        any(cell.startswith("ticket.open") for cell in grants),
        _locked(tx, allowed[account.id], contacts),
        account_details.owns(tx, allowed[account.id]),
        None if services is None else account_details.services(tx, services),
        None if bills is None else account_details.invoices(tx, bills),
        None if contacts is None else account_details.who_may_manage_contacts(tx, contacts),
        account_details.domain_contacts(tx, allowed[account.id]),
    )


def _locked(tx: Transaction, grant: Grant, contacts: Grant | None) -> Locked | None:
    since = lock.locked_since(tx, grant)
    return None if since is None else Locked(since, () if contacts is None else lock.who_may_unlock(tx, contacts))
