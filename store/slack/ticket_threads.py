"""Where a ticket lives in Slack, and where what we posted stands: channels and threads, nothing of what is said there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from store import tables
from store.db.statements import starting
from store.db.transaction import Transaction, upsert

CUSTOMER: Final = "customer"  # direct messages of one person: all that is said
ORIGIN: Final = "origin"  # the channel where it began: nothing confidential
DESK: Final = "desk"  # the agents' channel


@dataclass(frozen=True, slots=True)
class TicketThread:
    """`channel` and `ts` are empty until the first message stands. `member`: (organisation, user) whose direct messages
    they are."""

    id: int
    ticket: int
    side: str
    person: int | None
    team: str
    channel: str | None
    ts: str | None
    member: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """`version` is of what it says there."""

    team: str
    channel: str
    ts: str
    version: str = ""


def add(
    tx: Transaction,
    ticket: int,
    side: str,
    team: str,
    *,
    channel: str | None = None,
    thread: str | None = None,
    person: int | None = None,
    member: tuple[str, str] | None = None,
) -> None:
    row = {"ticket": ticket, "side": side, "person_id": person, "team": team, "channel": channel, "thread": thread}
    member_team, user = member or (None, None)
    tx.connection.execute(_ADD, {**row, "member_team": member_team, "member": user})


def of_ticket(tx: Transaction, ticket: int) -> list[TicketThread]:
    return list(map(_ticket_thread, tx.connection.execute(_OF_TICKET, {"ticket": ticket}).all()))


def find(tx: Transaction, id: int) -> TicketThread | None:
    row = tx.connection.execute(_FIND, {"id": id}).first()
    return None if row is None else _ticket_thread(row)


def at(tx: Transaction, team: str, channel: str, thread: str) -> TicketThread | None:
    """The ticket a thread belongs to."""
    row = tx.connection.execute(_AT, {"team": team, "channel": channel, "thread": thread}).first()
    return None if row is None else _ticket_thread(row)


def stands(tx: Transaction, thread: TicketThread, channel: str, ts: str) -> None:
    """Its first message stands there."""
    p = tables.ticket_threads
    tx.connection.execute(update(p).where(p.c.id == thread.id).values(channel=channel, thread=ts))


def posted(tx: Transaction, key: str) -> Post | None:
    row = tx.connection.execute(_POSTED, {"key": key}).first()
    return None if row is None else Post(row.team, row.channel, row.ts, row.version)


def keep_post(tx: Transaction, key: str, post: Post) -> None:
    """Where it stands, and in which version: the newest counts."""
    row = {"key": key, "team": post.team, "channel": post.channel, "ts": post.ts, "version": post.version, "at": tx.now}
    new = upsert(tx, tables.posts).values(**row)
    again = new.on_conflict_do_update(index_elements=["key"], set_={"version": new.excluded.version})
    tx.connection.execute(again)


def versions(tx: Transaction, thread: TicketThread) -> dict[str, str]:
    """Key → version of everything that stands in a thread."""
    p = tables.posts.c
    rows = tx.connection.execute(select(p.key, p.version).where(starting(p.key, f"say:{thread.id}:")))
    return {row.key: row.version for row in rows}


def channel_moved(tx: Transaction, team: str, before: str, now: str) -> None:
    """Slack has given a channel another id (it became shared, or no longer is)."""
    for table in (tables.ticket_threads, tables.posts):
        moved = update(table).where(table.c.team == team, table.c.channel == before)
        tx.connection.execute(moved.values(channel=now))
    m, e, q = tables.messages.c.source, tables.early_edits.c.source, tables.quotes.c.about
    for column, kind in ((m, ""), (e, ""), (q, "source:")):
        renamed = update(column.table).where(starting(column, f"{kind}{before}:"))
        rest = func.substr(column, len(f"{kind}{before}") + 1)
        tx.connection.execute(renamed.values({column.name: f"{kind}{now}" + rest}))


def _ticket_thread(row: Any) -> TicketThread:
    member = (row.member_team, row.member) if row.member is not None else None
    return TicketThread(row.id, row.ticket, row.side, row.person_id, row.team, row.channel, row.thread, member)


_p = tables.ticket_threads
_ADD = insert(_p).values({column.name: bindparam(column.name) for column in _p.c if column.name != "id"})
_OF_TICKET = select(_p).where(_p.c.ticket == bindparam("ticket")).order_by(_p.c.id)
_FIND = select(_p).where(_p.c.id == bindparam("id"))
_AT = select(_p).where(
    _p.c.team == bindparam("team"), _p.c.channel == bindparam("channel"), _p.c.thread == bindparam("thread")
)
_POSTED = select(tables.posts).where(tables.posts.c.key == bindparam("key"))
