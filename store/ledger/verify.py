"""Checks the whole ledger: whether an entry, a segment or a checkpoint was changed, removed or put elsewhere.

A segment's entries are chained, so the newest of its heads that a checkpoint signed stands for all entries before it, and for
all its earlier heads: checkpoints are therefore read first, keeping one head for each segment, and segments after that, each in
pieces. What came after the last checkpoint is chained as well, but a tail of it can be cut off without a trace; and so can
everything back to an older checkpoint, unless the digest of a newer one was kept outside and is given as `head`.

A key that was retired is needed no more and good for nothing new: what it made is held by plain digests, which stand in a
checkpoint of the key after it (key_retirement.py, decision 0010).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from store.db.keys import Keys
from store.db.ledger_chain import checkpoint_link, first_link, link
from store.ledger.checkpoints import CLOCK_TOLERANCE, OVERDUE

PIECE: Final = 5_000
_NO_HEAD: Final = (0, "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` names the first thing that is wrong, or is None. `checkpoint` and `digest` say up to where the answer holds;
    `after` of all `entries` came later than that. When something is broken, the numbers are those seen until then. `alarm`: nothing
    is broken so far as can be seen, but something is as it never is while the service runs."""

    broken: str | None
    entries: int
    after: int
    checkpoint: int | None
    digest: str | None
    alarm: str | None = None

    @property
    def ok(self) -> bool:
        return self.broken is None and self.alarm is None


class _BrokenError(Exception):
    """Says what is wrong."""


class Opened(Protocol):
    """What it needs of a store."""

    engine: Engine
    keys: Keys
    clock: Callable[[], int]


def verify(store: Opened, head: str | None = None) -> Verdict:
    """Reads the whole ledger as it was at one moment, while others go on writing. `head` is a checkpoint's digest in hex."""
    reading = read(store, head)
    now, alarm = store.clock(), None
    if reading.broken is None and reading.dated > now + CLOCK_TOLERANCE:
        alarm = f"checkpoint {reading.checkpoint} is dated in the future: put the clock right"
    elif reading.broken is None and reading.waiting is not None and now - reading.waiting > OVERDUE:
        alarm = f"{reading.after} entries came later, and the oldest has had no checkpoint for a minute: is the service running?"
    found = (reading.entries, reading.after, reading.checkpoint, reading.digest)
    return Verdict(reading.broken, *found, alarm)


def read(store: Opened, head: str | None = None, retiring: Collection[str] = ()) -> Reading:
    """The same, with what was seen on the way."""
    options: dict[str, Any] = {"reads_only": True}
    if store.engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with store.engine.connect().execution_options(**options) as connection:
        reading = Reading(connection, store.keys, retiring)
        try:
            reading.checkpoints(head.strip().lower() if head is not None else None)
            reading.segments()
        except _BrokenError as what:
            reading.broken = str(what)
        except OperationalError as fault:
            if "decode to UTF-8" not in str(fault.orig):
                raise
            # SQLite keeps whatever it is given
            reading.broken = f"{reading.place}: what follows was changed, it is not text"
        return reading


