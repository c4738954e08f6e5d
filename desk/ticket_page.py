"""What an agent sees of one ticket: its page, and the forms in which it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from authz import Action
from desk import assistants, calls, disclosure, ticket_work
from desk.actors import Actor, permit_staff
from desk.calls import Callback
from desk.disclosure import Disclosure
from desk.ticket_history import TicketHistory, ticket_history
from desk.ticket_work import Barred, TicketRight
from store import Transaction
from store.assistants.assistant_sessions import Assistant
from store.assistants.suggested_answers import SuggestedAnswer
from store.calls import call_tickets
from store.calls.call_tickets import CallOnTicket
from store.contacts import contact_requests
from store.contacts.request_rows import ContactRequest
from store.messages import attachments, recordings, visible_messages
from store.messages.attachments import Content
from store.messages.recordings import Sound
from store.messages.timeline import File
from store.tickets import (
    agent_tickets,
    answer_delivery,
    canned_answers,
    held_answers,
    login_details,
    queue_lists,
    ticket_links,
    ticket_merges,
    ticket_presence,
    ticket_queue,
    ticket_tags,
)
from store.tickets.agent_tickets import Colleague
from store.tickets.answer_delivery import Delivery, Reach
from store.tickets.canned_answers import CannedAnswer
from store.tickets.held_answers import Held
from store.tickets.login_details import Standing
from store.tickets.queue_lists import Queued
from store.tickets.ticket_merges import Merge
from store.tickets.ticket_presence import Present
from store.tickets.ticket_queue import OnDesk
from store.tickets.ticket_summary import Card


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """`reach`: whom an answer would reach now. `files` are of the desk's notes, to send along. `taken_by` is the colleague who has the
    ticket, or empty. `newest` is the last message the agent has seen when the form opens."""

    reach: Reach
    files: tuple[File, ...]
    taken_by: str
    newest: int


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer as it is, to be changed by its author, and whom that would reach."""

    body: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One ticket with all that was said on it. `settable` are the statuses it may be given now; `newest` is the last that was said;
    `callback` what would come of having its requester called back, None where that is not offered; `became` what became of each
    answer, by its id; `reach` whom an answer would reach now; `login` what became of login details that were left on it; `asked` the changes
    of contacts that were asked for on it, and `can_be_asked` the words one can be written down with, none where it is no request for that;
    `colleagues` are those it can be handed over to, `calls` those in which something was done with it; `held` the answers that are about to go out,
    and the reader's own that did not;
    `present` are the colleagues who have it open, `canned` the answers that can be inserted; `before` what was before, where that was asked for; `tags` the desk's own words for it;
    `linked` those it is linked to, as the queue shows them; `merged` where it went on, and `merged_here` what went on in this one; `assistant` is the program that helps the
    reader with it, and `suggested` the answers it has drafted for them."""

    found: OnDesk
    rights: Disclosure | None
    settable: tuple[str, ...]
    newest: int
    callback: Callback | None
    became: Mapping[int, Delivery]
    reach: Reach
    login: Standing | None
    asked: tuple[ContactRequest, ...]
    can_be_asked: tuple[str, ...]
    colleagues: tuple[Colleague, ...]
    calls: tuple[CallOnTicket, ...]
    held: tuple[Held, ...]
    present: tuple[Present, ...]
    canned: tuple[CannedAnswer, ...]
    before: TicketHistory | None
    tags: tuple[str, ...]
    linked: tuple[Queued, ...]
    merged: Merge | None
    merged_here: tuple[int, ...]
    assistant: Assistant | None
    suggested: tuple[SuggestedAnswer, ...]

    @property
    def card(self) -> Card:
        return self.found.card


def ticket_page(
    tx: Transaction,
    who: Actor,
    number: int,
    *,
    phone: bool,
    may_call: Callable[[str], bool],
    accounts_an_hour: int,
    before: bool = False,
) -> TicketPage | Barred:
    ticket = ticket_work.to_see(tx, who, number, accounts_an_hour=accounts_an_hour)
    if isinstance(ticket, Barred):
        return ticket
    grant = ticket.grant
    found, asking = ticket_queue.ticket(tx, grant, number), calls.permit_calls(tx, who)
    if found is None:
        return Barred.NOT_THERE
    callback = None
    if asking is not None and found.person:
        callback = calls.would_callback(tx, asking, found.person, phone=phone, may_call=may_call)
    return TicketPage(
        found,
        disclosure.to(found.card.requester) if found.card.requester is not None else None,
        _settable(found.card),
        agent_tickets.newest(tx, grant, number),
        callback,
        answer_delivery.of_ticket(tx, grant, number),
        answer_delivery.now(tx, grant, number, phone=phone),
        login_details.of_ticket(tx, grant, number) if found.card.kind == Action.SERVICE_CREDENTIALS else None,
        tuple(contact_requests.of_ticket(tx, grant, number)) if ticket.is_about_contacts else (),
        contact_requests.can_be_asked(tx, grant, number) if ticket.is_about_contacts else (),
        tuple(agent_tickets.colleagues(tx, grant)) if not ticket.quarantined else (),
        tuple(call_tickets.of_ticket(tx, grant, number)),
        tuple(held_answers.of_ticket(tx, grant, number)),
        tuple(ticket_presence.looks(tx, grant, number)),
        canned_answers.listed(tx, grant) if found.card.requester is not None else (),
        ticket_history(tx, who, ticket, found) if before else None,
        ticket_tags.of_ticket(tx, grant, number),
        _linked(tx, who, ticket),
        ticket_merges.of_ticket(tx, grant, number) if found.card.status == "closed" else None,
        ticket_merges.into_ticket(tx, grant, number),
        assistants.on_ticket(tx, ticket) if found.mine else None,
        assistants.suggested(tx, ticket) if found.card.requester is not None else (),
    )


def file(tx: Transaction, who: Actor, number: int, id: int, *, accounts_an_hour: int) -> Content | Barred:
    """A file of a ticket, for whoever may see that."""
    ticket = ticket_work.to_see(tx, who, number, accounts_an_hour=accounts_an_hour)
    return (
        ticket if isinstance(ticket, Barred) else attachments.download(tx, ticket.grant, number, id) or Barred.NOT_THERE
    )


def sound(tx: Transaction, who: Actor, number: int, message: int, *, accounts_an_hour: int) -> Sound | Barred:
    """What was spoken as a message of a ticket, for whoever may see that."""
    ticket = ticket_work.to_see(tx, who, number, accounts_an_hour=accounts_an_hour)
    return (
        ticket if isinstance(ticket, Barred) else recordings.get(tx, ticket.grant, number, message) or Barred.NOT_THERE
    )


def _linked(tx: Transaction, who: Actor, ticket: TicketRight) -> tuple[Queued, ...]:
    others = ticket_links.of_ticket(tx, ticket.grant, ticket.number)
    queue = permit_staff(tx, who, Action.DESK_TICKET_WORK) if others else None
    return () if queue is None else queue_lists.numbered(tx, queue, others)


def _settable(card: Card) -> tuple[str, ...]:
    """A ticket without a customer to write to can only be opened again."""
    if card.requester is None:
        return ("open",) if card.status == "closed" else ("closed",)
    return tuple(status for status in agent_tickets.DESK_STATUSES if status != card.status)


def answer_form(tx: Transaction, ticket: TicketRight, *, phone: bool) -> AnswerForm:
    """`phone`: whether customers can call the desk."""
    grant, number = ticket.grant, ticket.number
    return AnswerForm(
        answer_delivery.now(tx, grant, number, phone=phone),
        tuple(visible_messages.noted_files(tx, grant, number)),
        agent_tickets.taken_by_another(tx, grant, number),
        agent_tickets.newest(tx, grant, number),
    )


def correction(tx: Transaction, ticket: TicketRight, message: int, *, phone: bool) -> Correction | None:
    """None: they have written no such answer."""
    grant, number = ticket.grant, ticket.number
    said = (
        one for one in visible_messages.said(tx, grant, number) if one.id == message and one.author == grant.subject
    )
    own = next(said, None)
    return None if own is None else Correction(own.body, answer_delivery.now(tx, grant, number, phone=phone))
