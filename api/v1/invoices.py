"""The invoices of an account: by a customer's key for whoever may see what is owed (`billing.view`), by the operator's with `accounts:read`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from api.v1 import cursors, problems
from api.v1.accounts import AccountInvoice
from api.v1.cursors import Cursor
from api.v1.requests import SEEN, Answer, Asking
from api.v1.written_accounts import Number
from desk import account_reading
from store.accounts.billing_details import PrintedInvoice

InvoiceNumber = Annotated[str, Path(max_length=64, pattern=SEEN, description="The invoice's number.")]


class Invoices(BaseModel):
    """What is owed first, then what is paid; within each by due date. `next` is the cursor of the next page; null: there is none."""

    invoices: list[AccountInvoice]
    next: str | None


class BilledTo(BaseModel):
    """Whom an invoice is for, as it was printed; what is not on it is empty."""

    name: str
    address: list[str]
    vat_number: str
    contact: str
    email: str


class OneInvoice(AccountInvoice):
    """`changed`: whom invoices are for is another by now, on later ones."""

    billed_to: BilledTo
    changed: bool


def listed(asking: Asking, number: Number, cursor: Cursor = None) -> Answer:
    """Invoices, a page at a time."""
    found = account_reading.invoices(asking.tx, asking.who, number)
    if not isinstance(found, list):
        raise problems.denied_or_absent(found)
    page, following = cursors.page(asking.tx.keys, asking.key.id, f"invoices:{number}", cursor, found)
    each = [
        AccountInvoice(number=one.number, amount=one.amount, currency=one.currency, due=one.due, status=one.status)
        for one in page
    ]
    return Answer(Invoices(invoices=each, next=following))


def read(asking: Asking, number: Number, invoice: InvoiceNumber) -> Answer:
    """One invoice, with whom it is for."""
    found = account_reading.invoice(asking.tx, asking.who, number, invoice)
    if not isinstance(found, PrintedInvoice):
        raise problems.denied_or_absent(found)
    one, billed = found.invoice, found.billed
    return Answer(
        OneInvoice(
            number=one.number,
            amount=one.amount,
            currency=one.currency,
            due=one.due,
            status=one.status,
            billed_to=BilledTo(
                name=billed.name,
                address=list(billed.address),
                vat_number=billed.vat_number,
                contact=billed.contact,
                email=billed.email,
            ),
            changed=found.changed,
        )
    )
