"""What the desk's people see: the card of a ticket, and of a look-up. Who sees what is said on every message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.text.button_values import OfTicket, ToCall, ToStatus
from bot.text.phrases import Phrases, moment
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.blocks import Block, Message
from desk import disclosure
from store.accounts.standing import Requester
from store.messages.response_clock import Priority
from store.messages.timeline import Said
from store.tickets.answer_delivery import MAIL_REFUSED, Delivery
from store.tickets.ticket_summary import Card

STATUSES: Final = ("open", "waiting", "closed")


def card(p: Phrases, found: Card, *, phone: bool) -> Message:
    """Who asks, how sure that is, what may be told and what not, and what can be done about it. `phone`: whether the desk has a
    phone line to call back by."""
    urgent = p.say("card.urgent") + " " if found.priority == Priority.URGENT else ""
    head = urgent + p.say("card.head", number=found.number, title=found.title)
    about = p.say("card.about", kind=found.kind, topic=found.topic, channel=found.channel, at=moment(found.opened_at))
    state = [p.say(f"card.status.{found.status}")]
    state += [p.say("card.taken", name=found.taken_by)] if found.taken_by else [p.say("card.free")]
    service = [b.context(p.say("card.service", name=found.service))] if found.service else []
    return b.message(
        b.section("\n".join([head, about, " · ".join(state)])),
        service,
        _first(p, found.first),
        [b.section(p.say("card.left_by_guarded" if found.guarded else "card.left_by", name=found.left_by))]
        if found.left_by
        else requester(p, found.requester, p.say(f"card.proof.{found.proved}")),
        buttons(p, found, phone=phone),
    )


def requester(p: Phrases, who: Requester | None, proof: str, *, live: bool = False, over: bool = False) -> list[Block]:
    """Who somebody is, and what may be told to them; `proof` says how sure that is. `live`: they are on the phone. `over`: they were."""
    if who is None:
        return [b.section(p.say("card.nobody"))]
    told = disclosure.to(who)
    lines = [
        p.say("card.who", name=who.name, account=who.account_name, number=who.account_number),
        p.say("card.standing", held=who.held or ("nothing",), status=who.account_status),
        *_locked(p, who.unlocked_by),
        proof,
        *([p.say("card.no_support")] if told.no_support else []),
        _tell(p, told.tell, live=live, over=over),
        *([p.say("call.told_not" if over else "card.tell_not", cells=told.never)] if told.never else []),
        *([p.say("card.lent", cells=sorted(who.lent))] if who.lent else []),
    ]
    small = [p.say("card.open_tickets", count=who.open_tickets)]
    if told.further and not over:
        small.append(p.say("call.further", cells=told.further) if live else p.say("card.further", cells=told.further))
    return [b.section("\n".join(lines)), b.context(*small)]


def _locked(p: Phrases, unlocked_by: tuple[str, ...] | None) -> list[str]:
    if unlocked_by is None:
        return []
    return [p.say("card.locked", names=unlocked_by) if unlocked_by else p.say("card.locked_nobody")]


def _tell(p: Phrases, shown: Sequence[str], *, live: bool, over: bool) -> str:
    if over:
        return p.say("call.told_then", cells=shown) if shown else p.say("call.told_then_nothing")
    if live:
        return p.say("call.tell", cells=shown) if shown else p.say("call.tell_nothing")
    return p.say("card.tell", cells=shown) if shown else p.say("card.tell_nothing")


def _first(p: Phrases, said: Said | None) -> list[Block]:
    if said is None:
        return []
    return [b.context(p.say("card.said", at=moment(said.at))), *customer_messages.words_of(p, said), *_listen(p, said)]


def _listen(p: Phrases, said: Said) -> list[Block]:
    """Of what was spoken and nobody wrote down: how long it is, and where to hear it."""
    if said.body or said.withdrawn or said.recording not in ("here", "waiting"):
        return []
    return [b.context(p.say("card.listen", seconds=said.seconds))]


def buttons(p: Phrases, found: Card, *, phone: bool) -> tuple[Block, ...]:
    number = str(found.number)
    settable = STATUSES if found.requester is not None else ("closed", "open")
    statuses = [
        b.option(p.plain(f"card.set.{name}"), ToStatus(found.number, name)) for name in settable if name != found.status
    ]
    callback = b.button(p.plain("button.callback"), "desk_callback", ToCall("ticket", found.number))
    take = p.plain("button.take_over" if found.assignee else "button.take")
    answer = b.button(p.plain("button.answer"), "desk_answer", number, style="primary")
    return (
        *b.actions(
            b.button(take, "desk_take", OfTicket(found.number, found.assignee or 0)),
            None if found.requester is None else answer,
            b.button(p.plain("button.note"), "desk_note", number),
            b.select(p.plain("button.status"), "desk_status", statuses),
        ),
        *b.actions(
            b.button(p.plain("button.put_back"), "desk_put_back", number) if found.assignee else None,
            callback if phone and found.known else None,
            b.button(p.plain("button.verify"), "desk_verify", number),
        ),
    )


def said(p: Phrases, number: int, said: Said, became: Delivery | None, customer: str) -> Message:
    """One message of a ticket in the desk's thread: whose it is, and of an answer to the customer what became of it."""
    who = said.name or p.plain("somebody")
    if said.event:
        return b.message(b.context(p.say(f"event.{said.event}", name=who, at=moment(said.at))))
    if became is None:
        words = [*customer_messages.words_of(p, said), *_listen(p, said)]
        if said.writer:
            return b.message(b.section(p.say("card.written", name=who, writer=said.writer)), words)
        key = "card.note" if said.internal else "card.answer.queued" if said.by_desk else "card.customer"
        return b.message(b.section(p.say(key, name=who, customer=customer)), words)
    correct = None if said.withdrawn else b.button(p.plain("button.correct"), "desk_correct", OfTicket(number, said.id))
    given = {"name": who, "customer": customer, "at": moment(became.at)}
    given["why"] = unreached(p, became.why, customer) if became.state == "nobody" else became.why
    state = "pages_refused" if became.why == MAIL_REFUSED else became.state
    return b.message(b.section(p.say(f"card.answer.{state}", **given), correct), customer_messages.words_of(p, said))


def unreached(p: Phrases, why: str, customer: str) -> str:
    """Why nothing reaches somebody."""
    return p.say(f"card.nobody_why.{why}", customer=customer)


def verification(p: Phrases, person: int | None, *, phone: bool) -> Message:
    if person is None:
        return customer_messages.plain(p, "verify_not_found")
    ask = b.button(p.plain("button.send_code"), "desk_send_code", str(person))
    back = b.button(p.plain("button.callback"), "desk_callback", ToCall("person", person))
    return b.message(b.section(p.say("verify_found")), b.actions(ask, back if phone else None))
