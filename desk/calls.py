"""Calls with the desk: taking one on its phones, whose one is, sending the caller to the keypad, and calling somebody back on a number on file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from authz import Action, Grant, Proof, Subject
from desk import ticket_work
from desk.actors import Actor, may_still, permit_line, permit_staff
from store import Transaction
from store.accounts import people
from store.calls import agent_legs, call_assignment, callbacks, live_calls, support_calls, take_digits
from store.calls.live_calls import LiveCall
from store.calls.support_calls import AgentBriefing, SupportCall
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.tickets import agent_tickets


class Assigned(Enum):
    """What came of having a call assigned to oneself."""

    DONE = auto()
    NO_CALL = auto()
    NOT_FREE = auto()  # somebody else's, or nobody has taken it, or it has been over for too long
    NOT_PERMITTED = auto()


@dataclass(frozen=True, slots=True)
class TakenCall:
    """`briefing` is what the agent hears before the caller; `words` are the desk's two in this call."""

    briefing: AgentBriefing
    words: tuple[str, str] | None


class NotTaken(Enum):
    """Why a call was not taken on a phone of the desk."""

    GONE = auto()  # it is over, or the caller may not talk to the desk any more
    TAKEN = auto()  # by another phone
    NOT_PERMITTED = auto()  # no card may be read out on the agents' line


class AskedFor(StrEnum):
    """What a caller is sent to the keypad for."""

    PIN = "pin"
    SECOND_PROOF = "second"


class Keypad(Enum):
    """What came of sending a caller to the keypad."""

    SENT = auto()
    NOT_NOW = auto()  # not their call, nobody is talking, or the caller is at the keypad already
    NOT_PERMITTED = auto()


class Callback(Enum):
    """What came of asking for a callback; the ways it cannot be done as `store.calls.callbacks` has them."""

    OWED = "owed"
    NO_NUMBER = "no_number"  # none that has been on file for long enough
    TALKING = "talking"  # they are on the phone with this very agent
    SOON = "soon"  # they were called a moment ago
    ENOUGH = "enough"  # or often today
    ABROAD = "abroad"  # the number on file is where this desk may not call
    NO_PHONE = "no_phone"
    SUPERVISORS_ONLY = "supervisors_only"  # left under a threat: only supervisors call them
    QUARANTINED = "quarantined"  # the ticket is: the person who left it may be under a threat
    NOT_THEIRS = "not_theirs"
    NOBODY = "nobody"  # we do not know who it is
    NOT_PERMITTED = "not_permitted"


def permit_calls(tx: Transaction, who: Actor) -> Grant | None:
    """To see who waits and talks, to ask callers for proof, and to have somebody called back."""
    return permit_staff(tx, who, Action.DESK_PROOF_ASK)


def digits(tx: Transaction, call: int, leg: int) -> dict[str, int]:
    """By which two digits who of the staff takes this call on this phone of the desk. Empty: nobody is signed in to whom a page could
    show any (of a phone that is one person's: they are not), and 1 will do."""
    signed_in, whose = sessions.signed_in(tx, STAFF), agent_legs.whose(tx, call, leg)
    if whose is not None and whose not in signed_in:
        return {}
    theirs = [(take_digits.digits(tx.keys, call, at), id) for id, at in _places(tx, signed_in).items()]
    times = Counter(two for two, _id in theirs)
    return {two: id for two, id in theirs if times[two] == 1}


def shown_digits(tx: Transaction, grant: Grant, waiting: Iterable[LiveCall]) -> dict[int, str]:
    """Those that the page of whoever is signed in shows beside each call that waits."""
    staff, ids = grant.subject.staff, [call.id for call in waiting]
    place = _places(tx, {staff})[staff] if ids else 0
    return {id: take_digits.digits(tx.keys, id, place) for id in ids}


def _places(tx: Transaction, staff: Collection[int]) -> dict[int, int]:
    return {id: at for id, at in take_digits.places(tx).items() if id in staff} if staff else {}


