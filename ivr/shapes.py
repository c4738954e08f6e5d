"""What passes through a call: its state, what is said and heard, what is to be done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from authz import Proof
from ivr.further import Further
from ivr.outcomes import Outcome
from store.accounts.people import person_of
from store.messages.timeline import Recorded
from store.verification.pins import Pin

# --- what is said


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: a key of the phrases and what goes into it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


def line(key: str, **values: object) -> Line:
    return Line(key, values)


@dataclass(frozen=True, slots=True)
class Gather:
    """Listens for keys: at most `digits`, ended by `#` where `until_hash`, or by `seconds` without one."""

    digits: int
    until_hash: bool = False
    seconds: int = 6


@dataclass(frozen=True, slots=True)
class Record:
    """Records after the tone, until `#` or five seconds of silence."""

    seconds: int = 300


@dataclass(frozen=True, slots=True)
class Conference:
    """`ends`: the room is closed when this one leaves, which is so of the agent's leg and not of the caller's."""

    room: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Then = Gather | Record | Conference | HangUp


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything a caller hears in one turn, and what they may do then. `pause`: seconds of silence before it."""

    lines: tuple[Line, ...]
    then: Then
    pause: int = 0


# --- the state of a call


@dataclass(frozen=True, slots=True)
class Call:
    """Where a call stands. `attested`: the network vouches for the number, which proves nothing. `ticket` is the place in the list of tickets, `told` the number of the one just read out;
    `unlocked` is the person whose locked PIN is looked at in this call, for a code they keyed; `queue` the place in the queue last said; `rung` how often the desk was rung; `call_back` the call of ours this is, until the desk has been rung; under
    `duress` nothing is told and nobody is rung (duress.py); `lead` is said before the next prompt and never kept.

    `then` is where to go on after a second proof: the menu, `talk` with an agent, `request:<action>`, `hand_in:<ticket>`, `prove` for none of these.
    `silent` is how often nothing was keyed, `silences` how often that is waited through where it is more than usual.
    `counted`: a message that was not left yet is counted against the caller, `on_file` it is taken only from a number on file; `unproved` how often they keyed something and were nobody.
    `way` is the factor it is given by, `wrong` how many codes did not match, `approval` the one waited for.
    """

    at: str = "support_id"
    number: str | None = None
    attested: bool = False
    support_id: str | None = None
    unproved: int = 0
    asked_again: bool = False
    tries: int = 0
    unlocked: int = 0
    short: int = 0
    silent: int = 0
    silences: int = 0
    subject: str | None = None
    proof: int = 0
    duress: bool = False
    accounts: tuple[int, ...] = ()
    account: int | None = None
    page: int = 0
    topics: tuple[str, ...] = ()
    topic: str | None = None
    services: tuple[str, ...] = ()
    service: str | None = None
    ticket: int = 0
    told: int = 0
    ring: int | None = None
    about: str = ""
    counted: bool = False
    on_file: bool = False
    then: str = ""
    way: str = ""
    wrong: int = 0
    approval: int = 0
    queue: int = 0
    rung: int = 0
    call_back: int | None = None
    lead: tuple[Line, ...] = ()

    @property
    def proved_by(self) -> int | None:
        """Whose PIN counts in this call."""
        return person_of(self.subject) if self.subject is not None and self.proof >= Proof.VERIFIED else None

    def to_json(self) -> str:
        """What is not as it was at the beginning of a call; never the lead."""
        kept = {name: value for name in _KEPT if (value := getattr(self, name)) not in (None, (), "", 0, False)}
        return json.dumps(kept)

    @classmethod
    def from_json(cls, text: str) -> Call:
        kept: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**values)


_KEPT = tuple(field.name for field in fields(Call) if field.name != "lead")


# --- what is heard


@dataclass(frozen=True, slots=True)
class Keys:
    """What was keyed, without the `#` that ended it. Empty: silence."""

    keyed: str

    def __repr__(self) -> str:
        return "Keys(••••)"  # it may be a PIN


@dataclass(frozen=True, slots=True)
class Spoken:
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class DialEnded:
    """The conference is over for the caller, who is still there."""


@dataclass(frozen=True, slots=True)
class Summoned:
    """The agent has sent the caller from the room to the keypad."""


# --- what is to be done, through `store`


@dataclass(frozen=True, slots=True)
class CheckPin:
    pin: Pin


@dataclass(frozen=True, slots=True)
class NameAccounts:
    """The names of one page of accounts."""


@dataclass(frozen=True, slots=True)
class FindAccount:
    number: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What the menu may offer now."""


@dataclass(frozen=True, slots=True)
class MayOpen:
    """Which topics a ticket may be opened for by phone."""


@dataclass(frozen=True, slots=True)
class NameServices:
    """For a ticket (`about` ticket) or an emergency."""


@dataclass(frozen=True, slots=True)
class SaveTicket:
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class ListTickets:
    pass


@dataclass(frozen=True, slots=True)
class MayReply:
    pass


@dataclass(frozen=True, slots=True)
class SaveReply:
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class MayLeaveMessage:
    """Whether somebody not proven may leave one (more): counted before anything is recorded."""


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """From somebody not proven: for the desk's pending list."""

    recorded: Recorded


@dataclass(frozen=True, slots=True)
class TellInvoices:
    pass


@dataclass(frozen=True, slots=True)
class TellServices:
    pass


@dataclass(frozen=True, slots=True)
class MakeLinkCode:
    """A code by which the caller's member of Slack is tied to them."""


@dataclass(frozen=True, slots=True)
class RingDesk:
    """A person is asked for: of the desk, or of the emergency line (`about` emergency)."""


@dataclass(frozen=True, slots=True)
class LookAtRing:
    pass


@dataclass(frozen=True, slots=True)
class GiveUpRing:
    """Nobody took it, or the caller goes back, asks to be called back or is `gone`: a call-back ticket where nobody came to
    them or they `asked` for it."""

    nobody_came: bool
    gone: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class AskCallBack:
    """While the desk is closed: a call-back ticket."""


@dataclass(frozen=True, slots=True)
class WhatIsAsked:
    """Why the agent sent the caller to the keypad."""


@dataclass(frozen=True, slots=True)
class BackToTalk:
    """Back into the room where the agent waits. `passed`: what came of the PIN; None: look whether a second proof was given."""

    passed: bool | None


@dataclass(frozen=True, slots=True)
class TellUnlockCode:
    """A code for somebody whose PIN is locked, on a number of theirs on file."""


Effect = (
    CheckPin
    | NameAccounts
    | FindAccount
    | Offer
    | MayOpen
    | NameServices
    | SaveTicket
    | ListTickets
    | MayReply
    | SaveReply
    | MayLeaveMessage
    | LeaveMessage
    | TellInvoices
    | TellServices
    | MakeLinkCode
    | Further
    | RingDesk
    | LookAtRing
    | GiveUpRing
    | AskCallBack
    | WhatIsAsked
    | BackToTalk
    | TellUnlockCode
)


Heard = Keys | Spoken | DialEnded | Summoned
Event = Heard | Outcome
Move = tuple[Call, Screen | Effect]
