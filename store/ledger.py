"""The ledger is written here: entries chained by HMAC in lanes, and the checkpoints over all lanes.

A lane is a chain of its own, used by one connection of one process, so that writers never wait for each other's chain
(prototype.md 1: tried against a global chain, a chain for each account, and seals). Its head lives in this process and
moves only when COMMIT has returned. What a lane may not know (an unknown outcome of a COMMIT) ends it: another is opened.
The order of entries in one lane is proven; the order across lanes is that of their signed times.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, Select, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from store import tables
from store.engine import Gate
from store.keys import Key, Keys

HOUR = 3_600_000
LANE_LIFE = HOUR  # a lane writes for an hour at most …
LANE_WATCH = 2 * HOUR  # … so a checkpoint need not look at lanes older than this before the checkpoint before it


@dataclass(slots=True)
class Entry:
    """What happened once: who asked or was told, about whom, under which rules. `fields` are names, never values."""

    at: int
    who: str
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


def first_link(key: Key, lane: str) -> bytes:
    """What the first entry of a lane is chained to."""
    return hmac.digest(key.secret, b"lane|" + lane.encode(), "sha256")


def link(key: Key, before: bytes, lane: str, n: int, signed: Sequence[object]) -> bytes:
    """The MAC of entry `n` of a lane; `signed` are the values of SIGNED, in that order."""
    body = _ENCODE([lane, n, *signed]).encode()
    return hmac.digest(key.secret, before + body, "sha256")


def checkpoint_link(key: Key, before: bytes, n: int, at: int, heads: str) -> bytes:
    return hmac.digest(key.secret, b"checkpoint|" + before + f"|{n}|{at}|{heads}".encode(), "sha256")


@dataclass(slots=True)
class Lane:
    id: str
    key: Key
    opened_at: int
    n: int
    mac: bytes


class _Waiting:
    """Somebody who waits for a lane: `called` opens when `lane` is theirs."""

    def __init__(self) -> None:
        self.lane: Lane | None = None
        self.called = threading.Lock()
        self.called.acquire()


class Lanes:
    """As many lanes as pooled connections; taken before a transaction begins and given back after it has ended.

    Whoever waits longest is next. A `SimpleQueue` lets whoever gives a lane back take it again at once: with more threads
    than lanes two of them did all the work, and a request that had come first was answered last.
    """

    def __init__(self, engine: Engine, gate: Gate, keys: Keys, clock: Callable[[], int], size: int) -> None:
        self._engine, self._gate, self._keys, self._clock = engine, gate, keys, clock
        self._lock = threading.Lock()
        self._free: deque[Lane | None] = deque([None] * size)  # opened when needed: who only reads opens none
        self._waiting: deque[_Waiting] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a lane."""
        return len(self._waiting)

    def take(self) -> Lane:
        lane = self._next()
        if lane is not None and self._clock() - lane.opened_at < LANE_LIFE:
            return lane
        try:
            return self._open()
        except BaseException:
            self.give(None)
            raise

    def give(self, lane: Lane | None) -> None:
        """Back for the next transaction. None when the outcome of the last COMMIT is unknown: the lane is finished."""
        with self._lock:
            if not self._waiting:
                self._free.append(lane)
                return
            first = self._waiting.popleft()
        first.lane = lane
        first.called.release()

    def _next(self) -> Lane | None:
        with self._lock:
            if self._free:
                return self._free.popleft()
            own = _Waiting()
            self._waiting.append(own)
        own.called.acquire()
        return own.lane

    def _open(self) -> Lane:
        key, id, now = self._keys.newest("ledger"), os.urandom(8).hex(), self._clock()
        with self._gate.held(), self._engine.begin() as connection:
            connection.execute(_OPEN_LANE, {"id": id, "key": key.id, "opened_at": now})
        return Lane(id, key, now, 0, first_link(key, id))


def chained(lane: Lane, entries: Sequence[Entry]) -> tuple[list[dict[str, object]], tuple[int, bytes]]:
    """Entries as the next rows of a lane, and the new head, for the lane once COMMIT has returned."""
    n, mac = lane.n, lane.mac
    rows = []
    for entry in entries:
        row = entry.row()
        n += 1
        mac = link(lane.key, mac, lane.id, n, tuple(row.values()))
        rows.append({**row, "lane": lane.id, "n": n, "mac": mac})
    return rows, (n, mac)


def checkpoint(engine: Engine, gate: Gate, keys: Keys, now: int) -> tuple[int, str] | None:
    """Signs the heads of all lanes in use. Gives (number, digest) of the newest checkpoint, or None for an empty ledger.

    Nothing is written when nothing happened since the last one: its digest still stands for the whole ledger.
    """
    with gate.held(), engine.begin() as connection:
        last = connection.execute(_LAST_CHECKPOINT).first()
        since = (last.at if last else now) - LANE_WATCH
        found = (
            connection.execute(_OPEN_LANES, {"since": since}).all() if last else connection.execute(_ALL_LANES).all()
        )
        heads = json.dumps([[lane, n, _hex(mac)] for lane, n, mac in found], separators=(",", ":"))
        if not found or (last and heads == last.heads):
            return (last.n, _hex(last.mac)) if last else None
        n, key = (last.n + 1 if last else 1), keys.newest("ledger")
        mac = checkpoint_link(key, last.mac if last else b"", n, now, heads)
        row = {"n": n, "at": now, "key": key.id, "heads": heads, "mac": mac}
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(tables.checkpoints).values(row).on_conflict_do_nothing()
        if connection.execute(new.returning(tables.checkpoints.c.n)).first() is None:
            # Another process has just written the same number: its checkpoint is as good.
            last = connection.execute(_LAST_CHECKPOINT).one()
            return last.n, _hex(last.mac)
        return n, mac.hex()


def _hex(mac: object) -> str:
    """SQLite keeps what it is given: a MAC somebody overwrote with words must not stop the next checkpoint."""
    return mac.hex() if isinstance(mac, bytes) else "not a MAC"


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps would make one for every entry
_OPEN_LANE = insert(tables.lanes)
_LAST_CHECKPOINT = select(tables.checkpoints).order_by(tables.checkpoints.c.n.desc()).limit(1)


def _heads(*, all_lanes: bool) -> Select[str, int, bytes]:
    lane, entry = tables.lanes, tables.ledger.alias("entry")
    newest = select(func.max(tables.ledger.c.n)).where(tables.ledger.c.lane == lane.c.id).scalar_subquery()
    both = entry.join(lane, (entry.c.lane == lane.c.id) & (entry.c.n == newest))
    heads = select(entry.c.lane, entry.c.n, entry.c.mac).select_from(both)
    if not all_lanes:
        heads = heads.where(lane.c.opened_at > bindparam("since"))
    return heads.order_by(entry.c.lane)


_ALL_LANES = _heads(all_lanes=True)
_OPEN_LANES = _heads(all_lanes=False)
