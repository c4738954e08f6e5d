"""The values of a call: its state, what is said and heard, the outcome of a PIN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from authz import Proof, Subject
from store.messages.timeline import Recorded
from store.verification.pins import Pin

# --- what is said


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence: a key of the phrases and what goes into it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


def say(key: str, **values: object) -> Utterance:
    return Utterance(key, values)


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
    """`ends`: the room is closed when this leg leaves: true for the agent's leg, false for the caller's."""

    room: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Then = Gather | Record | Conference | HangUp


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything a caller hears in one turn, and what they may do then. `pause`: seconds of silence before it."""

    utterances: tuple[Utterance, ...]
    then: Then
    pause: int = 0


# --- the state of a call


@dataclass(frozen=True, slots=True)
class Call:
    """Where a call stands. `attested`: the network vouches for the number, which proves nothing. `ticket` is the place in the list of tickets, `told` the number of the one just read out;
    `unlocked` is the person whose locked PIN is looked at in this call, for a code they keyed; `queue` the place in the queue last said; `rung` how often the desk was rung; `callback` the call of ours this is, until the desk has been rung, to verify them where it is `about` that; under
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
    subject: Subject | None = None
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
    support_call: int | None = None
    about: str = ""
    counted: bool = False
    on_file: bool = False
    then: str = ""
    way: str = ""
    wrong: int = 0
    approval: int = 0
    queue: int = 0
    rung: int = 0
    callback: int | None = None
    lead: tuple[Utterance, ...] = ()

    @property
    def proved_by(self) -> int | None:
        """Whose PIN counts in this call."""
        return self.subject.person if self.subject is not None and self.proof >= Proof.VERIFIED else None

    def to_json(self) -> str:
        """The fields that differ from those of a new call, without the lead."""
        kept = {name: value for name in _KEPT if (value := getattr(self, name)) not in (None, (), "", 0, False)}
        return json.dumps(kept)

    @classmethod
    def from_json(cls, text: str) -> Call:
        kept: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        if "subject" in values:
            values["subject"] = Subject(values["subject"])
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
class RecalledToKeypad:
    """The agent has sent the caller from the room to the keypad."""


# --- a PIN


@dataclass(frozen=True, slots=True)
class CheckPin:
    """What a step may end in instead of a screen: the attempt is committed before the PIN is hashed, and the call goes on with
    what came of it."""

    pin: Pin


@dataclass(frozen=True, slots=True)
class Proved:
    """`duress`: by the PIN that says they are threatened."""

    subject: Subject
    accounts: tuple[int, ...]
    duress: bool = False


@dataclass(frozen=True, slots=True)
class NotProved:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The caller has keyed the code of this person, whose PIN is locked: PINs keyed next are looked at. The code proves nothing."""

    person: int


@dataclass(frozen=True, slots=True)
class LineBusy:
    pass


@dataclass(frozen=True, slots=True)
class MessagesOnly:
    """A budget of wrong PINs is `spent`, or the operator has switched the phone to messages."""

    spent: bool = False


Heard = Keys | Spoken | DialEnded | RecalledToKeypad
PinOutcome = Proved | NotProved | Unlocked | LineBusy | MessagesOnly
Event = Heard | PinOutcome
Said = tuple[Call, Screen]
Move = tuple[Call, Screen | CheckPin]
