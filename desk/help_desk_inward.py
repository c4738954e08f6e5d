"""What came of a ticket at the desk's other help desk, done here as if whoever did it there had done it here: under their own right.

Whoever works there is one of the staff here, by the same username; what anybody else writes there reaches nobody, and they are told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from authz import Proof
from desk import ticket_work
from desk.actors import Actor, permit_worker
from desk.ticket_work import Answered, Merged, TicketRight
from store import Transaction
from store.help_desks import help_desk_tickets
from store.messages import timeline
from store.messages.timeline import Sent
from store.tickets import agent_tickets, answer_delivery


class Came(Enum):
    """What came of it. The values of all but DONE are told to whoever did it."""

    DONE = "done"
    UNKNOWN = "unknown"  # nobody of the desk's staff has that username
    NO_RIGHT = "no_right"
    NO_REQUESTER = "no_requester"  # nobody has proved who they are, or nothing of the desk's reaches them
    NOBODY = "nobody"  # it stands on the ticket, but reaches nobody now
    NOT_MERGED = "not_merged"  # here each goes on by itself: one is closed, or whoever asked would not hear of it


@dataclass(frozen=True, slots=True)
class Incoming:
    """A transaction of theirs on their ticket `theirs`, which was our `number` then, by one of their users. `id` is theirs."""

    id: int
    number: int
    theirs: int
    username: str


def answered(tx: Transaction, incoming: Incoming, words: str, files: Sequence[Sent], *, phone: bool) -> Came:
    """What they wrote to the customer. `phone`: whether customers can call the desk."""
    source = help_desk_tickets.source(incoming.theirs, incoming.id)
    if timeline.of_source(tx, source) is not None:
        return Came.DONE
    ticket, came = _right(tx, incoming)
    if ticket is None:
        return came
    seen = agent_tickets.newest(tx, ticket.grant, ticket.number)
    done = ticket_work.answer(tx, ticket, words, seen=seen, phone=phone, files=files, source=source)
    if not isinstance(done, Answered):
        return Came.NO_REQUESTER
    return Came.NOBODY if done.reach.way == answer_delivery.NOBODY else Came.DONE


def noted(tx: Transaction, incoming: Incoming, words: str, files: Sequence[Sent]) -> Came:
    """What they wrote for the desk alone, which is what it stays."""
    source = help_desk_tickets.source(incoming.theirs, incoming.id)
    if timeline.of_source(tx, source) is not None:
        return Came.DONE
    ticket, came = _right(tx, incoming)
    if ticket is None:
        return came
    ticket_work.note(tx, ticket, words, source=source, files=files)
    return Came.DONE


def status_set(tx: Transaction, incoming: Incoming, status: str) -> Came:
    ticket, came = _right(tx, incoming)
    if ticket is None:
        return came
    ticket_work.set_status(tx, ticket, status)
    help_desk_tickets.owe(tx, ticket.number)  # should it be another one there by now
    return Came.DONE


def may_go_together(tx: Transaction, theirs: int, into: int) -> bool | None:
    """They put one of their tickets into another, which they cannot take back. Where whoever asked is not the same, an answer to one would reach the
    other: False, and each goes on there in a ticket of its own from this moment. None: neither is ours."""
    worker = permit_worker(tx)
    numbers = [help_desk_tickets.ticket_of(tx, worker, one) for one in (theirs, into)]
    about = [None if number is None else timeline.about(tx, number) for number in numbers]
    whose = {None if one is None else (one.account, one.opened_by, one.topic, one.customer_status) for one in about}
    if len(whose) == 1 and None not in whose and all(one is not None and one.is_answerable for one in about):
        return True
    ours = sorted(number for number in numbers if number is not None)
    for number in ours:
        help_desk_tickets.begin_anew(tx, number)
    return False if ours else None


def merged(tx: Transaction, incoming: Incoming, into: int, words: str, *, phone: bool) -> Came:
    """One of theirs went on in another of the same requester's: so does ours in ours of the number `into`, and `words` tell them."""
    ticket, came = _right(tx, incoming)
    if ticket is None:
        return came
    if help_desk_tickets.link(tx, permit_worker(tx), ticket.number).merged_into == into:
        return Came.DONE
    seen = agent_tickets.newest(tx, ticket.grant, ticket.number)
    if ticket_work.merge(tx, ticket, into, words, seen=seen, phone=phone) is not Merged.MERGED:
        return Came.NOT_MERGED
    help_desk_tickets.gave(tx, ticket.number, f"merge:{into}", "1")
    return Came.DONE


def _right(tx: Transaction, incoming: Incoming) -> tuple[TicketRight | None, Came]:
    who = help_desk_tickets.staff_of(tx, permit_worker(tx), incoming.username)
    if who is None:
        return None, Came.UNKNOWN
    ticket = ticket_work.to_work_on_shown(tx, Actor(who, Proof.NONE), incoming.number)
    if ticket is not None:
        tx.told(ticket.grant, f"help_desk.transaction:{incoming.id}")
    return ticket, Came.NO_RIGHT
