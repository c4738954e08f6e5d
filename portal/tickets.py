"""The desk's tickets on a page: the queue, one ticket, and what can be done with it. All under `desk.ticket.work`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Response

from authz import Action, Grant
from desk import calls
from desk.calls import CallBack
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
    do: Callable[[Door, Transaction, Grant, int, Visit], str],
) -> Callable[[Door, Visit, Transaction, SignedIn], Response]:
    """Something is done with one ticket, as far as it may be: back to it, with a word about what came of it."""

    def handler(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        number = visit.number("number")
        grant = on_ticket(tx, who, number)
        if grant is None:
            return answers.not_there(door, visit)
        if account_access.look(tx, grant, door.accounts_an_hour) is not Reading.OPEN:
            return answers.to(f"/desk/tickets/{number}")
        if not agent_tickets.may_work(tx, grant, number):
            return answers.to(f"/desk/tickets/{number}?said=held")
        return answers.to(f"/desk/tickets/{number}?said={do(door, tx, grant, number, visit)}")

    return handler


def _take(_door: Door, tx: Transaction, grant: Grant, number: int, visit: Visit) -> str:
    """From whom the page says has it, and from nobody else."""
    return agent_tickets.take(tx, grant, number, numbers.whole(visit.field("had")))


def _put_back(_door: Door, tx: Transaction, grant: Grant, number: int, _visit: Visit) -> str:
    return "put_back" if agent_tickets.put_back(tx, grant, number) else "not_put_back"


def _answer(door: Door, tx: Transaction, grant: Grant, number: int, visit: Visit) -> str:
    """Only to somebody who is known: to nobody else can it be sent."""
    found, words = ticket_queue.ticket(tx, grant, number), visit.form.get("words", "").strip()
    if found is None or found.card.requester is None:
        return "not_yours"
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    if agent_tickets.meanwhile(tx, grant, number, numbers.whole(visit.field("seen")) or 0):
        return "answered_meanwhile"
    return f"answered_{agent_tickets.answer(tx, grant, number, words, phone=door.phone).way}"


def _note(_door: Door, tx: Transaction, grant: Grant, number: int, visit: Visit) -> str:
    words = visit.form.get("words", "").strip()
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    agent_tickets.note(tx, grant, number, words)
    return "noted"


def _status(_door: Door, tx: Transaction, grant: Grant, number: int, visit: Visit) -> str:
    status = visit.field("status")
    if status not in agent_tickets.DESK_STATUSES:
        return "not_yours"
    return "status" if agent_tickets.set_status(tx, grant, number, status) else "status_already"


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
    grant = on_ticket(tx, who, number)
    if grant is None or grant.when:
        return answers.not_there(door, visit)
    return answers.to(
        f"/desk/tickets/{number}?said={'released' if ticket_queue.release(tx, grant, number) else 'status_already'}"
    )
