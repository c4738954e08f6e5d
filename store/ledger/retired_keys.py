"""Which of the ledger's keys are retired, and the one place that says so: nothing is written under such a key."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from store import tables
from store.db.keys import MOST, Keys, SecretKeysError
from store.db.ledger_chain import checkpoint_link
from store.db.statements import each, one_of


class KeyRetiredError(SecretKeysError):
    """The first of SECRET_KEYS was retired: what is written under it would be broken for ever."""


class Retired:
    """What genuine checkpoints have retired, as far as they were read: `keys` gives how far each had written its segments."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.keys: dict[str, dict[str, int]] = {}
        self._read_to = 0
        self._at_home = False

    def read(self, connection: Connection) -> None:
        for row in connection.execute(_RETIRING, {"after": self._read_to}).all():
            if is_good(self._keys, row) and row.key not in self.keys:  # or a leaked one would retire the one after it
                said = json.loads(row.retires)
                self.keys |= {key: {segment: n for segment, n, _ in said["segments"]} for key in said["keys"]}
                self._read_to = row.n

    def why_not(self) -> str | None:
        """Why nothing may be written with these SECRET_KEYS, and what to write there instead. None: it may."""
        known = self._keys.for_use("ledger")
        if known[0].id not in self.keys:
            return None
        good = next((place for place, key in enumerate(known, 1) if key.id not in self.keys), None)
        front = f"key {good} of the list" if good is not None else "the key that came after it, or a new one,"
        return (
            f"SECRET_KEYS: key 1 (in the ledger {known[0].id}) was retired, and nothing is written under it: "
            f"write {front} in front, and start every process again"
        )

    def is_strange(self, connection: Connection) -> bool:
        """Whether there is a ledger, and none of it was written with a key of ours: then we have no business to sign it."""
        if not self._at_home:
            ours = [key.id for key in self._keys.for_use("ledger")]
            values = each("key", (ours + ours[-1:] * MOST)[:MOST])
            self._at_home = connection.execute(_WRITTEN_BY, values).first() is not None
        return not self._at_home and connection.execute(_WRITTEN).first() is not None

    def refuse(self, connection: Connection | None = None) -> None:
        """Raises `KeyRetiredError`: by what the database says now, or without one by what was read before."""
        if connection is not None:
            with any_text(connection):
                self.read(connection)
        why = self.why_not()
        if why is not None:
            raise KeyRetiredError(why)


def is_good(keys: Keys, row: Any) -> bool:
    """Whether a row of `newest_first` was made by one of our keys on the row it builds on."""
    key = keys.find("ledger", row.key)
    before = b"" if row.builds_on == 0 or (row.builds_on is None and row.n == 1) else row.before
    if key is None or not isinstance(row.mac, bytes):
        return False
    try:
        made = checkpoint_link(key, before, row.n, row.at, row.heads, row.builds_on, row.retires)
    except (TypeError, ValueError):
        return False  # a value of a kind that no checkpoint has: SQLite keeps whatever it is given
    return hmac.compare_digest(made, row.mac)


@contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """SQLite keeps what it is given, bytes that are no text as well: to stumble over them would stop all checkpoints."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.text_factory = lambda kept: kept.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        if connection.dialect.name == "sqlite":
            raw.text_factory = str


_c, _before = tables.checkpoints, tables.checkpoints.alias("before")
with_before: Final = select(_c, _before.c.mac.label("before")).join(
    _before, _before.c.n == func.coalesce(_c.c.builds_on, _c.c.n - 1), isouter=True
)
_RETIRING: Final = with_before.where(_c.c.retires.is_not(None), _c.c.n > bindparam("after")).order_by(_c.c.n)
_WRITTEN: Final = select(tables.segments.c.id).limit(1)
_WRITTEN_BY: Final = _WRITTEN.where(one_of(tables.segments.c.key, "key"))
