"""What a ticket says in each of its threads: at its head, and for each thing that was said. Read anew, under the rights of whom it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from authz import Subject
from bot.platform.context import SlackContext
from bot.platform.identity import SlackUser, Who, acting_for
from bot.views import agent_cards, customer_messages, verification_messages
from bot.views import blocks as b
from bot.views.blocks import Message
from desk import ticket_lists, verification
from desk.actors import permit_worker
from store import Transaction
from store.messages import timeline, visible_messages
from store.messages.timeline import Said
from store.slack import ticket_threads
from store.slack.ticket_threads import TicketThread
from store.tickets import answer_delivery
from store.tickets import ticket_summary as facts


def came_from(thread: TicketThread, said: Said) -> bool:
    """Whether this very thread is where it was said."""
    return said.source is not None and thread.channel is not None and said.source.startswith(f"{thread.channel}:")


def _desk_head(context: SlackContext, tx: Transaction, thread: TicketThread) -> Message | None:
    found = facts.card(tx, permit_worker(tx), thread.ticket)
    return None if found is None else agent_cards.card(context.phrases, found, phone=context.phone)


def _who(thread: TicketThread) -> Who:
    """The customer of a thread: what goes there is asked for as them, at this moment."""
    return acting_for(Subject.of_person(thread.person or 0), SlackUser("", "", thread.team))


def _customer_head(context: SlackContext, tx: Transaction, thread: TicketThread) -> Message | None:
    about = timeline.about(tx, thread.ticket)
    if about is not None and about.seen_as == "withdrawn":
        return customer_messages.plain(context.phrases, "draft_gone")
    p, found = context.phrases, ticket_lists.conversation(tx, _who(thread), thread.ticket)
    if found is None:
        return customer_messages.plain(p, "may_not_follow", number=thread.ticket)
    words = [] if thread.ts and came_from(thread, found.said[0]) else customer_messages.words_of(p, found.said[0])
    waits = found.ticket.status == "draft"
    needs = (
        verification_messages.needed(
            p, verification.ways(tx, _who(thread), texting=context.texting, phone=context.phone)
        )
        if waits
        else ()
    )
    head = customer_messages.ticket_head(p, found.ticket, found.kind, found.service)
    why = customer_messages.billing_alone(p, ticket_lists.went_to_billing(tx, _who(thread), found))
    return b.message(head, why, words, needs, customer_messages.ticket_buttons(p, found.ticket, found.kind))


def _origin_head(context: SlackContext, tx: Transaction, thread: TicketThread) -> Message | None:
    about = timeline.about(tx, thread.ticket)
    return (
        None
        if about is None
        else customer_messages.plain(context.phrases, f"origin.{about.seen_as}", number=thread.ticket)
    )


def _desk_say(context: SlackContext, tx: Transaction, thread: TicketThread, id: int) -> Message | None:
    grant = permit_worker(tx)
    said = next((one for one in visible_messages.said(tx, grant, thread.ticket) if one.id == id), None)
    if said is None:
        return None
    became = answer_delivery.of_ticket(tx, grant, thread.ticket).get(id)
    return agent_cards.said(
        context.phrases, thread.ticket, said, became, facts.name_of_requester(tx, grant, thread.ticket)
    )


def as_customer(tx: Transaction, thread: TicketThread, id: int) -> Said | None:
    """What was said, if the customer may see it: read under their own right, so a note is not even looked at."""
    found = ticket_lists.conversation(tx, _who(thread), thread.ticket)
    return None if found is None else next((one for one in found.said if one.id == id), None)


def _customer_say(context: SlackContext, tx: Transaction, thread: TicketThread, id: int) -> Message | None:
    said = as_customer(tx, thread, id)
    return None if said is None else b.message(customer_messages.said_in(context.phrases, said))


def _origin_say(context: SlackContext, tx: Transaction, thread: TicketThread, id: int) -> Message | None:
    return customer_messages.plain(context.phrases, "origin.answered", number=thread.ticket)


HEADS: Final[Mapping[str, Callable[[SlackContext, Transaction, TicketThread], Message | None]]] = {
    ticket_threads.DESK: _desk_head,
    ticket_threads.CUSTOMER: _customer_head,
    ticket_threads.ORIGIN: _origin_head,
}
SAYS: Final[Mapping[str, Callable[[SlackContext, Transaction, TicketThread, int], Message | None]]] = {
    ticket_threads.DESK: _desk_say,
    ticket_threads.CUSTOMER: _customer_say,
    ticket_threads.ORIGIN: _origin_say,
}
