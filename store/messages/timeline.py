"""What happens to a ticket, written down in its order: for the rooms of `store` that open, answer and close tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from sqlalchemy import bindparam, func, insert, select

from authz import Subject
from store import tables
from store.codes import exposed_codes
from store.db.statements import Prepared
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.messages import edits, file_kinds, response_clock, title_words
from store.messages.response_clock import Priority

# All that anybody is told; what is quarantined is told as `customer_status`.
STATUSES = ("open", "waiting", "closed", "pending", "draft", "withdrawn")
# Statuses of what the desk has not got; what is quarantined is for supervisors.
NOT_THE_DESKS = ("draft", "withdrawn", "quarantined")
_Worked = Literal["closed", "reopened", "taken", "put_back", "let_go", "handed_over", "assigned", "waiting"]
_Kept = Literal["tagged", "linked", "merged"]  # by the desk, for itself
_Since = Literal["handed_in", "calling"]
_Login = Literal["login_sent", "login_opened", "login_expired", "login_withdrawn", "login_revoked"]
_Made = Literal["made_urgent", "made_high", "made_normal", "made_low"]  # another priority
_Asked = Literal["change_asked", "change_confirmed", "change_refused", "change_ended"]  # of contacts
Event = Literal[_Worked, _Kept, _Since, _Made, _Login, _Asked]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)  # each has words in Slack and on the page, or their posts would fail
LONGEST_TITLE = 200  # characters
# An event → what is told of it, by mail or to other systems.
TOLD: Final = {"closed": "closed", "handed_in": "opened", "reopened": "reopened"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A spoken message: Twilio's recording, and how long it is."""

    sid: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as Slack tells of it, not fetched yet; or one of a form, with its `content`. `size` in bytes."""

    id: str
    name: str
    size: int
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a ticket: what was said, or an event. `author` is a subject, `name` theirs, or empty; `edited`: it was
    changed since; `writer`: the name of the agent who wrote it down for them, in a call, or empty. Times in ms."""

    id: int
    author: Subject
    name: str
    body: str
    at: int
    event: str
    internal: bool
    source: str | None
    edited: bool
    withdrawn: bool
    recording: str  # its state, in words of recordings.py; empty where nothing was spoken
    files: tuple[File, ...]
    seconds: int = 0  # of what was spoken
    writer: str = ""
    removed_at: int | None = None  # what was spoken

    @property
    def by_desk(self) -> bool:
        return self.author.is_staff or self.by_system

    @property
    def by_system(self) -> bool:
        """A system of the operator's wrote it, by a key of that name; a customer's key writes as whoever made it."""
        return self.author.is_key


