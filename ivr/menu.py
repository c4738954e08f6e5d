"""The menu of an account, and a ticket opened from it: topic, service, what is spoken."""

from __future__ import annotations

from dataclasses import replace

from authz import Topic
from ivr import further as f
from ivr import outcomes as o
from ivr import proofs
from ivr import shapes as s
from ivr.moves import (
    PAGE,
    Place,
    chosen,
    closed_but,
    goto,
    leave_message,
    menu,
    not_a_choice,
    noted,
    number_twice,
    refusal,
    screen,
    unexpected,
)
from ivr.person import closed, hear_holding
from ivr.shapes import Call, Effect, Event, Gather, Keys, Line, Move, line
from ivr.step_up import STEP_UP, TOPICS, hear_step_up
from ivr.tickets import ask_record, hear_tickets

LINK = "slack.link"  # no cell of the rules: one's own security, for whoever has come as far as the menu
MESSAGE = "desk.message"  # nor this: proof never gives less than who has none, and they can leave one
# digit → what it asks for; docs/phone.md, 4
MENU: dict[str, tuple[str, Effect]] = {
    "1": ("ticket.open", s.MayOpen()),
    "2": ("ticket.view", s.ListTickets()),
    "3": ("billing.view", s.TellInvoices()),
    "4": ("service.view", s.TellServices()),
    "5": ("phone.emergency", s.NameServices()),
    "6": (MESSAGE, s.MayLeaveMessage()),
    "7": (LINK, s.MakeLinkCode()),
    "8": (STEP_UP, f.FindWays()),
    "0": ("phone.support", s.RingDesk()),
}


def _ask_menu(call: Call) -> Move:
    return call, s.Offer()


def _ask_anything_else(call: Call) -> Move:
    return screen(call, Gather(1, seconds=20 if call.silences else 8), line("anything_else"))


def _hear_menu(call: Call, event: Event) -> Move:
    match event:
        case o.Offered(cells, name):
            call = replace(call, at="menu")
            said = {"1": "request" if event.requests_alone else "1", "8": "proved" if event.proved else "8"}
            offered = [line(f"menu.{said.get(digit, digit)}") for digit, (cell, _) in MENU.items() if cell in cells]
            which = [line("this_account", name=name)] if name else []
            back = [line("menu.star")] if len(call.accounts) > 1 else []
            return screen(call, Gather(1), *which, *offered, line("menu.9"), *back)
        case Keys("*") if len(call.accounts) > 1:
            return goto(replace(call, account=None, page=0), "accounts")
        case Keys("9" | "*"):
            return goto(call, "menu")
        case Keys("6"):
            return leave_message(call, "proved")
        case Keys(keyed) if keyed in MENU:
            return replace(call, about="emergency" if keyed == "5" else ""), MENU[keyed][1]
        case Keys():
            return not_a_choice(call)
        case o.Refused():
            return menu(call, *refusal(event))
        case o.TopicsAllowed((), True):
            return goto(call, "request", *closed_but(event.why))
        case o.TopicsAllowed(topics) if len(topics) == 1:
            state = [line(f"billing_alone.{event.state}")] if event.state is not None else []
            return with_topic(replace(call, lead=(*call.lead, *state)), topics[0])
        case o.TopicsAllowed(topics, requests):
            return goto(replace(call, topics=(*topics, "request") if requests else topics), "topic")
        case o.ServicesNamed(names) if len(names) > 1:
            return goto(replace(call, services=tuple(service.ref for service in names)), "service")
        case o.ServicesNamed(names):
            return replace(call, service=names[0].ref if names else None), s.RingDesk()
        case o.TicketsFound(()):
            return menu(call, line("no_tickets"))
        case o.TicketsFound():
            return hear_tickets(replace(call, at="tickets"), event)
        case o.Invoices(invoices):
            told = [line(f"invoice.{invoice.status}", invoice=invoice) for invoice in invoices[:PAGE]]
            return menu(call, *(told or [line("no_invoices")]), *_and_more(len(invoices)))
        case o.Services(services):
            told = [line("service", name=service.name, status=service.status) for service in services[:PAGE]]
            return menu(call, *(told or [line("no_services")]), *_and_more(len(services)))
        case o.LinkCode(None):  # the desk has no Slack
            return not_a_choice(call)
        case o.LinkCode():
            code = line("link_code", code=event), line("link_code_again", code=event)
            return noted(call, *code, line("link_code_use"))
        case o.Ringing(ring) if call.call_back is not None:
            return goto(replace(call, ring=ring, call_back=None), "holding", line("ringing.agent"))
        case proofs.WaysFound() | proofs.AlreadyProved() | proofs.NoNeed():
            return hear_step_up(replace(call, at="step_up"), event)
        case o.Ringing(ring):
            return goto(replace(call, ring=ring), "holding", line(f"ringing.{call.about or 'person'}"))
        case o.DeskClosed(opens):
            return closed(call, opens)
        case o.RingEnded():  # there is no phone to ring
            return hear_holding(call, event)
    return unexpected(call, event)


