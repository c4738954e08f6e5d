"""What an account is, has and owes: told under a `Grant`, which says whose account and what of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from authz import (
    CELLS,
    LOCKED,
    NAMES,
    Action,
    Ask,
    At,
    Denied,
    Elsewhere,
    Grant,
    Reason,
    Standing,
    Status,
    Topic,
    WayForward,
    billing_alone,
    can_help,
    can_lend,
    judge,
)
from store import tables
from store.accounts import colleagues
from store.accounts.delegations import Lender
from store.db.transaction import Transaction


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
    tx.require(grant, *CELLS)
    row = tx.connection.execute(_NAME, {"account": grant.account}).one()
    tx.told(grant, "account.number", "account.name")
    return AccountName(row.id, row.number, row.name)


def name_like(tx: Transaction, grant: Grant, words: str) -> AccountName | None:
    """The same if these words are in it, whatever their case; otherwise nothing is told."""
    tx.require(grant, *CELLS)
    row = tx.connection.execute(_NAME, {"account": grant.account}).one()
    return name(tx, grant) if words.casefold() in f"{row.name} {row.number}".casefold() else None


def status(tx: Transaction, grant: Grant) -> Status:
    """The status of the account, which everybody on it may know."""
    tx.require(grant, *CELLS)
    row = tx.connection.execute(_NAME, {"account": grant.account}).one()
    tx.told(grant, "account.status")
    return Status(row.status)


def owns(tx: Transaction, grant: Grant) -> bool:
    """Whether the account is theirs. They know it themselves: nothing is told."""
    tx.require(grant, *CELLS)
    standing = tx.standing(Ask(grant.subject, grant.action, grant.account, grant.topic, grant.proof))
    return standing is not None and standing.scheme.owner in standing.held


def domain_contacts(tx: Transaction, grant: Grant) -> Elsewhere | None:
    """Where the contacts of domain names are changed, which are none of the account's (MS-47). None: its scheme does not say."""
    tx.require(grant, *CELLS)
    return tx.schemes[tx.connection.execute(_NAME, {"account": grant.account}).one().scheme].domain_contacts


def numbered(tx: Transaction, grants: Iterable[Grant], number: str) -> AccountName | None:
    """Which of the accounts of these grants has this number. None: none of them; nothing is told then."""
    on = {tx.require(grant, *CELLS).account: grant for grant in grants}
    row = tx.connection.execute(_NUMBERED, {"number": number}).first()
    return name(tx, on[row.id]) if row is not None and row.id in on else None


def takes_billing_alone(tx: Transaction, grant: Grant) -> Status | None:
    """The status of the account, where it is why whoever may open billing tickets on it may open no other; it is theirs to know."""
    tx.require(grant, "ticket.open:billing")
    ask = Ask(grant.subject, Action.TICKET_OPEN, grant.account, Topic.TECHNICAL, grant.proof, at=At.PAGES)
    verdict = judge(ask, tx.standing(ask))
    status = billing_alone(verdict) if isinstance(verdict, Denied) else None
    if status is not None:
        tx.told(grant, "account.status")
    return status


def naming(tx: Transaction, ask: Ask) -> Grant | None:
    """Under which whoever asks may hear the names of the account's services; None: they may not. Nothing is told yet."""
    ways = ((Action.SERVICE_VIEW, None), (Action.TICKET_OPEN, Topic.TECHNICAL))
    offered = tx.offer(ask._replace(action=action, topic=topic, service=None) for action, topic in ways)
    return next(iter(offered.values()), None)


def service_names(tx: Transaction, grant: Grant, like: str = "") -> list[ServiceName]:
    """Names only, no status (whoever may open a technical ticket or make an emergency call may name them); of all, or of
    those that have `like` in them, whatever the case.

    Under a grant that holds for covered services only, those under the Managed Platform SLA.
    """
    tx.require(grant, "ticket.open:technical", "phone.emergency", "service.view")
    listed = _COVERED_SERVICES if grant.when == "sla" else _SERVICES
    found = tx.connection.execute(listed, {"account": grant.account})
    rows = sorted((row for row in found if like.casefold() in row.name.casefold()), key=_in_order)
    if rows or not like:
        tx.told(grant, *(("service.name",) if rows else ("service.none",)))
    return [ServiceName(row.ref, row.name) for row in rows]


def service_name(tx: Transaction, grant: Grant, ref: str) -> str | None:
    """The name of one service, or None where the account has no such service (any more)."""
    return next((service.name for service in service_names(tx, grant) if service.ref == ref), None)


def services(tx: Transaction, grant: Grant) -> list[Service]:
    tx.require(grant, "service.view", "desk.accounts.read")
    rows = sorted(tx.connection.execute(_SERVICES, {"account": grant.account}).all(), key=_in_order)
    tx.told(grant, *(("service.name", "service.status") if rows else ("service.none",)))
    return [Service(row.ref, row.name, row.status) for row in rows]


