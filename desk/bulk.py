"""Many tickets at once: each under the right to it, each answer judged for its own reader; what came of each, and what can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from authz import Action
from desk import canned_answers, held_answers, ticket_work
from desk.actors import Actor, permit_staff
from desk.ticket_work import AnsweredMeanwhile, HandedOver, NotAnswered, StatusSet, Taken, TicketRight
from store import Transaction
from store.tickets import agent_tickets, answer_delivery, bulk_actions, ticket_summary, ticket_tags
from store.tickets import held_answers as held
from store.tickets.agent_tickets import Colleague
from store.tickets.queue_lists import Queued

DEEDS: Final = ("answer", "close", "take", "hand_over", "tag", "untag")
DONE: Final = "done"
# What came of one ticket. Where it is no more than DONE or HELD, it was left as it is.
HELD, SENT, UNDONE = "held", "sent", "undone"
NOT_THERE, ALREADY, COLLEAGUES = "not_there", "already", "colleagues"
NO_REQUESTER, NOBODY, MEANWHILE, GAP = "no_requester", "nobody", "meanwhile", "gap"
CAME: Final = (DONE, HELD, SENT, UNDONE, NOT_THERE, ALREADY, COLLEAGUES, NO_REQUESTER, NOBODY, MEANWHILE, GAP)
OF_TAKEN: Final = {Taken.TAKEN: DONE, Taken.ALREADY: ALREADY, Taken.ANOTHER: COLLEAGUES}
OF_HANDED_OVER: Final = {
    HandedOver.HANDED_OVER: DONE,
    HandedOver.ALREADY: ALREADY,
    HandedOver.ANOTHER: COLLEAGUES,
    HandedOver.AWAY: NOT_THERE,
}
One = Callable[[TicketRight, int], str]  # a ticket, and the last message that was seen there


@dataclass(frozen=True, slots=True)
class BulkResult:
    """`words`: an answer as it was written. `came` is what came of each ticket, a word of CAME or why a held answer was not sent. `send_at` (ms): when those still held
    go out, None where none is. `undoable`: something of it can be taken back."""

    id: int
    did: str
    about: str
    words: str
    came: Mapping[int, str]
    tickets: tuple[Queued, ...]
    send_at: int | None
    undoable: bool


def answer(
    tx: Transaction, who: Actor, ticked: Mapping[int, int], words: str, *, then: str, phone: bool, others: bool
) -> int | None:
    """The same words to each requester whom they reach, held as any answer is; with fields of canned answers filled for each.
    `ticked`: by ticket the last message that was seen; `others`: those that colleagues have as well. The id of what was done; None: they may
    not work on tickets."""
    bulk = _begin(tx, who, "answer", words=words)

    def one(ticket: TicketRight, seen: int) -> str:
        if not ticket.about.is_answerable:
            return NO_REQUESTER
        if not others and agent_tickets.taken_by_another(tx, ticket.grant, ticket.number):
            return COLLEAGUES
        if answer_delivery.now(tx, ticket.grant, ticket.number, phone=phone).way == answer_delivery.NOBODY:
            return NOBODY
        own = words
        if "{" in words:
            card = ticket_summary.card(tx, ticket.grant, ticket.number)
            own = words if card is None else canned_answers.filled(words, card)
        if canned_answers.has_gap(own):
            return GAP
        match held_answers.hold(tx, ticket, own, seen=seen, then=then, bulk=bulk):
            case None:
                return HELD
            case AnsweredMeanwhile():
                return MEANWHILE
            case NotAnswered.NO_REQUESTER:
                return NO_REQUESTER

    return _each(tx, who, bulk, ticked, one)


def close(tx: Transaction, who: Actor, ticked: Mapping[int, int]) -> int | None:
    """Without a word but that it is closed."""

    def one(ticket: TicketRight, seen: int) -> str:
        if agent_tickets.taken_by_another(tx, ticket.grant, ticket.number):
            return COLLEAGUES
        if agent_tickets.meanwhile(tx, ticket.grant, ticket.number, seen):
            return MEANWHILE
        return DONE if ticket_work.set_status(tx, ticket, "closed") is StatusSet.CHANGED else ALREADY

    return _each(tx, who, _begin(tx, who, "close"), ticked, one)


def take(tx: Transaction, who: Actor, ticked: Mapping[int, int]) -> int | None:
    """Those that nobody has."""
    bulk = _begin(tx, who, "take")
    return _each(tx, who, bulk, ticked, lambda ticket, _seen: OF_TAKEN[ticket_work.take(tx, ticket, None)])


def hand_over(tx: Transaction, who: Actor, ticked: Mapping[int, int], to: int) -> int | None:
    """Their own and those that nobody has, to a colleague (an id of the staff)."""

    def one(ticket: TicketRight, _seen: int) -> str:
        return OF_HANDED_OVER[ticket_work.hand_over(tx, ticket, to, who.staff)]

    return _each(tx, who, _begin(tx, who, "hand_over"), ticked, one)


def tag(tx: Transaction, who: Actor, ticked: Mapping[int, int], tag: str, *, off: bool) -> int | None:
    """`off`: takes it from them."""
    change = ticket_tags.remove if off else ticket_tags.add

    def one(ticket: TicketRight, _seen: int) -> str:
        return DONE if change(tx, ticket.grant, ticket.number, tag) else ALREADY

    return _each(tx, who, _begin(tx, who, "untag" if off else "tag", tag), ticked, one)


def result(tx: Transaction, who: Actor, id: int) -> BulkResult | None:
    """As it stands now. None: they did no such thing."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    found = None if grant is None else bulk_actions.one(tx, grant, id)
    if grant is None or found is None:
        return None
    came, waiting = dict(found.came), held.of_many(tx, grant, id) if found.did == "answer" else {}
    for number, word in came.items():
        if word == HELD:
            came[number] = (waiting[number][0] or HELD) if number in waiting else SENT
    send_at = max((waiting[number][1] for number, word in came.items() if word == HELD), default=None)
    undoable = send_at is not None or (found.did in ("take", "tag", "untag") and DONE in came.values())
    return BulkResult(id, found.did, found.about, found.words, came, found.tickets, send_at, undoable)


