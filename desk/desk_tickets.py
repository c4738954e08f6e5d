"""Tickets as a system of the operator's reads them and works on them, by its key. It takes none: whoever of the staff has one keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Ask, Denied, Grant
from desk import ticket_work
from desk.actors import Actor, NotAllowed, judge
from desk.ticket_work import TicketRight
from store import Transaction
from store.messages import attachments, timeline, visible_messages
from store.messages.attachments import Content
from store.messages.timeline import Said
from store.tickets import agent_tickets, operator_tickets
from store.tickets.operator_tickets import TicketLine, TicketPage


@dataclass(frozen=True, slots=True)
class DeskConversation:
    """A ticket with all that was said, the desk's own notes as well."""

    ticket: TicketLine
    said: tuple[Said, ...]


def page(
    tx: Transaction, who: Actor, *, before: int | None, many: int, status: str = "", account: str = ""
) -> TicketPage | Denied:
    grant = _judged(tx, who, Action.DESK_TICKETS_READ)
    if isinstance(grant, Denied):
        return grant
    return operator_tickets.page(tx, grant, before=before, many=many, status=status, account=account)


def conversation(tx: Transaction, who: Actor, number: int) -> DeskConversation | Denied | None:
    """None: the desk has no such ticket; nor has a program what is quarantined."""
    grant = _reading(tx, who, number)
    if not isinstance(grant, Grant):
        return grant
    ticket = operator_tickets.one(tx, grant, number)
    if ticket is None:
        return None
    return DeskConversation(ticket, tuple(visible_messages.said(tx, grant, number)))


def file(tx: Transaction, who: Actor, number: int, id: int) -> Content | Denied | None:
    grant = _reading(tx, who, number)
    if not isinstance(grant, Grant):
        return grant
    return None if operator_tickets.one(tx, grant, number) is None else attachments.download(tx, grant, number, id)


def right_on(tx: Transaction, who: Actor, number: int) -> TicketRight | Denied | None:
    """The right to work on a ticket (ticket_work.py). None: the desk has no such ticket."""
    grant = _judged(tx, who, Action.DESK_TICKET_WORK)
    return grant if isinstance(grant, Denied) else ticket_work.to_work_on_shown(tx, who, number)


def newest(tx: Transaction, ticket: TicketRight) -> int:
    """The last that was said, for whoever does not say what they have read."""
    return agent_tickets.newest(tx, ticket.grant, ticket.number)


def _reading(tx: Transaction, who: Actor, number: int) -> Grant | Denied:
    """On the account of a ticket; whoever may read none is not told whether it is there."""
    grant = _judged(tx, who, Action.DESK_TICKETS_READ)
    if isinstance(grant, Denied):
        return grant
    about = timeline.about(tx, number)
    return _judged(tx, who, Action.DESK_TICKETS_READ, None if about is None else about.account)


def _judged(tx: Transaction, who: Actor, action: Action, account: int | None = None) -> Grant | Denied:
    found = judge(tx, Ask(who.subject, action, account, None, who.proof))
    return found.denied if isinstance(found, NotAllowed) else found
