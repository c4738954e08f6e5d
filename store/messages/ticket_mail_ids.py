"""The Message-ID of a mail about a ticket: an answer to it names its ticket by that, and nobody else can make one.

It proves nothing about whoever answers: mails are handed on. It only says which ticket an answer is about, once its writer has proved who they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from store.db.keys import Keys

_USE: Final = "ticket-mail"
_SEAL: Final = 32  # hex digits
_MADE: Final = re.compile(r"<?ticket\.(\d{1,12})\.([0-9a-f]{16})\.([0-9a-f]{32})@[^\s<>@]{1,253}>?", re.ASCII)
LOOKED_AT: Final = 50  # of those that a mail refers to, the last ones


def made(keys: Keys, ticket: int, once: str) -> str:
    """The part before the @, for a mail about a ticket. `once` (hex digits, 16 at the least) is the same where the same mail is sent again."""
    return f"ticket.{ticket}.{once[:16]}.{keys.digest(_USE, str(ticket), once[:16])[:_SEAL]}"


def ticket(keys: Keys, ids: Iterable[str]) -> int | None:
    """The number in the last of these Message-IDs that is one of ours. None: none is."""
    for one in reversed(list(ids)[-LOOKED_AT:]):
        found = _MADE.fullmatch(one)
        if found is not None and keys.made(found[3], _USE, found[1], found[2]):
            return int(found[1])
    return None
