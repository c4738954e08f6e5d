"""The call as a table: where it stands × what is heard or came of it → where it stands then, and what is said or done.

Pure: no database, no clock. `step` is the whole of it; TABLE has one prompt and one ear for each place of a call.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from authz import Next, Proof, Topic
from ivr import shapes as s
from ivr.shapes import Call, Effect, Event, Gather, HangUp, Keys, Line, Move, Record, Screen, line
from store.people import is_support_id
from store.pins import Pin

TRIES_IN_A_CALL = 3  # contract.md, the phone call, 2
SHORT_IN_A_ROW = 3  # half-keyed PINs are no attempts, but not for ever: platform-facts.md 1.6
PAGE = 8  # choices by "Press N for …"; 9 is more

# digit → what it asks for; contract.md, the phone call, 4. What is not built yet (7, 8) is not here.
MENU: dict[str, tuple[str, Effect]] = {
    "1": ("ticket.open", s.MayOpen()),
    "2": ("ticket.view", s.ListTickets()),
    "3": ("billing.view", s.TellInvoices()),
    "4": ("service.view", s.TellServices()),
    "5": ("phone.emergency", s.NameServices()),
    "0": ("phone.support", s.RingDesk()),
}


def begin(number: str | None, *, messages_only: bool = False) -> Move:
    """A call comes in."""
    call = Call(number=number, lead=(line("welcome"),))
    return _leave_message(call, "closed") if messages_only else _goto(call, "support_id")


def step(call: Call, event: Event) -> Move:
    """One step of a call: repeats a prompt after silence, and otherwise asks the table."""
    place = TABLE[call.at]
    if isinstance(event, Keys) and event.keyed == "" and not place.silence_speaks:
        if call.silent:
            return _goodbye(call, "goodbye.silence")
        return place.prompt(replace(call, silent=True, lead=(line("nothing_heard"),)))
    if isinstance(event, Keys):
        call = replace(call, silent=False)
    return place.hear(call, event)


def abandoned(call: Call) -> Effect | None:
    """What is owed to somebody who has hung up: a call-back, if they were waiting for a person."""
    return s.GiveUpRing(nobody_came=True) if call.at == "holding" else None


def spoken_after(call: Call, recorded: s.Spoken) -> Effect | None:
    """What a recording becomes that arrives on its own, after a hang-up: nothing that was spoken is lost."""
    if call.at == "record":
        return s.SaveTicket(recorded.recorded)
    if call.at == "reply":
        return s.SaveReply(recorded.recorded)
    if call.at == "message":
        return s.LeaveMessage(recorded.recorded)
    return None


# --- moving about


def _goto(call: Call, place: str, *lead: Line) -> Move:
    return TABLE[place].prompt(replace(call, at=place, lead=call.lead + lead))


def _screen(call: Call, then: s.Gather | s.Record | s.Conference | s.HangUp, *lines: Line) -> Move:
    return replace(call, lead=()), Screen(call.lead + lines, then)


def _goodbye(call: Call, *keys: str) -> Move:
    return _screen(replace(call, at="over"), HangUp(), *map(line, keys))


def _menu(call: Call, *lead: Line) -> Move:
    fresh = replace(call, topics=(), topic=None, services=(), service=None, ticket=0, told=0, page=0, ring=None, about="")
    return _goto(fresh, "menu", *lead)


def _number_twice(number: int) -> tuple[Line, Line]:
    return line("ticket_number", number=number), line("once_more", number=number)


def _not_a_choice(call: Call) -> Move:
    return _goto(call, call.at, line("not_a_choice"))


def _unexpected(call: Call, event: Event) -> Move:
    raise TypeError(f"{type(event).__name__} cannot come while a call is at {call.at}")


# --- who is calling


def _ask_support_id(call: Call) -> Move:
    return _screen(call, Gather(16, until_hash=True, seconds=8), line("key_support_id"))


def _hear_support_id(call: Call, event: Event) -> Move:
    if not isinstance(event, Keys):
        return _unexpected(call, event)
    if event.keyed == "":
        return _goto(replace(call, support_id=None), "pin")
    if event.keyed == "*":
        return _goto(call, "support_id")
    if not is_support_id(event.keyed) and not call.asked_again:
        return _goto(replace(call, asked_again=True), "support_id", line("support_id_again"))
    return _goto(replace(call, support_id=event.keyed), "pin")


def _ask_pin(call: Call) -> Move:
    return _screen(call, Gather(10, until_hash=True, seconds=8), line("key_pin"))


def _hear_pin(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return _leave_message(call, "no_pin")
        case Keys(keyed) if re.fullmatch("[0-9]{6,10}", keyed):
            return replace(call, short=0), s.CheckPin(Pin(keyed))
        case Keys():
            if call.short + 1 == SHORT_IN_A_ROW:
                return _goodbye(call, "goodbye.not_proved")
            return _goto(replace(call, short=call.short + 1), "pin", line("pin_not_whole"))
        case s.NotProved():
            if call.tries + 1 == TRIES_IN_A_CALL:
                return _goodbye(call, "goodbye.not_proved")
            return _goto(replace(call, tries=call.tries + 1), "pin", line("pin_wrong"))
        case s.LineBusy():
            return _goodbye(call, "goodbye.busy")
        case s.MessagesOnly():
            return _leave_message(call, "closed")
        case s.Proved(subject, accounts):
            known = replace(call, subject=subject, proof=int(Proof.VERIFIED), accounts=accounts, lead=(line("proved"),))
            if len(accounts) == 1:
                return _menu(replace(known, account=accounts[0]))
            return _goto(known, "accounts")
    return _unexpected(call, event)


def _leave_message(call: Call, about: str) -> Move:
    return _goto(replace(call, about=about), "message")


def _ask_message(call: Call) -> Move:
    return _screen(call, Record(), line(f"message.{call.about}"), line("recorded_notice"), line("speak"))


def _hear_message(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.LeaveMessage(recorded)
        case s.MessageLeft():
            return _goodbye(call, "message_left")
    return _not_a_choice(call)


# --- which account


def _ask_account(call: Call) -> Move:
    return call, s.NameAccounts()


def _hear_account(call: Call, event: Event) -> Move:
    match event:
        case s.AccountsNamed(names, more):
            choices = [line("choose.account", digit=n, name=account.name) for n, account in enumerate(names, 1)]
            more_lines = [line("choose.more")] if more else []
            return _screen(
                call, Gather(32, until_hash=True, seconds=4), line("which_account"), *choices, *more_lines, line("or_number")
            )
        case Keys("*"):
            return _goto(replace(call, page=0), "accounts")
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.accounts)
            return _goto(replace(call, page=call.page + 1 if further else 0), "accounts")
        case Keys(keyed) if len(keyed) == 1:
            place = call.page * PAGE + int(keyed) - 1
            if keyed == "0" or place >= len(call.accounts):
                return _not_a_choice(call)
            return _menu(replace(call, account=call.accounts[place]))
        case Keys(keyed):
            return call, s.FindAccount(keyed)
        case s.AccountFound(None):
            return _not_a_choice(call)
        case s.AccountFound(account):
            return _menu(replace(call, account=account))
    return _unexpected(call, event)


# --- the menu


def _ask_menu(call: Call) -> Move:
    return call, s.Offer()


def _hear_menu(call: Call, event: Event) -> Move:
    match event:
        case s.Offered(cells, name):
            offered = [line(f"menu.{digit}") for digit, (cell, _) in MENU.items() if cell in cells]
            which = [line("this_account", name=name)] if name and len(call.accounts) > 1 else []
            back = [line("menu.star")] if len(call.accounts) > 1 else []
            return _screen(call, Gather(1), *which, *offered, line("menu.9"), *back)
        case Keys("*") if len(call.accounts) > 1:
            return _goto(replace(call, account=None, page=0), "accounts")
        case Keys("9" | "*"):
            return _goto(call, "menu")
        case Keys(keyed) if keyed in MENU:
            return replace(call, about="emergency" if keyed == "5" else ""), MENU[keyed][1]
        case Keys():
            return _not_a_choice(call)
        case s.Refused():
            return _menu(call, *_refusal(event))
        case s.TopicsAllowed(topics) if len(topics) == 1:
            return _with_topic(call, topics[0])
        case s.TopicsAllowed(topics):
            return _goto(replace(call, topics=tuple(topics)), "topic")
        case s.ServicesNamed(names) if len(names) > 1:
            return _goto(replace(call, services=tuple(service.ref for service in names)), "service")
        case s.ServicesNamed(names):
            return replace(call, service=names[0].ref if names else None), s.RingDesk()
        case s.TicketsFound(()):
            return _menu(call, line("no_tickets"))
        case s.TicketsFound():
            return _hear_tickets(replace(call, at="tickets"), event)
        case s.Invoices(invoices):
            told = [line(f"invoice.{invoice.status}", invoice=invoice) for invoice in invoices]
            return _menu(call, *(told or [line("no_invoices")]))
        case s.Services(services):
            told = [line("service", name=service.name, status=service.status) for service in services]
            return _menu(call, *(told or [line("no_services")]))
        case s.Ringing(ring):
            return _goto(replace(call, ring=ring), "holding", line(f"ringing.{call.about or 'person'}"))
    return _unexpected(call, event)


def _refusal(refused: s.Refused) -> list[Line]:
    """Why not, what it would need, who can help, and what now."""
    told = [line(f"refused.{refused.denied.reason}", action=refused.cell)]
    if refused.needs:
        told.append(line("refused.role" if refused.needs_role else "refused.permission", needs=refused.needs))
    if refused.helpers:
        told.append(line("refused.helpers", names=refused.helpers))
    asks = refused.helpers and refused.denied.next == Next.ASK_CONTACT_ADMIN
    return [*told, line("way.ask_helpers" if asks else f"way.{refused.denied.next}")]


# --- opening a ticket


def _with_topic(call: Call, topic: Topic | str) -> Move:
    chosen = replace(call, topic=str(topic), about="ticket")
    return (replace(chosen, at="service"), s.NameServices()) if topic == Topic.TECHNICAL else _goto(chosen, "record")


def _ask_topic(call: Call) -> Move:
    return _screen(call, Gather(1), *(line(f"topic.{n}.{topic}") for n, topic in enumerate(call.topics, 1)))


def _hear_topic(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return _menu(call)
        case Keys(keyed) if keyed in ("1", "2"):
            return _with_topic(call, call.topics[int(keyed) - 1])
        case Keys():
            return _not_a_choice(call)
    return _unexpected(call, event)


def _ask_service(call: Call) -> Move:
    return call, s.NameServices()


def _hear_service(call: Call, event: Event) -> Move:
    match event:
        case s.ServicesNamed(names) if len(names) < 2 and call.about == "ticket":
            return _goto(replace(call, service=names[0].ref if names else None), "record")
        case s.ServicesNamed(names):
            page = names[call.page * PAGE :][:PAGE]
            choices = [line("choose.service", digit=n, name=service.name) for n, service in enumerate(page, 1)]
            more = [line("choose.more")] if len(names) > PAGE else []
            none = [line("choose.none")] if call.about == "ticket" else []
            known = replace(call, services=tuple(service.ref for service in names))
            return _screen(known, Gather(1), line("which_service"), *choices, *more, *none)
        case Keys("*"):
            return _menu(call)
        case Keys("9"):
            further = (call.page + 1) * PAGE < len(call.services)
            return _goto(replace(call, page=call.page + 1 if further else 0), "service")
        case Keys("0") if call.about == "ticket":
            return _goto(replace(call, service=None), "record")
        case Keys(keyed):
            place = call.page * PAGE + int(keyed) - 1
            if keyed == "0" or place >= len(call.services):
                return _not_a_choice(call)
            chosen = replace(call, service=call.services[place])
            return _goto(chosen, "record") if call.about == "ticket" else (chosen, s.RingDesk())
        case s.Ringing(ring):
            return _goto(replace(call, ring=ring), "holding", line("ringing.emergency"))
        case s.Refused():
            return _menu(call, *_refusal(event))
    return _unexpected(call, event)


def _ask_record(call: Call) -> Move:
    return _screen(call, Record(), line("recorded_notice"), line("speak"))


def _hear_record(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.SaveTicket(recorded)
        case s.TicketSaved(number):
            return _menu(call, line("ticket_opened"), *_number_twice(number))
        case s.TicketKept():
            return _menu(call, line("ticket_kept"))
    return _menu(call)  # a key instead of a word: back


# --- my tickets


def _ask_tickets(call: Call) -> Move:
    return call, s.ListTickets()


def _hear_tickets(call: Call, event: Event) -> Move:
    match event:
        case s.TicketsFound(tickets) if call.ticket < len(tickets):
            told = tickets[call.ticket]
            what = line("ticket", number=told.number, subject=told.subject)
            status = line(f"ticket_status.{told.status}")
            answer = line("ticket_answer", answer=told.answer) if told.answer else line("ticket_unanswered")
            further = [line("next_ticket")] if call.ticket + 1 < len(tickets) else []
            heard = replace(call, told=told.number)
            return _screen(heard, Gather(1), what, status, answer, line("add_to_ticket"), *further, line("star_back"))
        case s.TicketsFound():
            return _menu(call, line("no_more_tickets"))
        case Keys("1"):
            return call, s.MayReply()
        case Keys("2"):
            return _goto(replace(call, ticket=call.ticket + 1), "tickets")
        case Keys("*"):
            return _menu(call)
        case Keys():
            return _not_a_choice(call)
        case s.ReplyAllowed():
            return _goto(call, "reply")
        case s.Refused():
            return _menu(call, *_refusal(event))
    return _unexpected(call, event)


def _hear_reply(call: Call, event: Event) -> Move:
    match event:
        case s.Spoken(recorded):
            return call, s.SaveReply(recorded)
        case s.TicketSaved(number):
            return _menu(call, line("added_to_ticket", number=number))
        case s.TicketKept():
            return _menu(call, line("ticket_kept"))
    return _menu(call)


# --- a person


def _ask_holding(call: Call) -> Move:
    return _screen(call, Gather(1, seconds=4), line("holding"))


def _hear_holding(call: Call, event: Event) -> Move:
    match event:
        case Keys("*"):
            return call, s.GiveUpRing(nobody_came=False)
        case Keys():
            return call, s.LookAtRing()
        case s.StillRinging():
            return _screen(call, Gather(1, seconds=4), line("still_holding"))
        case s.Taken(room):
            return _screen(replace(call, at="talking"), s.Conference(room), line("connecting"))
        case s.NobodyCame():
            return call, s.GiveUpRing(nobody_came=True)
        case s.RingEnded(_, False):
            return _menu(call)
        case s.RingEnded(None, True):
            return _menu(call, line("nobody_came"), line("ticket_kept"))
        case s.RingEnded(number, True):
            assert number is not None
            return _menu(call, line("nobody_came"), line("call_back_ticket"), *_number_twice(number))
    return _unexpected(call, event)


def _hear_talking(call: Call, event: Event) -> Move:
    match event:
        case s.RingEnded():
            return _menu(call, line("talk_ended"))
    return call, s.GiveUpRing(nobody_came=False)


class Place(NamedTuple):
    prompt: Callable[[Call], Move]
    hear: Callable[[Call, Event], Move]
    silence_speaks: bool = False  # an empty turn means something here: it is not simply repeated


def _over(call: Call) -> Move:
    return _goodbye(call, "goodbye.neutral")


TABLE: dict[str, Place] = {
    "support_id": Place(_ask_support_id, _hear_support_id, silence_speaks=True),
    "pin": Place(_ask_pin, _hear_pin),
    "message": Place(_ask_message, _hear_message),
    "accounts": Place(_ask_account, _hear_account),
    "menu": Place(_ask_menu, _hear_menu),
    "topic": Place(_ask_topic, _hear_topic),
    "service": Place(_ask_service, _hear_service),
    "record": Place(_ask_record, _hear_record),
    "tickets": Place(_ask_tickets, _hear_tickets),
    "reply": Place(_ask_record, _hear_reply),
    "holding": Place(_ask_holding, _hear_holding, silence_speaks=True),
    "talking": Place(_over, _hear_talking, silence_speaks=True),
    "over": Place(_over, lambda call, _event: _over(call), silence_speaks=True),
}
