"""Whatever the dialogue asks of the desk, one method for each, which is judged, done or told there, at that moment; and what is answered.

store_desk.py answers in a transaction; duress.py whoever is threatened; the tests by dice. Where the type lets a method answer
`BeingUpdated`, a caller under threat is told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from authz import Action, Status, Topic
from desk.opening_hours import Opening
from desk.outcomes import Drafted, HandIn, NotProved, Opened, ToAnswer
from ivr.types import Call
from store.accounts.account_details import AccountName, Invoice, Refused, Service, ServiceName
from store.messages.timeline import Recorded
from store.tickets.customer_tickets import Ticket

GivesUp = Literal["went_back", "callback", "nobody_came"]  # how a wait ends for the caller: support_calls.py
WayTaken = Literal["code_wanted", "not_now", "not_offered"]  # not now: it is on file, and was tried too often


@dataclass(frozen=True, slots=True)
class BeingUpdated:
    """Nothing is told, for somebody threatens the caller: see duress.py."""


NotTold = Refused | BeingUpdated


@dataclass(frozen=True, slots=True)
class Code:
    """Only the caller may hear it, so its repr shows nothing in logs."""

    digits: str = field(repr=False)


# --- the menu, tickets and messages


@dataclass(frozen=True, slots=True)
class Offered:
    """Cells allowed now (and `slack.link`); the account's name if there are several. `requests_alone`: no ticket, only a change to
    ask for. `proved`: a second proof holds. `why` there is nothing but to leave a message."""

    cells: frozenset[str]
    name: str
    requests_alone: bool = False
    proved: bool = False
    why: Refused | None = None


@dataclass(frozen=True, slots=True)
class Topics:
    """Of which a ticket may be opened. `requests`: whether a change could be asked for as well. `status`: of an account that takes
    billing tickets alone."""

    topics: tuple[Topic, ...]
    requests: bool = False
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class MailCame:
    """One that says it is from the caller, and waits; of what it says nothing. `minutes` ago."""

    id: int
    minutes: int


@dataclass(frozen=True, slots=True)
class MailAdded:
    """To the ticket of that number, whose mail it answers."""

    number: int


@dataclass(frozen=True, slots=True)
class MessageAllowed:
    refused: str = ""  # whose messages are too many: number, withheld, others
    on_file: bool = False  # only those from a number on file are taken, and nobody hears whether theirs is


# --- a second proof


@dataclass(frozen=True, slots=True)
class Draft:
    """A request they have made that the desk has not got."""

    number: int
    action: Action


@dataclass(frozen=True, slots=True)
class WaysFound:
    """Factors on file that could prove something now (step_ups.FACTORS). `ending` of the number a text goes to; `fresh`: what is
    too young. `draft`: what waits for it."""

    ways: tuple[str, ...]
    ending: str = ""
    fresh: tuple[str, ...] = ()
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class AlreadyProved:
    """For so many minutes still. `carry`: the requests a transfer code to take it to Slack could be for; `requests`: whether one can be
    made; `draft`: what waits to be handed in."""

    minutes: int
    carry: tuple[Action, ...] = ()
    requests: bool = False
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """`number` is to be said in Slack: for the caller's ears alone."""

    id: int
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SteppedUp:
    minutes: int


# --- a person


@dataclass(frozen=True, slots=True)
class Taken:
    """`words`: the desk's two, by which the caller knows the agent."""

    room: str
    words: tuple[str, str]


@dataclass(frozen=True, slots=True)
class SupportCallEnded:
    """`number` is the callback ticket's; None where none was needed or it waits with the desk. `asked`: they wanted that."""

    number: int | None
    nobody_came: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class BackInRoom:
    room: str
    passed: bool


