"""What is to be done, through `store`, for a second proof and for a change that is asked for by phone."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.messages.timeline import Recorded


@dataclass(frozen=True, slots=True)
class MayRequest:
    """Which changes may be asked for by phone, a second proof taken as given."""


@dataclass(frozen=True, slots=True)
class MayRecord:
    """Whether the change that is wanted (`then`) may be asked for now."""


@dataclass(frozen=True, slots=True)
class SaveRequest:
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class HandIn:
    """The draft that `then` names goes to the desk."""


@dataclass(frozen=True, slots=True)
class FindWays:
    """By what a second proof could be given, or how long the one that was given lasts."""


@dataclass(frozen=True, slots=True)
class ProveBy:
    """Has a code sent, or a question asked in Slack, where the way needs that."""


@dataclass(frozen=True, slots=True)
class CheckCode:
    """Digits that prove something hide themselves from logs."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookAtApproval:
    pass


@dataclass(frozen=True, slots=True)
class GiveUpApproval:
    pass


@dataclass(frozen=True, slots=True)
class GiveReference:
    """A code that takes what was proved here to Slack, for one topic."""

    topic: str


Further = (
    MayRequest
    | MayRecord
    | SaveRequest
    | HandIn
    | FindWays
    | ProveBy
    | CheckCode
    | LookAtApproval
    | GiveUpApproval
    | GiveReference
)
