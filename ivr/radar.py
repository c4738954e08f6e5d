"""Who is probing: one wrong PIN tried on many people, one number that touches many, IDs in sequence, one ID hammered, many
after one account.
Those who withhold their number count as one number, or to withhold it would be the way past that.

Each process watches its own calls, in memory, over a sliding hour. What it remembers are digests under a key that is made
here and changed every hour: two keys overlap, so that the last hour is always seen, and what is older is gone with its key.

A caller who proved nothing hears some seconds of silence before the next words: that limits what one line can try in an
hour (caller_limits.py). Whatever trips is slowed further and told to the desk: not in the turn, which would cost more for
an ID that is somebody's, but when a call has ended (after.py), and one of a kind for some minutes, with a count of the others,
or whoever shows ever new numbers would fill the desk's channel. A PIN that is tried on many is not looked at any more. All of
that goes by what is keyed and called from, never by whether anybody has that ID: a stranger learns nothing from a pause.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from authz import Subject
from store.security.alerts import NOBODY_KNOWN
from store.text import numbers
from store.verification.pins import Pin

HOUR: Final = 3_600_000
SAME_PIN, ONE_NUMBER, IN_SEQUENCE, ONE_ACCOUNT = 5, 4, 4, 3  # different IDs, IDs, neighbours, callers: within an hour
TRIES_AT_ONE_ID = 12  # wrong ones within an hour, by anybody: more than lock it twice over
WITHHELD = 8  # IDs from those who withhold their number, who count as one: more than of one number, as they are many
WRONG = 3  # seconds of silence after each wrong PIN
SHORTEST, LONGEST = 5, 10  # seconds of a pause where something tripped: it grows with every further one
QUIET: Final = 10 * 60_000  # ms in which the desk is told of a kind once, or as often as TOLD says
TOLD: Final = {"probing_account": 5}  # for nothing nobody makes one: it takes three callers at IDs that are somebody's
MOST_THINGS, MOST_OTHERS = 4_000, 12  # remembered of each sort, and of each thing


@dataclass(frozen=True, slots=True)
class Seen:
    """An attempt at a PIN: what was keyed, from which number, and the accounts of the person with that ID, if there is one."""

    support_id: str | None
    number: str | None
    pin: Pin
    subject: Subject = NOBODY_KNOWN
    accounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """For `alerts.alert`. `many` there were; of `more` of the kind the desk was not told one by one. `same` is of when it is taken:
    what has waited is not what was told before."""

    kind: str
    same: str
    many: int
    subject: Subject = NOBODY_KNOWN
    account: int | None = None
    more: int = 0

    @property
    def detail(self) -> str:
        return f"{self.many} (+{self.more})" if self.more else str(self.many)


class _Meetings:
    """thing → what it met within the hour, and when. The things longest unseen are forgotten first."""

    def __init__(self) -> None:
        self._met: OrderedDict[bytes, dict[bytes, int]] = OrderedDict()

    def met(self, thing: bytes, other: bytes, at: int) -> int:
        """How many others that makes."""
        others = {one: when for one, when in self._met.pop(thing, {}).items() if at - when < HOUR}
        if other in others or len(others) < MOST_OTHERS:
            others[other] = at
        self._met[thing] = others
        while len(self._met) > MOST_THINGS:
            self._met.popitem(last=False)
        return len(others)

    def count(self, thing: bytes, at: int) -> int:
        return sum(at - when < HOUR for when in self._met.get(thing, {}).values())

    def part(self, thing: bytes, other: bytes) -> None:
        self._met.get(thing, {}).pop(other, None)

    def __len__(self) -> int:
        return len(self._met)


@dataclass
class _Memory:
    """All that is remembered under one key."""

    began: int
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    pins: _Meetings = field(default_factory=_Meetings)
    numbers: _Meetings = field(default_factory=_Meetings)
    sequence: _Meetings = field(default_factory=_Meetings)
    asked: _Meetings = field(default_factory=_Meetings)
    hammered: _Meetings = field(default_factory=_Meetings)
    accounts: _Meetings = field(default_factory=_Meetings)
    told: set[tuple[str, bytes]] = field(default_factory=set)

    def digest(self, *words: str) -> bytes:
        return hmac.digest(self.key, "\0".join(words).encode(), "sha256")[:16]


class Radar:
    """One for a process. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._memories: list[_Memory] = []  # the newest first
        self._attempts = 0
        self._waiting: dict[str, list[Trip]] = {}  # by kind, as many as may be told at once; of the others how many
        self._more: dict[str, int] = {}
        self._told_at: dict[str, int] = {}

    def is_hot(self, pin: Pin, at: int) -> bool:
        """Whether this PIN is being tried on many people: then it is looked at for nobody."""
        with self._lock:
            return any(m.pins.count(m.digest("pin", pin.digits), at) >= SAME_PIN for m in self._now(at))

    def failed(self, seen: Seen, at: int) -> int:
        """Notes an attempt that verified nobody. Returns seconds of silence before the next words."""
        with self._lock:
            memories = self._now(at)
            self._attempts += 1
            found = [self._noted(memory, seen, at) for memory in memories]
            most = [max(counts, key=lambda one: one[3]) for counts in zip(*found, strict=True)]
            over = [count - enough for kind, _, enough, count, _ in most if count >= enough and kind != "probing_id"]
            for trip in self._trips(memories, seen, found, at):
                self._keep(trip)
        return min(LONGEST, SHORTEST + max(over)) if over else WRONG

    def take(self, at: int) -> tuple[Trip, ...]:
        """What the desk is to be told now; it is no longer kept here."""
        with self._lock:
            return tuple(trip for kind in self._due(at) for trip in self._taken(kind, at))

    def has_news(self, at: int) -> bool:
        """Whether there is anything to take."""
        with self._lock:
            return bool(self._due(at))

    def put_back(self, trips: Iterable[Trip]) -> None:
        """They could not be told after all."""
        with self._lock:
            for trip in trips:
                self._told_at.pop(trip.kind, None)
                self._keep(trip)

    def _due(self, at: int) -> list[str]:
        return [kind for kind in self._waiting if not 0 <= at - self._told_at.get(kind, at - QUIET) < QUIET]

    def _keep(self, trip: Trip) -> None:
        waiting = self._waiting.setdefault(trip.kind, [])
        if len(waiting) < TOLD.get(trip.kind, 1):
            waiting.append(trip)
        else:
            self._more[trip.kind] = self._more.get(trip.kind, 0) + 1 + trip.more

    def _taken(self, kind: str, at: int) -> list[Trip]:
        self._told_at[kind] = at
        *first, last = self._waiting.pop(kind)
        last = replace(last, more=last.more + self._more.pop(kind, 0))
        return [replace(trip, same=_same(trip, at)) for trip in (*first, last)]

    def proved(self, seen: Seen, at: int) -> None:
        """Forgets this one ID for this one number, and nothing else."""
        with self._lock:
            for memory in self._now(at):
                memory.numbers.part(memory.digest("number", seen.number or "withheld"), _who(memory, seen))

    def _now(self, at: int) -> list[_Memory]:
        if not self._memories or at - self._memories[0].began >= HOUR:
            self._memories = [_Memory(at), *self._memories[:1]]
        return self._memories

    def _noted(self, memory: _Memory, seen: Seen, at: int) -> list[_Count]:
        """(kind or empty, digest, enough, count, account): always the same list, whoever asks."""
        who, caller = _who(memory, seen), memory.digest("caller", seen.number or "withheld")
        pin, number = memory.digest("pin", seen.pin.digits), memory.digest("number", seen.number or "withheld")
        counts: list[_Count] = [
            ("probing_pin", pin, SAME_PIN, memory.pins.met(pin, who, at), None),
            (
                "probing_number",
                number,
                ONE_NUMBER if seen.number else WITHHELD,
                memory.numbers.met(number, who, at),
                None,
            ),
            ("probing_sequence", who, IN_SEQUENCE, _neighbours(memory, seen.support_id, at), None),
            ("", who, ONE_ACCOUNT, memory.asked.met(who, caller, at), None),
            ("probing_id", who, TRIES_AT_ONE_ID, memory.hammered.met(who, str(self._attempts).encode(), at), None),
        ]
        return counts

    def _trips(self, memories: list[_Memory], seen: Seen, found: list[list[_Count]], at: int) -> Iterable[Trip]:
        """What the desk has not been told of yet."""
        counted = [list(counts) for counts in found]
        for memory, counts in zip(memories, counted, strict=True):
            caller = memory.digest("caller", seen.number or "withheld")
            for id in seen.accounts:
                account = memory.digest("account", str(id))
                many = memory.accounts.met(account, caller, at)
                counts.append(("probing_account", account, ONE_ACCOUNT, many, id))
        for place in range(len(counted[0])):
            each = [counts[place] for counts in counted]
            kind, _, enough, _, account_id = each[0]
            many = max(count for _, _, _, count, _ in each)
            if not kind or many < enough:
                continue
            known = any((kind, one[1]) in memory.told for memory, one in zip(memories, each, strict=True))
            for memory, one in zip(memories, each, strict=True):
                memory.told.add((kind, one[1]))
            if not known:
                subject = seen.subject if kind in ("probing_account", "probing_id") else NOBODY_KNOWN
                yield Trip(kind, "", many, subject, account_id)


def _same(trip: Trip, at: int) -> str:
    return str(at // QUIET) if trip.account is None else f"{at // HOUR}:{trip.account}"


_Count = tuple[str, bytes, int, int, int | None]


def _who(memory: _Memory, seen: Seen) -> bytes:
    """Whom the caller says they are: by the ID they keyed, or without one by the number they call from."""
    return memory.digest("id", seen.support_id) if seen.support_id else memory.digest("by", seen.number or "nobody")


def _neighbours(memory: _Memory, support_id: str | None, at: int) -> int:
    """How many IDs in a row were touched, this one among them, by their first seven digits."""
    if not support_id or len(support_id) != 8 or not numbers.are_digits(support_id):
        return 0
    here, touched = int(support_id[:7]), memory.sequence
    touched.met(memory.digest("seven", str(here)), b"", at)
    many = 1
    for step in (-1, 1):
        there = here + step
        while many < MOST_OTHERS and touched.count(memory.digest("seven", str(there)), at):
            many, there = many + 1, there + step
    return many
