"""What an agent does for the caller they talk to, judged as the caller with what was proved in that call; and what the call was about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from authz import REQUESTS, Action, Grant, Proof, Reason, Topic
from desk import by_phone, choices, ticket_work, tickets
from desk.actors import Actor, NotAllowed, permit_staff
from desk.choices import Kind
from desk.outcomes import Opened
from store import Transaction
from store.accounts.account_details import ServiceName
from store.calls import call_tickets, live_calls, support_calls
from store.calls.live_calls import Case
from store.calls.on_behalf import on_behalf

KINDS: Final[tuple[Kind, ...]] = (*Topic, *REQUESTS)


class NotDone(Enum):
    """Why nothing was done for the caller."""

    NOT_NOW = auto()  # it is not their call, it has been over for too long, or the caller is not verified
    SECOND_PROOF = auto()  # the caller has to give one first
    WHICH_SERVICE = auto()  # it is about a service, and there are several
    NOT_ALLOWED = auto()  # the caller may not ask for it
    NO_TICKET = auto()  # the caller may not hear of such a ticket, or it is none of those on the card


class Noted(Enum):
    """Where a note of a call went."""

    ON_TICKET = auto()
    WITH_CALL = auto()  # it belongs to no ticket
    NOT_NOW = auto()  # as above


@dataclass(frozen=True, slots=True)
class Offered:
    """What the caller may ask for, and what only after a second proof; `services` to choose from, as far as they may hear their names;
    `addable` are the tickets of theirs that words can be added to."""

    now: tuple[Kind, ...]
    further: tuple[Kind, ...]
    services: tuple[ServiceName, ...]
    addable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """An agent's own call: the right to its card, the card, and the caller as an actor, whose second proof counts in this call alone."""

    grant: Grant
    case: Case
    caller: Actor

    @property
    def account(self) -> int:
        return self.case.call.account


def offered(tx: Transaction, case: Case) -> Offered | None:
    """For the form on a card. None: nobody has proved who this is. Once the call is over nobody can ask for a change."""
    caller, requester = _caller(case), case.requester
    if caller is None or requester is None:
        return None
    over = case.call.state == "over"
    now = tuple(kind for kind in (Topic if over else KINDS) if _cell(kind) in requester.may)
    further = () if over else tuple(kind for kind in REQUESTS if kind in requester.step_up)
    if over:
        names = []
    elif case.services is not None:
        names = [ServiceName(one.ref, one.name) for one in case.services]
    else:
        names = choices.service_names(tx, caller, case.call.account) if now or further else []
    return Offered(now, further, tuple(names), addable(case))


def addable(case: Case) -> tuple[int, ...]:
    """Those of the caller's tickets on the card that words of theirs may be added to."""
    may = case.requester.may if case.requester is not None else frozenset[str]()
    shown = (one for one in case.tickets if not one.supervisors_only)
    return tuple(one.number for one in shown if f"{Action.TICKET_REPLY}:{one.topic}" in may)


def open_ticket(
    tx: Transaction, who: Actor, call: int, kind: Kind, words: str, service: str | None
) -> Opened | NotDone:
    """A ticket or a request of the caller's, in the agent's words; what was noted of the call goes with it."""
    line = _line(tx, who, call)
    if line is None or (choices.is_request(kind) and line.case.call.state == "over"):
        return NotDone.NOT_NOW
    with on_behalf(tx, who.subject, line.case.call.call):
        why = _why_not(tx, line, kind, service) if isinstance(kind, Action) else None
        if why is not None:
            return why
        made = tickets.open_ticket(tx, line.caller, line.account, kind, words, service=service)
    if not isinstance(made, Opened):
        return NotDone.NOT_ALLOWED
    _belongs(tx, who, line, made.number)
    return made


def add_words(tx: Transaction, who: Actor, call: int, number: int, words: str) -> NotDone | None:
    """Words of the caller's on a ticket of theirs that is on the card. None: it is done."""
    line = _line(tx, who, call)
    if line is None:
        return NotDone.NOT_NOW
    if number not in addable(line.case):
        return NotDone.NO_TICKET
    with on_behalf(tx, who.subject, line.case.call.call):
        if not tickets.reply(tx, line.caller, number, words):
            return NotDone.NO_TICKET
    _belongs(tx, who, line, number)
    return None


def note(tx: Transaction, who: Actor, call: int, words: str) -> Noted:
    """What the customer never sees: on the newest ticket of the call, or as what the call was about."""
    grant = _own(tx, who, call)
    if grant is None:
        return Noted.NOT_NOW
    for number in reversed(call_tickets.of_call(tx, grant, call)):
        ticket = ticket_work.to_work_on_shown(tx, who, number)
        if ticket is not None:
            ticket_work.note(tx, ticket, words)
            return Noted.ON_TICKET
    return Noted.WITH_CALL if call_tickets.write_up(tx, grant, call, words) else Noted.NOT_NOW


def _own(tx: Transaction, who: Actor, call: int) -> Grant | None:
    """The right to the card of a call; whose call it is, whoever opens that sees to."""
    found = support_calls.look(tx, call)
    return None if found is None else permit_staff(tx, who, Action.DESK_CARD_VIEW, found.account)


def _line(tx: Transaction, who: Actor, call: int) -> _Line | None:
    grant = _own(tx, who, call)
    case = live_calls.case(tx, grant, call) if grant is not None else None
    caller = _caller(case) if case is not None else None
    return None if grant is None or case is None or caller is None else _Line(grant, case, caller)


def _caller(case: Case) -> Actor | None:
    """Whoever the agent talks to, with what they proved in this call. None: nobody has proved who this is."""
    return None if case.subject is None else Actor(case.subject, Proof.VERIFIED, case.call.call)


def _why_not(tx: Transaction, line: _Line, kind: Action, service: str | None) -> NotDone | None:
    if not service and choices.asks_which_service(tx, line.caller, line.account, kind):
        return NotDone.WHICH_SERVICE
    why = by_phone.why_no_request(tx, line.caller, kind, line.account, service)
    if isinstance(why, NotAllowed) and why.denied.reason is Reason.STEP_UP:
        return NotDone.SECOND_PROOF
    return None if why is None else NotDone.NOT_ALLOWED


def _belongs(tx: Transaction, who: Actor, line: _Line, number: int) -> None:
    """The call, the ticket and what was noted before belong together from now on."""
    id = line.case.call.id
    call_tickets.add(tx, line.grant, id, number)
    ticket = ticket_work.to_work_on_shown(tx, who, number) if line.case.about else None
    if ticket is not None:
        ticket_work.note(tx, ticket, call_tickets.take_write_up(tx, line.grant, id))


def _cell(kind: Kind) -> str:
    return f"{Action.TICKET_OPEN}:{kind}" if isinstance(kind, Topic) else str(kind)
