"""Supervisors hear that so many ask for the desk's pages at once that some are turned away: once an hour, and whose network most are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from store import ConnectionLostError, Store
from store.security import alerts

LOOKED_EVERY: Final = 60_000  # ms: whoever is turned away costs no more than that
HOUR: Final = 3_600_000  # ms
log = structlog.get_logger("portal")


class TurnedAway:
    def __init__(self, store: Store) -> None:
        self._store = store
        # The event loop waits for no database.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="portal-turned-away")
        self._next = 0

    def tell(self, network: str) -> None:
        now = self._store.clock()
        if self._next - LOOKED_EVERY <= now < self._next:
            return
        self._next = now + LOOKED_EVERY
        log.warning("request_pool_full", network=network)
        self._thread.submit(self._alert, network)

    def _alert(self, network: str) -> None:
        try:
            with self._store.transaction("portal") as tx:
                alerts.alert(tx, "pages_full", str(tx.now // HOUR), detail=network)
        except ConnectionLostError:
            self._next = 0
