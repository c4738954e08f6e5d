"""The queue in pages: sorted, filtered, counted. It names no customer, and says whose the last word was, but not what it said.

A page is found from where the one before ended, and no more than `WINDOW` tickets are looked at for it, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, case, cast, exists, func, or_, select, tuple_

from authz import REQUESTS, Action, Grant, Subject
from store import tables
from store.db.transaction import GrantRequiredError, Transaction
from store.messages.response_clock import DUE, LATER, LATER_ALONE

SHOWN: Final = ("open", "waiting", "pending", "closed")
A_PAGE: Final = 50
WINDOW: Final = 2_000
MANY: Final = 1_000  # so many are counted, and no more
Whose = Literal["", "mine", "nobody"]
Sort = Literal["", "due", "waiting", "newest", "oldest"]
WHOSE, SORTS = get_args(Whose), get_args(Sort)
KINDS: Final = ("problem", "question", "request", *(str(action) for action in Action if action in REQUESTS))
Key = tuple[int, ...]


class SupervisorsOnlyError(ValueError):
    """Asked for under a grant that is limited to the queue or to reading."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tickets of the queue, and in what order; what is empty (`priority` None) leaves out none. `kind` may be `request`, which is
    any change that somebody asks for; `late`: the desk owes an answer that was due by now."""

    status: str = "open"
    whose: Whose = ""
    kind: str = ""
    topic: str = ""
    priority: int | None = None
    late: bool = False
    tag: str = ""
    sort: Sort = ""

    @property
    def order(self) -> Sort:
        """What will be late first is first; where the desk owes no answer the oldest, and of what is over the newest."""
        if self.status == "closed":
            return "newest"
        fitting: tuple[Sort, ...] = ("oldest", "newest") if self.status == "waiting" else ("due", "waiting", "newest")
        return self.sort if self.sort in fitting else fitting[0]

    @property
    def narrow(self) -> bool:
        return bool(self.whose or self.kind or self.topic or self.priority is not None or self.late or self.tag)


@dataclass(frozen=True, slots=True)
class LastWord:
    """`by`: a name of the staff or of a system of the operator's, or empty where it is the customer's. `at` in ms."""

    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Queued:
    """One line of the queue. `taken_by` is a name of the staff, or empty; `mine`: the reader's own. `waiting_since` and `due_at` (ms) are
    None where the desk owes no answer; `last` where nothing was said. `newest` is the last message, whoever wrote it for whom."""

    number: int
    title: str
    topic: str
    kind: str
    status: str
    priority: int
    channel: str
    opened_at: int
    waiting_since: int | None
    due_at: int | None
    taken_by: str
    mine: bool
    last: LastWord | None = None
    newest: int = 0
    tags: tuple[str, ...] = ()


class Page(NamedTuple):
    """`next` is where the next page begins, None where there is none. `looked_through`: there may be more of these than are shown, and
    no more tickets were looked at for one page."""

    tickets: tuple[Queued, ...]
    next: Key | None
    looked_through: bool = False


def listed(tx: Transaction, grant: Grant, filters: Filters, after: Key | None = None) -> Page:
    """One page of the queue, from `after` on."""
    reads_queue(tx, grant)
    order = filters.order
    within = _within(filters.status, order, after)
    seen = within.limit(WINDOW if filters.narrow else A_PAGE + 1).subquery("seen")
    query = with_agents(seen).where(*_narrowed(tx, grant, filters, seen.c)).order_by(*_order(order, seen.c))
    rows = tx.connection.execute(query.limit(A_PAGE + 1)).all()
    found = lines(tx, grant, rows[:A_PAGE])
    if len(rows) > A_PAGE:
        return Page(found, _key(order, rows[A_PAGE - 1]))
    last = tx.connection.execute(within.limit(1).offset(WINDOW - 1)).first() if filters.narrow else None
    return Page(found, None if last is None else _key(order, last), last is not None)


def counts(tx: Transaction, grant: Grant) -> dict[str, int]:
    """How many tickets of each status there are but of those that are closed, and how many are late (of the open ones, the first `MANY`);
    of more than `MANY`, so many."""
    reads_queue(tx, grant)
    t = tables.tickets.c
    some = {status: select(t.number).where(t.status == status).limit(MANY).subquery() for status in SHOWN[:3]}
    some["due"] = _within("open", "due", None).limit(MANY).subquery()
    all_of = {name: select(func.count()).select_from(one) for name, one in some.items()}
    all_of["late"] = all_of.pop("due").where(some["due"].c.due_at < tx.now)
    query = select(*(one.scalar_subquery().label(name) for name, one in all_of.items()))
    return dict(tx.connection.execute(query).one()._mapping)


def numbered(tx: Transaction, grant: Grant, numbers: Sequence[int]) -> tuple[Queued, ...]:
    """Those of these numbers that the queue shows, in that order."""
    reads_queue(tx, grant)
    t = tables.tickets
    query = with_agents(t).where(t.c.number.in_(numbers), t.c.status.in_(SHOWN))
    return lines(tx, grant, sorted(tx.connection.execute(query).all(), key=lambda row: numbers.index(row.number)))


def reads_queue(tx: Transaction, grant: Grant) -> None:
    tx.require(grant, "desk.ticket.work")
    if grant.account is not None:
        raise GrantRequiredError("the queue is the whole desk's")


def with_agents(of: Any) -> Select[Any]:
    """Rows of tickets, with whoever has taken each."""
    a, s = tables.assignments.c, tables.staff.c
    # Asked for each row and not joined: for a page of fifty PostgreSQL would read all that anybody has taken.
    name = select(s.name).join_from(tables.assignments, tables.staff, s.id == a.staff_id).where(a.ticket == of.c.number)
    return select(of, _taken_by(of.c.number).label("staff_id"), name.scalar_subquery().label("taken_by"))


def _taken_by(number: Any) -> ScalarSelect[int]:
    a = tables.assignments.c
    return select(a.staff_id).where(a.ticket == number).scalar_subquery()


def lines(tx: Transaction, grant: Grant, rows: Sequence[Any]) -> tuple[Queued, ...]:
    """What is shown of rows of `with_agents`, and told."""
    tx.require(grant, "desk.ticket.work")
    numbers = [row.number for row in rows]
    last, tags = (_last_words(tx, numbers), _tags(tx, numbers)) if rows else ({}, {})
    found = tuple(
        Queued(
            *(row.number, row.title, row.topic, row.kind, row.status, row.priority, row.channel, row.opened_at),
            *(row.waiting_since, row.due_at, row.taken_by or "", row.staff_id == grant.subject.staff),
            *last.get(row.number, (None, 0)),
            tags.get(row.number, ()),
        )
        for row in rows
    )
    tx.told(grant, *_fields(found))
    return found


def _within(status: str, order: Sort, after: Key | None) -> Select[Any]:
    """Tickets of a status in an order that an index has, after a key."""
    t = tables.tickets.c
    query = select(tables.tickets).where(t.status == status)
    if order == "waiting":
        query = query.where(t.waiting_since.is_not(None))
    if after is not None and len(after) == len(_order(order, t)):
        query = query.where(*_beyond(order, after))
    return query.order_by(*_order(order, t))


def _order(order: Sort, of: Any) -> tuple[ColumnElement[Any], ...]:
    """Urgent ones are due before all others. `of` are columns of tickets, or of rows of them."""
    match order:
        case "due":
            if of is tables.tickets.c:
                return LATER, DUE, of.number
            return of.priority > 0, func.coalesce(of.due_at, 0), of.number
        case "waiting":
            return of.waiting_since, of.number
        case "newest":
            return (of.number.desc(),)
        case _:
            return (of.number,)


def _key(order: Sort, row: Any) -> Key:
    match order:
        case "due":
            return int(row.priority > 0), row.due_at or 0, row.number
        case "waiting":
            return row.waiting_since, row.number
        case _:
            return (row.number,)


def _beyond(order: Sort, after: Key) -> tuple[ColumnElement[bool], ...]:
    """In words by which both databases begin in the index where the page before ended."""
    t = tables.tickets.c
    if order == "newest":
        return (t.number < after[-1],)
    if order == "oldest":
        return (t.number > after[-1],)
    since = t.waiting_since if order == "waiting" else DUE
    later = since >= after[-2], tuple_(since, t.number) > tuple_(*after[-2:])
    if order == "waiting":
        return later
    return (LATER_ALONE, *later) if after[0] else (or_(LATER_ALONE, later[1]),)


def _narrowed(tx: Transaction, grant: Grant, filters: Filters, seen: Any) -> Iterator[ColumnElement[bool]]:
    if filters.whose:
        taken_by = _taken_by(seen.number)
        yield taken_by == grant.subject.staff if filters.whose == "mine" else taken_by.is_(None)
    if filters.kind:
        yield seen.kind.in_(REQUESTS) if filters.kind == "request" else seen.kind == filters.kind
    if filters.topic:
        yield seen.topic == filters.topic
    if filters.priority is not None:
        yield seen.priority == filters.priority
    if filters.tag:
        g = tables.ticket_tags.c
        yield exists().where(g.tag == filters.tag, g.ticket == seen.number)
    if filters.late:
        yield seen.due_at < tx.now


def _last_words(tx: Transaction, numbers: Sequence[int]) -> dict[int, tuple[LastWord | None, int]]:
    """Of each ticket: what was said last to or by the customer, where something was, and the id of its last message."""
    t, s = tables.tickets.c, tables.staff.c
    said, any_of = tables.messages.alias("said").c, tables.messages.alias("any_of").c

    def of_last(column: Any) -> ScalarSelect[Any]:
        words = said.ticket == t.number, said.event == "", said.internal.is_(False), said.withdrawn_at.is_(None)
        return (
            select(column).where(*words).order_by(said.id.desc()).limit(1).correlate(tables.tickets).scalar_subquery()
        )

    newest = select(func.max(any_of.id)).where(any_of.ticket == t.number).correlate(tables.tickets).scalar_subquery()
    # Asked for each ticket and not joined: for a page of fifty PostgreSQL would read ten thousand messages.
    each = select(t.number, newest.label("newest"), of_last(said.at).label("at"), of_last(said.author).label("author"))
    lines = each.where(t.number.in_(numbers)).cte("lines").prefix_with("MATERIALIZED")  # or asked for twice
    its = case((lines.c.author.like("staff:%"), cast(func.substr(lines.c.author, len("staff:") + 1), BigInteger)))
    query = select(lines, s.name).outerjoin(tables.staff, s.id == its)
    found: dict[int, tuple[LastWord | None, int]] = {}
    rows = tx.connection.execute(query).all()
    systems, k = {row.author.key for row in rows if row.author is not None and row.author.is_key}, tables.api_keys.c
    named = tx.connection.execute(select(k.id, k.name).where(k.id.in_(systems))).all() if systems else ()
    of_key = {Subject.of_key(one.id): one.name for one in named}
    for row in rows:
        by = row.name if row.at is not None and row.author.is_staff else of_key.get(row.author)
        found[row.number] = None if row.at is None else LastWord(by or "", row.at), row.newest or 0
    return found


def _tags(tx: Transaction, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """By ticket, of those that have any."""
    g = tables.ticket_tags.c
    query = select(g.ticket, g.tag).where(g.ticket.in_(numbers)).order_by(g.ticket, g.tag)
    found: dict[int, tuple[str, ...]] = {}
    for row in tx.connection.execute(query):
        found[row.ticket] = (*found.get(row.ticket, ()), row.tag)
    return found


def _fields(found: Sequence[Queued]) -> Iterator[str]:
    """Names for what the lines say."""
    if found:
        yield from ("ticket.number", "ticket.title", "ticket.topic", "ticket.kind", "ticket.status", "ticket.channel")
    if any(one.taken_by for one in found):
        yield "staff.name"
    if any(one.last for one in found):
        yield "ticket.authors"
    if any(one.tags for one in found):
        yield "ticket.tags"
