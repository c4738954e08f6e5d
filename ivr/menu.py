"""The menu of an account, and a ticket opened from it: topic, service, what is spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from authz import Topic
from ivr import desk_port as port
from ivr import types as t
from ivr.desk_port import Desk
from ivr.mail_list import after_tickets
from ivr.message import leave_message
from ivr.on_hold import ring
from ivr.step_up import STEP_UP
from ivr.ticket_list import ask_record, read_out
from ivr.transitions import (
    PAGE,
    TOPICS,
    State,
    chosen,
    goto,
    menu,
    not_a_choice,
    not_told,
    noted,
    number_twice,
    refusal,
    screen,
    unexpected,
)
from ivr.types import Call, Event, Gather, Keys, Said, Utterance, say
from store.accounts.account_details import Refused, ServiceName

LINK = "slack.link"  # no cell of the rules: one's own security, for whoever has come as far as the menu
MESSAGE = "desk.message"  # nor this: proof never gives less than who has none, and they can leave one


def _ask_menu(call: Call, desk: Desk) -> Said:
    offer = desk.offer(call)
    said = {"1": "request" if offer.requests_alone else "1", "8": "proved" if offer.proved else "8"}
    offered = [say(f"menu.{said.get(digit, digit)}") for digit, (cell, _) in MENU.items() if cell in offer.cells]
    which = [say("this_account", name=offer.name)] if offer.name else []
    why = refusal(offer.why) if offer.why is not None else []
    back = [say("menu.star")] if len(call.accounts) > 1 else []
    return screen(call, Gather(1), *which, *why, *offered, say("menu.9"), *back)


def _ask_anything_else(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1, seconds=20 if call.silences else 8), say("anything_else"))


def _hear_menu(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*") if len(call.accounts) > 1:
            return goto(replace(call, account=None, page=0), desk, "accounts")
        case Keys("9" | "*"):
            return goto(call, desk, "menu")
        case Keys(keyed) if keyed in MENU:
            return MENU[keyed][1](replace(call, about="emergency" if keyed == "5" else ""), desk)
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _open_ticket(call: Call, desk: Desk) -> Said:
    allowed = desk.topics(call)
    match allowed:
        case Refused():
            return not_told(call, desk, allowed)
        case port.Topics((), True):
            return goto(call, desk, "request")
        case port.Topics(topics, requests, status):
            alone = [say(f"billing_alone.{status}")] if status is not None else []
            known = replace(call, lead=(*call.lead, *alone))
            if len(topics) == 1 and not (requests and alone):
                return with_topic(known, desk, topics[0])
            return goto(replace(known, topics=(*topics, "request") if requests else topics), desk, "topic")


def _tell_tickets(call: Call, desk: Desk) -> Said:
    found = desk.tickets(call)
    if isinstance(found, port.NotTold):
        return not_told(call, desk, found)
    return read_out(replace(call, at="tickets"), desk, found) if found else after_tickets(call, desk, say("no_tickets"))


def _tell_invoices(call: Call, desk: Desk) -> Said:
    invoices = desk.invoices(call)
    if isinstance(invoices, port.NotTold):
        return not_told(call, desk, invoices)
    told = [say(f"invoice.{invoice.status}", invoice=invoice) for invoice in invoices[:PAGE]]
    return menu(call, desk, *(told or [say("no_invoices")]), *_and_more(len(invoices)))


def _tell_services(call: Call, desk: Desk) -> Said:
    services = desk.services(call)
    if isinstance(services, port.NotTold):
        return not_told(call, desk, services)
    told = [say("service", name=service.name, status=service.status) for service in services[:PAGE]]
    return menu(call, desk, *(told or [say("no_services")]), *_and_more(len(services)))


def _and_more(count: int) -> list[Utterance]:
    """Nobody listens to a list of hundreds, and Twilio takes no document of more than 64 KB."""
    return [say("and_more", count=count - PAGE)] if count > PAGE else []


def _emergency(call: Call, desk: Desk) -> Said:
    names = desk.service_names(call)
    if isinstance(names, Refused):
        return not_told(call, desk, names)
    if len(names) > 1:
        return _choose_service(replace(call, at="service"), names)
    return ring(replace(call, service=_only(names)), desk)


def _only(names: tuple[ServiceName, ...]) -> str | None:
    return names[0].ref if names else None


def _link(call: Call, desk: Desk) -> Said:
    code = desk.link_code(call)
    if code is None:  # the desk has no Slack
        return not_a_choice(call, desk)
    if isinstance(code, port.NotTold):
        return not_told(call, desk, code)
    said = say("link_code", code=code), say("link_code_again", code=code), say("link_code_use")
    return noted(call, desk, *said)


# digit → the cell it needs, and what it does; docs/phone.md, 4
MENU: dict[str, tuple[str, Callable[[Call, Desk], Said]]] = {
    "1": ("ticket.open", _open_ticket),
    "2": ("ticket.view", _tell_tickets),
    "3": ("billing.view", _tell_invoices),
    "4": ("service.view", _tell_services),
    "5": ("phone.emergency", _emergency),
    "6": (MESSAGE, lambda call, desk: leave_message(call, desk, "proved")),
    "7": (LINK, _link),
    "8": (STEP_UP, lambda call, desk: goto(call, desk, "step_up")),
    "0": ("phone.support", ring),
}
_SPOKEN = {"ticket": "record", "request": "speak_request"}  # what a service is named for → where it goes on


def with_topic(call: Call, desk: Desk, topic: Topic | str) -> Said:
    about = replace(call, topic=str(topic), about="ticket")
    return goto(about, desk, "service" if topic == Topic.TECHNICAL else "record")


def _ask_topic(call: Call, _desk: Desk) -> Said:
    return screen(call, Gather(1), *(say(f"topic.{topic}") for topic in call.topics))


def _hear_topic(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return menu(call, desk)
        case Keys("3") if "request" in call.topics:
            return goto(call, desk, "request")
        case Keys(keyed) if TOPICS.get(keyed) in call.topics:
            return with_topic(call, desk, TOPICS[keyed])
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _ask_service(call: Call, desk: Desk) -> Said:
    names = desk.service_names(call)
    if isinstance(names, Refused):
        return not_told(call, desk, names)
    if len(names) < 2 and call.about in _SPOKEN:
        return goto(replace(call, service=_only(names)), desk, _SPOKEN[call.about])
    return _choose_service(call, names)


def _choose_service(call: Call, names: tuple[ServiceName, ...]) -> Said:
    page = names[call.page * PAGE :][:PAGE]
    choices = [say("choose.service", digit=n, name=service.name) for n, service in enumerate(page, 1)]
    more = [say("choose.more")] if len(names) > PAGE else []
    none = [say("choose.none")] if call.about in _SPOKEN else []
    known = replace(call, services=tuple(service.ref for service in names))
    return screen(known, Gather(1), say("which_service"), *choices, *more, *none)


def _hear_service(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*") if call.about == "request":
            return goto(replace(call, services=(), page=0, about="", then=""), desk, "request")
        case Keys("*") if call.topics:
            return goto(replace(call, services=(), page=0), desk, "topic")
        case Keys("*"):
            return menu(call, desk)
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.services)
            return goto(replace(call, page=call.page + 1 if further else 0), desk, "service")
        case Keys("0") if call.about in _SPOKEN:
            return goto(replace(call, service=None), desk, _SPOKEN[call.about])
        case Keys(keyed):
            service = chosen(keyed, call.page, call.services)
            if service is None:
                return not_a_choice(call, desk)
            about = replace(call, service=service)
            return goto(about, desk, _SPOKEN[call.about]) if call.about in _SPOKEN else ring(about, desk)
    raise unexpected(call, event)


def _hear_record(call: Call, desk: Desk, event: Event) -> Said:
    if not isinstance(event, t.Spoken):
        return menu(call, desk)  # a key instead of a word: back
    opened = desk.open_ticket(call, event.recorded)
    if opened is None:
        return menu(call, desk, say("ticket_kept"))
    return noted(call, desk, say("ticket_opened"), *number_twice(opened.number))


STATES = {
    "menu": State(_ask_menu, _hear_menu, known=True),
    "anything_else": State(_ask_anything_else, _hear_menu, known=True),
    "topic": State(_ask_topic, _hear_topic, known=True),
    "service": State(_ask_service, _hear_service, known=True),
    "record": State(ask_record, _hear_record),
}
