"""What comes of what customers do: with tickets, and to prove themselves further. Values alone, which every channel may hold, the phone's dialogue as well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from store.accounts.account_details import AccountName


@dataclass(frozen=True, slots=True)
class Opened:
    """The desk has it."""

    number: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """It waits for a second proof, and the desk has not got it."""

    number: int


class HandIn(Enum):
    """What became of a draft: now, or before."""

    DONE = "done"
    ALREADY = "already"
    WITHDRAWN = "withdrawn"
    NONE = "none"  # they have no such thing


class NotProved(Enum):
    """WRONG covers a code that does not match and one that is somebody else's."""

    LATER = "later"  # too many were tried
    BUSY = "busy"  # by everybody together: on the phone alone it is said that this lasts a moment
    WRONG = "wrong"
    OTHER_TOPIC = "other_topic"  # carried here, theirs, and not for what the draft asks: it stays good


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """What the person is asked. `asked_by` is what the operator calls the system that asks; `action` is a cell."""

    id: int
    asked_by: str
    account: AccountName
    action: str
    way: str
