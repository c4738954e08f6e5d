"""What somebody can prove themselves by a second time: only what is on file, and has been for long enough.

A number, a Slack link, an authenticator or a passkey younger than 72 hours proves nothing (docs/second-proofs.md), and to an e-mail
address younger than that nothing is sent that proves: whoever has just taken it over is kept waiting until the one it was
taken from has been told.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from store import tables
from store.db.transaction import Transaction
from store.text.durations import COOLING as COOLING  # theirs too who ask here what is old enough
from store.verification import slack_members, totp
from store.verification.slack_members import Member


@dataclass(frozen=True, slots=True)
class Numbers:
    """E.164, the oldest first. `fresh` are those too young to prove anything."""

    good: tuple[str, ...]
    fresh: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address, whose it is, since when (ms; 0: for longer than was written down), and whether that is long enough."""

    email: str
    name: str
    since: int
    good: bool


@dataclass(frozen=True, slots=True)
class OnFile:
    """`members` are the Slack members old enough who can be written to; `fresh` what is on file and still too young, in a word
    each: number, slack, authenticator."""

    authenticator: bool
    members: tuple[Member, ...]
    numbers: tuple[str, ...]
    fresh: tuple[str, ...]


def on_file(tx: Transaction, person: int) -> OnFile:
    """To decide what is offered and what is warned of; never shown as it is."""
    since, old = totp.confirmed_at(tx, person), tx.now - COOLING
    linked, known = slack_members.of_person(tx, person), numbers(tx, person)
    fresh = [
        *(["number"] if known.fresh else []),
        *(["slack"] if any(member.linked_at > old for member in linked) else []),
        *(["authenticator"] if since is not None and since > old else []),
    ]
    return OnFile(
        since is not None and since <= old,
        tuple(member for member in linked if member.linked_at <= old),
        known.good,
        tuple(fresh),
    )


def has_any(tx: Transaction, person: int) -> bool:
    """Whether anything proves them that something new could overrule: a PIN, a number, a Slack member, an authenticator, a passkey."""
    theirs = (tables.pins, tables.phones, tables.slack_members, tables.authenticators, tables.passkeys)
    return any(
        tx.connection.execute(select(one.c.person_id).where(one.c.person_id == person).limit(1)).first() is not None
        for one in theirs
    )


def address(tx: Transaction, person: int) -> Address | None:
    """Where they can be written to. None: they are there no more, or suspended."""
    p = tables.people.c
    theirs = select(p.email, p.name, p.email_since).where(p.id == person, p.suspended_at.is_(None))
    row = tx.connection.execute(theirs).first()
    return None if row is None else Address(row.email, row.name, row.email_since, row.email_since <= tx.now - COOLING)


def numbers(tx: Transaction, person: int) -> Numbers:
    """None of whoever is suspended."""
    rows = tx.connection.execute(_NUMBERS, {"person": person}).all()
    old = tx.now - COOLING
    return Numbers(
        tuple(row.number for row in rows if row.added_at <= old),
        tuple(row.number for row in rows if row.added_at > old),
    )


_p = tables.phones.c
_NUMBERS = (
    select(_p.number, _p.added_at)
    .join(tables.people, tables.people.c.id == _p.person_id)
    .where(_p.person_id == bindparam("person"), tables.people.c.suspended_at.is_(None))
    .order_by(_p.added_at, _p.number)
)
