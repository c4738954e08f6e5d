"""What the desk's people, and systems of the operator's, do with one ticket: the right to it, taking it, answering, noting, setting its status, letting it go.

A `TicketRight` says that one of the staff may work on a ticket. It is asked for at each click, and every function here takes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from authz import Action, Grant, Proof
from desk.actors import Actor, permit_desk, permit_staff
from store import Transaction
from store.db import grant_limits
from store.messages import timeline
from store.messages.response_clock import Priority
from store.messages.timeline import About, Said, Sent
from store.staff import account_access
from store.staff.account_access import AccountAccess
from store.tickets import agent_tickets, ticket_links, ticket_merges, ticket_queue, ticket_tags
from store.tickets.answer_delivery import Reach


@dataclass(frozen=True, slots=True)
class TicketRight:
    """That one of the desk's people may see a ticket, and work on it unless it is `quarantined`. Good in the transaction it was asked for in."""

    number: int
    grant: Grant
    about: About

    @property
    def account(self) -> int | None:
        return self.about.account

    @property
    def quarantined(self) -> bool:
        """The ticket was opened under a threat: only supervisors see it, and they release it before anybody works on it."""
        return self.about.status == "quarantined"

    @property
    def is_about_contacts(self) -> bool:
        """A request to change who is on the account: to be written down for the account to confirm."""
        return self.about.kind == Action.CONTACTS_MANAGE

    @property
    def is_to_read(self) -> bool:
        """Whether nothing may be done with it as things are."""
        return self.quarantined or self.grant.when == "read"


class Barred(Enum):
    """Why nothing is done with a ticket."""

    NOT_THERE = auto()  # the desk has no such ticket, or not for them: which, nobody hears
    TOO_MANY_ACCOUNTS = auto()  # looked at within the hour
    QUARANTINED = auto()


class Taken(Enum):
    """What came of taking a ticket."""

    TAKEN = agent_tickets.TAKEN
    ALREADY = agent_tickets.ALREADY  # it is theirs
    ANOTHER = agent_tickets.ANOTHER  # somebody whom they had not seen there was quicker


class HandedOver(Enum):
    """What came of handing a ticket over to a colleague."""

    HANDED_OVER = agent_tickets.TAKEN
    ALREADY = agent_tickets.ALREADY  # it is theirs
    ANOTHER = agent_tickets.ANOTHER  # as of `Taken`
    AWAY = agent_tickets.AWAY  # no such colleague works here


class NotAnswered(Enum):
    """Why an answer went nowhere, where no colleague was quicker."""

    NO_REQUESTER = auto()  # nobody has proved who they are, or nothing of the desk's reaches them


@dataclass(frozen=True, slots=True)
class Answered:
    """`reach`: whom it reaches."""

    reach: Reach


@dataclass(frozen=True, slots=True)
class AnsweredMeanwhile:
    """Nothing was sent: `since` is what colleagues have said to the customer since the ticket was looked at."""

    since: tuple[Said, ...]


class Linked(Enum):
    """What came of linking a ticket to another, or of taking that back."""

    CHANGED = auto()
    NOT_CHANGED = auto()  # it was so already, or one is linked to as many as it may be
    ITSELF = auto()
    NOT_THERE = auto()  # the other: the queue has no such ticket, or not for them


class Merged(Enum):
    """What came of letting a ticket go on in another."""

    MERGED = ticket_merges.MERGED
    OTHERS = ticket_merges.OTHERS  # somebody would read what is not theirs
    NOT_OPEN = ticket_merges.NOT_OPEN
    NOBODY = ticket_merges.NOBODY  # would hear of it
    MEANWHILE = ticket_merges.MEANWHILE
    ITSELF = "itself"
    NOT_THERE = "not_there"  # the other: the queue has no such ticket, or not for them


class StatusSet(Enum):
    """What came of giving a ticket another status."""

    CHANGED = auto()
    ALREADY = auto()
    NO_SUCH_STATUS = auto()


