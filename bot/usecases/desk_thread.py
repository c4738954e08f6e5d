"""The right to work on a ticket where the desk's people are in Slack: asked for at each click, form and note."""

from __future__ import annotations

from bot.platform.identity import Who
from desk import ticket_work
from desk.ticket_work import Barred, TicketRight
from store import Transaction


def working(tx: Transaction, who: Who | None, number: int) -> TicketRight | None:
    """None for whoever is not of the staff, and where there is no such ticket. The desk's channel shows each ticket to everybody there:
    working on one there is no look at an account that they have chosen."""
    if who is None:
        return None
    ticket = ticket_work.to_work(tx, who, number, accounts_an_hour=None)
    return None if isinstance(ticket, Barred) else ticket
