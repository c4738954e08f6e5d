"""What a contact holds on an account, as part of whatever statement asks for it; and which words a right can come from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, literal_column, select

from authz import Scheme
from store import tables

_r = tables.contact_rights.c


def held_by(account: ColumnElement[int], person: ColumnElement[int]) -> ScalarSelect[Any]:
    """All words of one contact in one value, for `words_of`: a column of a statement that reads the contact for something else."""
    comma: Any = literal_column(
        "','"
    )  # a plain "," would be a value that is written in when it is sent: no statement made once
    joined = select(func.coalesce(func.aggregate_strings(_r.right, comma), ""))
    return (
        joined.where(_r.account_id == account, _r.person_id == person)
        .correlate_except(_r.right.table)
        .scalar_subquery()
    )


def words_of(joined: str) -> frozenset[str]:
    return frozenset(joined.split(",")) if joined else frozenset()


def in_order(scheme: Scheme | None, held: Collection[str]) -> tuple[str, ...]:
    """As people read them: a scheme's roles and permissions as they stand in its file, and last what it does not have."""
    known = [word for word in scheme.roles + scheme.permissions if word in held] if scheme else []
    return (*known, *sorted(set(held).difference(known))) if len(known) < len(held) else tuple(known)


def owners_word(schemes: Mapping[str, Scheme]) -> ColumnElement[str]:
    """The owner's role under the scheme of an account that the statement reads."""
    return case(
        {name: scheme.owner for name, scheme in schemes.items() if scheme.owner}, value=tables.accounts.c.scheme
    )
