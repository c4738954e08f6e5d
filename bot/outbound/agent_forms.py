"""The forms in which the desk answers a customer: as they open, and as they come back after a colleague was quicker."""

from __future__ import annotations

from collections.abc import Sequence

from bot.platform.context import SlackContext
from bot.platform.identity import Who
from bot.views import customer_messages, forms
from bot.views.blocks import Block
from desk import ticket_page, ticket_work
from desk.ticket_work import TicketRight
from store import Transaction
from store.messages.timeline import Said


def answer(
    tx: Transaction, context: SlackContext, ticket: TicketRight, *, since: Sequence[Said] = (), typed: str = ""
) -> Block:
    """Who else has the ticket stands above; and `since`, what colleagues have said on it since the form was opened, in which
    `typed` stood."""
    found = ticket_page.answer_form(tx, ticket, phone=context.phone)
    return forms.answer(
        context.phrases,
        ticket.number,
        found.reach,
        files=found.files,
        taken=found.taken_by,
        newest=found.newest,
        since=since,
        typed=typed,
    )


def correct(tx: Transaction, context: SlackContext, who: Who, number: int, message: int) -> Block:
    """What was answered, to be changed: by whoever wrote it."""
    ticket = ticket_work.to_work_on_shown(tx, who, number)
    found = ticket_page.correction(tx, ticket, message, phone=context.phone) if ticket is not None else None
    if found is None:
        return forms.refused(context.phrases, customer_messages.plain(context.phrases, "not_your_answer").blocks)
    return forms.answer(context.phrases, number, found.reach, correcting=(message, found.body))
