"""`/mcp` as the web process opens it: the SDK is read when it does, so that no command waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store import Store


class Assistants:
    """An ASGI application. `open` serves it while the web process runs; before and afterwards it answers 503."""

    def __init__(self, store: Store, public_url: str, *, sends: bool) -> None:
        """`sends`: canned answers may go out by themselves."""
        self._store, self._public_url, self._sends = store, public_url, sends
        self._app: ASGIApp | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        from api.mcp.protocol import Protocol

        protocol = Protocol(self._store, sends=self._sends)
        async with protocol.serve(self._public_url) as self._app:
            try:
                yield
            finally:
                self._app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or PlainTextResponse("not open", 503)

        async def unkept(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"cache-control", b"no-store")]
            await send(message)

        await app(scope, receive, unkept)
