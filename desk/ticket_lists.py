"""Tickets as customers read them: those they may see, one with what was said, what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import Action, Grant, Proof, Status, Topic
from desk.accounts import billing_alone
from desk.actors import Actor
from desk.choices import OPEN, Possible
from desk.tickets import permit
from store import Transaction
from store.accounts.account_details import AccountName
from store.messages import timeline
from store.tickets import customer_lists
from store.tickets.customer_tickets import Conversation, Ticket

VIEW: Final = tuple((Action.TICKET_VIEW, topic) for topic in Topic)


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets, one's own first, and whether there are more."""

    tickets: tuple[Ticket, ...]
    more: bool


def page(tx: Transaction, who: Actor, *, first: int, many: int) -> Page | None:
    """None: they may see tickets nowhere."""
    may = _viewing(tx, who)
    if not may:
        return None
    found, more = customer_lists.page(tx, may, first=first, many=many)
    return Page(tuple(found), more)


def waiting(tx: Transaction, who: Actor) -> list[Ticket]:
    """Their own tickets on which the desk waits for them."""
    may = _viewing(tx, who)
    return customer_lists.waiting(tx, may) if may else []


def to_open(tx: Transaction, who: Actor) -> tuple[list[Possible], bool]:
    """The plain tickets they may open; and, where there is one alone, whether a ticket of theirs waits for an answer, which their words may
    be as well. Asked with every message, so their standings are read once for both."""
    everywhere = tx.offer_everywhere(who.subject, Proof.VERIFIED, (*OPEN, *VIEW), who.at)
    may = [grant for grants in everywhere.values() for grant in grants.values()]
    found = [
        Possible(grant.account or 0, grant.topic, grant)
        for grant in may
        if grant.action is Action.TICKET_OPEN and grant.topic
    ]
    viewing = [grant for grant in may if grant.action is Action.TICKET_VIEW]
    return found, bool(len(found) == 1 and viewing and customer_lists.waits(tx, viewing))


def drafts(tx: Transaction, who: Actor) -> list[Ticket]:
    """Their own requests that wait for a second proof."""
    may = _viewing(tx, who)
    return customer_lists.drafts(tx, may) if may else []


def conversation(tx: Transaction, who: Actor, number: int) -> Conversation | None:
    """A ticket with what was said. None: there is none for them, whatever the reason."""
    grant = permit(tx, who, Action.TICKET_VIEW, number)
    return None if grant is None else customer_lists.conversation(tx, [grant], number)


def went_to_billing(tx: Transaction, who: Actor, found: Conversation) -> tuple[AccountName, Status] | None:
    """The account of a billing ticket that the desk has not answered yet and that asks for no change, and the status it has, where
    that is why it could be no other."""
    ticket = found.ticket
    about = timeline.about(tx, ticket.number) if ticket.topic == Topic.BILLING and ticket.status == "open" else None
    if about is None or about.account is None or found.kind not in ("problem", "question"):
        return None
    return billing_alone(tx, who, about.account)


def _viewing(tx: Transaction, who: Actor) -> list[Grant]:
    """Under which they may see tickets, wherever they may."""
    everywhere = tx.offer_everywhere(who.subject, Proof.VERIFIED, VIEW, who.at)
    return [grant for grants in everywhere.values() for grant in grants.values()]
