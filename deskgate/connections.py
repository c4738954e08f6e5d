"""How long a connection may keep us waiting, and how many there may be: what a stranger opens ends by the clock.

uvicorn waits for ever for the rest of a request's head, and for whoever does not read their answer; it takes a head of any size,
and requests in advance without end. Here whoever has not sent a head, or not read an answer, within `PATIENCE` is hung up on; a
connection has one request at a time; and where there are `MOST` connections the one that has let us wait longest goes for each new
one. A connection whose request we have whole, and whose answer we are making, is never cut.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
from typing import Any, Final, cast

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger("deskgate")
_FILES: Final = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
_TURNS: Final = itertools.count()


class TimedConnection(HttpToolsProtocol):
    PATIENCE = 10.0  # seconds for a head, from the connection or the answer before; and for reading an answer
    MOST = 500 if _FILES == resource.RLIM_INFINITY else min(500, _FILES // 2)
    MOST_UNREAD = 64 * 1024  # bytes that nobody has read yet: of a head, of what may follow a body or an answer
    MOST_HEAD = 16 * 1024  # bytes of a head: proxies take no more, and it is read where everybody waits

    CRUMBS, CRUMB = 200, 128  # a body may come in so many pieces smaller than so many bytes on average

    _unread = 0
    _head = 0
    _body = 0
    _pieces = 0  # that the body came in
    _answering = False  # a request is with us, whole or not
    _whole = False
    _deaf = False  # what else comes is nothing to us
    _turn = 0  # whose wait began earlier has the lower one
    _limit: asyncio.TimerHandle | None = None

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
        if not self._deaf:
            super().data_received(data)
        if self._unread > self.MOST_UNREAD:
            self._hang_up()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """They do not read, or not as fast as they ask."""
        super().pause_writing()
        if self._answering:
            self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answering:
            self._stop_waiting()

    def on_message_begin(self) -> None:
        self._head = 0
        if not self._answering:
            self._whole, self._body, self._pieces = False, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._of_a_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._of_a_head(len(name) + len(value) + len(": \r\n"))
        super().on_header(name, value)

    def _of_a_head(self, more: int) -> None:
        self._head += more
        if self._head > self.MOST_HEAD and not self._answering:
            self._read_no_further()

    def on_headers_complete(self) -> None:
        if self._deaf:
            return
        if self._answering:  # one at a time: the first has its answer, which says that there is no other
            self.cycle.keep_alive, self._deaf = False, True
        else:
            self._stop_waiting()
            self._answering = True
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._deaf:
            return
        self._body, self._pieces = self._body + len(body), self._pieces + 1
        if self._pieces > self.CRUMBS + self._body // self.CRUMB:
            self._read_no_further()
        if self._answering:
            self._unread = 0  # whoever reads the body has a limit for it
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._deaf:
            return
        self._unread, self._whole = 0, True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answering = False
        self._wait()
        super().on_response_complete()

    def shutdown(self) -> None:
        """The service stops. An answer that has no end (portal/staff/events.py) would hold it up."""
        if self._answering and self.scope.get("endless"):
            self._hang_up()
        else:
            super().shutdown()

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody has a WebSocket with us, and whoever asks for one gets the page. That is no line in the log."""

    def _wait(self) -> None:
        self._stop_waiting()
        self._turn = next(_TURNS)
        self._limit = self.loop.call_later(self.PATIENCE, self._out_of_patience)

    def _stop_waiting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _out_of_patience(self) -> None:
        if self.transport.get_write_buffer_size():
            log.warning("response_not_read")
        self._hang_up()

    def _make_room(self) -> None:
        """The one that keeps us waiting longest goes; this one, where all others are being answered."""
        others = [cast(TimedConnection, one) for one in self.connections]
        waiting = [one for one in others if not (one._answering and one._whole) or one.flow.write_paused]
        min(waiting, key=lambda one: one._turn, default=self)._hang_up()
        log.warning("connection_limit_reached", most=self.MOST, waiting=len(waiting))

    def _read_no_further(self) -> None:
        """In the middle of what has just come: the parser would go through all of it first."""
        self._hang_up()
        raise httptools.HttpParserError

    def _hang_up(self) -> None:
        """Cut, and not closed: who does not read would hold a closing connection open as well. Nothing is written to it after."""
        self._deaf = True
        self._stop_waiting()
        self.connections.discard(cast(Any, self))
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_writing()
        self.transport.abort()
