"""Who is told of what: those whom a scheme names for a kind of notice, and whoever is told of a ticket; each with the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, select

from authz import OWN_REQUESTS, REQUESTS, Action, Ask, At, Grant, NoticeKind, Proof, Subject, Topic, judge
from store import tables
from store.db import grant_limits
from store.db.holdings import words_of
from store.db.transaction import GrantRequiredError, Transaction
from store.notices import mail_preferences

BY_PART: Final = "D-notices.ticket"  # the rule by which a requester is told, and whoever wrote in a ticket
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a notice goes to: by which rules, and because of which accounts (ids)."""

    person: int
    username: str
    name: str
    email: str
    rules: tuple[str, ...]
    accounts: tuple[int, ...]


def may_send(tx: Transaction, grant: Grant) -> None:
    """Raises `GrantRequiredError` unless it is of the operator, of a key of theirs for it, of a supervisor, or of the worker."""
    tx.require(grant, "desk.operate", "desk.notices.write", "desk.ticket.work", "desk.deliver")
    if grant.cell == "desk.ticket.work" and not (grant.account is None and grant_limits.is_supervisor(grant)):
        raise GrantRequiredError("notices are sent by supervisors")


def name_of(tx: Transaction, grant: Grant, account: int) -> str | None:
    """Of an account (id) a notice is about. None: it is gone."""
    tx.require(grant, "desk.deliver")
    name: str | None = tx.connection.execute(
        select(tables.accounts.c.name).where(tables.accounts.c.id == account)
    ).scalar()
    tx.told(grant, "account.name")
    return name


def numbered(tx: Transaction, grant: Grant, numbers: Iterable[str]) -> dict[str, int]:
    """The accounts with these numbers → their ids; what is nobody's is left out."""
    may_send(tx, grant)
    a, found = tables.accounts.c, dict[str, int]()
    for some in _pieces(dict.fromkeys(numbers)):
        rows = tx.connection.execute(select(a.number, a.id).where(a.number.in_(some), ~a.decoy))
        found |= {row.number: row.id for row in rows}
    return found


def named(
    tx: Transaction, grant: Grant, kind: NoticeKind, accounts: Collection[int], person: int | None = None
) -> list[Recipient]:
    """Everybody whom the schemes of these accounts name for this kind, once each, by username; or that one of them."""
    may_send(tx, grant)
    found: dict[int, _Found] = {}
    for row in _holders(tx, kind, accounts, person):
        rules = tx.schemes[row.scheme].told(kind, words_of(row.held))
        one = found.setdefault(row.id, _Found(row, {}, {}))
        if rules:
            one.rules.update(dict.fromkeys(rules))
            one.accounts[row.account_id] = None
    tx.told(grant, "contact.name", "contact.email")
    return sorted((one.made() for one in found.values() if one.rules), key=lambda one: one.username)


def of_ticket(tx: Transaction, grant: Grant, number: int, person: int | None = None) -> list[Recipient]:
    """Whoever is told what became of a ticket: its requester, who wrote in it and whom its scheme names. All of them may see it now, on
    their pages, and want mail about tickets, unless a rule of the scheme says that they get it. Or that one of them."""
    tx.require(grant, "desk.deliver")
    ticket = tx.connection.execute(_TICKET, {"number": number}).first()
    if ticket is None or ticket.account_id is None:
        return []
    found: dict[int, list[str]] = {}
    for row in _holders(tx, NoticeKind.TICKET, (ticket.account_id,), person):
        found[row.id] = list(tx.schemes[row.scheme].told(NoticeKind.TICKET, words_of(row.held)))
    for one in {ticket.opened_by, *_writers(tx, number)} - {None}:
        if person in (None, one) and (found.get(one) or mail_preferences.wants_tickets(tx, one)):
            found.setdefault(one, []).append(BY_PART)
    told = {one: tuple(rules) for one, rules in found.items() if rules and _may_see(tx, one, ticket)}
    p = tables.people.c
    people = tx.connection.execute(select(p.id, p.username, p.name, p.email).where(p.id.in_(told)).order_by(p.username))
    tx.told(grant, "contact.name", "contact.email")
    return [Recipient(*row, told[row.id], (ticket.account_id,)) for row in people]


@dataclass(frozen=True, slots=True)
class _Found:
    """Somebody who may be told, while it is found out by what."""

    row: Any
    rules: dict[str, None]
    accounts: dict[int, None]

    def made(self) -> Recipient:
        row = self.row
        return Recipient(row.id, row.username, row.name, row.email, tuple(self.rules), tuple(self.accounts))


def _holders(tx: Transaction, kind: NoticeKind, accounts: Collection[int], person: int | None) -> Iterator[Any]:
    """The contacts of these accounts who are not suspended and hold a word that some scheme names for this kind, with those words of theirs."""
    words = {word for scheme in tx.schemes.values() for word in scheme.notices.get(kind, ())}
    r, a, p = tables.contact_rights.c, tables.accounts.c, tables.people.c
    query = (
        select(r.account_id, a.scheme, r.right, p.id, p.username, p.name, p.email)
        .join(tables.accounts, a.id == r.account_id)
        .join(tables.people, p.id == r.person_id)
        .where(r.right.in_(words), p.suspended_at.is_(None))
        .order_by(r.account_id, p.id)
    )
    query = query if person is None else query.where(r.person_id == person)
    for some in _pieces(accounts):
        held: dict[tuple[int, int], list[str]] = {}
        rows = {}
        for row in tx.connection.execute(query.where(r.account_id.in_(some))):
            rows[row.account_id, row.id] = row
            held.setdefault((row.account_id, row.id), []).append(row.right)
        for at, row in rows.items():
            yield _Holder(row.account_id, row.scheme, ",".join(held[at]), row.id, row.username, row.name, row.email)


@dataclass(frozen=True, slots=True)
class _Holder:
    account_id: int
    scheme: str
    held: str
    id: int
    username: str
    name: str
    email: str


def _writers(tx: Transaction, number: int) -> set[int]:
    """The contacts who wrote in a ticket."""
    authors = map(Subject, tx.connection.execute(_WRITERS, {"number": number}).scalars())
    return {author.person for author in authors if author.is_person}


def _may_see(tx: Transaction, person: int, ticket: Any) -> bool:
    """On the account's pages, where everybody sees what is theirs."""
    subject, topic = Subject.of_person(person), Topic(ticket.topic)
    ask = Ask(subject, Action.TICKET_VIEW, ticket.account_id, topic, Proof.VERIFIED, at=At.PAGES)
    verdict = judge(ask, tx.standing(ask))
    if not isinstance(verdict, Grant):
        return False
    if verdict.when == OWN_REQUESTS and ticket.kind not in REQUESTS:
        return False
    return bool(verdict.when not in ("own_tickets", OWN_REQUESTS) or ticket.opened_by == person)


def _pieces(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while piece := list(islice(iterator, _CHUNK)):
        yield piece


_t, _m = tables.tickets.c, tables.messages.c
_TICKET = select(_t.account_id, _t.topic, _t.kind, _t.opened_by).where(_t.number == bindparam("number"))
_WRITERS = select(_m.author).where(_m.ticket == bindparam("number"), ~_m.internal, _m.event == "").distinct()