@dataclass(frozen=True, slots=True)
class File:
    """`fetched`: we have its content. `lost`: it could not be had. `content_type` is that of a picture pages show, or empty. `removed_at`: when
    its time was over (ms)."""

    id: int
    name: str
    size: int
    fetched: bool
    lost: bool = False
    content_type: str = ""
    removed_at: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Whose account, which topic, the desk's status, who opened it (a person's id, or nobody proven), its kind; and the status
    customers see of it where it was left under a threat."""

    account: int | None
    topic: str
    status: str
    opened_by: int | None
    kind: str
    customer_status: str | None = None

    @property
    def seen_as(self) -> str:
        """Its status, as customers see it."""
        return self.customer_status or self.status

    @property
    def is_answerable(self) -> bool:
        """Whether somebody who is known can read what the desk answers: not where it was left under a threat."""
        return self.opened_by is not None and self.account is not None and self.customer_status is None


def insert_ticket(
    tx: Transaction,
    account: int | None,
    person: int | None,
    topic: str,
    kind: str,
    title: str | None,
    status: str,
    service: str | None = None,
    *,
    priority: Priority = Priority.NORMAL,
    proved: tuple[str, str] = ("", ""),
    channel: str = "",
) -> int:
    """A new ticket's row; its number. `channel`: by which its words came, where that is not the one of this transaction. Without a title it is the first line of its first message, whatever that is by then.
    `proved`: how its requester had proved who they are, and by which second proof.

    Under a threat it is quarantined for supervisors. Whoever opened it, and whoever else may see it, sees what they
    always see: somebody may be looking on."""
    tx.tickets_opened += 1
    number: int = _INSERT.first(
        tx,
        **{
            "account_id": account,
            "opened_by": person,
            "topic": topic,
            "kind": kind,
            "title": (title or "")[:LONGEST_TITLE],
            "title_is_first_line": title is None,
            "status": "quarantined" if tx.threatened else status,
            "customer_status": status if tx.threatened else None,
            "priority": priority,
            "service": service,
            "channel": channel or tx.channel,
            "opened_at": tx.now,
            "proof": proved[0],
            "factor": proved[1],
            **response_clock.new(tx, priority, kind, running=tx.threatened or status != "draft"),
        },
    ).number
    tx.forget_standings()  # whoever may follow the requests they have made; `holdings` sees no write of a ticket
    title_words.write(tx, number, title or "", new=True)
    if tx.threatened:
        who = Subject.of_person(person) if person is not None else NOBODY
        tx.record(who, account, "ticket.quarantined", "kept", fields=(f"ticket.number:{number}",))
    return number


def add(
    tx: Transaction,
    ticket: int,
    author: Subject,
    body: str,
    *,
    event: Event | Literal[""] = "",
    recorded: Recorded | None = None,
    internal: bool = False,
    source: str | None = None,
    files: Sequence[Sent] = (),
    along: Sequence[int] = (),
    answer: bool = False,
    gives_title: bool = False,
    told: str | None = None,
) -> int | None:
    """A message, or an event, at the end of a ticket; everybody who follows it is told by the worker. `files` are still to be
    fetched; `along` are ids of files in the desk's own notes on this ticket, which go with it. `gives_title`: the ticket's title is its first
    line, if it has none of its own. `told` is what is told of it (`tell`), where that is not as always; empty: nothing. The id of an `answer`."""
    before = edits.came(tx, author, source)
    said = body if before is None else before.body or ""
    row = {
        "ticket": ticket,
        "author": author,
        "body": exposed_codes.spoil(tx, said),
        "recording": recorded.sid if recorded else None,
        "at": tx.now,
        "event": event,
        "internal": internal,
        "source": source,
        "earlier": "[]",
        "edited": before.edited if before is not None else "",
        "withdrawn_at": tx.now if before is not None and before.body is None else None,
        "written_by": tx.done_by.staff if tx.done_by is not None and tx.done_by.is_staff and author.is_person else None,
    }
    if gives_title:
        edits.retitle(tx, ticket, str(row["body"]))
    id = None
    if files or along or answer:
        id = tx.connection.execute(_SAY, row).scalar_one()
        for file in files:
            about = {
                "slack_id": file.id,
                "name": exposed_codes.spoil(tx, file.name),
                "content_type": "" if file.content is None else file_kinds.picture(file.content),
                "size": file.size,
                "came_at": tx.now,
            }
            if file.content is not None:
                sealed = tx.keys.seal("files", file.content, f"file {id} {file.id}")
                tx.write(tables.attachments, {"message": id, **about, "sealed": sealed})
                continue
            tx.write(tables.attachments, {"message": id, **about})
            job_queue.enqueue(tx, "slack.fetch_file", f"{id}:{file.id}", {"message": id, "file": file.id})
        for noted in tx.connection.execute(NOTED_FILES, {"ticket": ticket}).all():
            if noted.id in along:
                _copy(tx, noted, id)
    else:
        tx.write(tables.messages, row)
    if recorded:
        tx.write(tables.recordings, {"sid": recorded.sid, "seconds": recorded.seconds, "recorded_at": tx.now})
        job_queue.enqueue(tx, "fetch_recording", recorded.sid, {"sid": recorded.sid})
    edits.news(tx, ticket)
    if told is None:
        told = "answered" if answer else TOLD.get(event)
    if told:
        tell(tx, ticket, told, by_desk=author.is_staff or author.is_key)
    return id


def tell(tx: Transaction, ticket: int, event: str, *, by_desk: bool = False) -> None:
    """What became of a ticket is told by mail to its requester and whom else the rules name, and to other systems; who that is, the worker finds out."""
    payload = {"ticket": ticket, "event": event, "by_desk": by_desk}
    job_queue.enqueue(tx, "ticket_event", f"{ticket}:{event}", payload, ordering_key=f"ticket:{ticket}")


def _copy(tx: Transaction, row: Any, message: int) -> None:
    """A file of one message for another; what is sealed is bound to its message."""
    content = tx.keys.open("files", row.sealed, f"file {row.message} {row.slack_id}")
    if content is not None:
        sealed = tx.keys.seal("files", content, f"file {message} {row.slack_id}")
        about = {
            "slack_id": row.slack_id,
            "name": row.name,
            "content_type": row.content_type,
            "size": row.size,
            "came_at": tx.now,
        }
        tx.write(tables.attachments, {"message": message, **about, "sealed": sealed})


def about(tx: Transaction, ticket: int) -> About | None:
    """What a ticket is about, to ask for the right grant. None: there is none. Read once in a transaction, which a page asks a dozen times,
    and again after this transaction has locked or changed the ticket."""
    # One that is not there is remembered as well, or a stranger would learn by a statement more which numbers are another's.
    if ticket not in tx.tickets_read:
        row = _ABOUT.first(tx, number=ticket)
        tx.tickets_read[ticket] = None if row is None else About(*row)
    found: About | None = tx.tickets_read[ticket]
    return found


def was_read(tx: Transaction, row: Any) -> None:
    """The row of a ticket was read for something else just now: what it is about need not be read as well."""
    tx.tickets_read[row.number] = About(*(getattr(row, name) for name in _WHAT))


def changed(tx: Transaction, ticket: int) -> None:
    """To be called wherever what a ticket is about changes: it is read anew."""
    tx.tickets_read.pop(ticket, None)


def lock(tx: Transaction, ticket: int) -> About | None:
    """The same, and nobody else changes it before this transaction ends: whatever is decided by it holds."""
    changed(tx, ticket)
    row = tx.connection.execute(_LOCK, {"number": ticket}).first()
    return None if row is None else About(*row)


def of_source(tx: Transaction, source: str) -> About | None:
    """What the ticket is about that has a message which came as `source`. None: we have none."""
    row = tx.connection.execute(_BY_SOURCE, {"source": source}).first()
    return None if row is None else about(tx, row.ticket)


def service_name(tx: Transaction, account: int, ref: str | None) -> str:
    """Of the service a ticket is about; empty where it is about none."""
    row = None if ref is None else tx.connection.execute(_SERVICE, {"account": account, "ref": ref}).first()
    return "" if row is None else str(row.name)


def left_by(tx: Transaction, ticket: int) -> int | None:
    """Who left a message that is nobody's ticket, or whom they said they were: a person's id. They are called on a number of
    that person's, and asked for the PIN."""
    row = tx.connection.execute(_FIRST, {"ticket": ticket}).first()
    author = Subject("" if row is None else row.author.removeprefix("claimed:"))
    return author.person if author.is_person else None


