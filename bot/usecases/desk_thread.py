"""The right to work on a ticket where the desk's people are in Slack: asked for at each click, form and note."""

from __future__ import annotations

from authz import Action, Grant
from bot.platform.context import Door
from bot.platform.identity import Who
from desk import ticket_work
from desk.actors import permit
from desk.ticket_work import Barred, TicketRight
from store import Transaction
from store.calls import live_calls
from store.calls.live_calls import Case
from store.staff import account_access, email_codes
from store.staff.account_access import Reading


def working(tx: Transaction, who: Who | None, number: int) -> TicketRight | None:
    """None for whoever is not of the staff, and where there is no such ticket. The desk's channel shows each ticket to everybody there:
    working on one there is no look at an account that they have chosen."""
    if who is None:
        return None
    ticket = ticket_work.to_work(tx, who, number, accounts_an_hour=None)
    return None if isinstance(ticket, Barred) else ticket


def looked_up(tx: Transaction, grant: Grant, words: str, region: str) -> int | Reading | None:
    """The person with exactly this support ID or number; or that they have asked too often. `region`: where the desk is."""
    return email_codes.find(tx, grant, words, region)


def in_a_call(tx: Transaction, door: Door, who: Who, person: int) -> Case | Reading | None:
    """The card of whoever was looked up, where this agent has them on the phone, verified; or why it is not shown. None: they
    have not."""
    found = live_calls.of_person(tx, int(who.subject.partition(":")[2]), person)
    if found is None:
        return None
    grant = permit(tx, who.subject, Action.DESK_CARD_VIEW, found.account)
    if grant is None:
        return None
    reading = account_access.look(tx, grant, door.accounts_an_hour)
    return live_calls.case(tx, grant, found.ring, door.texting) if reading is Reading.OPEN else reading


def asking_proof(tx: Transaction, who: Who | None) -> Grant | None:
    if who is None or who.is_person:
        return None
    return permit(tx, who.subject, Action.DESK_PROOF_ASK)
