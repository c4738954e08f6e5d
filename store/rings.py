"""The desk being rung for a waiting caller: who rings, who took it, and when nobody will."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, insert, null, select, update

from authz import Grant, Proof
from store import tables, work
from store.people import person_of
from store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Ring:
    """`taken` once an agent pressed 1; `over` when every leg is gone untaken or the caller left."""

    id: int
    call: str
    account: int
    emergency: bool
    taken: bool
    over: bool
    started_at: int
    subject: str
    proof: Proof
    service: str | None


@dataclass(frozen=True, slots=True)
class Whisper:
    """What the agent who took the call hears before the caller: no amounts, nothing of the account's affairs."""

    name: str
    account_name: str
    account_number: str
    proof: Proof
    emergency: bool


def room(id: int) -> str:
    """The conference in which caller and agent meet."""
    return f"desk-{id}"


def start(tx: Transaction, grant: Grant, *, legs: int, service: str | None = None) -> int:
    """The caller asks for a person; `legs` numbers of the desk will ring. Its id."""
    tx.good(grant, "phone.support", "phone.emergency")
    row = {
        "call": tx.call,
        "subject": grant.subject,
        "account_id": grant.account,
        "emergency": grant.cell == "phone.emergency",
        "service": service,
        "proof": int(grant.proof),
        "legs": legs,
        "gone": 0,
        "started_at": tx.now,
    }
    id: int = tx.connection.execute(insert(tables.rings).returning(tables.rings.c.id), row).scalar_one()
    return id


def started_in(tx: Transaction) -> int:
    """How often the desk was rung in this call."""
    many: int = tx.connection.execute(
        select(func.count()).select_from(tables.rings).where(tables.rings.c.call == tx.call)
    ).scalar_one()
    return many


def look(tx: Transaction, id: int) -> Ring | None:
    r = tx.connection.execute(select(tables.rings).where(tables.rings.c.id == id)).first()
    if r is None:
        return None
    taken = r.taken_by is not None
    over = r.ended_at is not None or (not taken and r.gone >= r.legs)
    return Ring(
        r.id, r.call, r.account_id, r.emergency, taken, over, r.started_at, r.subject, Proof(r.proof), r.service
    )


def take(tx: Transaction, id: int, leg: str) -> bool:
    """An agent presses 1. True for the first; again for the same leg, so that a repeat hears the same."""
    r = tables.rings.c
    free = update(tables.rings).where(r.id == id, r.ended_at.is_(None), r.taken_by.is_(None) | (r.taken_by == leg))
    return tx.connection.execute(free.values(taken_by=leg).returning(r.id)).first() is not None


def leg_gone(tx: Transaction, id: int, leg: str) -> None:
    """A leg of the desk is over. If it had taken the call, the call is let go: a caller not yet there meets nobody."""
    r = tables.rings.c
    let_go = case((r.taken_by == leg, null()), else_=r.taken_by)
    tx.connection.execute(update(tables.rings).where(r.id == id).values(gone=r.gone + 1, taken_by=let_go))


def end(tx: Transaction, call: str) -> Ring | None:
    """The caller is no longer waiting or talking. The ring if it had been open until now."""
    r = tables.rings.c
    ended = update(tables.rings).where(r.call == call, r.ended_at.is_(None)).values(ended_at=tx.now)
    id = tx.connection.execute(ended.returning(r.id)).scalar()
    return look(tx, id) if id is not None else None


def news(tx: Transaction, id: int) -> None:
    """Something about a call with the desk has changed: its card in Slack is posted anew. The pages look for themselves."""
    work.enqueue_once(tx, "case", f"{id}:{tx.now}", {"ring": id}, lane=f"case:{id}")


def claim(tx: Transaction, grant: Grant, id: int) -> bool:
    """One of the staff says that the call somebody took on a phone of the desk is theirs. False: it is another's, or nobody
    has taken it, or it is over."""
    tx.good(grant, "desk.card.view")
    r, staff = tables.rings.c, int(grant.subject.partition(":")[2])
    free = update(tables.rings).where(
        r.id == id,
        r.account_id == grant.account,
        r.ended_at.is_(None),
        r.taken_by.is_not(None),
        r.staff_id.is_(None) | (r.staff_id == staff),
    )
    if tx.connection.execute(free.values(staff_id=staff).returning(r.id)).first() is None:
        return False
    tx.told(grant, f"ring:{id}")
    news(tx, id)
    return True


def ask_proof(tx: Transaction, grant: Grant, id: int, what: str) -> bool:
    """The agent whose call it is sends the caller to the keypad: for their PIN (`pin`) or a second proof (`second`). False:
    not their call, nobody is talking, or they are there already."""
    tx.good(grant, "desk.proof.ask")
    if what not in ("pin", "second"):
        raise ValueError(f"nothing to ask for: {what}")
    r, staff = tables.rings.c, int(grant.subject.partition(":")[2])
    talking = update(tables.rings).where(
        r.id == id, r.staff_id == staff, r.ended_at.is_(None), r.taken_by.is_not(None), (r.asked == "") | (r.told != "")
    )
    asked = talking.values(asked=what, told="", asked_at=tx.now).returning(r.call, r.subject, r.account_id)
    row = tx.connection.execute(asked).first()
    if row is None:
        return False
    tx.told(grant, f"asked_proof_of:{row.subject}")
    work.enqueue(tx, "to_keypad", f"{id}:{tx.now}", {"ring": id, "call": row.call, "asked_at": tx.now})
    news(tx, id)
    return True


def whisper(tx: Transaction, grant: Grant, id: int) -> Whisper:
    """Under the agents' line's own grant, for the account the ring is about."""
    tx.good(grant, "desk.card.view")
    r, p, a = tables.rings.c, tables.people.c, tables.accounts.c
    row = tx.connection.execute(
        select(r.subject, r.proof, r.emergency, a.name, a.number)
        .join(tables.accounts, a.id == r.account_id)
        .where(r.id == id, r.account_id == grant.account)
    ).one()
    name = tx.connection.execute(select(p.name).where(p.id == person_of(row.subject))).scalar_one()
    tx.told(grant, "contact.name", "account.name", "account.number", "proof")
    return Whisper(name, row.name, row.number, Proof(row.proof), row.emergency)
