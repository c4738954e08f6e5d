"""What happens to a ticket, written down in its order: for the rooms of `store` that open, answer and close tickets."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from store import overheard, tables, work
from store.prepared import Prepared
from store.transaction import Transaction, upsert

# All that anybody is told; held is told as open.
STATUSES = ("open", "waiting", "closed", "pending", "draft", "withdrawn")
NOT_THE_DESKS = ("draft", "withdrawn", "held")  # statuses of what the desk has not got; held is for those who lead it
VERSIONS = 20  # of a message that was edited
EARLY_FOR = 24 * 3_600_000  # ms an edit waits for its message; Slack tries for an hour, or a day
EVENTS = ("closed", "reopened", "taken", "let_go", "waiting", "handed_in")
LONGEST_SUBJECT, LONGEST_BODY = 200, 12_000  # characters; a Slack message has 12,000 at most where it matters


@dataclass(frozen=True, slots=True)
class Recorded:
    """A spoken message: Twilio's recording, and how long it is."""

    sid: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as Slack tells of it, not fetched yet. `size` in bytes."""

    id: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a ticket: what was said, or an event. `author` is a subject, `name` theirs, or empty; `earlier` what it
    said before it was edited, oldest first. Times in ms."""

    id: int
    author: str
    name: str
    body: str
    at: int
    event: str
    internal: bool
    source: str | None
    earlier: tuple[str, ...]
    withdrawn: bool
    recording: str  # its state, in words of recordings.py; empty where nothing was spoken
    files: tuple[File, ...]

    @property
    def by_desk(self) -> bool:
        return self.author.startswith("staff:")


@dataclass(frozen=True, slots=True)
class File:
    """`fetched`: we have its content. `lost`: it could not be had."""

    id: int
    name: str
    size: int
    fetched: bool
    lost: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """Whose account, which topic, the status, and who opened it: a person's id, or nobody proven."""

    account: int | None
    topic: str
    status: str
    opened_by: int | None


def insert_ticket(
    tx: Transaction,
    account: int | None,
    person: int | None,
    topic: str,
    kind: str,
    subject: str,
    status: str,
    service: str | None = None,
    *,
    urgent: bool = False,
) -> int:
    """A new ticket's row; its number."""
    number: int = _INSERT.first(
        tx,
        account_id=account,
        opened_by=person,
        topic=topic,
        kind=kind,
        subject=subject[:LONGEST_SUBJECT],
        status=status,
        urgent=urgent,
        service=service,
        channel=tx.channel,
        opened_at=tx.now,
    ).number
    return number


def add(
    tx: Transaction,
    ticket: int,
    author: str,
    body: str,
    *,
    event: str = "",
    recorded: Recorded | None = None,
    internal: bool = False,
    source: str | None = None,
    files: Sequence[Sent] = (),
    along: Sequence[int] = (),
    quiet: bool = False,
    answer: bool = False,
) -> int | None:
    """A message, or an event, at the end of a ticket; everybody who follows it is told by the worker, unless `quiet`. `files` are still to be
    fetched; `along` are ids of files in the desk's own notes on this ticket, which go with it. The id of an `answer`."""
    row = {
        "ticket": ticket,
        "author": author,
        "body": overheard.spoil(tx, body)[:LONGEST_BODY],
        "recording": recorded.sid if recorded else None,
        "at": tx.now,
        "event": event,
        "internal": internal,
        "source": source,
        "earlier": "[]",
        "edited": "",
        "withdrawn_at": None,
    }
    early = _EARLY.first(tx, source=source) if source is not None else None
    if early is not None and early.author == author:
        row |= {"body": (early.body or "")[:LONGEST_BODY], "earlier": json.dumps([row["body"]]), "edited": early.edited}
        row["withdrawn_at"] = tx.now if early.body is None else None
    id: int | None = None
    if files or along or answer:
        id = _SAY.first(tx, **row).id
        for file in files:
            about = {"slack_id": file.id, "name": file.name, "content_type": file.content_type, "size": file.size}
            tx.write(tables.files, {"message": id, **about})
            work.enqueue(tx, "slack.fetch_file", f"{id}:{file.id}", {"message": id, "file": file.id})
        for row in NOTED_FILES.all(tx, ticket=ticket):
            if row.id in along:
                _copy(tx, row, id)
    else:
        tx.write(tables.messages, row)
    if recorded:
        tx.write(tables.recordings, {"sid": recorded.sid, "seconds": recorded.seconds, "recorded_at": tx.now})
        work.enqueue(tx, "fetch_recording", recorded.sid, {"sid": recorded.sid})
    if not quiet:
        news(tx, ticket)
    return id


def _copy(tx: Transaction, row: Any, message: int) -> None:
    """A file of one message for another; what is sealed is bound to its message."""
    content = tx.keys.open("files", row.sealed, f"file {row.message} {row.slack_id}")
    if content is not None:
        sealed = tx.keys.seal("files", content, f"file {message} {row.slack_id}")
        about = {"slack_id": row.slack_id, "name": row.name, "content_type": row.content_type, "size": row.size}
        tx.write(tables.files, {"message": message, **about, "sealed": sealed})