def _in_order(service: Any) -> list[tuple[int, str]]:
    """As people count: web-2 before web-10."""
    parts = enumerate(re.split(r"([0-9]+)", service.ref))  # every other one is a number
    return [(int(part), "") if n % 2 else (-1, part) for n, part in parts]


def invoices(tx: Transaction, grant: Grant) -> list[Invoice]:
    """What is owed first, then what is paid; within each by due date."""
    tx.require(grant, "billing.view", "desk.accounts.read")
    rows = tx.connection.execute(_INVOICES, {"account": grant.account}).all()
    owed = ("invoice.number", "invoice.amount", "invoice.due", "invoice.status")
    tx.told(grant, *(owed if rows else ("invoice.none",)))
    found = [Invoice(row.number, row.amount, row.currency, row.due, row.status) for row in rows]
    return sorted(found, key=lambda invoice: (invoice.status == "paid", invoice.due))


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as its asker may hear it: what it would need, who can take its way forward, and who can lend it."""

    cell: str
    denied: Denied
    needs: tuple[str, ...] = ()
    needs_role: bool = False
    helpers: tuple[str, ...] = ()
    lenders: tuple[Lender, ...] = ()


def why_not(tx: Transaction, ask: Ask, denied: Denied) -> Refused:
    """What goes with a refusal, as far as this person may hear it. Whoever is named can do what they are named for: each is
    judged as the asker was. Where the way forward would lead to nobody, it leads to the desk, or to the account's own pages."""
    if denied.next not in NAMES or denied.reason == Reason.NOT_A_CONTACT:
        return Refused(ask.cell, denied)
    viewing = ask._replace(action=Action.CONTACTS_VIEW, topic=None, service=None)
    grant = tx.offer((viewing,)).get(str(Action.CONTACTS_VIEW))
    if grant is None:
        return Refused(ask.cell, denied)
    standing = tx.standing(ask)
    facts = standing.facts if standing else frozenset[str]()
    might = colleagues.who_might(tx, ask.account, "contacts.manage", "right.lend", facts=facts)
    others = [one for one in might if one.standing.subject != ask.subject]
    helpers = tuple(one.name for one in others if one.decides and can_help(denied, ask.cell, one.standing))
    lend = tuple(Lender(one.person, one.name, one.member) for one in others if can_lend(ask.cell, one.standing))
    tx.told(grant, "contact.name" if helpers or lend else "contact.none")
    first = denied.reason == Reason.NO_SUPPORT
    if not helpers:
        denied = Denied(denied.reason, denied.rules, WayForward.SIGN_IN if first else WayForward.LEAVE_MESSAGE)
    wanted = helpers and (first or (denied.reason == Reason.NO_RIGHT and denied.next in _GIVEN))
    needs, roles = needed_for(tx, grant, "phone.support" if first else ask.cell) if wanted else ((), False)
    return Refused(ask.cell, denied, needs, roles, helpers, lend)


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who may manage contacts: others by name, and whether the asker is one of them. `later`: why nobody may now who otherwise could: the
    account is `suspended`, or `locked`; empty: it is neither."""

    names: tuple[str, ...]
    asker: bool
    later: str


def who_may_manage_contacts(tx: Transaction, grant: Grant) -> Deciders:
    tx.require(grant, "contacts.view")
    found = [one for one in colleagues.who_might(tx, grant.account, "contacts.manage") if one.decides]
    names = tuple(one.name for one in found if one.standing.subject != grant.subject)
    tx.told(grant, "contact.name" if names else "contact.none")
    later = _later(found[0].standing) if found else ""
    return Deciders(names, len(names) < len(found), later)


def _later(of: Standing) -> str:
    if of.status is not Status.ACTIVE:
        return "suspended"
    return LOCKED if LOCKED in of.facts else ""


def needed_for(tx: Transaction, grant: Grant, cell: str) -> tuple[tuple[str, ...], bool]:
    """What would allow a cell under this account's scheme: role or permission words, and whether they are roles."""
    tx.require(grant, "contacts.view")
    scheme = tx.schemes[tx.connection.execute(_NAME, {"account": grant.account}).one().scheme]
    return scheme.allowing(cell)


_GIVEN = (WayForward.ASK_CONTACT_ADMIN, WayForward.ASK_OWNER)
_NAME = select(tables.accounts).where(tables.accounts.c.id == bindparam("account"))
_NUMBERED = select(tables.accounts.c.id).where(tables.accounts.c.number == bindparam("number"))
_services = (
    select(tables.services).where(tables.services.c.account_id == bindparam("account")).order_by(tables.services.c.ref)
)
_SERVICES, _COVERED_SERVICES = _services, _services.where(tables.services.c.managed_sla)
_INVOICES = (
    select(tables.invoices).where(tables.invoices.c.account_id == bindparam("account")).order_by(tables.invoices.c.due)
)
