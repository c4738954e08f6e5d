"""Which tickets belong to a call with the desk, and what a call without one was about: written by the agent whose call it is or was."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from authz import Grant
from store import tables
from store.calls import support_calls
from store.codes import exposed_codes
from store.db.transaction import Transaction, upsert
from store.messages import ticket_access

_r, _l = tables.support_calls.c, tables.call_tickets.c


@dataclass(frozen=True, slots=True)
class CallOnTicket:
    """A call in which something was done with a ticket: `agent` is a name, or empty where nobody has said that it was theirs."""

    id: int
    at: int
    agent: str


def add(tx: Transaction, grant: Grant, id: int, ticket: int) -> None:
    """Something was done with a ticket of the call's account in the agent's own call."""
    tx.require(grant, "desk.card.view")
    t = tables.tickets.c
    of_account = select(_r.id, t.number).join(tables.tickets, t.account_id == _r.account_id)
    theirs = of_account.where(t.number == ticket, *_own(tx, grant, id))
    new = upsert(tx, tables.call_tickets).from_select(["support_call", "ticket"], theirs)
    tx.connection.execute(new.on_conflict_do_nothing())


def of_call(tx: Transaction, grant: Grant, id: int) -> tuple[int, ...]:
    """Their numbers, in the agent's own call; the newest last."""
    tx.require(grant, "desk.card.view")
    query = select(_l.ticket).join(tables.support_calls, _r.id == _l.support_call).where(*_own(tx, grant, id))
    return tuple(tx.connection.execute(query.order_by(_l.ticket)).scalars())


def of_ticket(tx: Transaction, grant: Grant, ticket: int) -> list[CallOnTicket]:
    """The calls in which something was done with it, the oldest first."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, ticket)
    s = tables.staff.c
    query = (
        select(_r.id, func.coalesce(_r.taken_at, _r.started_at).label("at"), s.name)
        .join(tables.call_tickets, _l.support_call == _r.id)
        .outerjoin(tables.staff, s.id == _r.staff_id)
        .where(_l.ticket == ticket)
        .order_by(_r.id)
    )
    found = [CallOnTicket(row.id, row.at, row.name or "") for row in tx.connection.execute(query)]
    tx.told(grant, *(("staff.name",) if any(one.agent for one in found) else ()))
    return found


def write_up(tx: Transaction, grant: Grant, id: int, words: str) -> bool:
    """What the agent's call was about, in the place of what stood there. False: it is not theirs, has been over for too long, or somebody
    threatens the caller."""
    tx.require(grant, "desk.card.view")
    own = update(tables.support_calls).where(*_own(tx, grant, id)).values(about=exposed_codes.spoil(tx, words))
    if tx.connection.execute(own.returning(_r.id)).first() is None:
        return False
    tx.told(grant, f"written_up:{id}")
    return True


def take_write_up(tx: Transaction, grant: Grant, id: int) -> str:
    """What stood there, and no longer does: it goes on with a ticket. Empty where nothing did."""
    tx.require(grant, "desk.card.view")
    words = str(tx.connection.execute(select(_r.about).where(*_own(tx, grant, id))).scalar() or "")
    if words:
        tx.connection.execute(update(tables.support_calls).where(*_own(tx, grant, id)).values(about=""))
    return words


def _own(tx: Transaction, grant: Grant, id: int) -> tuple[ColumnElement[bool], ...]:
    lately = _r.ended_at.is_(None) | (_r.ended_at > tx.now - support_calls.CASE_OPEN)
    mine = _r.staff_id == grant.subject.staff
    return _r.id == id, _r.account_id == grant.account, mine, _r.threatened.is_(False), lately
