"""What of an account a program reads by its key: services, invoices, people. A customer's as whoever made the key may, the operator's under its verb."""

from __future__ import annotations

from authz import Action, Denied, Grant
from desk import account_records, accounts
from desk.actors import Actor, NotAllowed
from store import Transaction
from store.accounts import account_details, billing_details, whole_accounts
from store.accounts.account_details import Invoice, Refused, Service
from store.accounts.billing_details import PrintedInvoice
from store.accounts.whole_accounts import PersonOfAccount, SomePeople

Not = Refused | Denied | None
"""Why nothing of it is told. None: there is no such account, or nothing of that name on it; nobody hears which."""


def services(tx: Transaction, who: Actor, number: str) -> list[Service] | Not:
    grant = _permit(tx, who, number, Action.SERVICE_VIEW)
    return account_details.services(tx, grant) if isinstance(grant, Grant) else grant


def invoices(tx: Transaction, who: Actor, number: str) -> list[Invoice] | Not:
    """What is owed first."""
    grant = _permit(tx, who, number, Action.BILLING_VIEW)
    return account_details.invoices(tx, grant) if isinstance(grant, Grant) else grant


def invoice(tx: Transaction, who: Actor, number: str, invoice: str) -> PrintedInvoice | Not:
    grant = _permit(tx, who, number, Action.BILLING_VIEW)
    return billing_details.printed(tx, grant, invoice) if isinstance(grant, Grant) else grant


def people(tx: Transaction, who: Actor, number: str, *, after: str, many: int) -> SomePeople | Not:
    """Who is on an account takes a second proof to see, which no customer's key gives."""
    grant = _permit(tx, who, number, Action.CONTACTS_MANAGE)
    return whole_accounts.people(tx, grant, after=after, many=many) if isinstance(grant, Grant) else grant


def person(tx: Transaction, who: Actor, number: str, username: str) -> PersonOfAccount | Not:
    grant = _permit(tx, who, number, Action.CONTACTS_MANAGE)
    return whole_accounts.person(tx, grant, username) if isinstance(grant, Grant) else grant


def _permit(tx: Transaction, who: Actor, number: str, action: Action) -> Grant | Not:
    """`action` is what it takes of a customer."""
    if who.is_person:
        found = accounts.asked_of(tx, who, number, action)
        return None if found is None else found[1]
    verdict = account_records.permit(tx, who, number, Action.DESK_ACCOUNTS_READ)
    return verdict.denied if isinstance(verdict, NotAllowed) else verdict
