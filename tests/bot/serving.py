"""A Slack, or something that is none, served on loopback, and the way to it: real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from fastapi import FastAPI, Request, Response

from deskgate.app import UNTRACED
from deskgate.http_client import http_client
from simulator.slack import SAMPLE, App, Workspace, web_api
from tests.serving import serving

TOKEN, CLIENT, CLIENT_SECRET = "xoxb-of-the-desk", "1.2", "of-the-app"
Reply = tuple[int, dict[str, str], bytes]
Heard = tuple[str, dict[str, str], bytes]
_OPEN = list[httpx2.Client]()


def way_to(base: str, timeout: float = 10.0) -> httpx2.Client:
    """The desk's HTTP client for what is served here, which closes it."""
    _OPEN.append(http_client(base, timeout))
    return _OPEN[-1]


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    with serving(app) as server:
        yield server.url
    for one in [one for one in _OPEN if str(one.base_url).startswith(f"{server.url}/")]:
        _OPEN.remove(one)
        one.close()


@contextmanager
def slack(now: Callable[[], float] | None = None) -> Iterator[tuple[Workspace, str]]:
    """The simulated Slack, and the address of its Web API."""
    app = FastAPI(telemetry=UNTRACED)  # or a connection could not be broken
    with _served(app) as url:
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

    with _served(app) as url:
        yield url, heard