_columns = [column.name for column in tables.tickets.c if column.name != "number"]
_NEW: dict[str, Any] = {name: bindparam(name) for name in _columns if name != "due_at"} | {
    "due_at": response_clock.NEW_DUE
}
_INSERT = Prepared(insert(tables.tickets).values(_NEW).returning(tables.tickets.c.number))  # saves 23 µs a ticket
_t, _m, _f = tables.tickets, tables.messages, tables.attachments
SEEN_AS = func.coalesce(_t.c.customer_status, _t.c.status)  # as customers see it
_WHAT: Final = ("account_id", "topic", "status", "opened_by", "kind", "customer_status")
_about = select(*(_t.c[name] for name in _WHAT)).where(_t.c.number == bindparam("number"))
_ABOUT, _LOCK = Prepared(_about), _about.with_for_update()  # prepared saves 105 µs a worker, 90 µs a page of a ticket
_s = tables.services.c
_SERVICE = select(_s.name).where(_s.account_id == bindparam("account"), _s.ref == bindparam("ref"))
_FIRST = select(_m.c.author).where(_m.c.ticket == bindparam("ticket")).order_by(_m.c.id).limit(1)
_BY_SOURCE = select(_m).where(_m.c.source == bindparam("source"))
NOTED_FILES = (
    select(_f)
    .join(_m, _m.c.id == _f.c.message)
    .where(_m.c.ticket == bindparam("ticket"), _m.c.internal, _m.c.withdrawn_at.is_(None), _f.c.sealed.is_not(None))
    .order_by(_f.c.id)
)
_of_a_message = [column.name for column in _m.c if column.name != "id"]
_SAY = insert(tables.messages).values({name: bindparam(name) for name in _of_a_message}).returning(tables.messages.c.id)
