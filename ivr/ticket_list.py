"""My tickets, read out one by one, a message added to one, and a draft handed in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from desk.outcomes import HandIn
from ivr import desk_port as port
from ivr import types as t
from ivr.desk_port import Desk
from ivr.mail_list import after_tickets
from ivr.transitions import RESUMED, State, goto, menu, not_a_choice, not_told, prove_or_not_told, screen, unexpected
from ivr.types import Call, Event, Gather, Keys, Record, Said, say
from store.tickets.customer_tickets import Ticket


def ask_record(call: Call, _desk: Desk) -> Said:
    return screen(call, Record(), say("recorded_notice"), say("speak"))


def _ask_tickets(call: Call, desk: Desk) -> Said:
    found = desk.tickets(call)
    return prove_or_not_told(call, desk, found) if isinstance(found, port.NotTold) else read_out(call, desk, found)


def read_out(call: Call, desk: Desk, tickets: tuple[Ticket, ...]) -> Said:
    if call.ticket >= len(tickets):
        return after_tickets(call, desk, say("no_more_tickets"))
    told = tickets[call.ticket]
    what = say("ticket", number=told.number, title=told.title)
    status = say(f"ticket_status.{told.status}")
    answer = say("ticket_answer", answer=told.answer) if told.answer else say("ticket_unanswered")
    further = [say("next_ticket")] if call.ticket + 1 < len(tickets) else []
    heard = replace(call, told=told.number, about=told.status)
    if told.status == "draft":
        return screen(heard, Gather(1), what, status, say("hand_in"), *further, say("star_back"))
    return screen(heard, Gather(1), what, status, answer, say("add_to_ticket"), *further, say("star_back"))


def _hear_tickets(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("1"):
            why = desk.may_reply(call)
            return goto(call, desk, "reply") if why is None else prove_or_not_told(call, desk, why)
        case Keys("2"):
            return goto(replace(call, ticket=call.ticket + 1), desk, "tickets")
        case Keys("3"):
            return hand_in(replace(call, then=f"{HAND_IN}{call.told}"), desk)
        case Keys("*"):
            return menu(call, desk)
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


_NO_DRAFT: Final = ("open", "waiting", "closed", "withdrawn")  # how the ticket stands that was read out last
HAND_IN: Final = "hand_in:"  # `then`, with the number of the draft


def drafted(call: Call) -> int | None:
    """The draft that is to be handed in, once a second proof is given."""
    return int(call.then.removeprefix(HAND_IN)) if call.then.startswith(HAND_IN) else None


def hand_in(call: Call, desk: Desk) -> Said:
    wants = replace(call, at="tickets")
    done = desk.hand_in(wants)
    if isinstance(done, port.NotTold):
        return prove_or_not_told(wants, desk, done)
    if done in (HandIn.DONE, HandIn.ALREADY):
        told = say("handed_in" if done is HandIn.DONE else "handed_in_already", number=drafted(call))
        return menu(wants, desk, told)
    if call.about in _NO_DRAFT:  # nobody spoke of handing anything in
        return not_a_choice(replace(wants, then=""), desk)
    return menu(wants, desk, say("no_draft"))


def _hear_reply(call: Call, desk: Desk, event: Event) -> Said:
    if not isinstance(event, t.Spoken):
        return menu(call, desk)
    added = desk.reply(call, event.recorded)
    if isinstance(added, port.BeingUpdated):
        return not_told(call, desk, added)
    return menu(call, desk, say("added_to_ticket", number=call.told) if added else say("ticket_kept"))


STATES = {
    "tickets": State(_ask_tickets, _hear_tickets, known=True),
    "reply": State(ask_record, _hear_reply),
}
RESUMED["hand_in"] = hand_in
