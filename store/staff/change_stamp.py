"""Whether anything on the desk's page may have changed, for a page that asks every second: a read that keeps nobody waiting.

What it gives is a digest of counts, ids and states. Only where that has changed is the page made anew, under its grants and
with its entries in the ledger.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)

from store import tables
from store.calls import live_calls
from store.db.keys import Keys
from store.tickets import ticket_presence

HELD: Final = 60_000  # ms: by then what was held is sent, taken back, or known to be neither
AT_LEAST_EVERY: Final = 20_000  # ms: rights can be taken from a caller without any of this changing


def stamp(connection: Connection, keys: Keys, now: int, every: int = AT_LEAST_EVERY) -> str:
    """Two that differ: look anew. Changes by itself `every` so many ms."""
    there, writes = now - ticket_presence.THERE, now - ticket_presence.WRITES
    times = {"there": there, "writes": writes, "lately": now - live_calls.AFTERWARDS, "held": now - HELD}
    said = sorted(str(row[0]) for row in connection.execute(_STANDS, times))
    return keys.digest("desk-stamp", *said, str(now // every))[:24]


def _rows(of: str, *columns: ColumnElement[Any]) -> Select[tuple[str]]:
    """Each row as one line of text, so that all that counts is read in one statement."""
    line: ColumnElement[str] = literal_column(f"'{of}'", Text())
    for column in columns:
        line = line.concat(literal_column("' '", Text())).concat(
            func.coalesce(cast(column, Text), literal_column("'-'"))
        )
    return select(line)


def _stands() -> CompoundSelect[tuple[str]]:
    r, a, c, an = tables.support_calls.c, tables.alerts.c, tables.callbacks.c, tables.answer_states.c
    h, p, s, switch, both = (
        *(tables.held_answers.c, tables.ticket_presence.c, tables.staff.c, tables.switches.c),
        tables.ticket_presence.alias("both").c,
    )
    calls = (
        *(r.id, r.subject, r.taken_by, r.staff_id, r.proof, r.requested_proof, r.verification_result, r.ended_at),
        *(r.requested_at, r.ending, r.account_id),
    )
    there = p.seen_at > _time("there")
    together = select(both.ticket).where(both.seen_at > _time("there")).group_by(both.ticket).having(func.count() > 1)
    grow = (
        *(tables.messages.c.id, tables.tickets.c.number, a.id, a.seen_at, tables.step_ups.c.id),
        *(tables.dual_control.c.id, tables.dual_control.c.answered_at, tables.pending_mails.c.id),
    )
    newest = select(func.max(tables.answer_states.alias("newest").c.at)).scalar_subquery()
    return union_all(
        _rows("away", s.id, s.away_since, s.back_at, s.sound).where(s.away_since.is_not(None) | ~s.sound),
        _rows("call", *calls).where(r.ended_at.is_(None)),
        _rows("over", *calls).where(r.ended_at > _time("lately")),
        _rows("newest", *(select(func.max(one)).scalar_subquery() for one in grow)),
        _rows("answer", an.at, an.message, an.state).where(an.at == newest),
        _rows("callback", c.id, c.state).where(c.ended_at.is_(None)),
        # Whoever is alone on a ticket is no news.
        _rows("there", p.ticket, p.staff_id, p.writing_at > _time("writes")).where(there, p.ticket.in_(together)),
        _rows("held", h.id, h.not_sent).where(h.send_at > _time("held")),
        _rows("switch", switch.name, switch.on),
    )


def _time(name: str) -> BindParameter[int]:
    return bindparam(name, type_=tables.staff.c.away_since.type)


_STANDS: Final = _stands()
