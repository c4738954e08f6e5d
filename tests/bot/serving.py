"""An app, or a Slack, served on loopback by uvicorn: Slack's library speaks real HTTP, and real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from simulator.slack import SAMPLE, App, Workspace, web_api

TOKEN, CLIENT, CLIENT_SECRET = "xoxb-of-the-desk", "1.2", "of-the-app"
Reply = tuple[int, dict[str, str], bytes]
Heard = tuple[str, dict[str, str], bytes]


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, ws="websockets-sansio")
        server, started = uvicorn.Server(config), threading.Event()
        startup = server.startup

        async def start(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            started.set()

        server.startup = start  # type: ignore[method-assign]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert started.wait(15)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(15)


@contextmanager
def slack(now: Callable[[], float] | None = None) -> Iterator[tuple[Workspace, str]]:
    """The simulated Slack, and the address of its Web API."""
    app = FastAPI()
    with serving(app) as url:
        made = App(token=TOKEN, client_id=CLIENT, client_secret=CLIENT_SECRET)
        clock: dict[str, Any] = {} if now is None else {"now": now}
        workspace = Workspace(lambda *_: (200, "text/plain", ""), "signing", SAMPLE, made, public_url=url, **clock)
        app.include_router(web_api.router(workspace))
        yield workspace, f"{url}/simulator/slack/api/"


@contextmanager
def saying(*replies: Reply) -> Iterator[tuple[str, list[Heard]]]:
    """Something that is no Slack: it says one reply after the other, whatever it is asked, and keeps what it heard."""
    app, left, heard = FastAPI(), list(replies), list[Heard]()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(path: str, request: Request) -> Response:
        heard.append((path, dict(request.headers), await request.body()))
        status, headers, body = left.pop(0)
        return Response(body, status, headers)

    with serving(app) as url:
        yield url, heard
