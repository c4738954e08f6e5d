"""Whose browser a request comes from, told by its mark without the database: marks of the staff who left count no more, soon.

Who of the staff still signs in is read at most once a minute, by a thread that answers a request anyway. Customers are too many for that, and
need it less: a mark of theirs has places of its own, and no more comes of it than those.
"""

from __future__ import annotations

from typing import Final

from store import Store
from store.sign_in import credentials
from store.sign_in.realms import STAFF, Realm

READ_EVERY: Final = 60_000  # ms


class Marks:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0  # when to read again
        # When it was read; staff → since when they have had their password.
        self._seen: tuple[int, dict[int, int]] | None = None

    def whose(self, realm: Realm, known: str) -> str:
        """Empty for a stranger. A mark that is newer than what was read counts."""
        mark = credentials.marked(self._store.keys, known, self._store.clock())
        if mark is None or mark.realm != realm.word:
            return ""
        if realm is STAFF and self._seen is not None:
            read_at, since = self._seen
            if mark.at < read_at - READ_EVERY and since.get(mark.id) != mark.since:
                return ""
        return realm.subject(mark.id)

    def refresh(self) -> None:
        now = self._store.clock()
        if self._next - READ_EVERY <= now < self._next:
            return
        self._next = now + READ_EVERY  # the others go on meanwhile
        with self._store.transaction("portal") as tx:
            self._seen = now, credentials.who_signs_in(tx, STAFF)
