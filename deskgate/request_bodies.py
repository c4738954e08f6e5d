"""What is being read of requests that nobody has signed yet: each within its channel's bounds, and all of a channel's together, of which whoever has the most
gives way.

The head says who may have sent it, never who did, so each may be a stranger's until the last byte is here. Whoever asks for more of a
body than there may be, or that comes too slowly, gets an `HTTPException`, and answers it in the way of its channel.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.client_address import Networks, whence
from desk.request_pools import Whose
from store.text import numbers


class Bounds(NamedTuple):
    """`most` bytes within so many `seconds`, and `together` bytes of all that come at once: where it is more, they go who have the most."""

    most: int
    seconds: float
    together: int


KIB, MIB = 1024, 1024 * 1024
PAGES: Final = Bounds(192 * KIB, 5.0, 64 * MIB)  # an answer of 12,000 characters, each escaped as four bytes
BOUNDS: Final[Mapping[str, Bounds]] = {  # by the first segment of the path; every other is a page's
    # A transcript of two minutes has three KiB. Twilio itself waits for no more than 15 seconds for the whole exchange.
    "ivr": Bounds(16 * KIB, 10.0, 64 * MIB),
    # A message of 40,000 characters comes twice in an interaction, escaped. Slack's own are here at once.
    "slack": Bounds(MIB, 2.0, 16 * MIB),
    # The files of customers' tickets: twenty MiB, as one from Slack may have.
    "tickets": Bounds(20 * MIB + 192 * KIB, 60.0, 64 * MIB),
    # An answer of 12,000 characters; who made their token up is turned away before a byte is read.
    "mcp": Bounds(64 * KIB, 5.0, 16 * MIB),
    # Files come in base64; a key that has not been good here of late is looked at first (api/v1/doorway.py).
    "api": Bounds(8 * MIB, 30.0, 64 * MIB),
    "simulator": Bounds(64 * MIB, 60.0, 256 * MIB),
}
WITH_BODIES: Final = ("POST", "PUT", "PATCH")
UNASKED: Final = (
    16 * KIB
)  # bytes with any other method: what they mean nobody has said (RFC 9110, 9.3), and some programs send `{}`


class BodyLimits:
    """Used on one event loop."""

    def __init__(self, app: ASGIApp, proxies: Networks) -> None:
        """`proxies` are believed about whom they ask for."""
        self._app, self._proxies = app, proxies
        self._coming = {bounds: _Coming(bounds.together) for bounds in (*BOUNDS.values(), PAGES)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _brings_body(scope):
            await self._app(scope, receive, send)
            return
        bounds = BOUNDS.get(scope["path"][1:].partition("/")[0], PAGES)
        promised = numbers.parse_int(Headers(scope=scope).get("Content-Length", "")) or 0
        here = whence(scope, self._proxies)
        whose = Whose(here.address, here.allocation)
        body = scope["body"] = Body(receive, bounds, promised, self._coming[bounds], whose)
        if scope["method"] not in WITH_BODIES:
            body.most = min(body.most, UNASKED)
        try:
            await self._app(scope, body.receive, send)
        finally:
            body.leave()


def _brings_body(scope: Scope) -> bool:
    """Whatever the method. Without either header nothing comes after the head (RFC 9112, 6.3)."""
    head = Headers(scope=scope)
    return scope["method"] in WITH_BODIES or "Transfer-Encoding" in head or head.get("Content-Length", "0") != "0"


class _Coming(dict["Body", None]):
    """Bodies that are not here yet, in the order they began."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.size = most, 0
        self._of, self._near = Counter[Whose](), Counter[str]()

    def count(self, whose: Whose, size: int) -> None:
        self.size += size
        self._of[whose] += size
        self._near[whose.network] += size
        if not self._of[whose]:
            del self._of[whose]
        if not self._near[whose.network]:
            del self._near[whose.network]

    def first_to_go(self) -> Body:
        """Of the network that has the most, of the address that has the most there, the one that began first."""
        crowd = max(self._near, key=self._near.__getitem__)
        one = max((whose for whose in self._of if whose.network == crowd), key=self._of.__getitem__)
        return next(body for body in self if body.whose == one)


class Body:
    """Before it is read `most` may be made less, and `whose` it is may be said, by whoever knows that better than its address does."""

    def __init__(self, receive: Receive, bounds: Bounds, promised: int, coming: _Coming, whose: Whose) -> None:
        self.most, self.whose = bounds.most, whose
        self._receive, self._seconds, self._promised, self._coming = receive, bounds.seconds, promised, coming
        self._size, self._dropped, self._whole = 0, False, False
        self._ends_at: float | None = None
        self._patience: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        """At once too large where the head says so: then nothing is read."""
        if self._whole:
            return await self._receive()
        if self._promised > self.most:
            raise HTTPException(413, "too large")
        if self._dropped:
            raise HTTPException(503, "too many at once")
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + self._seconds
            self._coming[self] = None
        try:
            async with asyncio.timeout_at(self._ends_at) as self._patience:
                message = await self._receive()
        except TimeoutError:
            if not self._dropped:
                raise HTTPException(408, "too slow") from None
        finally:
            self._patience = None
        if self._dropped:
            raise HTTPException(503, "too many at once")
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "client disconnected before the request body was complete")
        self._more(len(message.get("body", b"")))
        if not message.get("more_body"):
            self._whole = True
            self.leave()
        return message

    def _more(self, size: int) -> None:
        self._size += size
        self._coming.count(self.whose, size)
        if self._size > self.most:
            raise HTTPException(413, "too large")
        while self._coming.size > self._coming.most:
            self._coming.first_to_go()._drop()

    def _drop(self) -> None:
        self.leave()
        self._dropped = True
        if self._patience is not None:
            self._patience.reschedule(0)

    def leave(self) -> None:
        if self in self._coming:
            del self._coming[self]
            self._coming.count(self.whose, -self._size)