class Released(Enum):
    """What came of putting a quarantined ticket into the queue."""

    RELEASED = auto()
    NOT_QUARANTINED = auto()
    NOT_THERE = auto()


def right_on(tx: Transaction, who: Actor, number: int) -> TicketRight | None:
    """The right on one ticket; on a quarantined one for supervisors alone. None: the desk has no such ticket, or not for them; the same is
    read and written in both cases."""
    about = timeline.about(tx, number)
    grant = permit_desk(tx, who, Action.DESK_TICKET_WORK, None if about is None else about.account)
    if about is None or grant is None or (about.status in timeline.NOT_THE_DESKS and about.status != "quarantined"):
        return None
    if about.status == "quarantined" and not grant_limits.is_supervisor(grant):
        return None
    return TicketRight(number, grant, about)


def to_see(tx: Transaction, who: Actor, number: int, *, accounts_an_hour: int) -> TicketRight | Barred:
    """The right to see a ticket that they have chosen: that is to look at its account. Supervisors see quarantined ones as well."""
    ticket = right_on(tx, who, number)
    if ticket is None:
        return Barred.NOT_THERE
    if account_access.record_access(tx, ticket.grant, accounts_an_hour) is not AccountAccess.OPEN:
        return Barred.TOO_MANY_ACCOUNTS
    return ticket


def to_work(tx: Transaction, who: Actor, number: int, *, accounts_an_hour: int) -> TicketRight | Barred:
    """The right to change it."""
    ticket = to_see(tx, who, number, accounts_an_hour=accounts_an_hour)
    return Barred.QUARANTINED if isinstance(ticket, TicketRight) and ticket.is_to_read else ticket


def to_work_on_shown(tx: Transaction, who: Actor, number: int) -> TicketRight | None:
    """The same where each ticket is shown to everybody of the desk, so that nobody has chosen what they look at. None: nothing is done
    with it, or not by them."""
    ticket = right_on(tx, who, number)
    return None if ticket is None or ticket.is_to_read else ticket


def lock(tx: Transaction, ticket: TicketRight) -> None:
    """Nobody else changes it before this transaction has ended, so that what is compared now still holds when something is done with it."""
    agent_tickets.working(tx, ticket.grant, ticket.number)


def take(tx: Transaction, ticket: TicketRight, had: int | None) -> Taken:
    """Takes a ticket that nobody has taken, or that `had` (an id of the staff) has taken, as the agent saw."""
    return Taken(agent_tickets.take(tx, ticket.grant, ticket.number, had))


def hand_over(tx: Transaction, ticket: TicketRight, to: int, had: int | None) -> HandedOver:
    """To a colleague (`to`, an id of the staff), from nobody or from whom the agent saw has it."""
    return HandedOver(agent_tickets.hand_over(tx, ticket.grant, ticket.number, to, had))


def put_back(tx: Transaction, ticket: TicketRight) -> bool:
    """They had taken the wrong one. False: it is not theirs."""
    return agent_tickets.put_back(tx, ticket.grant, ticket.number)


def answer(
    tx: Transaction,
    ticket: TicketRight,
    words: str,
    *,
    seen: int,
    phone: bool,
    along: Sequence[int] = (),
    files: Sequence[Sent] = (),
    source: str | None = None,
    then: str = "waiting",
) -> Answered | AnsweredMeanwhile | NotAnswered:
    """To the customer, with `files` and such of the desk's notes (`along`, their ids), unless a colleague has answered or closed it since the
    message `seen`. Nobody's ticket is theirs by that; `then` is the status it has afterwards. `source`: what it came as, from elsewhere.
    `phone`: whether customers can call the desk."""
    if not ticket.about.is_answerable:
        return NotAnswered.NO_REQUESTER
    since = agent_tickets.meanwhile(tx, ticket.grant, ticket.number, seen)
    if since:
        return AnsweredMeanwhile(tuple(since))
    reach = agent_tickets.answer(
        tx, ticket.grant, ticket.number, words, phone=phone, along=along, files=files, source=source, then=then
    )
    return Answered(reach)


