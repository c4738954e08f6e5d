"""Checkpoints are made here: the heads of all segments, signed, each built on the one before it, which is checked first.

What is wrong with a checkpoint that stands there (made without a key, dated in the future, gone) is an alarm and stops
none: the next is built on the newest that is good, under the first number nobody has taken, so that whoever removes the bad
one later leaves a gap. This process signs the heads of its own segments as it wrote them, not as the database has them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, bindparam, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from store import tables
from store.db.engine import Gate
from store.db.keys import Keys
from store.db.ledger_chain import SEGMENT_WATCH, Segments, Written, checkpoint_link
from store.ledger.retired_keys import Retired, any_text, is_good, with_before

OVERDUE: Final = 60_000  # ms an entry may be without a checkpoint; one is made every ten seconds
CLOCK_TOLERANCE: Final = 60_000  # ms that clocks may differ
_PIECE: Final = 100


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` is stable: forged, in_future, gone, entries_gone, retired_key, not_kept, overdue. `n` is a checkpoint's number, `words` say
    what is wrong and what to do."""

    code: str
    n: int
    words: str


@dataclass(frozen=True, slots=True)
class Head:
    """A good checkpoint."""

    n: int
    at: int
    heads: str
    mac: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """What a checkpoint says of keys that it retires: their segments, each with its last entry and the digest of all, and the same
    of the checkpoints up to `checkpoints[0]`."""

    keys: list[str]
    segments: list[tuple[str, int, str]]
    checkpoints: tuple[int, str]

    def words(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class StillInUseError(RuntimeError):
    """A key was not retired: somebody writes with it, or the checkpoint that would say so is not kept."""


class Checkpoints:
    """`make` is called by one thread at a time; `troubles` by any."""

    def __init__(
        self, engine: Engine, gate: Gate, keys: Keys, clock: Callable[[], int], segments: Segments, retired: Retired
    ) -> None:
        self._engine, self._gate, self._keys, self._clock, self._segments = engine, gate, keys, clock, segments
        self._retired = retired
        self._lock = threading.Lock()
        self._last: Head | None = None
        self._unsealed: int | None = None  # while one is being made
        self._known: set[tuple[str, int]] = set()
        self._new: list[Trouble] = []

    def make(self, seal: Seal | None = None) -> tuple[int, str] | None:
        """Signs the heads of all segments in use. Gives (number, digest) of the newest checkpoint, or None for an empty ledger.

        Nothing is written when nothing happened since the last one: its digest still stands for the whole ledger. With `seal`
        one is written that retires keys; raises `StillInUseError`.
        """
        # What is written from here on is for the next.
        self._unsealed, self._segments.unsealed_since = self._waiting_since(), None
        own = dict(self._segments.heads)
        with self._gate.locked(), self._engine.begin() as connection, any_text(connection):
            head, sealed = self._made(connection, self._clock(), own, seal)
        if sealed:
            self._unsealed = None
        if head is None:
            return None
        self._last = head
        for segment, written in own.items():
            if head.at - written.opened_at >= SEGMENT_WATCH:
                self._segments.heads.pop(segment, None)
        return head.n, head.mac.hex()

    def read_retired(self) -> None:
        with self._engine.connect().execution_options(reads_only=True) as connection, any_text(connection):
            self._retired.read(connection)

    def is_strange(self) -> bool:
        with self._engine.connect().execution_options(reads_only=True) as connection, any_text(connection):
            return self._retired.is_strange(connection)

    def look(self) -> list[Trouble]:
        """For whoever only asks: what is wrong with the checkpoints as they stand, and entries that wait for one too long."""
        now = self._clock()
        with self._engine.connect().execution_options(reads_only=True) as connection, any_text(connection):
            self._retired.read(connection)
            last, _ = self._newest(connection, now)
            over = connection.execute(_OVER).scalar()
            if over is not None:
                self._found(Trouble("forged", over, f"checkpoint {over} passes over one that was no good: {_LOOK}"))
            seen = {segment: n for segment, n, _ in json.loads(last.heads)} if last is not None else {}
            since = min(last.at, now) - SEGMENT_WATCH if last is not None else None
            for segment, n, _mac, _key in open_heads(connection, since):
                if n > seen.get(segment, 0):
                    first = connection.execute(_AT, {"of_segment": segment, "of_n": seen.get(segment, 0) + 1}).scalar()
                    self._unsealed = min(self._unsealed or now, first if isinstance(first, int) else now)
        return self.troubles()

    def troubles(self) -> list[Trouble]:
        """Each once."""
        waiting = self._waiting_since()
        if waiting is not None and self._clock() - waiting > OVERDUE:
            self._found(
                Trouble("overdue", waiting, "entries have had no checkpoint for a minute: is the database whole?")
            )
        with self._lock:
            new, self._new = self._new, []
        return new

    def _waiting_since(self) -> int | None:
        both = (self._unsealed, self._segments.unsealed_since)
        return min((since for since in both if since is not None), default=None)

    def _found(self, trouble: Trouble) -> None:
        with self._lock:
            if (trouble.code, trouble.n) not in self._known:
                self._known.add((trouble.code, trouble.n))
                self._new.append(trouble)

    def _made(
        self, connection: Connection, now: int, own: Mapping[str, Written], seal: Seal | None
    ) -> tuple[Head | None, bool]:
        """The newest good checkpoint, and whether it stands for everything that was written until now."""
        if self._retired.is_strange(connection):
            return None, True
        self._retired.read(connection)
        last, taken = self._newest(connection, now)
        heads = self._heads(connection, last, now, own)
        why = self._retired.why_not()
        if why is not None:
            self._found(Trouble("retired_key", last.n if last is not None else 0, why))
            if seal is not None:
                raise StillInUseError(why)
            return last, False
        if seal is not None:
            self._check(connection, seal, heads)
        elif not heads or (last is not None and heads == last.heads):
            return last, True
        n = last.n + 1 if last is not None else 1
        while n in taken:
            n += 1
        key, before = self._keys.newest("ledger"), last.mac if last is not None else b""
        retires = seal.words() if seal is not None else None
        over = None if n == (last.n if last is not None else 0) + 1 else (last.n if last is not None else 0)
        mac = checkpoint_link(key, before, n, now, heads, over, retires)
        row = {"n": n, "at": now, "key": key.id, "heads": heads, "mac": mac, "builds_on": over, "retires": retires}
        if _write(connection, row):
            return Head(n, now, heads, mac), True
        # Another process has just written the same number: its checkpoint is as good. Unless nobody has.
        again, _ = self._newest(connection, now)
        if again is not None and again.n >= n:
            if seal is not None:
                raise StillInUseError("another process made a checkpoint at this moment: try again")
            return again, True
        words = f"the database does not keep checkpoint {n}: look for triggers and rules on its tables"
        self._found(Trouble("not_kept", n, words))
        if seal is not None:
            raise StillInUseError(words)
        return last, False

    def _newest(self, connection: Connection, now: int) -> tuple[Head | None, set[int]]:
        """The newest that is good, and the numbers above it that are taken by what is not."""
        bad: set[int] = set()
        last = self._last
        if last is not None and not _stands(connection, last):
            self._found(Trouble("gone", last.n, f"checkpoint {last.n} was removed or changed while we ran: {_LOOK}"))
        for row in newest_first(connection, last.n + 1 if last is not None else 0):
            if is_good(self._keys, row) and row.key not in self._retired.keys:
                last = Head(row.n, row.at, row.heads, row.mac)
                break
            bad.add(row.n)
            self._found(
                Trouble("forged", row.n, f"checkpoint {row.n} was not made with a key that is good here: {_LOOK}")
            )
        if last is not None and last.at > now + CLOCK_TOLERANCE:
            self._found(
                Trouble("in_future", last.n, f"checkpoint {last.n} is dated in the future: put the clock right")
            )
        return last, bad

    def _check(self, connection: Connection, seal: Seal, heads: str) -> None:
        """That nothing was written with those keys since they were read."""
        found = connection.execute(select(tables.segments.c.id).where(tables.segments.c.key.in_(seal.keys))).scalars()
        sealed = {segment: n for segment, n, _ in seal.segments}
        written = {segment: n for segment, n, _ in json.loads(heads or "[]")}
        late = select(_c.c.n).where(_c.c.n > seal.checkpoints[0], _c.c.key.in_(seal.keys))
        if (
            any(written.get(segment, 0) > sealed.get(segment, 0) for segment in found)
            or connection.execute(late).first()
        ):
            raise StillInUseError(
                "entries are still written with a key to be retired: restart every process, then try again"
            )

    def _heads(self, connection: Connection, last: Head | None, now: int, own: Mapping[str, Written]) -> str:
        """As JSON; nothing for an empty ledger."""
        since = min(last.at, now) - SEGMENT_WATCH if last is not None else None
        rows = open_heads(connection, since)
        found = {segment: (n, _hex(mac)) for segment, n, mac, _ in rows}
        for segment, n, _, key in rows:
            if key in self._retired.keys and n > self._retired.keys[key].get(segment, 0):
                words = (
                    f"segment {segment} is written with key {key}, which was retired: restart every process, or {_LOOK}"
                )
                self._found(Trouble("retired_key", n, words))
        for segment, written in own.items():
            if since is not None and written.opened_at <= since:
                continue
            there = found.get(segment)
            if there is None or there[0] < written.n or (there[0] == written.n and there[1] != written.mac.hex()):
                words = (
                    f"segment {segment}: what this process wrote up to entry {written.n} is no longer there: {_LOOK}"
                )
                self._found(Trouble("entries_gone", written.n, words))
                found[segment] = (written.n, written.mac.hex())
        return (
            json.dumps([[segment, *found[segment]] for segment in sorted(found)], separators=(",", ":"))
            if found
            else ""
        )


def _write(connection: Connection, row: dict[str, Any]) -> bool:
    """False where that number is taken, or the database did not keep it."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(tables.checkpoints).values(row).on_conflict_do_nothing().returning(_c.c.n)
    return connection.execute(new).first() is not None


def newest_first(connection: Connection, down_to: int) -> Iterator[Any]:
    """Checkpoints from the newest to that number, each with the MAC it should build on."""
    up_to = 2**63 - 1
    while rows := connection.execute(_NEWEST, {"up_to": up_to, "down_to": down_to}).all():
        yield from rows
        up_to = rows[-1].n - 1


def open_heads(connection: Connection, since: int | None) -> list[Any]:
    """Segment, number, MAC and key of the newest entry in each segment opened after that. What is no entry of anybody's is left out: SQLite
    keeps what it is given, and it must not stop the next checkpoint."""
    rows = _all_heads(connection) if since is None else connection.execute(_OPEN_SEGMENTS, {"since": since}).all()
    return [row for row in rows if isinstance(row.segment, str) and row.segment.isascii() and isinstance(row.n, int)]


def _all_heads(connection: Connection) -> Sequence[Any]:
    """The same of all segments, before the first checkpoint."""
    return connection.execute(_ALL_SEGMENTS).all()


def _stands(connection: Connection, head: Head) -> bool:
    return holds(connection, head.n, head.mac.hex())


def holds(connection: Connection, n: int, digest: str) -> bool:
    return _hex(connection.execute(select(_c.c.mac).where(_c.c.n == n)).scalar()) == digest


def first(connection: Connection) -> str:
    """The digest of the first of all; empty: there is none."""
    mac = connection.execute(select(_c.c.mac).where(_c.c.n == 1)).scalar()
    return "" if mac is None else _hex(mac)


def _hex(mac: object) -> str:
    """SQLite keeps what it is given: a MAC somebody overwrote with words must not stop the next checkpoint."""
    return mac.hex() if isinstance(mac, bytes) else "not a MAC"


def _newest_heads(*, all_segments: bool) -> Select[str, int, bytes, str]:
    """By segment and number, which are looked up: SQLite would join from the ledger, and read all of it."""
    segment, opened, entry = tables.segments.c, tables.segments.alias("opened").c, tables.ledger.c
    newest = tables.ledger.alias("newest").c
    heads = select(opened.id, select(func.max(newest.n)).where(newest.segment == opened.id).scalar_subquery())
    if not all_segments:
        heads = heads.where(opened.opened_at > bindparam("since"))
    both = tables.ledger.join(tables.segments, entry.segment == segment.id)
    found = select(entry.segment, entry.n, entry.mac, segment.key).select_from(both)
    return found.where(tuple_(entry.segment, entry.n).in_(heads)).order_by(entry.segment)


_c = tables.checkpoints
_LOOK: Final = "somebody writes to the database, run `deskgate audit verify`"
_NEWEST = (
    with_before.where(_c.c.n <= bindparam("up_to"), _c.c.n >= bindparam("down_to"))
    .order_by(_c.c.n.desc())
    .limit(_PIECE)
)
_OVER = select(_c.c.n).where(_c.c.builds_on.is_not(None)).order_by(_c.c.n.desc()).limit(1)
_AT = select(tables.ledger.c.at).where(
    tables.ledger.c.segment == bindparam("of_segment"), tables.ledger.c.n == bindparam("of_n")
)
_ALL_SEGMENTS = _newest_heads(all_segments=True)
_OPEN_SEGMENTS = _newest_heads(all_segments=False)
