"""The contacts of an account changed by its own people: looked at, judged by the rules of its scheme, written, and told to whom it concerns.

The account's row is locked first, so that of two changes the second is judged on what the first has left; an import locks it as well. Then
whoever acts is judged, and then this is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select

from authz import Grant, Held, Refusal, Scheme, Subject, refused
from store import tables
from store.accounts import change_feed, recipients
from store.accounts.people import erased_among, new_support_id
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import GrantRequiredError, Transaction, upsert
from store.jobs import job_queue
from store.security import budgets
from store.verification import revocation

MANAGE: Final = "contacts.manage"
NOTHING: Final = frozenset[str]()
NEWCOMERS_A_DAY: Final = 100  # on one account, half of them at once: a stolen session fills no account with strangers
NEWCOMER: Final = 0
"""Stands for somebody who is not on file yet, where a change is looked at."""
Wanted = Mapping[int, frozenset[str] | None]
"""A person (id) → what they are to hold on the account; None: they are to be taken off it."""


@dataclass(frozen=True, slots=True)
class Considered:
    """A change that is not written: all holdings before and after it, and why it is refused where it is."""

    scheme: Scheme
    before: Held
    after: Held
    refusal: Refusal | None

    @property
    def people(self) -> list[int]:
        """Those for whom it changes anything."""
        both = self.before.keys() | self.after.keys()
        return sorted(one for one in both if self.before.get(one) != self.after.get(one))


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is not on file yet. `phone` is E.164, or empty."""

    username: str
    name: str
    email: str
    phone: str = ""


def lock(tx: Transaction, account: int) -> None:
    """Before whoever changes anything is judged. Those who merely refer to the account do not wait."""
    a = tables.accounts.c
    tx.connection.execute(select(a.id).where(a.id == account).with_for_update(key_share=True)).all()


def consider(tx: Transaction, grant: Grant, wanted: Wanted) -> Considered:
    """What would come of it, by the rules of the account's scheme. Whoever is not named stays as they are; somebody who is not on the account
    (`NEWCOMER`) is put there by `add` alone."""
    scheme, before = holdings_on(tx, _account(tx, grant))
    if not before.keys() >= wanted.keys() - {NEWCOMER}:
        raise GrantRequiredError("not on the account of this grant")
    after = {person: held for person, held in {**before, **wanted}.items() if held is not None}
    return Considered(scheme, before, after, refused(scheme, grant.subject.person, before, after))


def change(tx: Transaction, grant: Grant, wanted: Wanted) -> Considered:
    """The same, and it is done where nothing speaks against it: what rested on rights that are gone ends, and all whom it concerns are
    told."""
    made = consider(tx, grant, wanted)
    if made.refusal is None and made.people and NEWCOMER not in made.people:
        _write(tx, grant, made)
    return made


def add(tx: Transaction, grant: Grant, new: Newcomer, held: frozenset[str] = NOTHING) -> int | Refusal | None:
    """Somebody new is on file and on the account, and holds that there. None: the username is somebody's already."""
    tx.require(grant, MANAGE)
    p, considered = tables.people, consider(tx, grant, {NEWCOMER: held})
    if considered.refusal is not None or is_taken(tx, new.username):
        return considered.refusal
    row = {"username": new.username, "name": new.name, "email": new.email, "email_since": tx.now}
    made = upsert(tx, p).on_conflict_do_nothing().returning(p.c.id)
    person: int | None = None
    while person is None:
        support_id = new_support_id()
        if erased_among(tx, "support_id", [support_id]):
            continue
        person = tx.connection.execute(made, row | {"support_id": support_id}).scalar()
        if person is None and is_taken(tx, new.username):
            return None
    if new.phone:
        number = {"person_id": person, "number": new.phone, "added_at": tx.now}
        tx.connection.execute(insert(tables.phones), number)
    before = considered.before
    _write(tx, grant, Considered(considered.scheme, before, {**before, person: held}, None))
    return person


def may_add(tx: Transaction, grant: Grant) -> bool:
    """Whether somebody new may be added to the account today; it counts."""
    tx.require(grant, MANAGE)
    return budgets.take(tx, (budgets.at_most(f"newcomers:{grant.account}", NEWCOMERS_A_DAY, budgets.DAY),)) is None


def is_taken(tx: Transaction, username: str) -> bool:
    """Whether somebody has this username, in whatever capitals, or had it until they were erased. They are everybody's, so that it says nothing of who that is."""
    there = tx.connection.execute(_TAKEN, {"username": username.lower()}).first() is not None
    return there or bool(erased_among(tx, "username", [username]))


def row(
    tx: Transaction, by: Subject, account: int, person: int, before: Iterable[str] | None, after: Iterable[str] | None
) -> dict[str, Any]:
    """A row of `contact_changes`."""
    words = (None if held is None else ",".join(held) for held in (before, after))
    return dict(zip(("before", "after"), words, strict=True)) | {
        "account_id": account,
        "person_id": person,
        "by": by,
        "at": tx.now,
    }


