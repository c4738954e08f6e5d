"""Checks the whole ledger: whether an entry, a lane or a checkpoint was changed, removed or put elsewhere.

A lane's entries are chained, so the newest of its heads that a checkpoint signed stands for all entries before it, and for
all its earlier heads: checkpoints are therefore read first, keeping one head for each lane, and lanes after that, each in
pieces. What came after the last checkpoint is chained as well, but a tail of it can be cut off without a trace; and so can
everything back to an older checkpoint, unless the digest of a newer one was kept outside and is given as `head`.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from store import Store
from store.keys import Keys
from store.ledger import LANE_WATCH, checkpoint_link, first_link, link

PIECE: Final = 5_000
_NO_HEAD: Final = (0, "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` names the first thing that is wrong, or is None. `checkpoint` and `digest` say up to where the answer holds;
    `after` of all `entries` came later than that. When something is broken, the numbers are those seen until then."""

    broken: str | None
    entries: int
    after: int
    checkpoint: int | None
    digest: str | None

    @property
    def ok(self) -> bool:
        return self.broken is None


class _Broken(Exception):
    """Says what is wrong."""


def verify(store: Store, head: str | None = None) -> Verdict:
    """Reads the whole ledger as it was at one moment, while others go on writing. `head` is a checkpoint's digest in hex."""
    options: dict[str, Any] = {"reads_only": True}
    if store.engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with store.engine.connect().execution_options(**options) as connection:
        reading = _Reading(connection, store.keys)
        broken = None
        try:
            reading.checkpoints(head.strip().lower() if head is not None else None)
            reading.lanes()
        except _Broken as what:
            broken = str(what)
        except OperationalError as fault:
            if "decode to UTF-8" not in str(fault.orig):
                raise
            broken = f"{reading.place}: what follows was changed, it is not text"  # SQLite keeps whatever it is given
        return Verdict(broken, reading.entries, reading.after, reading.checkpoint, reading.digest)


class _Reading:
    """One pass over the ledger, and what it has seen so far."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection, self._keys = connection, keys
        self._heads: dict[str, tuple[int, str, int]] = {}  # lane → n and MAC of its newest head, and whose checkpoint's
        self.entries = self.after = 0
        self.place = "the list of checkpoints or lanes"
        self.checkpoint: int | None = None
        self.digest: str | None = None

    def checkpoints(self, head: str | None) -> None:
        n, before, seen = 0, b"", head is None
        while rows := self._connection.execute(_CHECKPOINTS, {"after": n, "piece": PIECE}).all():
            for number, at, key_id, heads, mac in rows:
                n += 1
                if number != n:
                    raise _Broken(f"checkpoint {n} is missing")
                key = self._keys.find("ledger", key_id)
                if key is None:
                    raise _Broken(f"checkpoint {n} cannot be checked: its key {key_id} is no longer in SECRET_KEYS")
                if not _same(checkpoint_link(key, before, n, at, heads), mac):
                    raise _Broken(f"checkpoint {n} was changed, or the one before it was")
                before = mac
                self._take_heads(n, heads)
                self.checkpoint, self.digest = n, mac.hex()
                seen = seen or self.digest == head
        if not seen:
            raise _Broken(
                f"the checkpoint {head} is not in the ledger: it was cut off, or rolled back to an older state"
            )

    def _take_heads(self, checkpoint: int, heads: str) -> None:
        for lane, n, mac in json.loads(heads):
            known, known_mac = self._heads.get(lane, _NO_HEAD)[:2]
            if n < known or (n == known and mac != known_mac):
                raise _Broken(
                    f"lane {lane} went back to entry {n}: checkpoint {checkpoint} saw less, or another, than one before it"
                )
            self._heads[lane] = (n, mac, checkpoint)

    def lanes(self) -> None:
        if row := self._connection.execute(_STRAYS).first():
            raise _Broken(f"lane {row.lane}: it is not in the list of lanes, but has entries, from entry {row.n}")
        last = ""
        while rows := self._connection.execute(_LANES, {"after": last, "piece": PIECE}).all():
            for last, key_id, opened_at in rows:
                self._lane(last, key_id, opened_at)
        for lane, (n, _, checkpoint) in self._heads.items():
            raise _Broken(f"lane {lane} is missing: checkpoint {checkpoint} saw {n} entries of it")

    def _lane(self, lane: str, key_id: str, opened_at: object) -> None:
        key = self._keys.find("ledger", key_id)
        if key is None:
            raise _Broken(f"lane {lane} cannot be checked: its key {key_id} is no longer in SECRET_KEYS")
        if not isinstance(opened_at, int):
            raise _Broken(f"lane {lane}: its opening time was changed")
        n, before = 0, first_link(key, lane)
        head_n, head_mac, checkpoint = self._heads.pop(lane, (0, "", 0))
        latest = opened_at + LANE_WATCH
        while True:
            self.place = f"lane {lane}, after entry {n}"
            rows = self._connection.execute(_ENTRIES, {"lane": lane, "after": n, "piece": PIECE}).all()
            if not rows:
                break
            for row in rows:
                number, mac = row[0], row[1]
                n += 1
                if number != n:
                    raise _Broken(f"lane {lane}: entry {n} is missing")
                if not _same(_linked(key, before, lane, n, row[2:]), mac):
                    raise _Broken(f"lane {lane}: entry {n} was changed, or put in another's place")
                if row[2] >= latest:
                    raise _Broken(
                        f"lane {lane}: entry {n} is later than the lane was in use: its opening time was changed"
                    )
                if n == head_n and mac.hex() != head_mac:
                    raise _Broken(f"lane {lane}: entry {n} is another than the one that checkpoint {checkpoint} saw")
                before = mac
            self.entries += len(rows)
        if n < head_n:
            raise _Broken(f"lane {lane}: entry {n + 1} is missing: checkpoint {checkpoint} saw {head_n} entries")
        self.after += n - head_n


def _linked(key: Any, before: bytes, lane: str, n: int, signed: Any) -> bytes | None:
    try:
        return link(key, before, lane, n, signed)
    except (TypeError, ValueError):
        return None  # a value of a kind that no entry has: SQLite keeps whatever it is given


def _same(made: bytes | None, found: object) -> bool:
    return made is not None and isinstance(found, bytes) and hmac.compare_digest(made, found)


_CHECKPOINTS = text("SELECT n, at, key, heads, mac FROM ledger_checkpoints WHERE n > :after ORDER BY n LIMIT :piece")
_LANES = text("SELECT id, key, opened_at FROM ledger_lanes WHERE id > :after ORDER BY id LIMIT :piece")
_STRAYS = text(
    "SELECT lane, min(n) AS n FROM ledger WHERE NOT EXISTS (SELECT 1 FROM ledger_lanes WHERE id = lane)"
    " GROUP BY lane ORDER BY lane LIMIT 1"
)
_ENTRIES = text(
    'SELECT n, mac, at, who, account, action, decision, rules, proof, channel, "call", fields FROM ledger'
    " WHERE lane = :lane AND n > :after ORDER BY n LIMIT :piece"
)
