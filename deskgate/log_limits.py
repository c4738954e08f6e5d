"""What strangers can cause is said once a minute, with how often it was since: or they would fill the log, and hide in it.

Told apart by event, route and reason, all of which are our own words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import structlog

EVERY: Final = 60.0  # seconds
BY_STRANGERS: Final = frozenset(
    {"request_refused", "call_turned_away", "connection_limit_reached", "response_not_read", "slack_install_refused"}
)
log = structlog.get_logger("deskgate")


class Seldom:
    """A processor of structlog."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[tuple[str, ...], float] = {}
        self._since: dict[tuple[str, ...], int] = {}

    def __call__(self, _logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if said.get("event") not in BY_STRANGERS:
            return said
        key, now = tuple(str(said.get(name)) for name in ("event", "route", "why")), self._clock()
        times = self._since.get(key, 0) + 1
        if now < self._next.get(key, now):
            self._since[key] = times
            raise structlog.DropEvent
        self._next[key], self._since[key] = now + EVERY, 0
        return said if times == 1 else {**said, "times": times}


def not_http(record: logging.LogRecord) -> bool:
    """A filter: uvicorn's own line for each request that is none becomes one of ours."""
    if record.msg != "Invalid HTTP request received.":
        return True
    log.warning("request_refused", why="not HTTP")
    return False
