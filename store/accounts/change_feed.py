"""What changed of accounts and of people on them, in one order, for systems that follow it: nothing is left out, and nothing comes twice.

A change is written in the transaction of its cause, and on PostgreSQL what has a lower id may be committed later. So the order is made
afterwards: whoever looks gives those that are committed by then their places, one looking after the other. Two changes of one account are made one
after the other, by a lock, and stand so here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, bindparam, select, update

from authz import Grant, Subject
from store import tables
from store.db import sweeping
from store.db.transaction import OPERATOR, Transaction, upsert

DAY: Final = 24 * 3_600_000  # ms
KEPT: Final = 90 * DAY
GIVEN: Final = KEPT - DAY  # to whoever begins with the oldest: a day is left to read on in
LATE: Final = DAY  # kept longer than cursors are good: what was begun earlier may be committed later
EXACT: Final = 3_600_000  # ms: how exactly a position knows when it was read
AT_ONCE: Final = 1_000  # that are given a place
READ: Final = "desk.accounts.read"
_NAME: Final = "changes"


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where somebody has read. `began`: when the places began to be given, which is at first and after each restore; `at`: what was there then,
    they have seen (ms)."""

    began: int
    place: int
    at: int


@dataclass(frozen=True, slots=True)
class Change:
    """`what`: contact.added, contact.changed, contact.removed, with what somebody held on the account `before` and `after` (None: not on it); account.changed,
    person.changed, with the names of the `fields`; account.locked, account.unlocked. `by` is the subject who did it; its `kind` person, key, operator or desk;
    its name a username or that of a key, or empty."""

    id: int
    at: int
    what: str
    account: str | None
    person: str | None
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    fields: tuple[str, ...]
    by: Subject
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: others follow at once."""

    changes: tuple[Change, ...]
    position: Position
    more: bool


def row(
    tx: Transaction,
    what: str,
    by: Subject,
    *,
    account: int | None = None,
    person: int | None = None,
    before: Iterable[str] | None = None,
    after: Iterable[str] | None = None,
    fields: Iterable[str] = (),
) -> dict[str, Any]:
    """A row of `account_changes`."""
    words = {name: None if held is None else ",".join(held) for name, held in (("before", before), ("after", after))}
    about = {"what": what, "account_id": account, "person_id": person, "by": by, "at": tx.now}
    return about | words | {"fields": " ".join(fields)}


def note(tx: Transaction, what: str, by: Subject, **about: Any) -> None:
    """Of an account or a person that was there before."""
    tx.write(tables.account_changes, row(tx, what, by, **about))


def following(
    tx: Transaction, grant: Grant, after: Position | None, *, many: int, only_new: bool = False
) -> Page | None:
    """The next so many; from the oldest that is given (`GIVEN`), or, `only_new`, nothing of what was until now. None: it is not known any more what came after it."""
    tx.require(grant, READ)
    began, last, _ = _placed(tx, None if after is None else many + 1)
    if after is not None and (after.began != began or after.at < tx.now - KEPT):
        return None
    now = tx.now - tx.now % EXACT
    if after is None and only_new:
        return Page((), Position(began, last, now), more=False)
    if after is None:
        place = int(tx.connection.execute(_OVER, {"at": tx.now - GIVEN}).scalar() or 0)
    else:
        place = after.place
    query = _CHANGES.where(_c.place > place).order_by(_c.place).limit(many + 1)
    rows = tx.connection.execute(query).all()
    shown, more = rows[:many], len(rows) > many
    if shown:
        place = shown[-1].place
    _told(tx, grant, shown)
    return Page(_read(tx, shown), Position(began, place, shown[-1].at if more else now), more)


def one(tx: Transaction, grant: Grant, id: int) -> Change | None:
    tx.require(grant, READ)
    rows = tx.connection.execute(_CHANGES.where(_c.id == id)).all()
    _told(tx, grant, rows)
    return next(iter(_read(tx, rows)), None)


def begin_anew(tx: Transaction) -> None:
    """After a restore: what was read since the backup is not there any more, so nobody goes on from where they were."""
    tx.connection.execute(update(tables.change_feed).values(began_at=tx.now))


def sweep(tx: Transaction) -> bool:
    """Those whose time is over go, and others are given their places, so that whoever looks has little to do. Whether there may be more."""
    given = _placed(tx, AT_ONCE).given
    return sweeping.some(tx, tables.account_changes, _c.at < tx.now - KEPT - LATE) or given == AT_ONCE


def _told(tx: Transaction, grant: Grant, rows: Any) -> None:
    told = ("account.number", "contact.username", "contact.standing", f"changes:{len(rows)}") if rows else ()
    tx.told(grant, *told)


class _Placed(NamedTuple):
    """Since when there are places, the last one, and how many were given now."""

    began: int
    last: int
    given: int


def _placed(tx: Transaction, many: int | None) -> _Placed:
    """Gives so many of those that are committed their places; None: all of them."""
    f = tables.change_feed
    new = upsert(tx, f).values(name=_NAME, last=0, began_at=tx.now)
    locked = new.on_conflict_do_update(
        index_elements=["name"], set_={"name": _NAME}
    )  # whoever looks meanwhile waits here
    there = tx.connection.execute(locked.returning(f.c.began_at, f.c.last)).one()
    given = piece = _place(tx, there.last, many or AT_ONCE)
    while many is None and piece == AT_ONCE:
        piece = _place(tx, there.last + given, AT_ONCE)
        given += piece
    if given:
        tx.connection.execute(update(f).values(last=there.last + given))
    return _Placed(there.began_at, there.last + given, given)


def _place(tx: Transaction, last: int, many: int) -> int:
    """How many were given the places after the last one."""
    ids = tx.connection.execute(_NEW, {"many": many}).scalars().all()
    if ids:
        tx.connection.execute(_PLACE, [{"of": id, "given": last + n} for n, id in enumerate(ids, 1)])
    return len(ids)


def _read(tx: Transaction, rows: Any) -> tuple[Change, ...]:
    by = {row.by for row in rows}
    names = _names(tx, tables.people, "username", {one.person: one for one in by if one.is_person})
    names |= _names(tx, tables.api_keys, "name", {one.key: one for one in by if one.is_key})
    return tuple(
        Change(
            row.id,
            row.at,
            row.what,
            row.number,
            row.username,
            _words(row.before),
            _words(row.after),
            tuple(row.fields.split()),
            row.by,
            _kind(row.by),
            names.get(row.by, ""),
        )
        for row in rows
    )


def _names(tx: Transaction, of: Table, name: str, ids: dict[int, Subject]) -> dict[Subject, str]:
    query = select(of.c.id, of.c[name]).where(of.c.id.in_(ids))
    return {ids[id]: name for id, name in tx.connection.execute(query).all()} if ids else {}


def _kind(by: Subject) -> str:
    if by.is_person:
        return "person"
    if by.is_key:
        return "key"
    return "operator" if by == OPERATOR else "desk"


def _words(held: str | None) -> tuple[str, ...] | None:
    return None if held is None else tuple(word for word in held.split(",") if word)


_c, _a, _p = tables.account_changes.c, tables.accounts.c, tables.people.c
_CHANGES = (
    select(tables.account_changes, _a.number, _p.username)
    .outerjoin(tables.accounts, _a.id == _c.account_id)
    .outerjoin(tables.people, _p.id == _c.person_id)
)
_NEW = select(_c.id).where(_c.place.is_(None)).order_by(_c.id).limit(bindparam("many"))
_PLACE = update(tables.account_changes).where(_c.id == bindparam("of")).values(place=bindparam("given"))
_OVER = (  # the last that is too old to begin with
    select(_c.place)
    .where(_c.at < bindparam("at"), _c.place.is_not(None))
    .order_by(_c.at.desc(), _c.place.desc())
    .limit(1)
)
