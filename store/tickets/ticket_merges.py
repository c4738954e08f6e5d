"""Tickets that went on in another of the same requester's: nothing moves, whoever asked is told where it goes on; its wait, its priority and, where the other has none, its agent go along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, exists, insert, select, update

from authz import Grant, Subject
from store import tables
from store.accounts.people import works_here
from store.db.commit import CollidedError
from store.db.transaction import Transaction
from store.messages import response_clock, ticket_access, timeline
from store.messages.timeline import About
from store.tickets import agent_tickets, answer_delivery

MERGED, OTHERS, NOT_OPEN, NOBODY, MEANWHILE = "merged", "others", "not_open", "nobody", "meanwhile"
MOST: Final = 20
_OPEN: Final = ("open", "waiting")
_g, _t, _m = tables.ticket_merges.c, tables.tickets.c, tables.messages.c


@dataclass(frozen=True, slots=True)
class Merge:
    """`into`: where it goes on. `undoable`: nothing was written on either since."""

    into: int
    undoable: bool


def merge(tx: Transaction, grant: Grant, number: int, into: int, words: str, *, seen: int, phone: bool) -> str:
    """Closes a ticket with `words` that say where it goes on. OTHERS: their requester, or who else may read them, is not the same;
    NOT_OPEN: one of them is closed; NOBODY: whoever asked would not hear of it; MEANWHILE: something was written since the message `seen`."""
    tx.require(grant, "desk.ticket.work")
    has = _agent(tx, number)
    # Before the tickets are locked, and in one order, as `agent_tickets.hand_over` does.
    work = [staff for staff in sorted({grant.subject.staff, has or grant.subject.staff}) if works_here(tx, staff)]
    for one in sorted((number, into)):
        agent_tickets.working(tx, grant, one)
    ticket, other = timeline.about(tx, number), timeline.about(tx, into)
    if ticket is None or other is None or not _same(ticket, other):
        return OTHERS
    if ticket.status not in _OPEN or other.status not in _OPEN:
        return NOT_OPEN
    if agent_tickets.newest(tx, grant, number) > seen:
        return MEANWHILE
    if answer_delivery.now(tx, grant, number, phone=phone).way == answer_delivery.NOBODY:
        return NOBODY
    was, before = _standing(tx, number), _standing(tx, into)
    assigned = has in work and _agent(tx, number) == has and _agent(tx, into) is None
    agent_tickets.answer(tx, grant, number, words, phone=phone, then="closed")
    if was.priority < before.priority:
        agent_tickets.set_priority(tx, grant, into, response_clock.Priority(was.priority))
    if was.waiting_since is not None:
        _stand(tx, into, "open", min(was.waiting_since, before.waiting_since or was.waiting_since))
    timeline.add(tx, into, grant.subject, "", event="merged", internal=True)
    if assigned and has is not None:
        tx.connection.execute(insert(tables.assignments).values(ticket=into, staff_id=has, at=tx.now))
        timeline.add(tx, into, Subject.of_staff(has), "", event="assigned", internal=True)
    row = {
        "ticket": number,
        "into": into,
        "status": was.status,
        "waiting_since": was.waiting_since,
        "into_status": before.status,
        "into_waiting_since": before.waiting_since,
        "into_priority": before.priority,
        "assigned": assigned,
        "at": tx.now,
    }
    tx.connection.execute(delete(tables.ticket_merges).where(_g.ticket == number))  # one of long ago
    tx.write(tables.ticket_merges, row)
    return MERGED


def undo(tx: Transaction, grant: Grant, number: int) -> bool:
    """False: it went on nowhere, or something was written since."""
    found = of_ticket(tx, grant, number)
    if found is None or not found.undoable:
        return False
    for one in sorted((number, found.into)):
        agent_tickets.working(tx, grant, one)
    gone = delete(tables.ticket_merges).where(_g.ticket == number).returning(tables.ticket_merges)
    was = tx.connection.execute(gone).first()
    if was is None or _written(tx, was.at, number, was.into):
        raise CollidedError("something has just been written there")
    agent_tickets.set_status(tx, grant, number, "open")
    agent_tickets.set_priority(tx, grant, found.into, response_clock.Priority(was.into_priority))
    _stand(tx, number, was.status, was.waiting_since)
    _stand(tx, found.into, was.into_status, was.into_waiting_since)
    if was.assigned:
        tx.connection.execute(delete(tables.assignments).where(tables.assignments.c.ticket == found.into))
    timeline.add(tx, found.into, grant.subject, "", event="merged", internal=True)
    return True


def of_ticket(tx: Transaction, grant: Grant, number: int) -> Merge | None:
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    row = tx.connection.execute(select(_g.into, _g.at).where(_g.ticket == number)).first()
    if row is None:
        return None
    tx.told(grant, f"ticket.number:{row.into}")
    return Merge(row.into, not _written(tx, row.at, number, row.into))


def into_ticket(tx: Transaction, grant: Grant, number: int) -> tuple[int, ...]:
    """The numbers of those that went on in this one and are closed, the newest first: MOST of them."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    is_closed = exists().where(
        _t.number == _g.ticket, _t.status == "closed"
    )  # joined, SQLite would go through all closed ones
    closed = select(_g.ticket).where(_g.into == number, is_closed).order_by(_g.at.desc(), _g.ticket.desc()).limit(MOST)
    found = tuple(tx.connection.execute(closed).scalars())
    tx.told(grant, *(f"ticket.number:{one}" for one in found))
    return found


def _agent(tx: Transaction, number: int) -> int | None:
    """Whose of the staff it is."""
    a = tables.assignments.c
    return tx.connection.execute(select(a.staff_id).where(a.ticket == number)).scalar()


def _same(one: About, other: About) -> bool:
    whose = [(about.account, about.opened_by, about.topic) for about in (one, other)]
    return whose[0] == whose[1] and one.is_answerable and other.is_answerable


def _written(tx: Transaction, since: int, *numbers: int) -> bool:
    """Whether anything was said or done on one of them after that moment, which is the merge's own."""
    query = select(_m.id).where(_m.ticket.in_(numbers), _m.at > since).limit(1)
    return tx.connection.execute(query).first() is not None


def _standing(tx: Transaction, number: int) -> Any:
    return tx.connection.execute(select(_t.status, _t.waiting_since, _t.priority).where(_t.number == number)).one()


def _stand(tx: Transaction, number: int, status: str, since: int | None) -> None:
    its = update(tables.tickets).where(_t.number == number).values(status=status, waiting_since=since, due_at=None)
    row = tx.connection.execute(its.returning(*response_clock.STATE)).one()
    timeline.changed(tx, number)
    if since is not None:
        response_clock.started(tx, row)
