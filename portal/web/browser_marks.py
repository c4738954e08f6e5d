"""Whose browser a request comes from, told by its mark without the database: marks of those who left count no more, soon.

Who still signs in is read at most once a minute, by a thread that answers a request anyway.
"""

from __future__ import annotations

from typing import Final

from store import Store
from store.staff import credentials

READ_EVERY: Final = 60_000  # ms


class Marks:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0  # when to read again
        # When it was read; staff → since when they have had their password.
        self._seen: tuple[int, dict[int, int]] | None = None

    def whose(self, known: str) -> str:
        """Empty for a stranger. A mark that is newer than what was read counts."""
        mark = credentials.marked(self._store.keys, known, self._store.clock())
        if mark is None:
            return ""
        if self._seen is not None:
            read_at, since = self._seen
            if mark.at < read_at - READ_EVERY and since.get(mark.staff) != mark.since:
                return ""
        return f"staff:{mark.staff}"

    def refresh(self) -> None:
        now = self._store.clock()
        if self._next - READ_EVERY <= now < self._next:
            return
        self._next = now + READ_EVERY  # the others go on meanwhile
        with self._store.transaction("portal") as tx:
            self._seen = now, credentials.who_signs_in(tx)
