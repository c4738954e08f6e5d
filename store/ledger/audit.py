"""The ledger as the operator reads it: every decision and everything told, under a `Grant` for `desk.ledger.read`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Table, exists, literal, select, tuple_

from authz import Grant, Subject
from store import tables
from store.db.transaction import GrantRequiredError, Transaction

_MANY = 1_000
Place = tuple[int, str, int]
"""Where an entry stands in the order of times: its own, its segment and number."""
_e = tables.ledger.c


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`who` is a username while the person or member of staff exists, and the bare subject otherwise. `at` is in ms;
    `fields` are names of what was told or changed, never values. `segment` and `n` are what `audit verify` names."""

    at: int
    who: str
    account: str | None
    action: str
    decision: str
    rules: list[str]
    proof: str
    channel: str
    call: str | None
    fields: list[str]
    segment: str
    n: int


def entries(
    tx: Transaction,
    grant: Grant,
    account: int | None = None,
    *,
    since: int | None = None,
    limit: int | None = None,
    holding: str = "",
) -> list[AuditEntry]:
    """Oldest first; of one account or of all that the grant reaches. `limit` keeps the newest so many, `since` is in ms; `holding`: those
    alone that name this field.

    Across segments the order is that of the entries' own times.
    """
    query = _vouched(tx, grant, account).order_by(_e.at.desc(), _e.segment.desc(), _e.n.desc())
    if since is not None:
        query = query.where(_e.at >= since)
    if holding:
        query = query.where(literal(" ").concat(_e.fields).concat(" ").contains(f" {holding} "))
    if limit is not None:
        query = query.limit(limit)
    rows = tx.connection.execute(query).all()
    tx.told(grant, "ledger")
    return _read(tx, list(reversed(rows)))


def piece(
    tx: Transaction, grant: Grant, account: int | None, *, since: int, until: int, after: Place | None, limit: int
) -> list[AuditEntry]:
    """The oldest so many from `since` to before `until` (ms) that stand after a place in that order; of one account or of all that the grant reaches."""
    query = _vouched(tx, grant, account).where(_e.at >= since, _e.at < until)
    if after is not None:
        query = query.where(_e.at >= after[0], tuple_(_e.at, _e.segment, _e.n) > after)
    rows = tx.connection.execute(query.order_by(_e.at, _e.segment, _e.n).limit(limit)).all()
    tx.told(grant, "ledger", *((f"entries:{len(rows)}",) if rows else ()))
    return _read(tx, rows)


def place_of(tx: Transaction, grant: Grant, segment: str, n: int) -> Place | None:
    """Where an entry stands. None: there is none."""
    tx.require(grant, "desk.ledger.read")
    at = tx.connection.execute(select(_e.at).where(_e.segment == segment, _e.n == n)).scalar()
    return None if at is None else (at, segment, n)


def _vouched(tx: Transaction, grant: Grant, account: int | None) -> Select[*tuple[Any, ...]]:
    """As `audit verify` reads: nothing vouches for what it does not. Said so that the times lead to the entries, not the segments."""
    tx.require(grant, "desk.ledger.read")
    if grant.account is not None and grant.account != account:
        raise GrantRequiredError("a grant for one account does not open another")
    segment = tables.segments.c.id
    query = select(tables.ledger).where(_e.n + 0 > 0, exists().where(segment == _e.segment, segment != ""))
    return query if account is None else query.where(_e.account == account)


def _read(tx: Transaction, rows: Sequence[Row[Any]]) -> list[AuditEntry]:
    subjects = {row.who for row in rows}
    names = _usernames(
        tx, tables.people, {subject.person for subject in subjects if subject.is_person}, Subject.of_person
    )
    names |= _usernames(tx, tables.staff, {subject.staff for subject in subjects if subject.is_staff}, Subject.of_staff)
    a = tables.accounts.c
    ids = {row.account for row in rows if row.account is not None}
    numbers = {row.id: row.number for row in _among(tx, select(a.id, a.number), a.id, ids)}
    return [
        AuditEntry(
            row.at,
            names.get(row.who, row.who),
            None if row.account is None else numbers.get(row.account, f"account:{row.account}"),
            row.action,
            row.decision,
            row.rules.split(),
            row.proof,
            row.channel,
            row.call,
            row.fields.split(),
            row.segment,
            row.n,
        )
        for row in rows
    ]


def _usernames(tx: Transaction, of: Table, ids: Iterable[int], subject: Callable[[int], Subject]) -> dict[Subject, str]:
    query = select(of.c.id, of.c.username)
    return {subject(row.id): row.username for row in _among(tx, query, of.c.id, ids)}


def _among(tx: Transaction, query: Select[*tuple[Any, ...]], column: Any, ids: Iterable[int]) -> list[Row[Any]]:
    wanted, found = sorted(ids), list[Row[Any]]()
    for first in range(0, len(wanted), _MANY):
        found += tx.connection.execute(query.where(column.in_(wanted[first : first + _MANY]))).all()
    return found
