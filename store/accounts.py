"""What an account is, has and owes: told under a `Grant`, which says whose account and what of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from authz import CELLS, Action, Ask, Denied, Grant, Reason, Topic
from store import loans, tables
from store.loans import Lender
from store.people import subject_of
from store.prepared import Prepared
from store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AccountName:
    id: int
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class ServiceName:
    ref: str
    name: str


@dataclass(frozen=True, slots=True)
class Service:
    ref: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """`amount` is a decimal string, `due` a date as ISO 8601, `status` paid, unpaid or overdue."""

    number: str
    amount: str
    currency: str
    due: str
    status: str


def name(tx: Transaction, grant: Grant) -> AccountName:
    """The account's number and name: anybody who is allowed anything on it may hear which account it is."""
    tx.good(grant, *CELLS)
    row = _NAME.first(tx, account=grant.account)
    tx.told(grant, "account.number", "account.name")
    return AccountName(row.id, row.number, row.name)


def name_like(tx: Transaction, grant: Grant, words: str) -> AccountName | None:
    """The same if these words are in it, whatever their case; otherwise nothing is told."""
    tx.good(grant, *CELLS)
    row = _NAME.first(tx, account=grant.account)
    return name(tx, grant) if words.casefold() in f"{row.name} {row.number}".casefold() else None


def numbered(tx: Transaction, grants: Iterable[Grant], number: str) -> int | None:
    """Which of the accounts of these grants has this number: its id. None: none of them; nothing is told then."""
    on = {tx.good(grant, *CELLS).account: grant for grant in grants}
    row = _NUMBERED.first(tx, number=number)
    return name(tx, on[row.id]).id if row is not None and row.id in on else None


def naming(tx: Transaction, ask: Ask) -> Grant | None:
    """Under which whoever asks may hear the names of the account's services; None: they may not. Nothing is told yet."""
    ways = ((Action.SERVICE_VIEW, None), (Action.TICKET_OPEN, Topic.TECHNICAL))
    offered = tx.offer(ask._replace(action=action, topic=topic, service=None) for action, topic in ways)
    return next(iter(offered.values()), None)


def service_names(tx: Transaction, grant: Grant, like: str = "") -> list[ServiceName]:
    """Names only, no status (rules.md: whoever may open a technical ticket or make an emergency call may name them); of all, or of
    those that have `like` in them, whatever the case.

    Under a grant that holds for covered services only, those under the Managed Platform SLA.
    """
    tx.good(grant, "ticket.open:technical", "phone.emergency", "service.view")
    rows = (_COVERED_SERVICES if grant.when == "sla" else _SERVICES).all(tx, account=grant.account)
    rows = [row for row in rows if like.casefold() in row.name.casefold()]
    if rows or not like:
        tx.told(grant, *(("service.name",) if rows else ("service.none",)))
    return [ServiceName(row.ref, row.name) for row in rows]


def service_name(tx: Transaction, grant: Grant, ref: str) -> str | None:
    """The name of one service, or None where the account has no such service (any more)."""
    return next((service.name for service in service_names(tx, grant) if service.ref == ref), None)


def services(tx: Transaction, grant: Grant) -> list[Service]:
    tx.good(grant, "service.view")
    rows = _SERVICES.all(tx, account=grant.account)
    tx.told(grant, *(("service.name", "service.status") if rows else ("service.none",)))
    return [Service(row.ref, row.name, row.status) for row in rows]


def invoices(tx: Transaction, grant: Grant) -> list[Invoice]:
    """What is owed first, then what is paid; within each by due date."""
    tx.good(grant, "billing.view")
    rows = _INVOICES.all(tx, account=grant.account)
    owed = ("invoice.number", "invoice.amount", "invoice.due", "invoice.status")
    tx.told(grant, *(owed if rows else ("invoice.none",)))
    found = [Invoice(row.number, row.amount, row.currency, row.due, row.status) for row in rows]
    return sorted(found, key=lambda invoice: (invoice.status == "paid", invoice.due))


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A refusal as its asker may hear it: what it would need, who could grant that, and who could lend it."""

    cell: str
    denied: Denied
    needs: tuple[str, ...] = ()
    needs_role: bool = False
    helpers: tuple[str, ...] = ()
    lenders: tuple[Lender, ...] = ()


def why_not(tx: Transaction, ask: Ask, denied: Denied) -> WhyNot:
    """What goes with a refusal, as far as this person may hear it: a right can be given, and a ticket right lent; an
    account is not opened again by who manages contacts."""
    if denied.reason != Reason.NO_RIGHT:
        return WhyNot(ask.cell, denied)
    verdict = tx.ask(Ask(ask.subject, Action.CONTACTS_VIEW, ask.account, None, ask.proof))
    if not isinstance(verdict, Grant):
        return WhyNot(ask.cell, denied)
    needs, roles = needed_for(tx, verdict, ask.cell)
    helpers = tuple(who_may_manage_contacts(tx, verdict))
    return WhyNot(ask.cell, denied, needs, roles, helpers, tuple(loans.lenders(tx, verdict, ask.cell)))


def who_may_manage_contacts(tx: Transaction, grant: Grant) -> list[str]:
    """The names of those who may manage contacts, the ones to ask for a right; the asker left out."""
    tx.good(grant, "contacts.view")
    rows = _CONTACTS.all(tx, account=grant.account)
    found = [
        row.name
        for row in rows
        if subject_of(row.id) != grant.subject
        and tx.schemes[row.scheme].answer(frozenset(row.held.split(",")), "contacts.manage").allowed
    ]
    tx.told(grant, "contact.name" if found else "contact.none")
    return found


def needed_for(tx: Transaction, grant: Grant, cell: str) -> tuple[tuple[str, ...], bool]:
    """What would allow a cell under this account's scheme: role or permission words, and whether they are roles."""
    tx.good(grant, "contacts.view")
    scheme = tx.schemes[_NAME.first(tx, account=grant.account).scheme]
    return scheme.allowing(cell)


_NAME = Prepared(select(tables.accounts).where(tables.accounts.c.id == bindparam("account")))
_NUMBERED = Prepared(select(tables.accounts.c.id).where(tables.accounts.c.number == bindparam("number")))
_services = (
    select(tables.services).where(tables.services.c.account_id == bindparam("account")).order_by(tables.services.c.ref)
)
_SERVICES, _COVERED_SERVICES = Prepared(_services), Prepared(_services.where(tables.services.c.managed_sla))
_INVOICES = Prepared(
    select(tables.invoices).where(tables.invoices.c.account_id == bindparam("account")).order_by(tables.invoices.c.due)
)
_CONTACTS = Prepared(
    select(tables.people.c.id, tables.people.c.name, tables.contacts.c.held, tables.accounts.c.scheme)
    .join(tables.contacts, tables.contacts.c.person_id == tables.people.c.id)
    .join(tables.accounts, tables.accounts.c.id == tables.contacts.c.account_id)
    .where(tables.contacts.c.account_id == bindparam("account"))
    .order_by(tables.people.c.name)
)
