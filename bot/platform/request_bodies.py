"""What is being read of requests that nobody has signed yet: each within bounds, and all of them together.

The head says who may have signed it, never who did, so each may be a stranger's until the last byte is here. Whoever has them
wait for theirs holds no more than `MOST_HELD` of our memory with all the others: where it is more, the ones that began first
go. Slack's own are here at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from bot.platform.request import MOST_BYTES, BadRequestError
from store.text import numbers

MOST_HELD: Final = 16 * MOST_BYTES
SLOWEST: Final = 2.0  # seconds


@dataclass(eq=False)
class _Body:
    patience: asyncio.Timeout
    raw: bytearray = field(default_factory=bytearray)
    dropped: bool = False


class Bodies:
    """Used on one event loop."""

    def __init__(self) -> None:
        self._coming: dict[_Body, None] = {}  # in the order they began
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """One whole. Raises `BadRequestError`; at once where the head says that it is too much."""
        if (numbers.parse_int(request.headers.get("Content-Length", "")) or 0) > MOST_BYTES:
            raise BadRequestError("too large", 413)
        body = None
        try:
            async with asyncio.timeout(SLOWEST) as patience:
                self._coming[body := _Body(patience)] = None
                async for chunk in request.stream():
                    self._more(body, chunk)
                self._more(body, b"")
        except TimeoutError:
            raise BadRequestError(*(_TOO_MANY if body is not None and body.dropped else _TOO_SLOW)) from None
        except ClientDisconnect:
            raise BadRequestError("it left before it had said everything") from None
        finally:
            if body is not None:
                self._leave(body)
        return bytes(body.raw)

    def _more(self, body: _Body, chunk: bytes) -> None:
        if body.dropped:
            raise BadRequestError(*_TOO_MANY)
        body.raw += chunk
        self._held += len(chunk)
        if len(body.raw) > MOST_BYTES:
            raise BadRequestError("too large", 413)
        while self._held > MOST_HELD:
            first = next(iter(self._coming))
            self._leave(first)
            first.dropped = True
            first.raw = bytearray()
            first.patience.reschedule(0)

    def _leave(self, body: _Body) -> None:
        if body in self._coming:
            del self._coming[body]
            self._held -= len(body.raw)


_TOO_SLOW: Final = "too slow", 408
_TOO_MANY: Final = "too many at once", 503
