"""The ledger as the operator reads it: every decision and everything told, under a `Grant` for `desk.ledger.read`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, Table, exists, literal, select

from authz import Grant, Subject
from store import tables
from store.db.transaction import GrantRequiredError, Transaction

_MANY = 1_000


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
    tx.require(grant, "desk.ledger.read")
    if grant.account is not None and grant.account != account:
        raise GrantRequiredError("a grant for one account does not open another")
    e = tables.ledger.c
    query = select(tables.ledger).order_by(e.at.desc(), e.segment.desc(), e.n.desc())
    # As `audit verify` reads: nothing vouches for what it does not. Said so that the times lead to the entries, not the segments.
    segment = tables.segments.c.id
    query = query.where(e.n + 0 > 0, exists().where(segment == e.segment, segment != ""))
    if account is not None:
        query = query.where(e.account == account)
    if since is not None:
        query = query.where(e.at >= since)
    if holding:
        query = query.where(literal(" ").concat(e.fields).concat(" ").contains(f" {holding} "))
    if limit is not None:
        query = query.limit(limit)
    rows = tx.connection.execute(query).all()
    tx.told(grant, "ledger")
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
        for row in reversed(rows)
    ]


def _usernames(tx: Transaction, of: Table, ids: Iterable[int], subject: Callable[[int], Subject]) -> dict[Subject, str]:
    query = select(of.c.id, of.c.username)
    return {subject(row.id): row.username for row in _among(tx, query, of.c.id, ids)}


def _among(tx: Transaction, query: Select[*tuple[Any, ...]], column: Any, ids: Iterable[int]) -> list[Row[Any]]:
    wanted, found = sorted(ids), list[Row[Any]]()
    for first in range(0, len(wanted), _MANY):
        found += tx.connection.execute(query.where(column.in_(wanted[first : first + _MANY]))).all()
    return found
