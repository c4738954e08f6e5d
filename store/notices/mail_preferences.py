"""What somebody has chosen about mail: whether they are told of tickets. What a rule says they are sent is not theirs to turn off."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from authz import Subject
from store import tables
from store.db.transaction import Transaction, upsert


def wants_tickets(tx: Transaction, person: int) -> bool:
    chosen = tx.connection.execute(_CHOSEN, {"person": person}).scalar()
    return True if chosen is None else bool(chosen)


def choose_tickets(tx: Transaction, who: Subject, *, wanted: bool) -> None:
    """Their own choice, and nobody else's."""
    new = upsert(tx, tables.mail_preferences).values(person_id=who.person, tickets=wanted)
    tx.connection.execute(
        new.on_conflict_do_update(index_elements=["person_id"], set_={"tickets": new.excluded.tickets})
    )
    tx.record(who, None, "notices.chosen", "done", fields=(f"tickets:{'on' if wanted else 'off'}",))


_CHOSEN = select(tables.mail_preferences.c.tickets).where(tables.mail_preferences.c.person_id == bindparam("person"))
