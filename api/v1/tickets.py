"""Tickets: by a customer's key listed, read with what was said, opened, answered, closed and opened again, as whoever made the key may; by the operator's
as the desk has them (desk_tickets.py)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.v1 import cursors, desk_tickets, problems, ticket_parts
from api.v1.cursors import A_PAGE, Cursor
from api.v1.problems import ProblemError
from api.v1.requests import SEEN, Answer, Asking
from api.v1.ticket_parts import FileId, Made, Number, Sending, TicketMessage
from authz import Topic
from desk import accounts, choices, ticket_lists, tickets
from desk.outcomes import Opened
from store.accounts.account_details import Refused
from store.imports.field_words import Ref
from store.tickets.customer_tickets import Conversation

Status = Annotated[
    Literal["open", "waiting", "closed", "pending"] | None, Query(description="Of this status; an operator's key's.")
]
OfAccount = Annotated[
    str | None, Query(max_length=64, pattern=SEEN, description="Of the account of this number; an operator's key's.")
]


class InList(BaseModel):
    """`own`: opened by whoever made the key. `status` is open, waiting (for the customer), closed or draft."""

    number: int
    title: str
    topic: str
    status: str
    own: bool


class Tickets(BaseModel):
    """One's own first, the newest first within that. `next` is the cursor of the next page; null: there is none."""

    tickets: list[InList]
    next: str | None


class Ticket(InList):
    """With all that may be seen of it, the oldest first. `kind` is problem, question, or the request it is; `service` the name of what it is about."""

    kind: str
    service: str
    messages: list[TicketMessage]


class NewTicket(Sending):
    """`service` is the ref of a service of the account that it is about."""

    topic: Topic
    service: Ref | None = None


class NewMessage(Sending):
    """`seen`, with an operator's key: the `id` of the last message that was read before this was written; where the desk has said something to the customer
    since, nothing is sent (409)."""

    seen: Annotated[int, Field(ge=0, le=ticket_parts.HIGHEST)] | None = None


class StatusChange(BaseModel):
    """closed: it is solved; open: it is not, after all; waiting: for the customer, by an operator's key alone."""

    model_config = ConfigDict(extra="forbid")
    status: Literal["open", "waiting", "closed"]


def listed(asking: Asking, cursor: Cursor = None, status: Status = None, account: OfAccount = None) -> Answer:
    """Tickets that may be seen, a page at a time."""
    if asking.key.account is None:
        return desk_tickets.listed(asking, cursor, status or "", account or "")
    for name, given in (("status", status), ("account", account)):
        if given is not None:
            raise problems.invalid(name, "is for an operator's key")
    keys, key = asking.tx.keys, asking.key.id
    first = cursors.read(keys, key, "tickets", cursor) if cursor else 0
    page = ticket_lists.page(asking.tx, asking.who, first=first, many=A_PAGE)
    if page is None:
        raise _refused(asking)
    following = cursors.made(keys, key, "tickets", first + A_PAGE) if page.more else None
    each = [
        InList(number=one.number, title=one.title, topic=one.topic, status=one.status, own=one.own)
        for one in page.tickets
    ]
    return Answer(Tickets(tickets=each, next=following))


def opened(asking: Asking, new: NewTicket) -> Answer:
    """A ticket on the account of the key."""
    account = asking.key.account
    if account is None:
        raise ProblemError("other-kind", "A ticket is opened with a customer's key: it is somebody's, who may open it.")
    if new.service is not None and choices.service(asking.tx, asking.who, account, new.topic, new.service) is None:
        raise problems.invalid("service", "is none of this account's that may be named here")
    done = tickets.open_ticket(
        asking.tx, asking.who, account, new.topic, new.words, service=new.service, files=new.sent()
    )
    if isinstance(done, Refused):
        raise problems.denied(done)
    assert isinstance(done, Opened), "a ticket about a topic is no request"
    return _made(done.number)


def read(asking: Asking, number: Number) -> Answer:
    """One ticket with what was said."""
    return desk_tickets.read(asking, number) if asking.key.account is None else Answer(_ticket(_found(asking, number)))


def answered(asking: Asking, number: Number, new: NewMessage) -> Answer:
    """Adds to a ticket; with an operator's key, answers the customer."""
    if asking.key.account is None:
        return desk_tickets.answered(asking, number, new.words, new.sent(), new.seen)
    if new.seen is not None:
        raise problems.invalid("seen", "is for an operator's key")
    if not tickets.reply(asking.tx, asking.who, number, new.words, files=new.sent()):
        raise ProblemError("not-found")
    return _made(number)


def changed(asking: Asking, number: Number, change: StatusChange) -> Answer:
    """Closes a ticket that is solved, or opens it again; with an operator's key, gives it a status of the desk's."""
    if asking.key.account is None:
        return desk_tickets.changed(asking, number, change.status)
    if change.status == "waiting":
        raise problems.invalid("status", "is the desk's to say")
    _found(asking, number)  # so that nobody waits for a ticket that is not for them
    tickets.lock(asking.tx, number)
    asking.must_match(_ticket(_found(asking, number)))
    do = tickets.close if change.status == "closed" else tickets.reopen
    if not do(asking.tx, asking.who, number):
        raise ProblemError("conflict", "It is so already, or adding to it is not for this key.")
    return Answer(Made(number=number), is_object=False)


def file(asking: Asking, number: Number, file: FileId) -> Answer:
    """A file of a ticket, as bytes to be saved."""
    if asking.key.account is None:
        return desk_tickets.file(asking, number, file)
    found = tickets.file(asking.tx, asking.who, number, file)
    if found is None:
        raise ProblemError("not-found")
    return ticket_parts.download(found)


def _made(number: int) -> Answer:
    """What it says now is read by its number: words are stored with COMMIT."""
    return Answer(Made(number=number), 201, ticket_parts.at(number), is_object=False)


def _found(asking: Asking, number: int) -> Conversation:
    found = ticket_lists.conversation(asking.tx, asking.who, number)
    if found is None:
        raise ProblemError("not-found")
    return found


def _refused(asking: Asking) -> ProblemError:
    """Why no ticket may be seen."""
    found = accounts.refusals(asking.tx, asking.who, ticket_lists.VIEW)
    return problems.denied(found[0][1]) if found else ProblemError("not-found")


def _ticket(found: Conversation) -> Ticket:
    one = found.ticket
    return Ticket(
        number=one.number,
        title=one.title,
        topic=one.topic,
        status=one.status,
        own=one.own,
        kind=found.kind,
        service=found.service,
        messages=[ticket_parts.message(said) for said in found.said],
    )