def news(tx: Transaction, ticket: int) -> None:
    """Something about a ticket has changed: whoever follows it is brought up to date."""
    work.enqueue(tx, "news", f"{ticket}:{secrets.token_hex(6)}", {"ticket": ticket}, lane=f"news:{ticket}")


def about(tx: Transaction, ticket: int) -> About | None:
    """What a ticket is about, to ask for the right grant. None: there is none."""
    row = _ABOUT.first(tx, number=ticket)
    return None if row is None else About(row.account_id, row.topic, row.status, row.opened_by)


def of_source(tx: Transaction, source: str) -> About | None:
    """What the ticket is about that has a message which came as `source`. None: we have none."""
    row = _BY_SOURCE.first(tx, source=source)
    return None if row is None else about(tx, row.ticket)


def edit(tx: Transaction, author: str, source: str, body: str, edited: str) -> bool:
    """Its author changed a message where it came from; what it said before is kept. `edited` is Slack's stamp: an older
    edit that comes later changes nothing. False: we have no such message."""
    row = _BY_SOURCE.first(tx, source=source)
    if row is None or row.author != author or row.withdrawn_at is not None:
        return False
    if row.edited < edited and row.body != body[:LONGEST_BODY]:
        earlier = _with(row.earlier, row.body)
        _change(tx, row.id, body=body[:LONGEST_BODY], earlier=earlier, edited=edited)
        news(tx, row.ticket)
    return True


def correct(tx: Transaction, author: str, ticket: int, id: int, body: str) -> bool:
    """Whoever of the desk answered changes the answer; what it said before is kept. False: no such answer of theirs."""
    m = tables.messages.c
    theirs = select(tables.messages).where(
        m.id == id, m.ticket == ticket, m.author == author, m.internal.is_(False), m.event == ""
    )
    row = tx.connection.execute(theirs.with_for_update()).first()
    if row is None:
        return False
    _change(tx, id, body=body[:LONGEST_BODY], earlier=_with(row.earlier, row.body))
    news(tx, ticket)
    return True


def edited_early(tx: Transaction, author: str, source: str, body: str | None, edited: str) -> None:
    """An edit, or with no body a deletion, that has overtaken its message: kept for when that comes. The newest counts."""
    e = tables.early_edits
    row = {"source": source, "author": author, "edited": edited, "body": body, "at": tx.now}
    new = upsert(tx, e).values(**row)
    newer = new.on_conflict_do_update(
        index_elements=["source"],
        set_={name: new.excluded[name] for name in ("author", "edited", "body", "at")},
        where=(e.c.edited < new.excluded.edited) & e.c.body.is_not(None),
    )
    tx.connection.execute(newer)


def sweep(tx: Transaction) -> None:
    e = tables.early_edits
    tx.connection.execute(delete(e).where(e.c.at < tx.now - EARLY_FOR))


def withdraw(tx: Transaction, author: str, source: str) -> bool:
    """Its author deleted a message where it came from: nobody is shown it any more. What it said is kept."""
    row = _BY_SOURCE.first(tx, source=source)
    if row is None or row.author != author or row.withdrawn_at is not None:
        return False
    _change(tx, row.id, body="", earlier=_with(row.earlier, row.body), withdrawn_at=tx.now)
    news(tx, row.ticket)
    return True


def _with(earlier: str, body: str) -> str:
    """One more version of before: the first is kept, and the newest, however often somebody edits."""
    every = [*json.loads(earlier), body]
    return json.dumps(every if len(every) <= VERSIONS else [every[0], *every[-(VERSIONS - 1) :]])


def _change(tx: Transaction, id: int, **values: object) -> None:
    tx.connection.execute(update(tables.messages).where(tables.messages.c.id == id).values(**values))


_columns = [column.name for column in tables.tickets.c if column.name != "number"]
_INSERT = Prepared(
    insert(tables.tickets).values({name: bindparam(name) for name in _columns}).returning(tables.tickets.c.number)
)
_t, _m, _f = tables.tickets, tables.messages, tables.files
_ABOUT = Prepared(
    select(_t.c.account_id, _t.c.topic, _t.c.status, _t.c.opened_by).where(_t.c.number == bindparam("number"))
)
_BY_SOURCE = Prepared(select(_m).where(_m.c.source == bindparam("source")))
NOTED_FILES = Prepared(
    select(_f)
    .join(_m, _m.c.id == _f.c.message)
    .where(_m.c.ticket == bindparam("ticket"), _m.c.internal, _m.c.withdrawn_at.is_(None), _f.c.sealed.is_not(None))
    .order_by(_f.c.id)
)
_of_a_message = [column.name for column in _m.c if column.name != "id"]
_EARLY = Prepared(select(tables.early_edits).where(tables.early_edits.c.source == bindparam("source")))
_SAY = Prepared(
    insert(tables.messages).values({name: bindparam(name) for name in _of_a_message}).returning(tables.messages.c.id)
)
