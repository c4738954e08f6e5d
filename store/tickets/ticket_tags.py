"""Tags of tickets: words of the desk's own by which tickets are kept together. Customers never see them."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Executable, bindparam, delete, func, select

from authz import Grant
from store import tables
from store.db.statements import Insert, either
from store.db.transaction import Transaction
from store.messages import ticket_access, timeline
from store.tickets import agent_tickets

MOST: Final = 8  # of one ticket
LONGEST: Final = 32  # characters
_g = tables.ticket_tags


def tag_of(text: str) -> str:
    """What somebody typed, as a tag: small letters and digits with hyphens between them. Empty where none are in it."""
    return "-".join(re.findall(r"[^\W_]+", text.lower()))[:LONGEST].rstrip("-")


def add(tx: Transaction, grant: Grant, number: int, tag: str) -> bool:
    """False: it has that tag, or as many as a ticket may have."""
    agent_tickets.working(tx, grant, number)
    if tx.connection.execute(select(func.count()).where(_g.c.ticket == number)).scalar_one() >= MOST:
        return False
    row = {"ticket": number, "tag": tag}
    return _changed(tx, grant, number, tx.connection.execute(_ADD[tx.dialect], row).first() is not None)


def remove(tx: Transaction, grant: Grant, number: int, tag: str) -> bool:
    """False: it has no such tag."""
    agent_tickets.working(tx, grant, number)
    gone = delete(_g).where(_g.c.ticket == number, _g.c.tag == tag).returning(_g.c.tag)
    return _changed(tx, grant, number, tx.connection.execute(gone).first() is not None)


def of_ticket(tx: Transaction, grant: Grant, number: int) -> tuple[str, ...]:
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    found = tuple(tx.connection.execute(select(_g.c.tag).where(_g.c.ticket == number).order_by(_g.c.tag)).scalars())
    tx.told(grant, *(("ticket.tags",) if found else ()))
    return found


def _changed(tx: Transaction, grant: Grant, number: int, done: bool) -> bool:
    if done:
        timeline.add(tx, number, grant.subject, "", event="tagged", internal=True)
    return done


def _add(insert: Insert) -> Executable:
    new = insert(_g).values({name: bindparam(name) for name in ("ticket", "tag")})
    return new.on_conflict_do_nothing().returning(_g.c.tag)


_ADD = either(_add)
