"""A member's right on one ticket, asked for at this moment: wherever a ticket is meant by its number."""

from __future__ import annotations

from authz import Action, Grant, Topic
from bot.usecases.identity import Who
from store import Transaction
from store.messages import timeline


def on_ticket(tx: Transaction, who: Who, action: Action, number: int) -> Grant | None:
    """The grant for `ticket.view` or `ticket.reply` of its account and topic. None: no, or no such ticket, which sound the
    same."""
    about = timeline.about(tx, number)
    if not who.is_person or about is None or about.account is None:
        return None
    verdict = tx.ask(who.ask(tx, action, about.account, Topic(about.topic)))
    return verdict if isinstance(verdict, Grant) else None