@dataclass(frozen=True, slots=True)
class Made:
    """A change as it was written down, by its id in the change feed: what they held before and after, None: they were not on the account."""

    id: int
    account: str
    username: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


def at(tx: Transaction, grant: Grant, account: int, ms: int) -> list[Made]:
    """What changed on an account at one moment, for the worker that tells other systems of it."""
    tx.require(grant, "desk.deliver")
    h, p, a = tables.account_changes.c, tables.people.c, tables.accounts.c
    query = (
        select(h.id, a.number, p.username, h.before, h.after)
        .join(tables.people, p.id == h.person_id)
        .join(tables.accounts, a.id == h.account_id)
        .where(h.account_id == account, h.at == ms)
    )
    rows = tx.connection.execute(query.order_by(h.id)).all()
    tx.told(grant, *(("account.number", "contact.username", "contact.standing") if rows else ()))
    return [Made(row.id, row.number, row.username, _held(row.before), _held(row.after)) for row in rows]


def _held(words: str | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(word for word in words.split(",") if word)


def holdings_on(tx: Transaction, account: int) -> tuple[Scheme, dict[int, frozenset[str]]]:
    """What each of its contacts holds, to judge a change by. Tells nobody."""
    rows = tx.connection.execute(_HELD, {"account": account}).all()
    return tx.schemes[rows[0].scheme], {one.person_id: words_of(one.held) for one in rows}


def _account(tx: Transaction, grant: Grant) -> int:
    account = tx.require(grant, MANAGE).account
    assert account is not None
    return account


def _write(tx: Transaction, grant: Grant, made: Considered) -> None:
    """Rows are locked in the order in which an import locks them: the account, its contacts, then calls and people."""
    account, people = _account(tx, grant), made.people
    c, r = tables.contacts.c, tables.contact_rights.c
    theirs = c.account_id == account, c.person_id.in_(people)
    # Whoever lends just now what is taken away here has done so before, or finds it gone: delegations.py, `_stay`.
    tx.connection.execute(select(c.person_id).where(*theirs).order_by(c.person_id).with_for_update(key_share=True))
    removed = [one for one in people if one not in made.after]
    if removed:
        tx.connection.execute(delete(tables.contacts).where(c.account_id == account, c.person_id.in_(removed)))
    key = {"account_id": account}
    added = [key | {"person_id": one} for one in people if one not in made.before]
    if added:
        tx.connection.execute(insert(tables.contacts), added)
    for one in people:
        had, has = made.before.get(one, frozenset()), made.after.get(one)
        if has is not None and had - has:
            gone = r.account_id == account, r.person_id == one, r.right.in_(had - has)
            tx.connection.execute(delete(tables.contact_rights).where(*gone))
        if new := sorted((has or frozenset()) - had):
            rows = [key | {"person_id": one, "right": word} for word in new]
            tx.connection.execute(insert(tables.contact_rights), rows)
    _remember(tx, grant, account, made)
    revocation.rights_changed(tx, [one for one in people if one in made.before])
    revocation.revoke(tx, removed, "contact", account=account)
    _tell(tx, account, made)


def _remember(tx: Transaction, grant: Grant, account: int, made: Considered) -> None:
    for one in made.people:
        before, after = (
            None if held is None else in_order(made.scheme, held)
            for held in (made.before.get(one), made.after.get(one))
        )
        word = "added" if before is None else "removed" if after is None else "changed"
        had, has = frozenset(before or ()), frozenset(after or ())
        fields = [
            Subject.of_person(one),
            *(f"gave:{w}" for w in sorted(has - had)),
            *(f"took:{w}" for w in sorted(had - has)),
        ]
        tx.record(grant.subject, account, "contacts.changed", word, grant.rules, grant.proof, fields)
        tx.connection.execute(insert(tables.contact_changes), row(tx, grant.subject, account, one, before, after))
        about: dict[str, Any] = {"account": account, "person": one, "before": before, "after": after}
        change_feed.note(tx, f"contact.{word}", grant.subject, **about)


def _tell(tx: Transaction, account: int, made: Considered) -> None:
    """Whoever gains or loses anything, and the owners."""
    told: dict[str, Any] = {"notice": "contacts_changed", "account": account}
    job_queue.enqueue(tx, "notice", f"contacts_changed:{account}", told)
    for one in made.people:
        for notice in recipients.of_change(made.scheme, made.scheme, made.before.get(one), made.after.get(one)):
            told = {"notice": notice, "account": account, "person": one}
            job_queue.enqueue(tx, "notice", f"{notice}:{account}:{one}", told)


_p = tables.people.c
_TAKEN = select(_p.id).where(func.lower(_p.username) == bindparam("username")).limit(1)
_c = tables.contacts.c
_HELD = (
    select(_c.person_id, held_by(_c.account_id, _c.person_id).label("held"), tables.accounts.c.scheme)
    .join(tables.accounts, tables.accounts.c.id == _c.account_id)
    .where(_c.account_id == bindparam("account"))
)
