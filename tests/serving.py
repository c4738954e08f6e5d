"""An app served on loopback by uvicorn, for whoever needs a real address: a browser, Slack's library, a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class Serving(uvicorn.Server):
    """`url` is its address; `closing` whether it is about to stop, which a live stream would hold up."""

    def __init__(self, app: ASGIApp, listener: socket.socket, **how: Any) -> None:
        self.address: tuple[str, int] = listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.began = threading.Event()
        ours: dict[str, Any] = {"log_level": "critical", "timeout_graceful_shutdown": 1, "ws": "websockets-sansio"}
        super().__init__(uvicorn.Config(app, **ours | how))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.began.set()

    def closing(self) -> bool:
        return self.should_exit


def listening() -> socket.socket:
    """Bound to a port of loopback that nobody else has."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@contextmanager
def serving(app: ASGIApp, listener: socket.socket | None = None, **how: Any) -> Iterator[Serving]:
    """Routes may still be added to it afterwards, when its address is known; of an app that has to know it before, `listener` is bound
    already. `how` is uvicorn's."""
    with listener or listening() as listener:
        server = Serving(app, listener, **how)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.began.wait(15)
            yield server
        finally:
            server.should_exit = True
            thread.join(15)
