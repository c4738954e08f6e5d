"""Which of our tickets is which of the help desk's, and what each side has been told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from authz import Grant, Subject
from store import tables
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue

WORK: Final = "help_desk.ticket"  # the kind of job that brings a ticket over


@dataclass(frozen=True, slots=True)
class Link:
    """`theirs`: the number of the ticket there, None while it is to be opened. `status`: ours, as they were last told. `given`: what of ours they have
    (key → version). `merged_into`: our ticket in which it goes on, and `merged_theirs` what that is there."""

    ticket: int
    theirs: int | None
    part: int
    status: str
    given: dict[str, str]
    merged_into: int | None = None
    merged_theirs: int | None = None


def ordering_key(ticket: int) -> str:
    """Of all jobs about a ticket, both ways: one after the other."""
    return f"{WORK}:{ticket}"


def source(theirs: int, transaction: int) -> str:
    """What a message came as that is a transaction of their ticket: once, and not to be given back to that ticket."""
    return f"rt:{theirs}:{transaction}"


def is_from(source: str | None, theirs: int | None) -> bool:
    """Whether a message came from that ticket of theirs."""
    return source is not None and source.startswith(f"rt:{theirs}:")


def owe(tx: Transaction, ticket: int) -> None:
    """What of a ticket the help desk has not got is brought there."""
    job_queue.enqueue(tx, WORK, str(ticket), {"ticket": ticket}, ordering_key=ordering_key(ticket))


def link(tx: Transaction, grant: Grant, ticket: int) -> Link:
    """For the worker: where a ticket is there; one that is nowhere yet is part 1, with no number."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_LINK, {"ticket": ticket}).first()
    if row is None:
        return Link(ticket, None, 1, "", {})
    given = {one.key: one.version for one in tx.connection.execute(_GIVEN, {"ticket": ticket})}
    g = tables.ticket_merges.c
    into: int | None = tx.connection.execute(select(g.into).where(g.ticket == ticket)).scalar()
    other = None if into is None else tx.connection.execute(_LINK, {"ticket": into}).first()
    return Link(ticket, row.theirs, row.part, row.status, given, into, other.theirs if other is not None else None)


def ticket_of(tx: Transaction, grant: Grant, theirs: int) -> int | None:
    """Our ticket that is theirs of that number."""
    tx.require(grant, "desk.deliver")
    h = tables.help_desk_tickets.c
    found: int | None = tx.connection.execute(select(h.ticket).where(h.theirs == theirs)).scalar()
    return found


def staff_of(tx: Transaction, grant: Grant, username: str) -> Subject | None:
    """Who of the desk's staff has that username, which is theirs there as well. None: nobody."""
    tx.require(grant, "desk.deliver")
    s = tables.staff.c
    id: int | None = tx.connection.execute(select(s.id).where(s.username == username)).scalar()
    return None if id is None else Subject.of_staff(id)


def opened(tx: Transaction, ticket: int, theirs: int, part: int, status: str) -> None:
    h = tables.help_desk_tickets
    row = upsert(tx, h).values(ticket=ticket, theirs=theirs, part=part, status=status)
    new = {"theirs": row.excluded.theirs, "status": row.excluded.status}
    tx.connection.execute(row.on_conflict_do_update(index_elements=["ticket"], set_=new))


def gave(tx: Transaction, ticket: int, key: str, version: str) -> None:
    """They have something of ours."""
    m = tables.help_desk_messages
    row = upsert(tx, m).values(ticket=ticket, key=key, version=version)
    tx.connection.execute(
        row.on_conflict_do_update(index_elements=["ticket", "key"], set_={"version": row.excluded.version})
    )


def told_status(tx: Transaction, ticket: int, status: str) -> None:
    h = tables.help_desk_tickets
    tx.connection.execute(update(h).where(h.c.ticket == ticket).values(status=status))


def begin_anew(tx: Transaction, ticket: int) -> None:
    """It was put together there with a ticket it does not belong with: it gets one of its own again, with all that was said on it."""
    h, m = tables.help_desk_tickets, tables.help_desk_messages
    before: int | None = tx.connection.execute(select(h.c.theirs).where(h.c.ticket == ticket)).scalar()
    if before is not None:
        row = upsert(tx, tables.help_desk_left).values(theirs=before, ticket=ticket)
        tx.connection.execute(row.on_conflict_do_nothing())
    anew = update(h).where(h.c.ticket == ticket).values(theirs=None, part=h.c.part + 1, status="")
    tx.connection.execute(anew)
    tx.connection.execute(delete(m).where(m.c.ticket == ticket))
    owe(tx, ticket)


def was_left(tx: Transaction, theirs: int) -> bool:
    """Whether a ticket of theirs was one of ours, which has begun anew since."""
    left = tables.help_desk_left.c
    return tx.connection.execute(select(left.ticket).where(left.theirs == theirs)).first() is not None


_h, _m = tables.help_desk_tickets, tables.help_desk_messages
_LINK: Final = select(_h).where(_h.c.ticket == bindparam("ticket"))
_GIVEN: Final = select(_m.c.key, _m.c.version).where(_m.c.ticket == bindparam("ticket"))
