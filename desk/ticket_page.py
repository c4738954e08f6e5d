"""What is shown of one ticket to whoever works on it: its page, and the forms in which it is answered."""

from __future__ import annotations

from dataclasses import dataclass

from desk.ticket_work import TicketRight
from store import Transaction
from store.messages import shown
from store.messages.timeline import File
from store.tickets import agent_tickets, answer_delivery
from store.tickets.answer_delivery import Reach


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """`reach`: whom an answer would reach now. `files` are of the desk's notes, to send along. `taken_by` is the colleague who has the
    ticket, or empty. `newest` is the last that whoever opens the form has seen."""

    reach: Reach
    files: tuple[File, ...]
    taken_by: str
    newest: int


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer as it is, to be changed by its author, and whom that would reach."""

    body: str
    reach: Reach


def answer_form(tx: Transaction, ticket: TicketRight, *, phone: bool) -> AnswerForm:
    """`phone`: whether customers can ring the desk."""
    grant, number = ticket.grant, ticket.number
    return AnswerForm(
        answer_delivery.now(tx, grant, number, phone=phone),
        tuple(shown.noted_files(tx, grant, number)),
        agent_tickets.taken_by_another(tx, grant, number),
        agent_tickets.newest(tx, grant, number),
    )


def correction(tx: Transaction, ticket: TicketRight, message: int, *, phone: bool) -> Correction | None:
    """None: no such answer of theirs."""
    grant, number = ticket.grant, ticket.number
    said = (one for one in shown.said(tx, grant, number) if one.id == message and one.author == grant.subject)
    own = next(said, None)
    return None if own is None else Correction(own.body, answer_delivery.now(tx, grant, number, phone=phone))