def undo(tx: Transaction, who: Actor, id: int) -> str | None:
    """Takes back what can be: answers that have not gone out, tags, tickets that were taken. The words of the answer as they were
    written, never as they were filled for one of its readers; empty of all else. None: nothing was left to take back."""
    was = result(tx, who, id)
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if was is None or grant is None or not was.undoable:
        return None
    if was.did == "answer":
        numbers = held.take_back_all(tx, grant, id)
    else:
        numbers = [number for number, word in sorted(was.came.items()) if word == DONE]
        numbers = [number for number in numbers if _undone(tx, who, was, number)]
    bulk_actions.came(tx, grant, id, {**was.came, **dict.fromkeys(numbers, UNDONE)})
    return was.words if numbers else None


def colleagues(tx: Transaction, who: Actor) -> tuple[Colleague, ...]:
    """Whom tickets can be handed over to."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return () if grant is None else tuple(agent_tickets.colleagues(tx, grant))


def _undone(tx: Transaction, who: Actor, was: BulkResult, number: int) -> bool:
    ticket = ticket_work.to_work_on_shown(tx, who, number)
    if ticket is None:
        return False
    if was.did == "take":
        return ticket_work.put_back(tx, ticket)
    change = ticket_tags.remove if was.did == "tag" else ticket_tags.add
    return change(tx, ticket.grant, number, was.about)


def _begin(tx: Transaction, who: Actor, did: str, about: str = "", words: str = "") -> int | None:
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return None if grant is None else bulk_actions.begin(tx, grant, did, about, words)


def _each(tx: Transaction, who: Actor, bulk: int | None, ticked: Mapping[int, int], one: One) -> int | None:
    """In one order, or two who do something to the same ones would wait for each other."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if bulk is None or grant is None:
        return None
    came: dict[int, str] = {}
    for number, seen in sorted(ticked.items())[: bulk_actions.MOST]:
        ticket = ticket_work.to_work_on_shown(tx, who, number)
        came[number] = NOT_THERE if ticket is None else one(ticket, seen)
    bulk_actions.came(tx, grant, bulk, came)
    return bulk