class Reading:
    """One pass over the ledger, and what it has seen so far."""

    def __init__(self, connection: Connection, keys: Keys, retiring: Collection[str]) -> None:
        self._connection, self._keys = connection, keys
        self._heads: dict[
            str, tuple[int, str, int]
        ] = {}  # segment → n and MAC of its newest head, and whose checkpoint's
        self._retired: dict[str, int] = {}  # key → the checkpoint that retired it
        self._sealed: dict[
            str, tuple[int, str]
        ] = {}  # segment of a retired key → its last entry, and the digest of all
        self.broken: str | None = None
        self.entries = self.after = self.dated = 0
        self._segments = 0  # that were read
        self.waiting: int | None = None  # the time of the oldest entry that no checkpoint has seen
        self.place = "the list of checkpoints or segments"
        self.checkpoint: int | None = None
        self.digest: str | None = None
        self.retiring = retiring  # keys whose segments are to be digested
        self.segment_digests: dict[str, tuple[int, str]] = {}  # segment → its last entry, the digest of all
        self.checkpoints_digest = ""

    def checkpoints(self, head: str | None) -> None:
        n, before, seen, unchecked, digest = 0, b"", head is None, (0, ""), b""
        digests = {seal["checkpoints"][0]: "" for seal in self._retirements()}
        while rows := self._connection.execute(_CHECKPOINTS, {"after": n, "piece": PIECE}).all():
            for number, at, key_id, heads, mac, builds_on, retires in rows:
                n += 1
                if number != n:
                    raise _BrokenError(f"checkpoint {n} is missing")
                if key_id in self._retired:
                    raise _BrokenError(f"checkpoint {n} was made with key {key_id} after that had been retired")
                key, last = self._keys.find("ledger", key_id), before
                try:
                    if builds_on is not None:
                        last = self._connection.execute(_MAC, {"n": builds_on}).scalar() or b""
                    made = checkpoint_link(key, last, n, at, heads, builds_on, retires) if key is not None else mac
                    digest = running(digest, mac, [n, at, key_id, heads, builds_on, retires])
                    if _same(made, mac) and retires is not None:
                        unchecked = self._retire(n, json.loads(retires), digests, unchecked)
                except (TypeError, ValueError, KeyError):
                    made = None
                if not _same(made, mac):
                    raise _BrokenError(f"checkpoint {n} was changed, or the one before it was")
                if key is None:
                    unchecked = (n, key_id)
                if n in digests:
                    digests[n] = digest.hex()
                before = mac
                self._take_heads(n, heads)
                self.checkpoint, self.digest, self.dated = n, mac.hex(), at
                seen = seen or self.digest == head
        if unchecked[0]:
            raise _BrokenError(
                f"checkpoint {unchecked[0]} cannot be checked: its key {unchecked[1]} is no longer in SECRET_KEYS"
            )
        if not seen:
            raise _BrokenError(
                f"the checkpoint {head} is not in the ledger: it was cut off, or rolled back to an older state"
            )
        self.checkpoints_digest = digest.hex()

    def _retirements(self) -> list[dict[str, Any]]:
        """What is said to have been retired; whether that is genuine, the chain says."""
        try:
            found = [json.loads(text) for text in self._connection.execute(_RETIREMENTS).scalars()]
            return [seal for seal in found if isinstance(seal["checkpoints"][0], int)]
        except (TypeError, ValueError, KeyError, IndexError, RecursionError):
            raise _BrokenError("a checkpoint that retires keys was changed") from None

    def _retire(
        self, n: int, seal: dict[str, Any], digests: dict[int, str], unchecked: tuple[int, str]
    ) -> tuple[int, str]:
        """Keys are good for nothing new from here on, and what was made with them is held by digests. Gives which checkpoint
        before this one is held by nothing yet."""
        until, digest = seal["checkpoints"]
        if digests.get(until) != digest:
            raise _BrokenError(
                f"a checkpoint up to {until} was changed: it is another than when checkpoint {n} retired its key"
            )
        self._retired |= dict.fromkeys(seal["keys"], n)
        self._sealed |= {segment: (last, held) for segment, last, held in seal["segments"]}
        return (0, "") if unchecked[0] <= until else unchecked

    def _take_heads(self, checkpoint: int, heads: str) -> None:
        try:
            found = [(str(segment), int(n), str(mac)) for segment, n, mac in json.loads(heads)]
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise _BrokenError(f"checkpoint {checkpoint} was changed, or the one before it was") from None
        for segment, n, mac in found:
            known, known_mac = self._heads.get(segment, _NO_HEAD)[:2]
            if n < known or (n == known and mac != known_mac):
                raise _BrokenError(
                    f"segment {segment} went back to entry {n}: checkpoint {checkpoint} saw less, or another, than one before it"
                )
            self._heads[segment] = (n, mac, checkpoint)

    def segments(self) -> None:
        if row := self._connection.execute(_STRAYS).first():
            raise _BrokenError(
                f"segment {row.segment}: it is not in the list of segments, but has entries, from entry {row.n}"
            )
        last = ""
        while rows := self._connection.execute(_SEGMENTS, {"after": last, "piece": PIECE}).all():
            for last, key_id, opened_at, mac in rows:
                self._segment(last, key_id, opened_at, mac)
                self._segments += 1
        self._nothing_else()
        for segment, (n, _, checkpoint) in self._heads.items():
            raise _BrokenError(f"segment {segment} is missing: checkpoint {checkpoint} saw {n} entries of it")
        for segment, (n, _) in self._sealed.items():
            raise _BrokenError(f"segment {segment} is missing: it had {n} entries when its key was retired")

    def _nothing_else(self) -> None:
        """That every row there is has been read: none stands where no reading comes to."""
        for (table, count, one), read in zip(_ALL, (self.entries, self._segments, self.checkpoint or 0), strict=True):
            there = self._connection.execute(count).scalar_one()
            if there != read:
                found = self._connection.execute(one).first()
                which = ", ".join(f"{name} {value!r}" for name, value in found._mapping.items()) if found else "no name"
                raise _BrokenError(f"{table} holds {there - read} rows that are no part of the ledger: {which}")

    def _segment(self, segment: Any, key_id: str, opened_at: int, own: Any) -> None:
        key, retired = self._keys.find("ledger", key_id), self._retired.get(key_id)
        sealed_n, seal = self._sealed.pop(segment, (0, ""))
        if retired is not None and not seal:
            raise _BrokenError(
                f"segment {segment} was begun with key {key_id} after checkpoint {retired} had retired that"
            )
        if key is None and not seal:
            raise _BrokenError(f"segment {segment} cannot be checked: its key {key_id} is no longer in SECRET_KEYS")
        n, before, digest = 0, own, b""
        try:
            made = first_link(key, segment, opened_at) if key is not None else own
            digest = running(digest, own, [segment, key_id, opened_at])
        except (TypeError, ValueError):
            made = None
        if not _same(made, own):
            raise _BrokenError(f"segment {segment}: its key or its opening time was changed, or it was put there")
        head_n, head_mac, checkpoint = self._heads.pop(segment, (0, "", 0))
        while True:
            self.place = f"segment {segment}, after entry {n}"
            rows = self._connection.execute(_ENTRIES, {"segment": segment, "after": n, "piece": PIECE}).all()
            if not rows:
                break
            for row in rows:
                number, mac = row[0], row[1]
                n += 1
                if number != n:
                    raise _BrokenError(f"segment {segment}: entry {n} is missing")
                made = _linked(key, before, segment, n, row[2:]) if key is not None else mac
                try:
                    digest = running(digest, mac, [segment, *row[2:]]) if seal or key_id in self.retiring else b""
                except TypeError:
                    made = None
                if not _same(made, mac) or not isinstance(row[2], int):
                    raise _BrokenError(f"segment {segment}: entry {n} was changed, or put in another's place")
                if n == head_n and mac.hex() != head_mac:
                    raise _BrokenError(
                        f"segment {segment}: entry {n} is another than the one that checkpoint {checkpoint} saw"
                    )
                if n > head_n and (self.waiting is None or row[2] < self.waiting):
                    self.waiting = row[2]
                before = mac
            self.entries += len(rows)
        if n < head_n:
            raise _BrokenError(
                f"segment {segment}: entry {n + 1} is missing: checkpoint {checkpoint} saw {head_n} entries"
            )
        if seal and n != sealed_n:
            raise _BrokenError(
                f"segment {segment} has {n} entries, and had {sealed_n} when checkpoint {retired} retired its key"
            )
        if seal and digest.hex() != seal:
            raise _BrokenError(
                f"segment {segment} was changed: it is another than when checkpoint {retired} retired its key"
            )
        if key_id in self.retiring:
            self.segment_digests[segment] = (n, digest.hex())
        self.after += n - head_n


