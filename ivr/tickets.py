"""My tickets, read out one by one, and a message added to one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr import further as f
from ivr import outcomes as o
from ivr import shapes as s
from ivr.moves import RESUMED, Place, goto, menu, not_a_choice, refused, screen, unexpected
from ivr.shapes import Call, Event, Gather, Keys, Move, Record, line


def ask_record(call: Call) -> Move:
    return screen(call, Record(), line("recorded_notice"), line("speak"))


def _ask_tickets(call: Call) -> Move:
    return call, s.ListTickets()


def hear_tickets(call: Call, event: Event) -> Move:
    match event:
        case o.TicketsFound(tickets) if call.ticket < len(tickets):
            told = tickets[call.ticket]
            what = line("ticket", number=told.number, subject=told.subject)
            status = line(f"ticket_status.{told.status}")
            answer = line("ticket_answer", answer=told.answer) if told.answer else line("ticket_unanswered")
            further = [line("next_ticket")] if call.ticket + 1 < len(tickets) else []
            heard = replace(call, told=told.number, about=told.status)
            if told.status == "draft":
                return screen(heard, Gather(1), what, status, line("hand_in"), *further, line("star_back"))
            return screen(heard, Gather(1), what, status, answer, line("add_to_ticket"), *further, line("star_back"))
        case o.TicketsFound():
            return menu(call, line("no_more_tickets"))
        case Keys("1"):
            return call, s.MayReply()
        case Keys("2"):
            return goto(replace(call, ticket=call.ticket + 1), "tickets")
        case Keys("3"):
            return hand_in(replace(call, then=f"{HAND_IN}{call.told}"))
        case Keys("*"):
            return menu(call)
        case Keys():
            return not_a_choice(call)
        case o.ReplyAllowed():
            return goto(call, "reply")
        case o.HandedIn(None) if call.about in _NO_DRAFT:  # nobody spoke of handing anything in
            return not_a_choice(replace(call, then=""))
        case o.HandedIn(None):
            return menu(call, line("no_draft"))
        case o.HandedIn(number, already):
            return menu(call, line("handed_in_already" if already else "handed_in", number=number))
        case o.Refused():
            return refused(call, event)
    return unexpected(call, event)


_NO_DRAFT: Final = ("open", "waiting", "closed", "withdrawn")  # how the ticket stands that was read out last
HAND_IN: Final = "hand_in:"  # `then`, with the number of the draft


def drafted(call: Call) -> int | None:
    """The draft that is to be handed in, once a second proof is given."""
    return int(call.then.removeprefix(HAND_IN)) if call.then.startswith(HAND_IN) else None


def hand_in(call: Call) -> Move:
    return replace(call, at="tickets"), f.HandIn()


def _hear_reply(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.SaveReply(recorded)
        case o.TicketSaved(number):
            return menu(call, line("added_to_ticket", number=number))
        case o.TicketKept():
            return menu(call, line("ticket_kept"))
    return menu(call)


PLACES = {
    "tickets": Place(_ask_tickets, hear_tickets),
    "reply": Place(ask_record, _hear_reply),
}
RESUMED["hand_in"] = hand_in
