"""How long a connection may keep us waiting, and how many there may be: what a stranger opens ends by the clock.

uvicorn waits for ever for the rest of a request's head, and takes a head of any size. Here whoever has not sent theirs within
`PATIENCE` is hung up on; and where there are `MOST` connections the one that has let us wait longest goes for each new one.
A connection whose request we have whole and have not answered is never cut.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
from typing import Any, Final, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger("deskgate")
_FILES: Final = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
_TURNS: Final = itertools.count()
_SAID_EVERY: Final = 60.0  # seconds: or whoever opens connections would fill the log


class TimedConnection(HttpToolsProtocol):
    PATIENCE = 10.0  # seconds for a head, from the connection or the answer before
    MOST = 500 if _FILES == resource.RLIM_INFINITY else min(500, _FILES // 2)
    MOST_UNREAD = 64 * 1024  # bytes that nobody has read yet: of a head, of what may follow a body

    _unread = 0
    _answering = False  # a request is with us, whole or not
    _whole = False
    _turn = 0  # whose wait began earlier has the lower one
    _limit: asyncio.TimerHandle | None = None
    _said_at = -_SAID_EVERY

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.MOST:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > self.MOST_UNREAD:
            self._hang_up()

    def on_message_begin(self) -> None:
        self._whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._answering = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0  # whoever reads the body has a limit for it
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread, self._whole = 0, True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answering = bool(self.pipeline)
        if not self._answering:
            self._wait()
        super().on_response_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody has a WebSocket with us, and whoever asks for one gets the page. That is no line in the log."""

    def _wait(self) -> None:
        self._stop_waiting()
        self._turn = next(_TURNS)
        self._limit = self.loop.call_later(self.PATIENCE, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _make_room(self) -> None:
        """The one that keeps us waiting longest goes; this one, where all others are being answered."""
        others = [cast(TimedConnection, one) for one in self.connections]
        waiting = [one for one in others if not (one._answering and one._whole)]
        min(waiting, key=lambda one: one._turn, default=self)._hang_up()
        if self.loop.time() - TimedConnection._said_at >= _SAID_EVERY:
            TimedConnection._said_at = self.loop.time()
            log.warning("connections full", most=self.MOST, waiting=len(waiting))

    def _hang_up(self) -> None:
        """Cut, and not closed: who does not read would hold a closing connection open as well."""
        self.connections.discard(cast(Any, self))
        self.transport.abort()
