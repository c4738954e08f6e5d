"""Mails that came in: what waits, as the desk and those whose address it names see it; and a ticket made of one by whoever has proved who they are.

Mail is a support channel: whoever confirms a mail on the account pages is judged as somebody who asks by phone or in Slack is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from authz import Action, At
from desk import customer_ticket_page, tickets
from desk.actors import Actor, permit_staff
from desk.customer_ticket_page import NewTicketPage
from store import Transaction
from store.mail_in import address_proofs, pending_mails
from store.mail_in.pending_mails import Mail, PendingMail
from store.messages.timeline import Sent

CHANNEL: Final = "mail"
WHOLE: Final = "whole-mail.txt"


class Became(Enum):
    """What came of a mail whose writer was to confirm it, where no ticket has it."""

    GONE = auto()  # no such mail of theirs, or no longer
    REFUSED = auto()  # they may not do that with it (any more)


@dataclass(frozen=True, slots=True)
class OwnMail:
    """`number`: the ticket it answers, where they may add to that. `new`: what else they may make of it, or why nothing."""

    mail: PendingMail
    number: int | None
    new: NewTicketPage


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """One that waits for somebody, for a channel that shows nothing of what it says. `number`: the ticket it answers, where they may add to that."""

    id: int
    came_at: int
    number: int | None


def keep(tx: Transaction, mail: Mail) -> bool:
    """False: it was here before. Raises `TooManyWaitingError`."""
    return pending_mails.keep(tx, mail)


def pending(tx: Transaction, who: Actor, *, automatic: bool) -> tuple[PendingMail, ...] | None:
    """As the desk sees them. None: they may not."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return None if grant is None else pending_mails.listed(tx, grant, automatic=automatic)


def one(tx: Transaction, who: Actor, id: int) -> PendingMail | None:
    """With all its words, for the desk. None: they may not, or it does not wait."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return None if grant is None else pending_mails.one(tx, grant, id)


def remove(tx: Transaction, who: Actor, id: int) -> bool:
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return grant is not None and pending_mails.remove(tx, grant, id)


def owed_proof(tx: Transaction, who: Actor) -> str | None:
    """Their address on file, where its mails are shown once they have opened a link that is sent there. None: they are shown."""
    return address_proofs.owed(tx, who.subject)


def proves(tx: Transaction, who: Actor, link: str) -> str | None:
    """That address, where this is such a link. Changes nothing."""
    return address_proofs.fits(tx, who.subject, link)


def prove(tx: Transaction, who: Actor, link: str) -> bool:
    """They read what is sent to their address on file: its mails are shown. False: that link does not prove it."""
    return address_proofs.prove(tx, who.subject, link)


def own(tx: Transaction, who: Actor) -> tuple[PendingMail, ...]:
    """Those that wait for somebody who is signed in: they say they are from the address on file."""
    return pending_mails.of_person(tx, who.subject)


def waiting(tx: Transaction, who: Actor) -> tuple[WaitingMail, ...]:
    """The same, of what they say nothing."""
    asks = _by_mail(who)
    return tuple(
        WaitingMail(mail.id, mail.came_at, _answered(tx, asks, mail))
        for mail in pending_mails.of_person(tx, who.subject)
    )


def waiting_count(tx: Transaction, who: Actor) -> int:
    """How many, of very many not all."""
    return pending_mails.count_of_person(tx, who.subject)


def own_mail(tx: Transaction, who: Actor, id: int) -> OwnMail | None:
    """One of them, with what they may make of it at this moment. None: no such mail of theirs."""
    asks, mail = _by_mail(who), pending_mails.theirs(tx, who.subject, id)
    if mail is None:
        return None
    return OwnMail(mail, _answered(tx, asks, mail), customer_ticket_page.new_ticket_page(tx, asks))


def opens(tx: Transaction, who: Actor, id: int, account: str, topic: str) -> int | Became:
    """They wrote it: a ticket on the account of that number. Its number, or why there is none."""
    mail = pending_mails.theirs(tx, who.subject, id)
    if mail is None:
        return Became.GONE
    made = customer_ticket_page.open_on(
        tx,
        _by_mail(who),
        account,
        topic,
        _words(mail),
        None,
        _files(tx, mail),
        title=mail.title or None,
        source=_source(id),
        channel=CHANNEL,
    )
    if made is None:
        return Became.REFUSED
    pending_mails.confirmed(tx, who.subject, id)
    return made.number


def answers(tx: Transaction, who: Actor, id: int) -> int | Became:
    """They wrote it: it is added to the ticket whose mail it answers. That ticket's number, or why not."""
    mail = pending_mails.theirs(tx, who.subject, id)
    if mail is None:
        return Became.GONE
    number, asks = mail.ticket, _by_mail(who)
    files = _files(tx, mail)
    if number is None or not tickets.reply(tx, asks, number, _words(mail), source=_source(id), files=files):
        return Became.REFUSED
    pending_mails.confirmed(tx, who.subject, id)
    return number


def disown(tx: Transaction, who: Actor, id: int) -> bool:
    """They did not write it: it is gone. False: no such mail of theirs."""
    return pending_mails.disowned(tx, who.subject, id)


def _answered(tx: Transaction, asks: Actor, mail: PendingMail) -> int | None:
    return mail.ticket if mail.ticket is not None and tickets.may_reply(tx, asks, mail.ticket) else None


def _by_mail(who: Actor) -> Actor:
    return replace(who, at=At.SUPPORT)


def _source(id: int) -> str:
    return f"mail:{id}"


def _words(mail: PendingMail) -> str:
    return mail.words or mail.title


def _files(tx: Transaction, mail: PendingMail) -> list[Sent]:
    """What came with it; and all its text, where what it quotes was cut from the words."""
    came = [(one.name, one.content) for one in pending_mails.files(tx, mail)]
    came += [(WHOLE, mail.whole.encode())] if mail.whole else []
    return [Sent(f"mail:{n}", name, len(content), content) for n, (name, content) in enumerate(came)]
