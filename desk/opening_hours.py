"""When people answer: OPENING_HOURS read, with the days of other hours, and whether it is now, or when it will be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

Exceptions = Mapping[
    date, tuple[int, int] | None
]  # by day: the minutes of it at which it opens and closes; None: closed
NONE: Final[Exceptions] = {}
LIKE: Final = "must be like Mon-Fri 08:00-18:00, Sat 10:00-14:00 Europe/London"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN: Final = re.compile(
    r"(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Opening:
    """When the desk opens next, by its own clock; `weekday` from Monday, 0. `later`: the day, like 2027-01-04, where that is more than a week away."""

    weekday: int
    hour: int
    minute: int
    today: bool
    later: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans (weekday from Monday, 0; minutes of the day it opens and closes) in the desk's time zone, in order; but on the days of `other`."""

    spans: tuple[tuple[int, int, int], ...]
    zone: ZoneInfo
    other: Exceptions = field(default_factory=dict)

    def are_open(self, now: int) -> bool:
        """`now` in ms since 1970."""
        local = self._local(now)
        minute = local.hour * 60 + local.minute
        return any(opens <= minute < closes for opens, closes in self._on(local.date()))

    def next(self, now: int) -> Opening:
        """When the desk, closed now, opens."""
        local = self._local(now)
        for days in range(8 + len(self.other) * 7):
            day = local.date() + timedelta(days=days)
            for opens, _ in self._on(day):
                if days or opens > local.hour * 60 + local.minute:
                    later = day.isoformat() if days > 7 else ""
                    return Opening(day.weekday(), opens // 60, opens % 60, days == 0, later)
        raise AssertionError("a week has no opening hour")

    def after(self, since: int, length: int) -> int:
        """When the desk, from `since` on, has been open for `length`; all in ms."""
        date = self._local(since).date()
        while True:
            for opens, closes in self._on(date):
                begins, ends = max(since, self._moment(date, opens)), self._moment(date, closes)
                if begins + length <= ends:
                    return begins + length
                length -= max(ends - begins, 0)
            date += timedelta(days=1)

    def _on(self, day: date) -> Iterator[tuple[int, int]]:
        if day in self.other:
            yield from filter(None, (self.other[day],))
        else:
            yield from ((opens, closes) for weekday, opens, closes in self.spans if weekday == day.weekday())

    def _moment(self, day: date, minute: int) -> int:
        """Of that day by the desk's clock, in ms since 1970."""
        midnight = datetime.combine(day + timedelta(days=minute // (24 * 60)), time(), self.zone)
        return int(midnight.replace(hour=minute // 60 % 24, minute=minute % 60).timestamp()) * 1000

    def _local(self, now: int) -> datetime:
        return datetime.fromtimestamp(now / 1000, UTC).astimezone(self.zone)


ALWAYS: Final = Hours(tuple((day, 0, 24 * 60) for day in range(7)), ZoneInfo("UTC"))


def read(text: str) -> Hours | None:
    """The setting; empty: always open. Raises `ValueError` with what it must be like. A span ends on its own day."""
    if not text.strip():
        return None
    days, _, zone = text.strip().rpartition(" ")
    try:
        found = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # not a zone's name, or one nobody knows
        raise ValueError(LIKE) from None
    spans: list[tuple[int, int, int]] = []
    for words in days.split(","):
        spans += _spans(words.strip())
    spans.sort()
    for (day, _, closes), (after, opens, _) in pairwise(spans):
        if day == after and opens < closes:
            raise ValueError(f"{LIKE}; two of these overlap")
    return Hours(tuple(spans), found)


def on_other_days(hours: Hours | None, other: Exceptions) -> Hours | None:
    """Without OPENING_HOURS the desk is always open but on such days, by the clock of UTC."""
    return replace(hours or ALWAYS, other=other) if other else hours


def _spans(words: str) -> list[tuple[int, int, int]]:
    match = _SPAN.fullmatch(words)
    if match is None or match["first"] not in _DAYS or (match["last"] or match["first"]) not in _DAYS:
        raise ValueError(LIKE)
    first, last = _DAYS.index(match["first"]), _DAYS.index(match["last"] or match["first"])
    opens, closes = _minute(match["opens"]), _minute(match["closes"])
    if closes <= opens:
        raise ValueError(f"{LIKE}; a night is two of these, to 24:00 and from 00:00")
    return [((first + n) % 7, opens, closes) for n in range((last - first) % 7 + 1)]


def _minute(word: str) -> int:
    hour, minute = int(word[:2]), int(word[3:])
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(LIKE)
    return hour * 60 + minute
