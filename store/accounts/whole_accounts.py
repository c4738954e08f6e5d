"""An account with all that the system that owns the truth has brought here, and its people: for that system, by its key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from authz import Grant
from store import tables
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class WholeAccount:
    """In the words of an import file (docs/import.md). `billing` is whom its next invoices are for, or None. No PIN and nothing by which somebody
    proves themselves is in it but the numbers and members an import brings; nor whether it is a decoy."""

    number: str
    name: str
    scheme: str
    status: str
    locked: bool
    billing: dict[str, Any] | None
    services: list[dict[str, Any]]
    invoices: list[dict[str, Any]]
    slack_teams: list[str]
    contacts: list[dict[str, Any]]
    people: list[dict[str, Any]]


def account_numbered(tx: Transaction, grant: Grant, number: str) -> int | None:
    """Its id, to ask about it. Nothing is told."""
    tx.require(grant, "desk.accounts.read", "desk.accounts.write")
    return tx.connection.execute(_NUMBERED, {"number": number}).scalar()


def whole(tx: Transaction, grant: Grant) -> WholeAccount:
    """The account of the grant."""
    tx.require(grant, "desk.accounts.read", "desk.accounts.write")
    of = {"account": grant.account}
    account = tx.connection.execute(_ACCOUNT, of).one()
    scheme = tx.schemes[account.scheme]
    people, contacts = tx.connection.execute(_PEOPLE, of).all(), []
    numbers = _by_person(tx.connection.execute(_PHONES, of).all())
    members = _by_person(tx.connection.execute(_MEMBERS, of).all())
    for row in people:
        held = in_order(scheme, words_of(row.held))
        roles = [word for word in held if word in scheme.roles]
        permissions = [word for word in held if word not in scheme.roles]
        contacts.append({"person": row.username, "roles": roles, "permissions": permissions})
    services = [dict(row._mapping) for row in tx.connection.execute(_SERVICES, of)]
    invoices = [dict(row._mapping) for row in tx.connection.execute(_INVOICES, of)]
    tx.told(grant, "account.whole")
    return WholeAccount(
        account.number,
        account.name,
        account.scheme,
        account.status,
        account.locked_at is not None,
        json.loads(account.billing) if account.billing else None,
        services,
        invoices,
        list(tx.connection.execute(_TEAMS, of).scalars()),
        contacts,
        [
            {
                "username": row.username,
                "name": row.name,
                "email": row.email,
                "support_id": row.support_id,
                "phones": [one.number for one in numbers.get(row.id, ())],
                "slack": [{"team": one.team, "user": one.member} for one in members.get(row.id, ())],
            }
            for row in people
        ],
    )


def _by_person(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


_a, _c, _p = tables.accounts.c, tables.contacts.c, tables.people.c
_s, _i, _t = tables.services.c, tables.invoices.c, tables.account_teams.c
_n, _m = tables.phones.c, tables.slack_members.c
_of: BindParameter[int] = bindparam("account")
_NUMBERED = select(_a.id).where(_a.number == bindparam("number"))
_ACCOUNT = select(_a.number, _a.name, _a.scheme, _a.status, _a.billing, _a.locked_at).where(_a.id == _of)
_PEOPLE = (
    select(_p.id, _p.username, _p.name, _p.email, _p.support_id, held_by(_c.account_id, _c.person_id).label("held"))
    .join(tables.contacts, _c.person_id == _p.id)
    .where(_c.account_id == _of)
    .order_by(_p.username)
)
_PHONES = (
    select(_n.person_id, _n.number)
    .join(tables.contacts, _c.person_id == _n.person_id)
    .where(_c.account_id == _of)
    .order_by(_n.person_id, _n.number)
)
_MEMBERS = (
    select(_m.person_id, _m.team, _m.member)
    .join(tables.contacts, _c.person_id == _m.person_id)
    .where(_c.account_id == _of)
    .order_by(_m.person_id, _m.team, _m.member)
)
_SERVICES = select(_s.ref.label("id"), _s.name, _s.status, _s.managed_sla).where(_s.account_id == _of).order_by(_s.ref)
_INVOICES = select(_i.number, _i.amount, _i.currency, _i.due, _i.status).where(_i.account_id == _of).order_by(_i.number)
_TEAMS = select(_t.team).where(_t.account_id == _of).order_by(_t.team)
