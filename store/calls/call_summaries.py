"""A call with the desk that is over, in a few facts, for the worker that tells other systems of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from authz import Grant, Proof
from store import tables
from store.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CallSummary:
    """`username` is empty where nobody had proved who they are; `ending` as in support_calls.py; `agent` the name of who took it, or empty. Times in ms."""

    id: int
    account: str
    username: str
    proof: Proof
    emergency: bool
    started_at: int
    ended_at: int
    ending: str
    agent: str
    tickets: tuple[int, ...]


def look(tx: Transaction, grant: Grant, id: int) -> CallSummary | None:
    """None: there is no such call, or it is not over."""
    tx.require(grant, "desk.deliver")
    r, a, s, p, c = (
        tables.support_calls.c,
        tables.accounts.c,
        tables.staff.c,
        tables.people.c,
        tables.call_tickets.c,
    )
    query = (
        select(tables.support_calls, a.number, s.name.label("agent"))
        .outerjoin(tables.accounts, a.id == r.account_id)
        .outerjoin(tables.staff, s.id == r.staff_id)
        .where(r.id == id, r.ended_at.is_not(None))
    )
    row = tx.connection.execute(query).first()
    if row is None:
        return None
    proof, username = Proof(row.proof), ""
    if proof >= Proof.VERIFIED and row.subject.is_person:
        username = tx.connection.execute(select(p.username).where(p.id == row.subject.person)).scalar() or ""
    numbers = tx.connection.execute(select(c.ticket).where(c.support_call == id).order_by(c.ticket)).scalars()
    tx.told(grant, f"support_call:{id}", "account.number", *(("contact.username", "proof") if username else ()))
    return CallSummary(
        row.id,
        row.number or "",
        username,
        proof,
        row.emergency,
        row.started_at,
        row.ended_at,
        row.ending,
        row.agent or "",
        tuple(numbers),
    )
