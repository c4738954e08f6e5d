"""Tickets by an operator's key, as the desk has them: listed and read with its notes (`tickets:read`), answered, noted, given a status (`tickets:write`).

Whoever reads an answer or a note sees who wrote it: the name of the key.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from api.v1 import cursors, problems, ticket_parts
from api.v1.cursors import A_PAGE
from api.v1.moments import Moment
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from api.v1.ticket_parts import Made, Number, Sending, TicketMessage
from desk import desk_tickets, ticket_work
from desk.desk_tickets import DeskConversation
from desk.ticket_work import AnsweredMeanwhile, NotAnswered, TicketRight
from store.messages.attachments import Content
from store.messages.timeline import Sent
from store.tickets.operator_tickets import TicketLine, TicketPage


class DeskTicketInList(BaseModel):
    """`account` is a number, `person` the username of who opened it: null where nobody has proved who they are, or it was left under a threat. `status` is open,
    waiting (for the customer), closed or pending (nobody's yet)."""

    number: int
    title: str
    topic: str
    kind: str
    status: str
    channel: str
    account: str | None
    person: str | None
    opened_at: Moment


class DeskTickets(BaseModel):
    """The newest first. `next` is the cursor of the next page; null: there is none."""

    tickets: list[DeskTicketInList]
    next: str | None


class DeskMessage(TicketMessage):
    """`internal`: the desk's own; the customer never sees it."""

    internal: bool


class DeskTicket(DeskTicketInList):
    """With all that was said, the oldest first."""

    messages: list[DeskMessage]


class AnswerMade(Made):
    """`reaches` the customer in Slack (slack), on their pages (pages), when they ring and ask (phone), or not (nobody): then the ticket is open still."""

    reaches: str


def listed(asking: Asking, cursor: str | None, status: str, account: str) -> Answer:
    keys, key, of = asking.tx.keys, asking.key.id, f"desk tickets:{status}:{account}"
    before = int(cursors.read(keys, key, of, cursor)) if cursor else None
    page = desk_tickets.page(asking.tx, asking.who, before=before, many=A_PAGE, status=status, account=account)
    if not isinstance(page, TicketPage):
        raise problems.denied(page)
    following = cursors.made(keys, key, of, page.tickets[-1].number) if page.more else None
    return Answer(DeskTickets(tickets=[DeskTicketInList(**_line(one)) for one in page.tickets], next=following))


def read(asking: Asking, number: int) -> Answer:
    return Answer(_read(asking, number))


def answered(asking: Asking, number: int, words: str, files: Sequence[Sent], seen: int | None) -> Answer:
    ticket = _right(asking, number)
    read = desk_tickets.newest(asking.tx, ticket) if seen is None else seen
    phone = asking.context.reach.phone
    done = ticket_work.answer(asking.tx, ticket, words, seen=read, phone=phone, files=files)
    if isinstance(done, NotAnswered):
        raise ProblemError("conflict", "Nobody has proved that this ticket is theirs, so no answer reaches anybody.")
    if isinstance(done, AnsweredMeanwhile):
        raise ProblemError("conflict", "The desk has said something to the customer since. Read the ticket again.")
    made = AnswerMade(number=number, reaches=done.reach.way)
    return Answer(made, 201, ticket_parts.at(number), is_object=False)


def noted(asking: Asking, number: Number, new: Sending) -> Answer:
    """A note that the customer never sees."""
    if asking.key.account is not None:
        raise ProblemError("other-kind", "Notes are the desk's own.")
    ticket_work.note(asking.tx, _right(asking, number), new.words, files=new.sent())
    return Answer(Made(number=number), 201, ticket_parts.at(number), is_object=False)


def changed(asking: Asking, number: int, status: str) -> Answer:
    ticket = _right(asking, number)
    ticket_work.lock(asking.tx, ticket)
    asking.must_match(_read(asking, number))
    if ticket_work.set_status(asking.tx, ticket, status) is not ticket_work.StatusSet.CHANGED:
        raise ProblemError("conflict", "It is so already.")
    return Answer(Made(number=number), is_object=False)


def file(asking: Asking, number: int, id: int) -> Answer:
    found = desk_tickets.file(asking.tx, asking.who, number, id)
    if not isinstance(found, Content):
        raise problems.denied_or_absent(found)
    return ticket_parts.download(found)


def _read(asking: Asking, number: int) -> DeskTicket:
    found = desk_tickets.conversation(asking.tx, asking.who, number)
    if not isinstance(found, DeskConversation):
        raise problems.denied_or_absent(found)
    messages = [DeskMessage(**dict(ticket_parts.message(one)), internal=one.internal) for one in found.said]
    return DeskTicket(**_line(found.ticket), messages=messages)


def _line(one: TicketLine) -> dict[str, object]:
    return {name: getattr(one, name) for name in DeskTicketInList.model_fields}


def _right(asking: Asking, number: int) -> TicketRight:
    found = desk_tickets.right_on(asking.tx, asking.who, number)
    if not isinstance(found, TicketRight):
        raise problems.denied_or_absent(found)
    return found
