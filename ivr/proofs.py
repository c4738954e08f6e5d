"""What comes of an effect of a second proof: the ways there are, codes, answers in Slack, what it is good for."""

from __future__ import annotations

from dataclasses import dataclass, field

from authz import Action


@dataclass(frozen=True, slots=True)
class Draft:
    """A request of theirs that the desk has not got."""

    number: int
    action: Action


@dataclass(frozen=True, slots=True)
class WaysFound:
    """Factors on file that could prove something now (step_ups.FACTORS). `ending` of the number a text goes to; `fresh`: what is too young.
    `draft`: what waits for it."""

    ways: tuple[str, ...]
    ending: str = ""
    fresh: tuple[str, ...] = ()
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class AlreadyProved:
    """For so many minutes still. `carry`: the requests a reference to take it to Slack could be for; `requests`: whether one can be
    made by phone; `draft`: what waits to be handed in."""

    minutes: int
    carry: tuple[Action, ...] = ()
    requests: bool = False
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class NoNeed:
    """Nothing they may do here needs a second proof."""


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """It can be keyed now."""


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """`number` is to be said in Slack: for the caller's ears alone."""

    id: int
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WayClosed:
    """`offered`: it is on file, and was tried too often just now."""

    offered: bool


@dataclass(frozen=True, slots=True)
class SteppedUp:
    minutes: int


@dataclass(frozen=True, slots=True)
class CodeWrong:
    pass


@dataclass(frozen=True, slots=True)
class CodesRefused:
    """Too many did not match: for half an hour, or `busy`, for a moment."""

    busy: bool


@dataclass(frozen=True, slots=True)
class StillWaiting:
    pass


@dataclass(frozen=True, slots=True)
class NotApproved:
    pass


@dataclass(frozen=True, slots=True)
class Reference:
    """Hides itself like a link code. None: there is nothing to carry any more."""

    digits: str | None = field(repr=False)


ProofOutcome = (
    WaysFound
    | AlreadyProved
    | NoNeed
    | CodeWanted
    | ApprovalAsked
    | WayClosed
    | SteppedUp
    | CodeWrong
    | CodesRefused
    | StillWaiting
    | NotApproved
    | Reference
)
