"""Who might be asking: looked up to decide, never shown to anyone. What a person may hear needs a `Grant` (account_details.py)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, exists, select

from authz import Subject
from store import tables
from store.db.transaction import NOBODY, Transaction
from store.text import numbers

_ERASED: Final = "erased-name"
_AT_ONCE: Final = 500


def check_digit(first_seven: str) -> str:
    """Luhn's check digit, the eighth of a support ID."""
    total = 0
    for place, digit in enumerate(map(int, reversed(first_seven))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def is_support_id(word: str) -> bool:
    return len(word) == 8 and numbers.are_digits(word) and check_digit(word[:7]) == word[7]


def new_support_id() -> str:
    """Eight digits, not sequential, never starting with 0 so that people say all of them."""
    first_seven = str(secrets.choice(range(1, 10))) + "".join(secrets.choice("0123456789") for _ in range(6))
    return first_seven + check_digit(first_seven)


def support_id(tx: Transaction, person: int) -> str:
    """By which a call of ours begins where a caller's would: said to nobody."""
    query = select(tables.people.c.support_id).where(tables.people.c.id == person)
    return str(tx.connection.execute(query).scalar_one())


def resolve(tx: Transaction, support_id: str | None, number: str | None) -> tuple[int | None, bool]:
    """Whom a caller claims to be: (person or None, whether `number` is on file for them).

    A keyed ID that nobody has stays nobody, and whoever is suspended is nobody; without one it is the person who alone has the number on file. Both ways are
    asked of the database every time, so that a stranger's call does the same work as a customer's.
    """
    by_number = tx.connection.execute(_BY_NUMBER, {"number": number or ""}).all()
    keyed = support_id or (by_number[0].support_id if len(by_number) == 1 else "")
    row = tx.connection.execute(_BY_SUPPORT_ID, {"support_id": keyed, "number": number or ""}).first()
    return (None, False) if row is None else (row.id, row.own_number)


def accounts_of(tx: Transaction, person: int) -> tuple[int, ...]:
    """The accounts somebody is on, by their ids: to see who is probed, never to be told."""
    return tuple(row.account_id for row in tx.connection.execute(_ACCOUNTS, {"person": person}).all())


def lock(tx: Transaction, person: int) -> bool:
    """Locks the person's row until the transaction is over, before what was done for them lately is counted: of two at once one
    waits for the other and counts it. Whether they are there, and not suspended: whoever suspends them waits as well."""
    return tx.connection.execute(_LOCK, {"person": person}).first() is not None


def is_suspended(tx: Transaction, person: int) -> bool:
    """Whether the operator has suspended somebody: they are nobody to every channel."""
    return tx.connection.execute(_SUSPENDED, {"person": person}).first() is not None


def erased_name(tx: Transaction, kind: str, word: str) -> str:
    """What is kept of the username or support ID of somebody who is erased, so that nobody else gets it."""
    return tx.keys.digest(_ERASED, kind, word.lower())


def erased_among(tx: Transaction, kind: str, words: Iterable[str]) -> set[str]:
    """Those of these usernames, or support IDs, that were an erased person's."""
    made = {digest: word for word in words for digest in tx.keys.digests(_ERASED, kind, word.lower())}
    e, found, digests = tables.erased_names.c, set[str](), list(made)
    for first in range(0, len(digests), _AT_ONCE):
        some = select(e.digest).where(e.digest.in_(digests[first : first + _AT_ONCE]), e.kind == kind)
        found |= {made[digest] for digest in tx.connection.execute(some).scalars()}
    return found


def works_here(tx: Transaction, staff: int) -> bool:
    """Whether somebody of the staff is not suspended, and will not be before this transaction has ended: whoever suspends them
    waits for it, and ends what came of it."""
    return tx.connection.execute(_WORKS, {"staff": staff}).first() is not None


def claimed_by(tx: Transaction, support_id: str | None, number: str | None) -> Subject:
    """The subject a stranger claims to be, for whoever calls them back; `nobody` where there is none."""
    person = resolve(tx, support_id, number)[0]
    return NOBODY if person is None else Subject.of_person(person)


_ACTIVE = tables.people.c.suspended_at.is_(None)
_LOCK = (
    select(tables.people.c.id).where(tables.people.c.id == bindparam("person"), _ACTIVE).with_for_update(key_share=True)
)
_SUSPENDED = select(tables.people.c.id).where(tables.people.c.id == bindparam("person"), ~_ACTIVE)
_WORKS = (
    select(tables.staff.c.id)
    .where(tables.staff.c.id == bindparam("staff"), tables.staff.c.suspended_at.is_(None))
    .with_for_update(read=True)
)
_BY_NUMBER = (
    select(tables.people.c.id, tables.people.c.support_id)
    .join(tables.phones, tables.phones.c.person_id == tables.people.c.id)
    .where(tables.phones.c.number == bindparam("number"), _ACTIVE)
    .limit(2)
)
_ACCOUNTS = (
    select(tables.contacts.c.account_id)
    .where(tables.contacts.c.person_id == bindparam("person"))
    .order_by(tables.contacts.c.account_id)
)
_on_file = exists().where(
    tables.phones.c.person_id == tables.people.c.id, tables.phones.c.number == bindparam("number")
)
_BY_SUPPORT_ID = select(tables.people.c.id, _on_file.label("own_number")).where(
    tables.people.c.support_id == bindparam("support_id"), _ACTIVE
)
