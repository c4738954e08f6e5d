"""What any help desk has to be able to do: a Protocol, held by tests/api/test_help_desk_contract.py.

Whoever fills it raises `RetryLaterError` where the other side cannot be asked now, and `PermanentError` where it never can. Numbers and
names are theirs. Nothing here mails anybody: who asked is known there by a name that no mail can be sent to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Kind(Enum):
    ANSWER = "answer"  # to whoever asked
    NOTE = "note"  # for the desk alone
    STATUS = "status"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction of theirs on their ticket. `status` is ours for what it has become, or empty; `into` the ticket a merged one went on in. Of a merge
    `ticket` may be 0: one that we do not see. `ours`: we wrote it."""

    id: int
    kind: Kind
    ticket: int
    username: str
    status: str = ""
    into: int = 0
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file. `id` is theirs."""

    id: int
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """What was said there, as plain text. `too_large`: names of files that were not taken."""

    words: str = field(repr=False)
    files: tuple[Enclosed, ...] = ()
    too_large: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewTicket:
    """`url` leads to it here, and is what it is found by again. `requester`: whose person they are here (an id), and their name; None where nobody
    has proved who they are."""

    url: str
    title: str
    words: str = field(repr=False)
    requester: tuple[int, str] | None = None


class HelpDesk(Protocol):
    def find(self, url: str) -> int | None:
        """The ticket that was opened with that `url`, if it was."""
        ...

    def open(self, new: NewTicket) -> int:
        """Its number. Opens a second one where it is called twice."""
        ...

    def say(
        self, ticket: int, mark: str, title: str, words: str, *, internal: bool, file: Enclosed | None = None
    ) -> int:
        """Their transaction's id. With one `mark` it is said once, however often it is tried."""
        ...

    def set_status(self, ticket: int, status: str) -> None:
        """`open`, `waiting` or `closed`."""
        ...

    def merge(self, ticket: int, into: int) -> None: ...

    def newest(self) -> int:
        """The newest transaction there is."""
        ...

    def changes(self, after: int) -> tuple[list[int], list[Change]]:
        """The next transactions after one, in their order, not always all of them: the ids of all that were looked at, and those that say something."""
        ...

    def read(self, transaction: int) -> Written:
        """What an answer or a note of theirs says."""
        ...

    def trouble(self) -> str | None:
        """What keeps it from working, for `deskgate doctor`: what is wrong, then what to do. None: nothing."""
        ...