class Desk(Protocol):
    def under_threat(self) -> Desk:
        """The same desk, as somebody who is threatened meets it from now on."""

    # --- who, and which account

    def unlock_code(self, call: Call) -> Code | BeingUpdated | None:
        """For somebody whose PIN is locked, called on their number on file. None: they no longer need it."""

    def who_verifies(self, call: Call) -> str | None:
        """What the system is called that has them called to be verified. None: that is over."""

    def verification(self, call: Call) -> ToAnswer | None:
        """What it asks for, for whoever has keyed their PIN. None: that is over."""

    def confirm_verification(self, call: Call) -> bool:
        """They say that it is them. False: that is over."""

    def not_me(self, call: Call) -> None:
        """Whoever answers a call to be verified says that it is not them who asked."""

    def account_names(self, call: Call) -> tuple[AccountName, ...]:
        """Of one page of their accounts."""

    def find_account(self, call: Call, number: str) -> int | None: ...

    # --- the menu

    def offer(self, call: Call) -> Offered: ...

    def invoices(self, call: Call) -> tuple[Invoice, ...] | NotTold: ...

    def services(self, call: Call) -> tuple[Service, ...] | NotTold: ...

    def link_code(self, call: Call) -> Code | NotTold | None:
        """By which the caller's member of Slack is tied to them. None: the desk has no Slack."""

    # --- tickets and messages

    def topics(self, call: Call) -> Topics | Refused:
        """Of which a ticket may be opened."""

    def service_names(self, call: Call) -> tuple[ServiceName, ...] | Refused:
        """What a ticket, a request or an emergency (`about`) may be about."""

    def open_ticket(self, call: Call, recorded: Recorded) -> Opened | None:
        """None: the right went meanwhile, and what was spoken waits with the desk. So below."""

    def tickets(self, call: Call) -> tuple[Ticket, ...] | NotTold:
        """All their tickets; the one at `ticket` is read out with its answer."""

    def may_reply(self, call: Call) -> NotTold | None: ...

    def reply(self, call: Call, recorded: Recorded) -> bool | BeingUpdated: ...

    def mails(self, call: Call) -> tuple[MailCame, ...] | BeingUpdated:
        """Those that say they are from the caller."""

    def confirm_mail(self, call: Call) -> Opened | MailAdded | Topics | NotTold | None:
        """They wrote the one that was told last: it is added to the ticket it answers, or a ticket about `topic`. Topics: about which of these is not
        known yet. None: it waits no longer."""

    def disown_mail(self, call: Call) -> bool | BeingUpdated:
        """They did not write it. False: it waits no longer."""

    def may_leave_message(self, call: Call) -> MessageAllowed:
        """Counted before anything is recorded, for a caller who is not verified."""

    def leave_message(self, call: Call, recorded: Recorded) -> None:
        """For the desk's pending list."""

    # --- a change

    def requests(self, call: Call) -> tuple[Action, ...] | NotTold:
        """Which may be asked for, a second proof taken as given, in the order of the rules."""

    def may_request(self, call: Call) -> NotTold | Literal["nothing_to_change"] | None:
        """Why the change that is wanted (`then`) may not be asked for now. Where there is nothing to change, the account is what
        the request would make of it: nobody is asked for a proof in vain."""

    def request(self, call: Call, recorded: Recorded) -> Opened | Drafted | BeingUpdated | None:
        """Drafted: the second proof had run out by then."""

    def hand_in(self, call: Call) -> HandIn | NotTold:
        """The draft that `then` names goes to the desk."""

    # --- a second proof

    def ways(self, call: Call) -> WaysFound | AlreadyProved | NotTold | None:
        """By what one could be given, or how long the one that was given lasts. None: nothing they may do here needs one."""

    def prove_by(self, call: Call) -> ApprovalAsked | WayTaken | BeingUpdated:
        """Has a code sent, or a question asked in Slack, where the way needs that."""

    def check_code(self, call: Call, digits: str) -> SteppedUp | NotProved | BeingUpdated: ...

    def look_at_approval(self, call: Call) -> SteppedUp | Literal["waiting", "no"] | BeingUpdated: ...

    def give_up_approval(self, call: Call) -> SteppedUp | BeingUpdated | None:
        """It may have come just now."""

    def transfer_code(self, call: Call, topic: str) -> Code | BeingUpdated | None:
        """Takes what was proved here to Slack, for one topic. None: there is no proof to carry."""

    # --- a person

    def ring(self, call: Call) -> int | SupportCallEnded | Refused | Opening:
        """A person is asked for: of the desk, or of the emergency line (`about` emergency). The support call's id; SupportCallEnded: there is no
        phone to ring; Opening: nobody is there until then."""

    def look_at_support_call(self, call: Call) -> int | Taken | Refused | None:
        """Their place in the queue, from 1; None: nobody came."""

    def give_up_support_call(self, call: Call, why: GivesUp) -> Taken | SupportCallEnded:
        """Nobody took it, or the caller goes back or asks to be called back; unless somebody came just now."""

    def caller_left(self, call: Call) -> None:
        """They hung up while they waited for a person, and are called back."""

    def ask_callback(self, call: Call) -> SupportCallEnded | Refused:
        """While the desk is closed: a callback ticket."""

    def what_is_asked(self, call: Call) -> str:
        """Why the agent sent the caller to the keypad: pin, second, or nothing any more."""

    def back_to_talk(self, call: Call, passed: bool | None) -> BackInRoom | NotTold | None:
        """Into the room where the agent waits. `passed`: what came of the PIN; None: look whether a second proof was given.
        Answers None where the agent has gone."""

    def end_talk(self, call: Call) -> None:
        """The agent has left, and the caller is still there."""
