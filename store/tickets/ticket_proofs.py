"""How it was proved who asked for a ticket, for the statement that travels with it: the person, the account, the entry of the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from authz import Grant, Subject
from store import tables
from store.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Proved:
    """Who had proved who they are when the desk got a ticket. `username` is empty where nobody had; `proof` and `factor` as in the table of tickets; `at` in ms;
    `entry` is the decision under which it was opened, as `audit` and `records` name it: segment-n, or empty where one of the desk opened it."""

    username: str
    proof: str
    factor: str
    channel: str
    at: int
    entry: str


def look(tx: Transaction, grant: Grant, number: int) -> Proved | None:
    """None: there is no such ticket."""
    tx.require(grant, "desk.deliver")
    t, p = tables.tickets.c, tables.people.c
    query = select(
        t.account_id, t.opened_by, t.opened_at, t.channel, t.topic, t.kind, t.proof, t.factor, p.username
    ).outerjoin(tables.people, t.opened_by == p.id)
    row = tx.connection.execute(query.where(t.number == number)).first()
    if row is None:
        return None
    entry = (
        "" if row.opened_by is None else _entry(tx, row.account_id, row.opened_by, row.opened_at, row.topic, row.kind)
    )
    proof = row.proof if row.opened_by is not None else ""
    tx.told(grant, *(("contact.username", "proof") if row.username else ()))
    return Proved(row.username or "", proof, row.factor, row.channel, row.opened_at, entry)


def _entry(tx: Transaction, account: int | None, person: int, at: int, topic: str, kind: str) -> str:
    e = tables.ledger.c
    query = select(e.segment, e.n).where(
        e.account == account,
        e.at == at,
        e.who == Subject.of_person(person),
        e.decision == "allowed",
        e.action.in_((f"ticket.open:{topic}", kind)),
    )
    row = tx.connection.execute(query.order_by(e.n).limit(1)).first()
    return "" if row is None else f"{row.segment}-{row.n}"
