"""By when the desk answers: RESPONSE_TARGETS read, and counted in opening hours. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authz import REQUESTS
from desk import opening_hours
from desk.opening_hours import NONE, Exceptions, Hours
from store.messages.response_clock import Priority

LIKE: Final = "must be like urgent 15m, high 1h, sla 1h, problem 4h, question 8h, request 8h, low 24h"
MINUTES: Final = {"urgent": 15, "high": 60, "sla": 60, "problem": 240, "question": 480, "request": 480, "low": 1440}
_TARGET: Final = re.compile(r"([a-z]+) ([1-9]\d{0,3})([mh])", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """`minutes` by what they are for, in words of the setting. Without `hours` the desk is always open."""

    minutes: Mapping[str, int]
    hours: Hours | None

    def target(self, priority: int, kind: str, *, covered: bool) -> int:
        """Minutes: the fewest of all that are for such a ticket; of one that can wait, its own alone. `covered`: it is under the Managed
        Platform SLA."""
        if priority == Priority.LOW:
            return self.minutes["low"]
        words = ["request" if kind in REQUESTS else kind]
        words += ["sla"] if covered else []
        words += [Priority(priority).name.lower()] if priority < Priority.NORMAL else []
        return min(self.minutes[word] for word in words)

    def due(self, since: int, priority: int, kind: str, covered: bool, other: Exceptions = NONE) -> int:
        """When somebody who waits since then has waited for too long; both in ms. An urgent one waits by the clock, all others while
        the desk is open."""
        target = self.target(priority, kind, covered=covered) * 60_000
        hours = None if priority == Priority.URGENT else opening_hours.on_other_days(self.hours, other)
        return since + target if hours is None else hours.after(since, target)


def read(text: str, hours: str = "") -> ResponseTimes:
    """The settings; what a target is not given for has its default. Raises `ValueError` with what they must be like."""
    found = dict[str, int]()
    for words in filter(None, map(str.strip, text.split(","))):
        match = _TARGET.fullmatch(words)
        if match is None or match[1] not in MINUTES:
            raise ValueError(LIKE)
        if match[1] in found:
            raise ValueError(f"{LIKE}; {match[1]} is there twice")
        found[match[1]] = int(match[2]) * (60 if match[3] == "h" else 1)
    return ResponseTimes(MINUTES | found, opening_hours.read(hours))
