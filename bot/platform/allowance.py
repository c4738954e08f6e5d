"""How much of what members say is looked up in an hour, each by themselves."""

from __future__ import annotations

import threading
from typing import Final

AN_HOUR: Final = 600  # candidates that are looked up for one member in an hour, by one process
_MEMBERS: Final = 10_000  # that are counted apart


class Allowance:
    """How much is looked up for each member in this hour: who says number after number spoils nobody's code by chance."""

    def __init__(self) -> None:
        self._lock, self._hour = threading.Lock(), 0
        self._spent: dict[str, int] = {}

    def take(self, member: str, hour: int, wanted: int) -> int:
        """How many of `wanted` may be looked up."""
        with self._lock:
            if hour != self._hour:
                self._hour, self._spent = hour, {}
            if member not in self._spent and len(self._spent) >= _MEMBERS:
                member = ""
            spent = self._spent.get(member, 0)
            allowed = min(wanted, AN_HOUR - spent)
            self._spent[member] = spent + allowed
        return allowed
