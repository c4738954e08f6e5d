"""A Slack, or something that is none, served on loopback: Slack's library speaks real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

from deskgate.app import UNTRACED
from simulator.slack import SAMPLE, App, Workspace, web_api
from tests.serving import serving

TOKEN, CLIENT, CLIENT_SECRET = "xoxb-of-the-desk", "1.2", "of-the-app"
Reply = tuple[int, dict[str, str], bytes]
Heard = tuple[str, dict[str, str], bytes]


@contextmanager
def slack(now: Callable[[], float] | None = None) -> Iterator[tuple[Workspace, str]]:
    """The simulated Slack, and the address of its Web API."""
    app = FastAPI(telemetry=UNTRACED)  # or a connection could not be broken
    with serving(app) as server:
        made = App(token=TOKEN, client_id=CLIENT, client_secret=CLIENT_SECRET)
        clock: dict[str, Any] = {} if now is None else {"now": now}
        workspace = Workspace(
            lambda *_: (200, "text/plain", ""), "signing", SAMPLE, made, public_url=server.url, **clock
        )
        app.include_router(web_api.router(workspace))
        yield workspace, f"{server.url}/simulator/slack/api/"


@contextmanager
def saying(*replies: Reply) -> Iterator[tuple[str, list[Heard]]]:
    """Something that is no Slack: it says one reply after the other, whatever it is asked, and keeps what it heard."""
    app, left, heard = FastAPI(), list(replies), list[Heard]()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(path: str, request: Request) -> Response:
        heard.append((path, dict(request.headers), await request.body()))
        status, headers, body = left.pop(0)
        return Response(body, status, headers)

    with serving(app) as server:
        yield server.url, heard