_SPOKEN = {"ticket": "record", "request": "speak_request"}  # what a service is named for → where it goes on


def with_topic(call: Call, topic: Topic | str) -> Move:
    about = replace(call, topic=str(topic), about="ticket")
    return (replace(about, at="service"), s.NameServices()) if topic == Topic.TECHNICAL else goto(about, "record")


def _and_more(count: int) -> list[Line]:
    """Nobody listens to a list of hundreds, and Twilio takes no document of more than 64 KB."""
    return [line("and_more", count=count - PAGE)] if count > PAGE else []


def _ask_topic(call: Call) -> Move:
    return screen(call, Gather(1), *(line(f"topic.{topic}") for topic in call.topics))


def _hear_topic(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return menu(call)
        case Keys("3") if "request" in call.topics:
            return goto(call, "request")
        case Keys(keyed) if TOPICS.get(keyed) in call.topics:
            return with_topic(call, TOPICS[keyed])
        case Keys():
            return not_a_choice(call)
    return unexpected(call, event)


def _ask_service(call: Call) -> Move:
    return call, s.NameServices()


def _hear_service(call: Call, event: Event) -> Move:
    match event:
        case o.ServicesNamed(names) if len(names) < 2 and call.about in _SPOKEN:
            return goto(replace(call, service=names[0].ref if names else None), _SPOKEN[call.about])
        case o.ServicesNamed(names):
            page = names[call.page * PAGE :][:PAGE]
            choices = [line("choose.service", digit=n, name=service.name) for n, service in enumerate(page, 1)]
            more = [line("choose.more")] if len(names) > PAGE else []
            none = [line("choose.none")] if call.about in _SPOKEN else []
            known = replace(call, services=tuple(service.ref for service in names))
            return screen(known, Gather(1), line("which_service"), *choices, *more, *none)
        case Keys("*") if call.about == "request":
            return goto(replace(call, services=(), page=0, about="", then=""), "request")
        case Keys("*") if call.topics:
            return goto(replace(call, services=(), page=0), "topic")
        case Keys("*"):
            return menu(call)
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.services)
            return goto(replace(call, page=call.page + 1 if further else 0), "service")
        case Keys("0") if call.about in _SPOKEN:
            return goto(replace(call, service=None), _SPOKEN[call.about])
        case Keys(keyed):
            service = chosen(keyed, call.page, call.services)
            if service is None:
                return not_a_choice(call)
            about = replace(call, service=service)
            return goto(about, _SPOKEN[call.about]) if call.about in _SPOKEN else (about, s.RingDesk())
        case o.Ringing(ring):
            return goto(replace(call, ring=ring), "holding", line("ringing.emergency"))
        case o.RingEnded():
            return hear_holding(call, event)
        case o.Refused():
            return menu(call, *refusal(event))
    return unexpected(call, event)


def _hear_record(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.SaveTicket(recorded)
        case o.TicketSaved(number):
            return noted(call, line("ticket_opened"), *number_twice(number))
        case o.TicketKept():
            return menu(call, line("ticket_kept"))
    return menu(call)  # a key instead of a word: back


PLACES = {
    "menu": Place(_ask_menu, _hear_menu),
    "anything_else": Place(_ask_anything_else, _hear_menu),
    "topic": Place(_ask_topic, _hear_topic),
    "service": Place(_ask_service, _hear_service),
    "record": Place(ask_record, _hear_record),
}
