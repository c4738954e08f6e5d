"""What the desk answers a call: the facts it goes on with, each already allowed, refused or disclosed by `store`."""

from __future__ import annotations

from dataclasses import dataclass, field

from authz import Action, Status, Topic
from store.accounts.account_details import Refused


@dataclass(frozen=True, slots=True)
class BeingUpdated:
    """Nothing is told, for somebody threatens the caller: see duress.py."""


NotTold = Refused | BeingUpdated


@dataclass(frozen=True, slots=True)
class Code:
    """For the ears of whoever is on the line alone, so it hides itself from logs."""

    digits: str = field(repr=False)


# --- the menu, tickets and messages


@dataclass(frozen=True, slots=True)
class Offered:
    """Cells allowed now (and `slack.link`); the account's name if there are several. `requests_alone`: no ticket, only a change to
    ask for. `proved`: a second proof holds."""

    cells: frozenset[str]
    name: str
    requests_alone: bool = False
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Topics:
    """Of which a ticket may be opened. `requests`: whether a change could be asked for as well. `state`: of an account that takes
    billing tickets alone. `why` there is no topic."""

    topics: tuple[Topic, ...]
    requests: bool = False
    state: Status | None = None
    why: Refused | None = None


@dataclass(frozen=True, slots=True)
class MessageAllowed:
    refused: str = ""  # whose messages are too many: number, withheld, others
    on_file: bool = False  # only those from a number on file are taken, and nobody hears whether theirs is


# --- a second proof


@dataclass(frozen=True, slots=True)
class Draft:
    """A request of theirs that the desk has not got."""

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
    made by phone; `draft`: what waits to be handed in."""

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
class RingEnded:
    """`number` is the call-back ticket's; None where none was needed or it waits with the desk. `asked`: they wanted that."""

    number: int | None
    nobody_came: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class BackInRoom:
    room: str
    passed: bool
