"""Notices as they are looked at afterwards: by supervisors, to whom each went and what became of it; and by somebody of what they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from authz import CELLS, Grant, NoticeKind, Subject
from store import tables
from store.db import holdings
from store.db.transaction import Transaction
from store.notices import audience
from store.notices.notice_delivery import STATES

MOST: Final = 20  # notices on a page
MOST_PEOPLE: Final = 100  # recipients on a page


@dataclass(frozen=True, slots=True)
class Listed:
    """One notice. `by` is the name of the member of staff who wrote it, or empty: the operator, or the desk itself, by an import. `states`: how
    many of its recipients are in each."""

    id: int
    kind: str
    title: str
    body: str
    ticket: int | None
    event: str
    by: str
    written_by: Subject
    at: int
    accounts: int
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient; `rules` are those by which they were told."""

    id: int
    name: str
    username: str
    rules: tuple[str, ...]
    state: str
    why: str
    slack: bool
    at: int


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody was sent themselves."""

    kind: str
    title: str
    ticket: int | None
    event: str
    rules: tuple[str, ...]
    state: str
    at: int


def listed(tx: Transaction, grant: Grant, kind: NoticeKind | None, before: int | None = None) -> list[Listed]:
    """The newest first, one more than a page where there is another page; without a kind all that was not about tickets."""
    audience.may_send(tx, grant)
    n = tables.notices
    kinds = (kind,) if kind is not None else tuple(one for one in NoticeKind if one is not NoticeKind.TICKET)
    rows: list[Any] = []
    for one in kinds:
        query = select(n).where(n.c.kind == one).order_by(n.c.id.desc()).limit(MOST + 1)
        rows += tx.connection.execute(query if before is None else query.where(n.c.id < before)).all()
    tx.told(grant, "notice.title")
    return _with_counts(tx, sorted(rows, key=lambda row: row.id, reverse=True)[: MOST + 1])


def find(tx: Transaction, grant: Grant, id: int, by: Subject | None = None) -> Listed | None:
    """None: there is none, or `by`, where that is asked for, has not written it."""
    audience.may_send(tx, grant)
    n = tables.notices
    query = select(n).where(n.c.id == id)
    rows = tx.connection.execute(query if by is None else query.where(n.c.written_by == by)).all()
    tx.told(grant, "notice.title", "notice.body")
    return next(iter(_with_counts(tx, rows)), None)


def recipients(tx: Transaction, grant: Grant, id: int, state: str = "", after: int = 0) -> list[Person]:
    """To whom it went, one more than a page where there is another page; those in one state, or all."""
    audience.may_send(tx, grant)
    r, p = tables.notice_recipients.c, tables.people.c
    query = (
        select(r.person_id, p.name, p.username, r.rules, r.state, r.why, r.slack, r.at)
        .join(tables.people, p.id == r.person_id)
        .where(r.notice_id == id, r.person_id > after)
        .order_by(r.person_id)
        .limit(MOST_PEOPLE + 1)
    )
    rows = tx.connection.execute(query.where(r.state == state) if state else query).all()
    tx.told(grant, "contact.name")
    return [Person(row[0], row[1], row[2], tuple(row.rules.split()), *row[4:]) for row in rows]


def own(tx: Transaction, who: Subject) -> list[Own]:
    """The last that somebody was sent themselves."""
    n, r = tables.notices.c, tables.notice_recipients.c
    query = (
        select(n.kind, n.title, n.ticket, n.event, r.rules, r.state, r.at)
        .join(tables.notice_recipients, r.notice_id == n.id)
        .where(r.person_id == who.person)
        .order_by(r.notice_id.desc())
        .limit(MOST)
    )
    rows = tx.connection.execute(query).all()
    return [Own(*row[:4], tuple(row.rules.split()), row.state, row.at) for row in rows]


def kinds_of(tx: Transaction, grant: Grant) -> dict[str, tuple[str, ...]]:
    """Which kinds of notices whoever asks is sent about the account of the grant, by what they hold there: kind → rules."""
    tx.require(grant, *CELLS)
    standing = holdings.on(tx, grant.subject, grant.account, None)
    if standing is None:
        return {}
    told = {str(kind): standing.scheme.told(kind, standing.held) for kind in NoticeKind}
    return {kind: rules for kind, rules in told.items() if rules}


def _with_counts(tx: Transaction, rows: list[Any] | Any) -> list[Listed]:
    r, a, s = tables.notice_recipients.c, tables.notice_accounts.c, tables.staff.c
    ids = [row.id for row in rows]
    states: dict[int, dict[str, int]] = {id: {} for id in ids}
    counted = select(r.notice_id, r.state, func.count()).where(r.notice_id.in_(ids)).group_by(r.notice_id, r.state)
    for id, state, many in tx.connection.execute(counted).all():
        states[id][state] = many
    about = select(a.notice_id, func.count()).where(a.notice_id.in_(ids)).group_by(a.notice_id)
    accounts = {row[0]: row[1] for row in tx.connection.execute(about).all()}
    writers = {row.written_by.staff for row in rows if row.written_by.is_staff}
    who = select(s.id, s.name).where(s.id.in_(writers))
    names = {row.id: row.name for row in tx.connection.execute(who).all()}
    return [
        Listed(
            row.id,
            row.kind,
            row.title,
            row.body,
            row.ticket,
            row.event,
            names.get(row.written_by.staff, "") if row.written_by.is_staff else "",
            row.written_by,
            row.at,
            accounts.get(row.id, 0),
            {state: states[row.id][state] for state in STATES if state in states[row.id]},
        )
        for row in rows
    ]
