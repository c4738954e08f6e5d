"""What an X-ray of an account looks at: everybody on it with what they hold, how they can be reached and proved, and when they were last there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select

from authz import Grant, Scheme, Subject
from store import tables
from store.db.holdings import held_by, words_of
from store.db.transaction import GrantRequiredError, Transaction
from store.text.durations import COOLING
from store.verification import attempt_limits

LONG: Final = 365 * 24 * 3_600_000  # ms that somebody was not seen


@dataclass(frozen=True, slots=True)
class Examined:
    """`number`, `second`: a number on file; a passkey or an app, however young. `pin_locked`: by wrong ones, for a while or for good. `changed`: something that
    reaches or proves them, or what they hold, within 72 hours. `accounts`: on how many they are. `unseen`: on file for a year, and neither signed in nor in this account's ledger
    in that time."""

    person: int
    name: str
    held: frozenset[str]
    number: bool
    second: bool
    pin_locked: bool
    changed: bool
    accounts: int
    unseen: bool


@dataclass(frozen=True, slots=True)
class Examination:
    account: str
    scheme: Scheme
    people: tuple[Examined, ...]


def examine(tx: Transaction, grant: Grant, account: int) -> Examination:
    """Everybody on an account, by name."""
    tx.require(grant, "account.records", "desk.operate")
    if grant.account not in (None, account):
        raise GrantRequiredError("a grant for one account does not open another")
    a = tables.accounts.c
    of = tx.connection.execute(select(a.name, a.scheme).where(a.id == account)).one()
    since, begun = tx.now - COOLING, tx.connection.execute(_BEGUN).scalar()
    rows = tx.connection.execute(_PEOPLE, {"account": account, "fresh": since, "long_ago": tx.now - LONG}).all()
    seen = set(tx.connection.execute(_SEEN, {"account": account, "long_ago": tx.now - LONG}).scalars())
    watched = begun is not None and begun <= tx.now - LONG  # before that nobody could have been seen
    tx.told(grant, "contact.name", "contact.proofs")
    return Examination(of.name, tx.schemes[of.scheme], tuple(_examined(tx, row, seen, watched=watched) for row in rows))


def _examined(tx: Transaction, row: Any, seen: set[Subject], *, watched: bool) -> Examined:
    who = Subject.of_person(row.id)
    return Examined(
        row.id,
        row.name,
        words_of(row.held),
        bool(row.number),
        bool(row.second),
        attempt_limits.is_locked(tx, attempt_limits.counter_of(row.id)),
        bool(row.changed),
        row.accounts,
        watched and bool(row.old) and not row.signed_in and who not in seen,
    )


def _theirs(table: Any, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.c.person_id == _p.id, *where)


_p, _c, _h, _e = tables.people.c, tables.contacts.c, tables.contact_changes.c, tables.ledger.c
_other = tables.contacts.alias()
_fresh, _long_ago = bindparam("fresh", type_=_p.email_since.type), bindparam("long_ago", type_=_p.email_since.type)
_change = exists().where(_h.account_id == _c.account_id, _h.person_id == _p.id, _h.at > _fresh)
_PEOPLE = (
    select(
        _p.id,
        _p.name,
        held_by(_c.account_id, _c.person_id).label("held"),
        _theirs(tables.phones).label("number"),
        or_(
            _theirs(tables.passkeys),
            _theirs(tables.authenticators, tables.authenticators.c.confirmed_at.is_not(None)),
        ).label("second"),
        or_(
            _change,
            _p.email_since > _fresh,
            _theirs(tables.phones, tables.phones.c.added_at > _fresh),
            _theirs(tables.passkeys, tables.passkeys.c.made_at > _fresh),
            _theirs(tables.authenticators, tables.authenticators.c.confirmed_at > _fresh),
            _theirs(tables.slack_members, tables.slack_members.c.linked_at > _fresh),
        ).label("changed"),
        select(func.count()).select_from(_other).where(_other.c.person_id == _p.id).scalar_subquery().label("accounts"),
        (_p.email_since <= _long_ago).label("old"),
        _theirs(tables.person_sessions, tables.person_sessions.c.seen_at > _long_ago).label("signed_in"),
    )
    .join(tables.contacts, _c.person_id == _p.id)
    .where(_c.account_id == bindparam("account"))
    .order_by(_p.name, _p.id)
)
_SEEN = select(_e.who).where(_e.account == bindparam("account"), _e.at > _long_ago).distinct()
_BEGUN = select(func.min(tables.segments.c.opened_at))
