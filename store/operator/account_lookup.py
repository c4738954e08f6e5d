"""Accounts as the operator's shell lists and shows them: a page of them by number, and one with its people and what it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from authz import Grant
from store import tables
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import Transaction

CONTACTS_SHOWN: Final = 200
OPEN: Final = ("open", "waiting")
_a, _c, _p = tables.accounts.c, tables.contacts.c, tables.people.c


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """`contacts`: how many people are on it."""

    number: str
    name: str
    scheme: str
    status: str
    contacts: int


@dataclass(frozen=True, slots=True)
class ShownContact:
    username: str
    name: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    suspended: bool


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """`locked_at`: since when (ms) its owner lets nobody change contacts. `people` are the first `CONTACTS_SHOWN` of `contacts`, by username."""

    number: str
    name: str
    scheme: str
    status: str
    locked_at: int | None
    contacts: int
    people: list[ShownContact]
    services: int
    unpaid: int
    open_tickets: int
    api_keys: int
    slack_teams: list[str]


def listed(
    tx: Transaction, grant: Grant, *, after: str = "", many: int, status: str = ""
) -> tuple[list[ListedAccount], bool]:
    """By number, those behind `after`; and whether others follow. Decoys are accounts like others here."""
    tx.require(grant, "desk.operate")
    query = _LISTED.where(_a.number > after).order_by(_a.number).limit(many + 1)
    rows = tx.connection.execute(query.where(_a.status == status) if status else query).all()
    tx.told(grant, "accounts", f"accounts:{len(rows[:many])}")
    return [ListedAccount(*row) for row in rows[:many]], len(rows) > many


def show(tx: Transaction, grant: Grant) -> ShownAccount:
    """The account of the grant."""
    tx.require(grant, "desk.operate")
    account = grant.account
    row = tx.connection.execute(select(tables.accounts).where(_a.id == account)).one()
    scheme = tx.schemes.get(row.scheme)
    held = held_by(_c.account_id, _c.person_id).label("held")
    query = select(_p.username, _p.name, _p.suspended_at, held).join(tables.contacts, _c.person_id == _p.id)
    people = []
    for one in tx.connection.execute(
        query.where(_c.account_id == account).order_by(_p.username).limit(CONTACTS_SHOWN)
    ).all():
        words = in_order(scheme, words_of(one.held))
        roles = tuple(word for word in words if scheme is not None and word in scheme.roles)
        rest = tuple(word for word in words if word not in roles)
        people.append(ShownContact(one.username, one.name, roles, rest, one.suspended_at is not None))
    s, i, t, k, w = (
        one.c for one in (tables.services, tables.invoices, tables.tickets, tables.api_keys, tables.account_teams)
    )
    good = (k.account_id == account, k.ended_at.is_(None), k.ends_at > tx.now)
    counted = [
        tx.connection.execute(select(func.count()).select_from(one.table).where(*of)).scalar_one()
        for one, of in (
            (_c.account_id, (_c.account_id == account,)),
            (s.ref, (s.account_id == account,)),
            (i.number, (i.account_id == account, i.status != "paid")),
            (t.number, (t.account_id == account, t.status.in_(OPEN))),
            (k.id, good),
        )
    ]
    teams = select(w.team).where(w.account_id == account).order_by(w.team)
    tx.told(grant, "account.name", "account.status", "contact.name", "contact.rights")
    contacts, services, unpaid, open_tickets, api_keys = counted
    return ShownAccount(
        number=row.number,
        name=row.name,
        scheme=row.scheme,
        status=row.status,
        locked_at=row.locked_at,
        contacts=contacts,
        people=people,
        services=services,
        unpaid=unpaid,
        open_tickets=open_tickets,
        api_keys=api_keys,
        slack_teams=list(tx.connection.execute(teams).scalars()),
    )


_LISTED = select(
    _a.number,
    _a.name,
    _a.scheme,
    _a.status,
    select(func.count()).select_from(tables.contacts).where(_c.account_id == _a.id).scalar_subquery().label("contacts"),
)
