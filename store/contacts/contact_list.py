"""Who is on an account, for those who may manage its contacts: what each holds, by what they prove themselves, and what was changed of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, select

from authz import Grant, Scheme, Subject, requests_followed
from store import tables
from store.contacts.contact_changes import MANAGE
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import Transaction
from store.messages import timeline

OPEN: Final = ("open", "waiting")


@dataclass(frozen=True, slots=True)
class Contact:
    """`held` are words of the account's scheme, in its order. `proofs`: what is on file that proves them: pin, passkey, authenticator,
    slack, number. `joined`: they can sign in. `since`: when what they hold was changed last (ms), where that is written down.
    `refuses_mail`: since when mail to their address comes back; `ticket_mail`: they have not turned off mail about tickets."""

    person: int
    username: str
    name: str
    email: str
    held: tuple[str, ...]
    proofs: tuple[str, ...]
    joined: bool
    since: int | None
    refuses_mail: int | None
    ticket_mail: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody held before a change and after it; None: they were not on the account. `by`: the name of who changed it; empty: an import
    of the operator's, or somebody who is not on file any more."""

    at: int
    by: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


def scheme_of(tx: Transaction, grant: Grant) -> Scheme:
    tx.require(grant, MANAGE)
    a = tables.accounts.c
    return tx.schemes[tx.connection.execute(select(a.scheme).where(a.id == grant.account)).scalar_one()]


def listed(tx: Transaction, grant: Grant, *, first: int, many: int) -> tuple[list[Contact], bool]:
    """Some of the contacts, by name, and whether there are more."""
    tx.require(grant, MANAGE)
    found = tx.connection.execute(_LISTED, {"account": grant.account, "first": first, "many": many + 1}).all()
    return [_contact(tx, grant, row) for row in found[:many]], len(found) > many


def named(tx: Transaction, grant: Grant, usernames: Iterable[str]) -> dict[str, Contact]:
    """Those of these usernames who are on the account."""
    tx.require(grant, MANAGE)
    asked = _CONTACTS.where(tables.people.c.username.in_(list(usernames)))
    return {row.username: _contact(tx, grant, row) for row in tx.connection.execute(asked, {"account": grant.account})}


def by_id(tx: Transaction, grant: Grant, people: Iterable[int]) -> dict[int, Contact]:
    """The same by id."""
    tx.require(grant, MANAGE)
    asked = _CONTACTS.where(tables.people.c.id.in_(list(people)))
    return {row.id: _contact(tx, grant, row) for row in tx.connection.execute(asked, {"account": grant.account})}


def history(tx: Transaction, grant: Grant, person: int, many: int) -> list[Change]:
    """The newest changes of somebody who is on the account."""
    tx.require(grant, MANAGE)
    scheme = scheme_of(tx, grant)
    rows = tx.connection.execute(_HISTORY.limit(many), {"account": grant.account, "person": person}).all()
    subjects = {row.by.person for row in rows if row.by.is_person}
    p = tables.people.c
    names = {
        Subject.of_person(row.id): row.name
        for row in tx.connection.execute(select(p.id, p.name).where(p.id.in_(subjects)))
    }
    tx.told(grant, "contact.changes")

    def words(held: str | None) -> tuple[str, ...] | None:
        return None if held is None else in_order(scheme, words_of(held))

    return [Change(row.at, names.get(row.by, ""), words(row.before), words(row.after)) for row in rows]


def out_of_sight(
    tx: Transaction, grant: Grant, scheme: Scheme, person: int, before: frozenset[str], after: frozenset[str] | None
) -> int:
    """How many open tickets of theirs somebody sees by what they hold, and will see no more. None: they are taken off."""
    tx.require(grant, MANAGE)
    rows = tx.connection.execute(_OPEN_TICKETS, {"account": grant.account, "person": person}).all()
    tx.told(grant, "ticket.count")
    return sum(
        row.many
        for row in rows
        if _sees(scheme, before, row.topic, row.kind)
        and (after is None or not _sees(scheme, after, row.topic, row.kind))
    )


def _sees(scheme: Scheme, held: frozenset[str], topic: str, kind: str) -> bool:
    """A ticket of one's own: by the right to see those of its topic, or as a request one may make."""
    return scheme.ruling(held, f"ticket.view:{topic}").allowed or kind in requests_followed(scheme, held)


def _contact(tx: Transaction, grant: Grant, row: Any) -> Contact:
    tx.told(grant, "contact.name", "contact.email", "contact.rights", "contact.proofs", "contact.mail")
    proofs = tuple(word for word in PROOFS if getattr(row, f"has_{word}"))
    held = in_order(tx.schemes[row.scheme], words_of(row.held))
    return Contact(
        row.id,
        row.username,
        row.name,
        row.email,
        held,
        proofs,
        bool(row.joined),
        row.since,
        row.refuses_mail,
        bool(row.ticket_mail),
    )


_p, _c = tables.people.c, tables.contacts.c
PROOFS: Final = {
    "pin": exists().where(tables.pins.c.person_id == _p.id),
    "passkey": exists().where(tables.passkeys.c.person_id == _p.id),
    "authenticator": exists().where(
        tables.authenticators.c.person_id == _p.id, tables.authenticators.c.confirmed_at.is_not(None)
    ),
    "slack": exists().where(tables.slack_members.c.person_id == _p.id),
    "number": exists().where(tables.phones.c.person_id == _p.id),
}
_h, _b = tables.contact_changes.c, tables.mail_bounces.c
_CONTACTS = (
    select(
        _p.id,
        _p.username,
        _p.name,
        _p.email,
        held_by(_c.account_id, _c.person_id).label("held"),
        tables.accounts.c.scheme,
        exists().where(tables.person_logins.c.person_id == _p.id).label("joined"),
        select(func.max(_h.at))
        .where(_h.account_id == _c.account_id, _h.person_id == _c.person_id)
        .scalar_subquery()
        .label("since"),
        select(_b.since).where(_b.email == _p.email).scalar_subquery().label("refuses_mail"),
        (~exists().where(tables.mail_preferences.c.person_id == _p.id, ~tables.mail_preferences.c.tickets)).label(
            "ticket_mail"
        ),
        *(there.label(f"has_{word}") for word, there in PROOFS.items()),
    )
    .join(tables.contacts, _c.person_id == _p.id)
    .join(tables.accounts, tables.accounts.c.id == _c.account_id)
    .where(_c.account_id == bindparam("account"))
)
_LISTED = _CONTACTS.order_by(_p.name, _p.id).limit(bindparam("many")).offset(bindparam("first"))
_HISTORY = (
    select(_h.at, _h.by, _h.before, _h.after)
    .where(_h.account_id == bindparam("account"), _h.person_id == bindparam("person"))
    .order_by(_h.id.desc())
)
_t = tables.tickets.c
_OPEN_TICKETS = (
    select(_t.topic, _t.kind, func.count().label("many"))
    .where(_t.account_id == bindparam("account"), _t.opened_by == bindparam("person"), timeline.SEEN_AS.in_(OPEN))
    .group_by(_t.topic, _t.kind)
)
