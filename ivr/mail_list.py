"""Mails that say they are from the caller, one by one after their tickets: when each came, whether they wrote it, and what it is about."""

from __future__ import annotations

from dataclasses import replace

from desk.outcomes import Opened
from ivr import desk_port as port
from ivr.desk_port import Desk
from ivr.transitions import TOPICS, State, goto, menu, not_a_choice, not_told, noted, number_twice, screen, unexpected
from ivr.types import Call, Event, Gather, Keys, Said, Utterance, say


def after_tickets(call: Call, desk: Desk, *lead: Utterance) -> Said:
    """Where none waits the call goes on as if there were no such thing."""
    found = desk.mails(call)
    if isinstance(found, port.BeingUpdated) or not found:
        return menu(call, desk, *lead)
    return goto(replace(call, ticket=0, told=0), desk, "mail", *lead)


def _ask_mail(call: Call, desk: Desk) -> Said:
    found = desk.mails(call)
    if isinstance(found, port.BeingUpdated):
        return not_told(call, desk, found)
    if call.ticket >= len(found):
        return menu(call, desk, say("no_more_mails"))
    one = found[call.ticket]
    further = [say("next_mail")] if call.ticket + 1 < len(found) else []
    offered = say("mail_mine"), *further, say("mail_not_mine"), say("star_back")
    return screen(replace(call, told=one.id, topics=()), Gather(1), say("mail_came", minutes=one.minutes), *offered)


def _hear_mail(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("1"):
            return _mine(call, desk)
        case Keys("2"):
            return goto(replace(call, ticket=call.ticket + 1), desk, "mail")
        case Keys("3"):
            gone = desk.disown_mail(call)
            if isinstance(gone, port.BeingUpdated):
                return not_told(call, desk, gone)
            return goto(call, desk, "mail", say("mail_removed" if gone else "mail_gone"))
        case Keys("*"):
            return menu(call, desk)
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


def _mine(call: Call, desk: Desk) -> Said:
    match desk.confirm_mail(call):
        case port.Topics(topics):
            return goto(replace(call, topics=topics), desk, "mail_topic")
        case Opened(number):
            return noted(call, desk, say("mail_opened"), *number_twice(number))
        case port.MailAdded(number):
            return menu(call, desk, say("added_to_ticket", number=number))
        case None:
            return goto(replace(call, topic=None), desk, "mail", say("mail_gone"))
        case why:
            return not_told(call, desk, why)


def _ask_topic(call: Call, _desk: Desk) -> Said:
    return screen(
        call, Gather(1), say("mail_about"), *(say(f"topic.{topic}") for topic in call.topics), say("star_back")
    )


def _hear_topic(call: Call, desk: Desk, event: Event) -> Said:
    match event:
        case Keys("*"):
            return goto(call, desk, "mail")
        case Keys(keyed) if TOPICS.get(keyed) in call.topics:
            return _mine(replace(call, topic=TOPICS[keyed]), desk)
        case Keys():
            return not_a_choice(call, desk)
    raise unexpected(call, event)


STATES = {
    "mail": State(_ask_mail, _hear_mail, known=True),
    "mail_topic": State(_ask_topic, _hear_topic, known=True),
}
