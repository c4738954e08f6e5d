"""One invoice on its account's pages, as it was issued; and how to ask for a new one where it is unpaid."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Denied, Topic
from desk import accounts
from desk.actors import Actor, build_ask
from store import Transaction
from store.accounts import account_details, billing_details
from store.accounts.account_details import AccountName, Refused
from store.accounts.billing_details import PrintedInvoice


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """`refused`: why they may open no ticket to ask for a new one; None where they may, or where nothing is left to ask."""

    account: AccountName
    printed: PrintedInvoice
    refused: Refused | None


def invoice_page(tx: Transaction, who: Actor, number: str, invoice: str) -> InvoicePage | None:
    """None: no account of theirs has this number, they may not see its invoices, or it has no such invoice; nobody hears which."""
    account = account_details.numbered(tx, accounts.allowed(tx, who).values(), number)
    if account is None:
        return None
    grant = accounts.theirs(tx, who).get(account.id, {}).get(str(Action.BILLING_VIEW))
    printed = None if grant is None else billing_details.printed(tx, grant, invoice)
    if printed is None:
        return None
    ask = build_ask(tx, who, Action.TICKET_OPEN, account.id, Topic.BILLING)
    verdict = None if printed.invoice.status == "paid" or tx.offer([ask]) else tx.ask(ask)
    return InvoicePage(
        account, printed, account_details.why_not(tx, ask, verdict) if isinstance(verdict, Denied) else None
    )
