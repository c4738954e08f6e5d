"""The ledger is written here: entries chained by HMAC in segments. The checkpoints over all segments: checkpoints.py.

A segment is a chain of its own, used by one connection of one process, so that writers never wait for each other's chain
(docs/decisions/0002-ledger-in-segments.md: tried against a global chain, a chain for each account, and seals). Its head lives in this process and
moves only when COMMIT has returned. What a segment may not know (an unknown outcome of a COMMIT) ends it: another is opened.
The order of entries in one segment is proven; the order across segments is that of their signed times.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Engine, insert

from authz import Subject
from store import tables
from store.db.engine import Gate, connect_by
from store.db.fair import Fair
from store.db.keys import Key, Keys

HOUR = 3_600_000
SEGMENT_LIFE = HOUR  # a segment writes for an hour at most …
SEGMENT_WATCH = 2 * HOUR  # … so a checkpoint need not look at segments older than this before the checkpoint before it


class Retired(Protocol):
    """The keys that no longer sign; using one of them raises (retired_keys.py)."""

    keys: dict[str, dict[str, int]]

    def refuse(self, connection: Connection | None = None) -> None: ...


@dataclass(slots=True)
class Entry:
    """What happened once: who asked or was told, about whom, under which rules. `fields` are names, never values."""

    at: int
    who: Subject
    account: int | None
    action: str
    decision: str
    rules: str
    proof: str
    channel: str
    call: str | None
    fields: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        return {
            "at": self.at,
            "who": self.who,
            "account": self.account,
            "action": self.action,
            "decision": self.decision,
            "rules": self.rules,
            "proof": self.proof,
            "channel": self.channel,
            "call": self.call,
            "fields": " ".join(self.fields),
        }


SIGNED = ("at", "who", "account", "action", "decision", "rules", "proof", "channel", "call", "fields")


def first_link(key: Key, segment: str, opened_at: int) -> bytes:
    """The MAC of a segment's own row, which its first entry is chained to."""
    return hmac.digest(key.secret, b"segment|" + _ENCODE([segment, opened_at]).encode(), "sha256")


def link(key: Key, before: bytes, segment: str, n: int, signed: Sequence[object]) -> bytes:
    """The MAC of entry `n` of a segment; `signed` are the values of SIGNED, in that order."""
    body = _ENCODE([segment, n, *signed]).encode()
    return hmac.digest(key.secret, before + body, "sha256")


def checkpoint_link(
    key: Key, before: bytes, n: int, at: int, heads: str, builds_on: int | None = None, retires: str | None = None
) -> bytes:
    """The MAC of a checkpoint: `before` is that of the one it builds on."""
    body = _ENCODE([n, at, heads, builds_on, retires]).encode()
    return hmac.digest(key.secret, b"checkpoint|" + before + body, "sha256")


@dataclass(slots=True)
class Segment:
    id: str
    key: Key
    opened_at: int
    n: int
    mac: bytes


class Written(NamedTuple):
    """How far this process wrote a segment."""

    n: int
    mac: bytes
    opened_at: int


class Segments:
    """As many segments as pooled connections; taken before a transaction begins and given back after it has ended."""

    def __init__(
        self, engine: Engine, gate: Gate, keys: Keys, clock: Callable[[], int], size: int, retired: Retired
    ) -> None:
        self._engine, self._gate, self._keys, self._clock, self._retired = engine, gate, keys, clock, retired
        self.turns = Fair[Segment | None]([None] * size)  # opened when needed: who only reads opens none
        self.wrote_at = float("-inf")  # by the monotonic clock: when the database last kept something of ours
        self.heads: dict[str, Written] = {}  # as this process wrote them: what the database must hold at the least
        self.unsealed_since: int | None = None  # when the first entry was written that no checkpoint has seen

    def take(self) -> Segment:
        """Raises `OccupiedError` as the gate does."""
        segment = self.turns.take(self._gate.until)
        try:
            if self._keys.newest("ledger").id in self._retired.keys:
                self._retired.refuse()
            if (
                segment is not None and abs(self._clock() - segment.opened_at) < SEGMENT_LIFE
            ):  # either way: clocks are set back, too
                return segment
            return self._open()
        except BaseException:
            self.give(None)
            raise

    def moved(self, segment: Segment, n: int, mac: bytes, at: int) -> None:
        """Moves the head of the segment, once COMMIT has returned."""
        segment.n, segment.mac = n, mac
        self.wrote_at = time.monotonic()
        self.heads[segment.id] = Written(n, mac, segment.opened_at)
        if self.unsealed_since is None:
            self.unsealed_since = at

    def give(self, segment: Segment | None) -> None:
        """Gives the segment back for the next transaction. None when the outcome of the last COMMIT is unknown: the segment is finished."""
        self.turns.give(segment)

    def _open(self) -> Segment:
        key, id, now = self._keys.newest("ledger"), os.urandom(8).hex(), self._clock()
        with self._gate.locked(), connect_by(self._engine, self._gate.until) as connection, connection.begin():
            self._retired.refuse(connection)
            mac = first_link(key, id, now)
            connection.execute(_OPEN_SEGMENT, {"id": id, "key": key.id, "opened_at": now, "mac": mac})
        return Segment(id, key, now, 0, mac)


Place = tuple[int, bytes]
"""Where a segment stands: the number and the MAC of its newest entry."""


def chained(segment: Segment, after: Place, entries: Sequence[Entry]) -> tuple[list[dict[str, object]], Place]:
    """Entries as the next rows of a segment that has come so far, and where it stands then: its head once COMMIT has returned."""
    n, mac = after
    rows = []
    for entry in entries:
        row = entry.row()
        n += 1
        mac = link(segment.key, mac, segment.id, n, tuple(row.values()))
        rows.append({**row, "segment": segment.id, "n": n, "mac": mac})
    return rows, (n, mac)


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps would make one for every entry
_OPEN_SEGMENT = insert(tables.segments)