def take(tx: Transaction, call: SupportCall, leg_call: str, leg: int, staff: int | None = None) -> TakenCall | NotTaken:
    """Somebody takes it on a phone of the desk, on the leg with this id at Twilio: `staff` by their digits, and it is assigned to them. The
    caller's right is asked for again: it may have gone while they waited."""
    if call.over:
        return NotTaken.GONE
    action = Action.PHONE_EMERGENCY if call.emergency else Action.PHONE_SUPPORT
    if not may_still(tx, Actor(call.subject, call.proof), action, call.account, service=call.service):
        return NotTaken.GONE
    if not support_calls.take(tx, call.id, leg_call, leg, staff):
        return NotTaken.TAKEN
    by = Actor(Subject.of_staff(staff), Proof.NONE) if staff else None
    grant = permit_staff(tx, by, Action.DESK_CARD_VIEW, call.account) if by else permit_line(tx, call.account)
    if grant is None:
        return NotTaken.NOT_PERMITTED
    return TakenCall(support_calls.agent_briefing(tx, grant, call.id), live_calls.words(tx, call.id))


def assign(tx: Transaction, who: Actor, call: int) -> Assigned:
    """The agent says that a support call taken on a phone of the desk is theirs: it is assigned to them, and its card opens."""
    found = support_calls.look(tx, call)
    if found is None:
        return Assigned.NO_CALL
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, found.account)
    if grant is None:
        return Assigned.NOT_PERMITTED
    return Assigned.DONE if call_assignment.assign(tx, grant, call) else Assigned.NOT_FREE


def give_back(tx: Transaction, who: Actor, call: int) -> bool:
    """The agent gives a call of theirs back: its card closes to them, and it can be assigned to a colleague. False: it is not theirs."""
    found = support_calls.look(tx, call)
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, found.account) if found is not None else None
    return grant is not None and call_assignment.give_back(tx, grant, call)


def send_to_keypad(tx: Transaction, who: Actor, call: int, asked: AskedFor) -> Keypad:
    """Sends the agent's caller to the keypad, where nobody hears what they key, and back to the agent."""
    grant = permit_calls(tx, who)
    if grant is None:
        return Keypad.NOT_PERMITTED
    return Keypad.SENT if support_calls.ask_proof(tx, grant, call, asked) else Keypad.NOT_NOW


def callback_caller(tx: Transaction, who: Actor, call: int, *, phone: bool) -> Callback:
    """Calls the caller of a call back, for the agent whose call it is or was just now. `phone`: whether the desk has a line to call by."""
    grant = permit_calls(tx, who)
    if grant is None:
        return Callback.NOT_PERMITTED
    seen, found = live_calls.look(tx, grant, call), support_calls.look(tx, call)
    if seen is None or found is None or seen.staff != who.staff or not found.subject.is_person:
        return Callback.NOT_THEIRS
    return _asked(tx, grant, found.subject.person, account=found.account, phone=phone)


def callback_requester(tx: Transaction, who: Actor, number: int, *, phone: bool) -> Callback:
    """Calls the requester of a ticket back, or the person they said they were. A ticket that nobody has is then the agent's."""
    ticket, grant = ticket_work.right_on(tx, who, number), permit_calls(tx, who)
    if grant is None or not people.works_here(
        tx, grant.subject.staff
    ):  # before the ticket is locked, as a suspension does
        return Callback.NOT_PERMITTED
    if ticket is None:
        return Callback.NOBODY
    if ticket.is_to_read:
        return Callback.QUARANTINED
    person = agent_tickets.requester(tx, ticket.grant, number)
    if not isinstance(person, int):
        return Callback.SUPERVISORS_ONLY if person == Callback.SUPERVISORS_ONLY.value else Callback.NOBODY
    made = _asked(tx, grant, person, account=ticket.account, ticket=number, phone=phone)
    if made is Callback.OWED:
        ticket_work.take(tx, ticket, None)  # of a colleague's it stays theirs
    return made


def callback_person(tx: Transaction, who: Actor, person: int, *, phone: bool) -> Callback:
    """Somebody who was looked up."""
    grant = permit_calls(tx, who)
    return Callback.NOT_PERMITTED if grant is None else _asked(tx, grant, person, phone=phone)


def would_callback(
    tx: Transaction, grant: Grant, person: int, *, phone: bool, may_call: Callable[[str], bool]
) -> Callback:
    """What asking for a callback would come to now. `may_call`: which numbers the desk may ring."""
    if not phone:
        return Callback.NO_PHONE
    why = callbacks.why_not(tx, grant, person, may_call)
    return Callback(why) if why else Callback.OWED


def _asked(
    tx: Transaction, grant: Grant, person: int, *, account: int | None = None, ticket: int | None = None, phone: bool
) -> Callback:
    if not phone:
        return Callback.NO_PHONE
    made = callbacks.ask(tx, grant, person, account=account, ticket=ticket)
    return Callback.OWED if isinstance(made, int) else Callback(made)
