"""What the desk's people do with a ticket: take, answer, note, status, and asking for a proof, each under their own grant."""

from __future__ import annotations

from collections.abc import Sequence

from authz import Action, Grant
from bot.platform.context import Door
from bot.platform.identity import Who
from desk.actors import permit
from store import Transaction
from store.calls import live_calls
from store.calls.live_calls import Case
from store.messages import timeline
from store.messages.timeline import Sent
from store.staff import account_access, email_codes
from store.staff.account_access import Reading
from store.tickets import agent_tickets


def working(tx: Transaction, who: Who | None, number: int) -> Grant | None:
    """The grant to work on a ticket, for the staff alone. None for everybody else, and where there is no such ticket."""
    about = timeline.about(tx, number)
    if who is None or who.is_person or about is None or about.status in timeline.NOT_THE_DESKS:
        return None
    return permit(tx, who.subject, Action.DESK_TICKET_WORK, about.account)


def noted(tx: Transaction, who: Who, number: int, words: str, source: str | None, files: Sequence[Sent] = ()) -> bool:
    grant = working(tx, who, number)
    if grant is None:
        return False
    agent_tickets.note(tx, grant, number, words, source=source, files=files)
    return True


def answered(
    tx: Transaction, who: Who | None, number: int, words: str, along: Sequence[int] = (), *, phone: bool
) -> bool:
    grant = working(tx, who, number)
    if grant is None:
        return False
    agent_tickets.answer(tx, grant, number, words, along=along, phone=phone)
    return True


def corrected(tx: Transaction, who: Who | None, number: int, message: int, words: str, *, phone: bool) -> bool:
    grant = working(tx, who, number)
    return grant is not None and agent_tickets.correct(tx, grant, number, message, words, phone=phone)


def changed(tx: Transaction, who: Who, account: int | None, source: str, words: str, edited: str) -> bool:
    """Their own note, edited in Slack. False: not theirs to change."""
    grant = permit(tx, who.subject, Action.DESK_TICKET_WORK, account)
    return grant is not None and agent_tickets.edited(tx, grant, source, words, edited)


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
