"""An account with all that the system that owns the truth has brought here, and its people: for that system, by its key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from authz import Grant, Scheme
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


@dataclass(frozen=True, slots=True)
class PersonOfAccount:
    """Somebody on an account, and what they hold there, in the words of an import file. `slack` are (workspace, member)."""

    username: str
    name: str
    email: str
    support_id: str
    phones: tuple[str, ...]
    slack: tuple[tuple[str, str], ...]
    roles: tuple[str, ...]
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SomePeople:
    """`more`: others follow."""

    people: tuple[PersonOfAccount, ...]
    more: bool


def account_numbered(tx: Transaction, grant: Grant, number: str) -> int | None:
    """Its id, to ask about it. Nothing is told."""
    tx.require(grant, "desk.accounts.read", "desk.accounts.write")
    return tx.connection.execute(_NUMBERED, {"number": number}).scalar()


def numbers_after(tx: Transaction, grant: Grant, number: str, most: int) -> list[str]:
    """Of the accounts, in the order of their numbers: the next after that one, to read them one by one. An empty one begins."""
    tx.require(grant, "desk.accounts.read")
    return list(tx.connection.execute(_NEXT, {"number": number, "most": most}).scalars())


def whole(tx: Transaction, grant: Grant) -> WholeAccount:
    """The account of the grant."""
    tx.require(grant, "desk.accounts.read", "desk.accounts.write")
    of = {"account": grant.account}
    account = tx.connection.execute(_ACCOUNT, of).one()
    scheme = tx.schemes[account.scheme]
    people = _people(tx, grant, scheme, tx.connection.execute(_PEOPLE, of).all(), _PHONES, _MEMBERS)
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
        [{"person": one.username, "roles": list(one.roles), "permissions": list(one.permissions)} for one in people],
        [
            {
                "username": one.username,
                "name": one.name,
                "email": one.email,
                "support_id": one.support_id,
                "phones": list(one.phones),
                "slack": [{"team": team, "user": member} for team, member in one.slack],
            }
            for one in people
        ],
    )


def lock_people(tx: Transaction, grant: Grant) -> None:
    """Nobody else changes people of the account of the grant before this transaction has ended. After the account is locked, which says who they are."""
    tx.require(grant, "desk.accounts.write")
    tx.connection.execute(_LOCK_PEOPLE, {"account": grant.account}).all()


def people(tx: Transaction, grant: Grant, *, after: str, many: int) -> SomePeople:
    """People of the account of the grant, those by username behind `after`."""
    tx.require(grant, "desk.accounts.read")
    return _some(tx, grant, _PEOPLE.where(_p.username > after).limit(many + 1), many)


def person(tx: Transaction, grant: Grant, username: str) -> PersonOfAccount | None:
    """One of them. None: nobody of that name is on the account."""
    tx.require(grant, "desk.accounts.read")
    return next(iter(_some(tx, grant, _PEOPLE.where(_p.username == username), 1).people), None)


def _some(tx: Transaction, grant: Grant, query: Select[Any], many: int) -> SomePeople:
    of = {"account": grant.account}
    scheme = tx.schemes[tx.connection.execute(_ACCOUNT, of).one().scheme]
    rows = tx.connection.execute(query, of).all()
    theirs = [row.id for row in rows[:many]]
    phones, members = _PHONES.where(_n.person_id.in_(theirs)), _MEMBERS.where(_m.person_id.in_(theirs))
    found = _people(tx, grant, scheme, rows[:many], phones, members)
    told = ("contact.name", "contact.email", "contact.number", "contact.rights") if found else ()
    tx.told(grant, *told)
    return SomePeople(tuple(found), len(rows) > many)


def _people(
    tx: Transaction, grant: Grant, scheme: Scheme, rows: Sequence[Any], phones: Select[Any], members: Select[Any]
) -> list[PersonOfAccount]:
    """With their numbers and members, in the order of the rows."""
    of = {"account": grant.account}
    numbers = _by_person(tx.connection.execute(phones, of).all())
    on_slack = _by_person(tx.connection.execute(members, of).all())
    found = []
    for row in rows:
        held = in_order(scheme, words_of(row.held))
        found.append(
            PersonOfAccount(
                row.username,
                row.name,
                row.email,
                row.support_id,
                tuple(one.number for one in numbers.get(row.id, ())),
                tuple((one.team, one.member) for one in on_slack.get(row.id, ())),
                tuple(word for word in held if word in scheme.roles),
                tuple(word for word in held if word not in scheme.roles),
            )
        )
    return found


def _by_person(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


_a, _c, _p = tables.accounts.c, tables.contacts.c, tables.people.c
_s, _i, _t = tables.services.c, tables.invoices.c, tables.account_teams.c
_n, _m = tables.phones.c, tables.slack_members.c
_of: BindParameter[int] = bindparam("account")
_NEXT = select(_a.number).where(_a.number > bindparam("number")).order_by(_a.number).limit(bindparam("most"))
_NUMBERED = select(_a.id).where(_a.number == bindparam("number"))
_ACCOUNT = select(_a.number, _a.name, _a.scheme, _a.status, _a.billing, _a.locked_at).where(_a.id == _of)
_PEOPLE = (
    select(_p.id, _p.username, _p.name, _p.email, _p.support_id, held_by(_c.account_id, _c.person_id).label("held"))
    .join(tables.contacts, _c.person_id == _p.id)
    .where(_c.account_id == _of)
    .order_by(_p.username)
)
_LOCK_PEOPLE = (
    select(_p.id)
    .join(tables.contacts, _c.person_id == _p.id)
    .where(_c.account_id == _of)
    .order_by(_p.id)
    .with_for_update(key_share=True, of=tables.people)
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