def correct(tx: Transaction, ticket: TicketRight, message: int, words: str, *, phone: bool) -> bool:
    """Corrects their own answer, which is delivered again. False: they have written no such answer."""
    return agent_tickets.correct(tx, ticket.grant, ticket.number, message, words, phone=phone)


def note(
    tx: Transaction, ticket: TicketRight, words: str, *, source: str | None = None, files: Sequence[Sent] = ()
) -> None:
    """What the customer never sees."""
    agent_tickets.note(tx, ticket.grant, ticket.number, words, source=source, files=files)


def edit_note(tx: Transaction, who: Actor, account: int | None, source: str, words: str, edited: str) -> bool:
    """Changes their own note that came as `source`. False: they may not change it."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK, account)
    return grant is not None and agent_tickets.edited(tx, grant, source, words, edited)


def set_status(tx: Transaction, ticket: TicketRight, status: str) -> StatusSet:
    if status not in agent_tickets.DESK_STATUSES:
        return StatusSet.NO_SUCH_STATUS
    changed = agent_tickets.set_status(tx, ticket.grant, ticket.number, status)
    return StatusSet.CHANGED if changed else StatusSet.ALREADY


def set_priority(tx: Transaction, ticket: TicketRight, priority: Priority) -> bool:
    """Whether it was another one before."""
    return agent_tickets.set_priority(tx, ticket.grant, ticket.number, priority)


def tag(tx: Transaction, ticket: TicketRight, tag: str) -> bool:
    """`tag` as `ticket_tags.tag_of` makes it. False: it has that, or as many as one may have."""
    return ticket_tags.add(tx, ticket.grant, ticket.number, tag)


def untag(tx: Transaction, ticket: TicketRight, tag: str) -> bool:
    """False: it has no such tag."""
    return ticket_tags.remove(tx, ticket.grant, ticket.number, tag)


def link(tx: Transaction, ticket: TicketRight, other: int, *, off: bool) -> Linked:
    """To another of the desk's, whosever that is. `off`: not any more."""
    if other == ticket.number:
        return Linked.ITSELF
    theirs = to_work_on_shown(tx, Actor(ticket.grant.subject, Proof.NONE), other)
    if theirs is None:
        return Linked.NOT_THERE
    change = ticket_links.unlink if off else ticket_links.link
    changed = change(tx, ticket.grant, ticket.number, theirs.grant, other)
    return Linked.CHANGED if changed else Linked.NOT_CHANGED


def merge(tx: Transaction, ticket: TicketRight, into: int, words: str, *, seen: int, phone: bool) -> Merged:
    """It goes on in another of the same requester's, who is told so in `words`."""
    if into == ticket.number:
        return Merged.ITSELF
    other = to_work_on_shown(tx, Actor(ticket.grant.subject, Proof.NONE), into)
    if other is None:
        return Merged.NOT_THERE
    if other.account != ticket.account:
        return Merged.OTHERS
    return Merged(ticket_merges.merge(tx, ticket.grant, ticket.number, into, words, seen=seen, phone=phone))


def undo_merge(tx: Transaction, ticket: TicketRight) -> bool:
    """False: it went on nowhere, or something was written since."""
    return ticket_merges.undo(tx, ticket.grant, ticket.number)


def release(tx: Transaction, who: Actor, number: int) -> Released:
    """Releases a quarantined ticket into the queue: for supervisors, once they know that the customer is safe."""
    ticket = right_on(tx, who, number)
    if ticket is None or not grant_limits.is_supervisor(ticket.grant):
        return Released.NOT_THERE
    return Released.RELEASED if ticket_queue.release(tx, ticket.grant, number) else Released.NOT_QUARANTINED
