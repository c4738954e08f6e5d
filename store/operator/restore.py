"""After a restore the past is back: what had been proved then proves nothing any more, and whoever was suspended stays it.

It is noticed by what this machine has seen of the database (last_seen.py), or done by the operator. docs/operating.md#backups
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, text, update

from authz import Grant
from store import tables
from store.accounts import change_feed, delegations
from store.db.last_seen import Seen
from store.db.transaction import Transaction
from store.security import alerts, reconcile_mode
from store.staff import staff_list, wall_displays
from store.verification import revocation, verification_requests

if TYPE_CHECKING:
    from store import Store


FURTHER_ON: Final = 10_000  # numbers that nothing gets: more than were given since the backup


def last_seen(store: Store) -> Seen | None:
    """What this machine has seen of the database, under this name or, where it has not met it there yet, under any."""
    own, origin = store.memory.recall(), store.origin()
    if store.memory.is_new or _is_of_another(own, origin):
        return store.memory.recall_other(origin)
    return own


def _is_of_another(seen: Seen | None, origin: str) -> bool:
    """Whether it was seen of another database that had this name before: one begun afresh, which has a first checkpoint of
    its own, is no restore."""
    return seen is not None and "" not in (seen.origin, origin) and seen.origin != origin


def is_behind(store: Store) -> Seen | None:
    """What this machine has seen of the database, where the database does not hold it any more."""
    seen = last_seen(store)
    return None if seen is None or store.holds(seen.checkpoint, seen.digest) else seen


def remember(store: Store) -> tuple[int, str] | None:
    """Makes a checkpoint, which it gives, and keeps outside how far the database had come and who is suspended. A restore that nobody has
    answered yet is not forgotten by it."""
    head = store.checkpoint()
    with store.memory.alone():
        seen, origin = store.memory.recall(), store.origin()
        if head is None or is_behind(store) is not None:
            return head
        if seen is None or _is_of_another(seen, origin) or seen.checkpoint < head[0]:
            store.memory.keep(Seen(*head, store.suspended(), origin))
    return head


class Answered(NamedTuple):
    """What this machine had seen of the database, if anything, and how many of each were ended."""

    seen: Seen | None
    ended: dict[str, int]


def answer(
    store: Store, channel: str, granted: Callable[[Transaction], Grant], *, if_behind: bool = False
) -> Answered | None:
    """Ends what had been proved, suspends again whoever was suspended, begins reconcile mode, tells supervisors, and forgets what was seen: what
    comes now is what is to be remembered. `if_behind`: only where the database is behind it; otherwise None. One process after the
    other, or a restore would be answered twice."""
    with store.memory.alone():
        seen = is_behind(store) if if_behind else last_seen(store)
        if if_behind and seen is None:
            return None
        with store.transaction(channel) as tx:
            grant = granted(tx)
            ended = end_all(tx, grant, seen.suspended if seen is not None else ())
            reconcile_mode.begin(tx, grant)
            alerts.alert(tx, "restored", str(tx.now))
        store.memory.keep(None)
    return Answered(seen, ended)


def end_all(tx: Transaction, grant: Grant, suspended: Collection[str] = ()) -> dict[str, int]:
    """Ends everything that proves somebody without their PIN or password and what was lent, withdraws what would be sent or told to
    them to prove more, and suspends these of the staff; how many of each. No number is given twice."""
    tx.require(grant, "desk.operate", "desk.deliver")
    k = tables.api_keys
    s, p, c, u, a = tables.staff_sessions, tables.person_sessions, tables.codes, tables.step_ups, tables.approvals
    ended = {
        "sign-ins": update(s).where(s.c.ended_at.is_(None)).values(ended_at=tx.now),
        "sign-ins of customers": update(p).where(p.c.ended_at.is_(None)).values(ended_at=tx.now),
        "codes and pages": update(c).where(c.c.used_at.is_(None)).values(used_at=tx.now),
        "API keys": update(k).where(k.c.ended_at.is_(None)).values(ended_at=tx.now, ended_why="restored"),
        "second proofs": update(u).where(u.c.ends_at > tx.now).values(ends_at=tx.now),
        "questions in Slack": update(a).where(a.c.answered_at.is_(None)).values(answered_at=tx.now, correct=False),
    }
    counts = {what: tx.connection.execute(statement).rowcount for what, statement in ended.items()}
    counts |= revocation.owed_to_anybody(tx) | {"delegations": delegations.end_all(tx)}
    counts["verifications"] = verification_requests.end_all(tx)
    change_feed.begin_anew(tx)
    wall_displays.end_all(tx)  # uncounted: they prove nobody
    _go_further_on(tx)
    w = tables.staff.c
    at_work = select(w.id).where(w.username.in_(suspended), w.suspended_at.is_(None)).order_by(w.id)
    again = list(tx.connection.execute(at_work).scalars())
    for one in again:
        staff_list.stop(tx, one)
    fields = [f"{what.replace(' ', '_')}:{n}" for what, n in counts.items()]
    fields += [f"suspended:staff:{one}" for one in again]
    tx.record(grant.subject, None, "restored", "done", fields=fields)
    return counts | {"of the staff suspended again": len(again)}


def _go_further_on(tx: Transaction) -> None:
    """What was numbered since the backup is gone; its number still stands on cards in Slack, in mails and in people's heads, and
    must not open something of somebody else's."""
    for table in tables.Base.metadata.sorted_tables:
        if not table.dialect_options["sqlite"]["autoincrement"]:
            continue
        named = {"of_table": table.name, "further": FURTHER_ON}
        if tx.dialect == "postgresql":
            (column,) = table.primary_key
            tx.connection.execute(_NEXT, named | {"of_column": column.name})
        elif not tx.connection.execute(_COUNTED, named).rowcount:
            tx.connection.execute(_COUNT, named)


_COUNTED = text("UPDATE sqlite_sequence SET seq = seq + :further WHERE name = :of_table")
_COUNT = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:of_table, :further)")
_NEXT = text(  # not setval: the role of the service may take numbers, and no more
    "SELECT max(n) FROM (SELECT nextval(pg_get_serial_sequence(:of_table, :of_column)) AS n"
    " FROM generate_series(1, :further)) AS taken"
)
