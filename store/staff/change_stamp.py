"""Whether anything on the desk's page may have changed, for a page that asks every second: a read that keeps nobody waiting.

What it gives is a digest of counts, ids and states. Only where that has changed is the page made anew, under its grants and
with its entries in the ledger.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from store import tables
from store.calls import live_calls
from store.db.keys import Keys
from store.tickets import ticket_presence

HELD: Final = 60_000  # ms: by then what was held is sent, taken back, or known to be neither
AT_LEAST_EVERY: Final = 20_000  # ms: rights can be taken from a caller without any of this changing


def stamp(connection: Connection, keys: Keys, now: int, every: int = AT_LEAST_EVERY) -> str:
    """Two that differ: look anew. Changes by itself `every` so many ms."""
    r, a, c, an = tables.support_calls.c, tables.alerts.c, tables.callbacks.c, tables.answer_states.c
    h, p = tables.held_answers.c, tables.ticket_presence.c
    there = p.seen_at > now - ticket_presence.THERE
    together = select(p.ticket).where(there).group_by(p.ticket).having(func.count() > 1)  # whoever is alone is no news
    writes = (p.writing_at > now - ticket_presence.WRITES).label("writes")
    present = select(p.ticket, p.staff_id, writes).where(there, p.ticket.in_(together))
    newest = select(func.max(an.at)).scalar_subquery()
    calls = select(
        r.id,
        r.subject,
        r.taken_by,
        r.staff_id,
        r.proof,
        r.requested_proof,
        r.verification_result,
        r.ended_at,
        r.requested_at,
        r.ending,
        r.account_id,
    )
    s = tables.staff.c
    away = select(s.id, s.away_since, s.back_at, s.sound).where(s.away_since.is_not(None) | ~s.sound).order_by(s.id)
    grow = (
        *(tables.messages.c.id, tables.tickets.c.number, a.id, a.seen_at, tables.step_ups.c.id),
        *(tables.dual_control.c.id, tables.dual_control.c.answered_at),
    )
    newest_of_all = select(*(select(func.max(one)).scalar_subquery() for one in grow))
    parts = [
        connection.execute(away).all(),
        connection.execute(calls.where(r.ended_at.is_(None)).order_by(r.id)).all(),
        connection.execute(calls.where(r.ended_at > now - live_calls.AFTERWARDS).order_by(r.ended_at, r.id)).all(),
        connection.execute(newest_of_all).all(),
        connection.execute(select(an.at, an.message, an.state).where(an.at == newest).order_by(an.message)).all(),
        connection.execute(select(c.id, c.state).where(c.ended_at.is_(None)).order_by(c.id)).all(),
        connection.execute(present.order_by(p.ticket, p.staff_id)).all(),
        connection.execute(select(h.id, h.not_sent).where(h.send_at > now - HELD).order_by(h.id)).all(),
        connection.execute(select(tables.switches.c.name, tables.switches.c.on).order_by(tables.switches.c.name)).all(),
    ]
    said = [repr([tuple(row) for row in part]) for part in parts]
    return keys.digest("desk-stamp", *said, str(now // every))[:24]
