"""Tickets by a customer's key: listed, read with what was said, opened, answered, closed and opened again; as whoever made the key may."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.v1 import cursors, problems
from api.v1.cursors import A_PAGE, Cursor
from api.v1.moments import Moment
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from authz import Topic
from desk import accounts, ticket_lists, tickets
from desk.outcomes import Opened
from store.accounts.account_details import Refused
from store.messages.timeline import Said
from store.text.cleaning import cleaned
from store.tickets.customer_tickets import Conversation

LONGEST: Final = 12_000  # characters of one message
HIGHEST: Final = 2**53
Number = Annotated[int, Path(ge=1, le=HIGHEST, description="The ticket's number.")]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST, description="What is said, as plain text.")]


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


class Made(BaseModel):
    """The number of the ticket."""

    number: int


class TicketFile(BaseModel):
    """`ready`: it can be fetched."""

    id: int
    name: str
    size: int
    ready: bool


class TicketMessage(BaseModel):
    """`by` is desk, customer or program. `event` is a word for what happened, empty for what was said. `withdrawn`: its author took it back."""

    id: int
    by: str
    name: str
    at: Moment
    text: str
    event: str
    edited: bool
    withdrawn: bool
    files: list[TicketFile]


class Ticket(InList):
    """With all that may be seen of it, the oldest first. `kind` is problem, question, or the request it is; `service` the name of what it is about."""

    kind: str
    service: str
    messages: list[TicketMessage]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @field_validator("words", check_fields=False)
    @classmethod
    def _cleaned(cls, words: str) -> str:
        said = cleaned(words).strip()
        if not said:
            raise ValueError("says nothing")
        return said


class NewTicket(_Said):
    """`service` is the ref of a service of the account that it is about."""

    topic: Topic
    words: Words
    service: Annotated[str, Field(max_length=100)] | None = None


class NewMessage(_Said):
    words: Words


class Change(BaseModel):
    """closed: it is solved; open: it is not, after all."""

    model_config = ConfigDict(extra="forbid")
    status: Literal["open", "closed"]


def listed(asking: Asking, cursor: Cursor = None) -> Answer:
    """Tickets that may be seen, a page at a time."""
    _of_a_customer(asking)
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
    account = _of_a_customer(asking)
    done = tickets.open_ticket(asking.tx, asking.who, account, new.topic, new.words, service=new.service)
    if isinstance(done, Refused):
        raise problems.denied(done)
    assert isinstance(done, Opened), "a ticket about a topic is no request"
    return _made(done.number)


def read(asking: Asking, number: Number) -> Answer:
    """One ticket with what was said."""
    return Answer(_ticket(_found(asking, number)))


def answered(asking: Asking, number: Number, new: NewMessage) -> Answer:
    """Adds to a ticket."""
    _of_a_customer(asking)
    if not tickets.reply(asking.tx, asking.who, number, new.words):
        raise ProblemError("not-found")
    return _made(number)


def changed(asking: Asking, number: Number, change: Change) -> Answer:
    """Closes a ticket that is solved, or opens it again."""
    asking.must_match(_ticket(_found(asking, number)))
    do = tickets.close if change.status == "closed" else tickets.reopen
    if not do(asking.tx, asking.who, number):
        raise ProblemError("conflict", "It is so already, or adding to it is not for this key.")
    return Answer(Made(number=number), is_object=False)


def file(asking: Asking, number: Number, file: Annotated[int, Path(ge=1, le=HIGHEST)]) -> Answer:
    """A file of a ticket, as bytes to be saved."""
    _of_a_customer(asking)
    found = tickets.file(asking.tx, asking.who, number, file)
    if found is None:
        raise ProblemError("not-found")
    saved = f"attachment; filename*=UTF-8''{quote(found.name or 'file', safe='')}"
    return Answer(None, headers={"Content-Disposition": saved}, raw=(found.content, "application/octet-stream"))


def _made(number: int) -> Answer:
    """What it says now is read by its number: words are stored with COMMIT."""
    return Answer(Made(number=number), 201, {"Location": f"/api/v1/tickets/{number}"}, is_object=False)


def _of_a_customer(asking: Asking) -> int:
    """The account of the key."""
    if asking.key.account is None:
        raise ProblemError("other-kind", "Tickets are asked for with a customer's key so far.")
    return asking.key.account


def _found(asking: Asking, number: int) -> Conversation:
    _of_a_customer(asking)
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
        messages=[_message(said) for said in found.said],
    )


def _message(said: Said) -> TicketMessage:
    by = "desk" if said.by_desk else "customer" if said.author.is_person else "program"
    files = [TicketFile(id=one.id, name=one.name, size=one.size, ready=one.fetched) for one in said.files]
    return TicketMessage(
        id=said.id,
        by=by,
        name=said.name,
        at=said.at,
        text=said.body,
        event=said.event,
        edited=said.edited,
        withdrawn=said.withdrawn,
        files=files,
    )
