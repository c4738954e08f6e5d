"""The desk's tickets on a page: the queue, one ticket, and what can be done with it. All under `desk.ticket.work`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Response

from authz import Action
from desk import calls, ticket_work
from desk.calls import CallBack
from desk.ticket_work import (
    Answered,
    AnsweredMeanwhile,
    Barred,
    NotAnswered,
    Released,
    StatusSet,
    Taken,
    TicketRight,
)
from portal import answers, card
from portal.asking import acting, asked, on_ticket, talking
from portal.calls import CALL_BACK, why_not
from portal.door import Door
from portal.visit import Visit
from store import Transaction
from store.staff import account_access, sent_forms
from store.staff.account_access import Reading
from store.staff.sessions import SignedIn
from store.text import numbers
from store.tickets import agent_tickets, answer_delivery, ticket_queue

LAST_PAGE: Final = 400
LONGEST: Final = 12_000  # characters somebody writes on the page
# What is said of each outcome, in words of words.toml.
TAKEN: Final = {Taken.TAKEN: "taken", Taken.ALREADY: "taken_already", Taken.ANOTHER: "taken_another"}
STATUS: Final = {
    StatusSet.CHANGED: "status",
    StatusSet.ALREADY: "status_already",
    StatusSet.NO_SUCH_STATUS: "not_yours",
}


def listed(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    grant = asked(tx, who, Action.DESK_TICKET_WORK)
    if grant is None:
        return answers.not_there(door, visit)
    status = visit.query.get("status", "open")
    status, mine = (status if status in ticket_queue.SHOWN else "open"), visit.query.get("mine") == "1"
    page = min(numbers.whole(visit.query.get("page", ""), 4) or 0, LAST_PAGE)
    found, more = ticket_queue.listed(tx, grant, status, mine=mine, page=page)
    given = {"who": who, "tickets": found, "more": more, "shown": status, "mine": mine, "number": page}
    given |= {"counts": ticket_queue.counts(tx, grant), "statuses": ticket_queue.SHOWN}
    return answers.live_page(door, visit, "tickets", given)


def show(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.number("number")
    grant = on_ticket(tx, who, number)
    if grant is None:
        return answers.not_there(door, visit)
    reading = account_access.look(tx, grant, door.accounts_an_hour)
    if reading is not Reading.OPEN:
        return answers.page(door, visit, "closed_to_you", 403, who=who, said=reading)
    found, asking = ticket_queue.ticket(tx, grant, number), talking(tx, who)
    if found is None:
        return answers.not_there(door, visit)
    settable: tuple[str, ...] = agent_tickets.DESK_STATUSES
    if found.card.requester is None:  # nobody can be written to, and only what was closed is opened again
        settable = ("open",) if found.card.status == "closed" else ("closed",)
    given = {
        "who": who,
        "found": found,
        "card": found.card,
        "rights": card.rights(found.card.requester) if found.card.requester is not None else None,
        "settable": [status for status in settable if status != found.card.status],
        "newest": agent_tickets.newest(tx, grant, number),
        "no_call_back": why_not(door, tx, asking, found.person) if asking is not None and found.person else None,
        "longest": LONGEST,
        "became": answer_delivery.of_ticket(tx, grant, number),
        "reach": answer_delivery.now(tx, grant, number, phone=door.phone),
        "unsent": sent_forms.kept(tx, who.staff),
    }
    return answers.live_page(door, visit, "ticket", given)


def _on(
    do: Callable[[Door, Transaction, TicketRight, Visit], str],
) -> Callable[[Door, Visit, Transaction, SignedIn], Response]:
    """Something is done with one ticket, as far as it may be: back to it, with a word about what came of it."""

    def handler(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        page = f"/desk/tickets/{visit.number('number')}"
        match ticket_work.to_work(tx, acting(who), visit.number("number"), accounts_an_hour=door.accounts_an_hour):
            case Barred.NOT_THERE:
                return answers.not_there(door, visit)
            case Barred.TOO_MANY_ACCOUNTS:
                return answers.to(page)
            case Barred.HELD:
                return answers.to(f"{page}?said=held")
            case ticket:
                return answers.to(f"{page}?said={do(door, tx, ticket, visit)}")

    return handler


def _take(_door: Door, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    """From whom the page says has it, and from nobody else."""
    return TAKEN[ticket_work.take(tx, ticket, numbers.whole(visit.field("had")))]


def _put_back(_door: Door, tx: Transaction, ticket: TicketRight, _visit: Visit) -> str:
    return "put_back" if ticket_work.put_back(tx, ticket) else "not_put_back"


def _answer(door: Door, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    words, seen = visit.form.get("words", "").strip(), numbers.whole(visit.field("seen")) or 0
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    match ticket_work.answer(tx, ticket, words, seen=seen, phone=door.phone):
        case Answered(reach):
            return f"answered_{reach.way}"
        case AnsweredMeanwhile():
            return "answered_meanwhile"
        case NotAnswered.NO_REQUESTER:
            return "not_yours"


def _note(_door: Door, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    words = visit.form.get("words", "").strip()
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    ticket_work.note(tx, ticket, words)
    return "noted"


def _status(_door: Door, tx: Transaction, ticket: TicketRight, visit: Visit) -> str:
    return STATUS[ticket_work.set_status(tx, ticket, visit.field("status"))]


take, put_back = _on(_take), _on(_put_back)
answer, note, set_status = _on(_answer), _on(_note), _on(_status)


def call_back(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.number("number")
    made = calls.call_back_requester(tx, acting(who), number, phone=door.phone)
    if made in (CallBack.NOT_PERMITTED, CallBack.NOBODY):
        return answers.not_there(door, visit)
    return answers.to(f"/desk/tickets/{number}?said={CALL_BACK[made]}")


def release(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.number("number")
    came = ticket_work.release(tx, acting(who), number)
    if came is Released.NOT_THERE:
        return answers.not_there(door, visit)
    return answers.to(f"/desk/tickets/{number}?said={'released' if came is Released.RELEASED else 'status_already'}")
