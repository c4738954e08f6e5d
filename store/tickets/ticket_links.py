"""Two tickets that belong together, as the desk alone sees them: neither's customer hears of the other's."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, bindparam, case, delete, func, or_, select

from authz import Grant
from store import tables
from store.db.statements import Insert, either
from store.db.transaction import Transaction
from store.messages import ticket_access, timeline
from store.tickets import agent_tickets

MOST: Final = 8  # of one ticket
_l = tables.ticket_links


def link(tx: Transaction, grant: Grant, number: int, theirs: Grant, other: int) -> bool:
    """`theirs` is the grant to work on the other. False: they are linked, or one is to as many as it may be."""
    pair = _both(tx, grant, number, theirs, other)
    for one in pair.values():
        if tx.connection.execute(select(func.count()).where(_of(one))).scalar_one() >= MOST:
            return False
    return _changed(tx, grant, number, other, tx.connection.execute(_LINK[tx.dialect], pair).first())


def unlink(tx: Transaction, grant: Grant, number: int, theirs: Grant, other: int) -> bool:
    """False: they are not linked."""
    pair = _both(tx, grant, number, theirs, other)
    gone = delete(_l).where(_l.c.ticket == pair["ticket"], _l.c.other == pair["other"]).returning(_l.c.ticket)
    return _changed(tx, grant, number, other, tx.connection.execute(gone).first())


def of_ticket(tx: Transaction, grant: Grant, number: int) -> tuple[int, ...]:
    """The numbers of those it is linked to."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    other = case((_l.c.ticket == number, _l.c.other), else_=_l.c.ticket).label("linked")
    found = tuple(tx.connection.execute(select(other).where(_of(number)).order_by(other)).scalars())
    tx.told(grant, *(f"ticket.number:{one}" for one in found))
    return found


def _both(tx: Transaction, grant: Grant, number: int, theirs: Grant, other: int) -> dict[str, int]:
    """Both are locked, in one order, or two who link the same ones would wait for each other."""
    for right in (grant, theirs):
        tx.require(right, "desk.ticket.work")
    for one, right in sorted({number: grant, other: theirs}.items(), key=lambda each: each[0]):
        agent_tickets.working(tx, right, one)
    return {"ticket": min(number, other), "other": max(number, other)}


def _of(number: int) -> ColumnElement[bool]:
    return or_(_l.c.ticket == number, _l.c.other == number)


def _changed(tx: Transaction, grant: Grant, number: int, other: int, row: Any) -> bool:
    if row is not None:
        for one in (number, other):
            timeline.add(tx, one, grant.subject, "", event="linked", internal=True)
    return row is not None


def _link(insert: Insert) -> Executable:
    new = insert(_l).values({name: bindparam(name) for name in ("ticket", "other")})
    return new.on_conflict_do_nothing().returning(_l.c.ticket)


_LINK = either(_link)
