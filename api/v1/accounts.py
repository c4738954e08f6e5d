"""An account as it is read: by a customer's key its state, and as much of services, invoices and contacts as the key may be told."""

from __future__ import annotations

from pydantic import BaseModel

from api.v1 import written_accounts
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from api.v1.written_accounts import Number
from desk.account_page import account_page


class AccountService(BaseModel):
    ref: str
    name: str
    status: str


class AccountInvoice(BaseModel):
    """`amount` is a decimal string, `due` a date, `status` paid, unpaid or overdue."""

    number: str
    amount: str
    currency: str
    due: str
    status: str


class Account(BaseModel):
    """`may`: the cells that are allowed now by this key. `services`, `invoices`, `deciders` (who may manage its contacts, but for the key's
    maker): null where they are not for this key."""

    number: str
    name: str
    status: str
    locked: bool
    may: list[str]
    services: list[AccountService] | None
    invoices: list[AccountInvoice] | None
    deciders: list[str] | None


def read(asking: Asking, number: Number) -> Answer:
    """An account: of a customer's key as far as it is for it, with the operator's (`accounts:read`) whole."""
    if asking.key.account is None:
        return Answer(written_accounts.whole(asking, number))
    found = account_page(asking.tx, asking.who, number)
    if found is None:
        raise ProblemError("not-found")
    services, invoices = found.services, found.invoices
    return Answer(
        Account(
            number=found.account.number,
            name=found.account.name,
            status=str(found.status),
            locked=found.locked is not None,
            may=list(found.may),
            services=None
            if services is None
            else [AccountService(ref=one.ref, name=one.name, status=one.status) for one in services],
            invoices=None
            if invoices is None
            else [
                AccountInvoice(
                    number=one.number, amount=one.amount, currency=one.currency, due=one.due, status=one.status
                )
                for one in invoices
            ],
            deciders=None if found.deciders is None else list(found.deciders.names),
        )
    )