def running(before: bytes, mac: object, row: Sequence[object]) -> bytes:
    """A digest of rows one after the other, which needs no key. Raises `TypeError` for what is in no row of ours."""
    if not isinstance(mac, bytes):
        raise TypeError("not a MAC")
    return hashlib.sha256(before + mac + _ENCODE(row).encode()).digest()


def _linked(key: Any, before: bytes, segment: str, n: int, signed: Any) -> bytes | None:
    try:
        return link(key, before, segment, n, signed)
    except (TypeError, ValueError):
        return None  # a value of a kind that no entry has: SQLite keeps whatever it is given


def _same(made: bytes | None, found: object) -> bool:
    return made is not None and isinstance(found, bytes) and hmac.compare_digest(made, found)


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_CHECKPOINTS = text(
    "SELECT n, at, key, heads, mac, builds_on, retires FROM ledger_checkpoints WHERE n > :after ORDER BY n LIMIT :piece"
)
_MAC = text("SELECT mac FROM ledger_checkpoints WHERE n = :n")
_RETIREMENTS = text("SELECT retires FROM ledger_checkpoints WHERE retires IS NOT NULL")
_SEGMENTS = text("SELECT id, key, opened_at, mac FROM ledger_segments WHERE id > :after ORDER BY id LIMIT :piece")
_STRAYS = text(
    "SELECT segment, min(n) AS n FROM ledger WHERE NOT EXISTS (SELECT 1 FROM ledger_segments WHERE id = segment)"
    " GROUP BY segment ORDER BY segment LIMIT 1"
)
_ALL = (  # how many there are, and one of those that are not read
    (
        "ledger",
        text("SELECT count(*) FROM ledger"),
        text("SELECT segment, n FROM ledger WHERE n < 1 OR segment = '' LIMIT 1"),
    ),
    (
        "ledger_segments",
        text("SELECT count(*) FROM ledger_segments"),
        text("SELECT id AS segment FROM ledger_segments WHERE id = '' LIMIT 1"),
    ),
    (
        "ledger_checkpoints",
        text("SELECT count(*) FROM ledger_checkpoints"),
        text("SELECT n FROM ledger_checkpoints WHERE n < 1 LIMIT 1"),
    ),
)
_ENTRIES = text(
    'SELECT n, mac, at, who, account, action, decision, rules, proof, channel, "call", fields FROM ledger'
    " WHERE segment = :segment AND n > :after ORDER BY n LIMIT :piece"
)
