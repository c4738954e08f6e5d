"""An answer that is held for ten seconds before it goes out: taken back by its author, or sent under the right they have by then."""

from __future__ import annotations

from authz import Proof
from desk import ticket_work
from desk.actors import Actor, permit_worker
from desk.ticket_work import Answered, AnsweredMeanwhile, NotAnswered, TicketRight
from store import Transaction
from store.tickets import agent_tickets, held_answers
from store.tickets.held_answers import MEANWHILE, NO_RIGHT


def hold(
    tx: Transaction, ticket: TicketRight, words: str, *, seen: int, then: str, bulk: int | None = None
) -> AnsweredMeanwhile | NotAnswered | None:
    """As `ticket_work.answer`, and nobody's ticket is theirs at once. None: it is held."""
    if not ticket.about.is_answerable:
        return NotAnswered.NO_REQUESTER
    since = agent_tickets.meanwhile(tx, ticket.grant, ticket.number, seen)
    if since:
        return AnsweredMeanwhile(tuple(since))
    agent_tickets.take(tx, ticket.grant, ticket.number, None)
    held_answers.hold(tx, ticket.grant, ticket.number, words, status=then, seen=seen, bulk=bulk)
    return None


def take_back(tx: Transaction, ticket: TicketRight, id: int) -> str | None:
    """Its words. None: it has gone out, or is none of theirs."""
    return held_answers.take_back(tx, ticket.grant, ticket.number, id)


def send(tx: Transaction, id: int, *, phone: bool) -> None:
    """For the worker. It is not sent where a colleague was quicker or its author may not answer any more. `phone`: whether customers can
    call the desk."""
    worker = permit_worker(tx)
    held = held_answers.due(tx, worker, id)
    if held is None:
        return
    ticket = ticket_work.to_work_on_shown(tx, Actor(held.author, Proof.NONE), held.ticket)
    came = None
    if ticket is not None:
        came = ticket_work.answer(tx, ticket, held.words, seen=held.seen, phone=phone, then=held.status)
    if isinstance(came, Answered):
        held_answers.sent(tx, worker, id)
    else:
        why = MEANWHILE if isinstance(came, AnsweredMeanwhile) else NO_RIGHT
        held_answers.not_sent(tx, worker, id, why, held)
