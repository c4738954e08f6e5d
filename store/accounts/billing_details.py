"""Whom an invoice is for, as it prints it: what was on file when the import first brought it, and stays on it (MS-14, MS-15)."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, select

from authz import Grant
from store import tables
from store.accounts.account_details import Invoice
from store.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class BilledTo:
    """`contact` and `email`: of the billing contact, where the account's scheme has that role (`invoiced`)."""

    name: str
    address: tuple[str, ...] = ()
    vat_number: str = ""
    contact: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class PrintedInvoice:
    """`changed`: what is on file by now differs, and prints on later invoices."""

    invoice: Invoice
    billed: BilledTo
    changed: bool


def printed_now(tx: Transaction, accounts: Collection[int]) -> dict[int, str]:
    """What an invoice of each of these accounts (ids) would print now, as it is kept with one."""
    a, c, p = tables.accounts.c, tables.contact_rights.c, tables.people.c
    rows = tx.connection.execute(select(a.id, a.name, a.scheme, a.billing).where(a.id.in_(accounts))).all()
    role = {row.id: tx.schemes[row.scheme].invoiced for row in rows}
    holders = select(c.account_id, c.right, p.name, p.email).join_from(
        tables.contact_rights, tables.people, c.person_id == p.id
    )
    held = holders.where(c.account_id.in_(accounts), c.right.in_(set(filter(None, role.values())))).order_by(
        p.id.desc()
    )
    contact = {(row.account_id, row.right): row for row in tx.connection.execute(held)}
    prints: dict[int, str] = {}
    for row in rows:
        said = json.loads(row.billing) if row.billing else {"name": row.name}
        who = contact.get((row.id, role[row.id]))
        if who is not None:
            said |= {"contact": who.name, "email": who.email}
        prints[row.id] = json.dumps(asdict(BilledTo(**said)), ensure_ascii=False)
    return prints


def printed(tx: Transaction, grant: Grant, number: str) -> PrintedInvoice | None:
    """One invoice as it was issued. None: the account has no such invoice."""
    tx.require(grant, "billing.view", "desk.accounts.read")
    row = tx.connection.execute(_INVOICE, {"account": grant.account, "number": number}).first()
    if row is None or grant.account is None:
        return None
    tx.told(grant, "invoice.number", "invoice.amount", "invoice.due", "invoice.status", "invoice.billed_to")
    said = json.loads(row.billed)
    billed = BilledTo(**(said | {"address": tuple(said["address"])}))
    differs = printed_now(tx, (grant.account,))[grant.account] != row.billed
    return PrintedInvoice(Invoice(row.number, row.amount, row.currency, row.due, row.status), billed, differs)


_i = tables.invoices
_INVOICE = select(_i).where(_i.c.account_id == bindparam("account"), _i.c.number == bindparam("number"))
