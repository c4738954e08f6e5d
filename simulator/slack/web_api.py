"""Slack's Web API over HTTP, with uploads, private files and response URLs. Set SLACK_API_URL to the address of `api`.

app.include_router(web_api.router(workspace))     # SLACK_API_URL=http://127.0.0.1:8000/simulator/slack/api/
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from simulator.guard import loopback_only
from simulator.slack import api_files
from simulator.slack.api import Reply, failing, handle
from simulator.slack.injected_faults import Trouble
from simulator.slack.message import Json
from simulator.slack.refusals import RefusedError
from simulator.slack.responses import respond
from simulator.slack.workspace import Workspace

_JSON = frozenset({"blocks", "attachments", "metadata", "view", "prompts", "files", "loading_messages"})
_JSON_TYPE = "application/json; charset=utf-8"
_SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to see this file.</body></html>"
)


def router(workspace: Workspace) -> APIRouter:
    """Routes below /simulator/slack: `api/{method}`, `upload/…`, `files/…` and `response/…`. Loopback only.

    Ask `workspace.trouble` for faults. What a request causes at the desk is sent when its response is out.
    """
    routes = APIRouter(prefix="/simulator/slack", dependencies=[Depends(loopback_only)], include_in_schema=False)

    @routes.api_route("/api/{method}", methods=["GET", "POST"])
    async def method(method: str, request: Request) -> Response:
        args, token = await _arguments(request)
        trouble = await _troubled(workspace, method, args)
        return await _out(workspace, request, lambda: handle(workspace, method, args, token, trouble))

    @routes.post("/upload/{file}")
    async def upload(file: str, request: Request) -> Response:
        content = await request.body()

        def receive() -> Reply:
            with workspace.acting():
                return Reply(200, api_files.receive(workspace, file, content))

        trouble = await _troubled(workspace, "upload", {"file": file})
        return await _out(workspace, request, lambda: _beside(workspace, "upload", trouble, receive))

    @routes.post("/response/{key}")
    async def response(key: str, request: Request) -> Response:
        said = _loaded((await request.body()).decode("utf-8", "replace"))

        def take() -> Reply:
            with workspace.lock:
                lease = workspace.leases.respond(key, workspace.now())
            respond(workspace, lease, said)
            return Reply(200, "ok")

        trouble = await _troubled(workspace, "response_url", said if isinstance(said, dict) else {})
        return await _out(workspace, request, lambda: _beside(workspace, "response_url", trouble, take))

    @routes.get("/files/{file}/{name:path}")
    async def private_file(file: str, name: str, request: Request) -> Response:
        """Without a good token there is a page to sign in with, and a 200, as at Slack."""
        _, token = _credentials(request)
        trouble = await _troubled(workspace, "download", {"file": file})
        if (reply := failing(trouble)) is not None:
            return _response(reply)
        try:
            with workspace.lock:
                workspace.tokens.check(token)
                found = api_files.known(workspace, file)
        except RefusedError as refused:
            return Response(_SIGN_IN, 404 if refused.error == "file_not_found" else 200, media_type="text/html")
        return Response(found.content, headers={"content-type": found.mimetype})

    return routes


async def _troubled(ws: Workspace, method: str, args: Json) -> Trouble | None:
    """The trouble that is ordered for this request, its waiting done."""
    trouble = await run_in_threadpool(ws.trouble, method, args)
    if trouble is not None and trouble.hang:
        await asyncio.sleep(trouble.hang)
    return trouble


def _beside(ws: Workspace, what: str, trouble: Trouble | None, do: Callable[[], Reply]) -> Reply:
    """An address beside the API: a refusal is a 404, and there is trouble here too."""
    began = time.monotonic()
    reply = failing(trouble)
    if reply is None:
        try:
            reply = do()
        except RefusedError as refused:
            reply = Reply(404, refused.response)
    ws.deliveries.note("to Slack", ws.app.name, "POST", f"/{what}", [], (reply.status, "", reply.text), began)
    return Reply(0, "", breaks=True) if trouble is not None and trouble.lost_response else reply


async def _out(ws: Workspace, request: Request, do: Callable[[], Reply]) -> Response:
    """Do it in a thread, respond, and tell the desk what it caused after that."""
    reply = await run_in_threadpool(do)
    if reply.breaks:
        await run_in_threadpool(ws.deliver)
        return await _broken(request)
    return _response(reply, BackgroundTask(ws.deliver))


def _response(reply: Reply, after: BackgroundTask | None = None) -> Response:
    kind = _JSON_TYPE if isinstance(reply.body, dict) else "text/html; charset=utf-8"
    return Response(reply.text, reply.status, {**reply.headers, "content-type": kind}, background=after)


async def _broken(request: Request) -> Response:
    """Break the connection without a response. Under uvicorn the transport is closed; in a TestClient the call raises."""
    transport: Any = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the response was lost, as ordered")
    transport.abort()
    await asyncio.sleep(0.01)  # until the server has noticed, and takes no response
    return Response()


# --- arguments


async def _arguments(request: Request) -> tuple[Json, str]:
    """Arguments from the query, a form or JSON, as slack_sdk sends them, and the token."""
    args: Json = dict(request.query_params)
    body = (await request.body()).decode("utf-8", "replace")
    if "json" in request.headers.get("content-type", ""):
        loaded = _loaded(body)
        args |= loaded if isinstance(loaded, dict) else {}
    else:
        args |= dict(parse_qsl(body, keep_blank_values=True))
    for name in _JSON & set(args):
        if isinstance(args[name], str) and re.match(r"\s*[\[{]", args[name]):
            args[name] = _loaded(args[name])
    basic, token = _credentials(request)
    if basic:
        args["client_id"], _, args["client_secret"] = basic.partition(":")
    given = args.pop("token", "")
    return args, token or str(given)


def _credentials(request: Request) -> tuple[str, str]:
    """Of basic authentication (which oauth.v2.access takes) and of a bearer token; empty where there are none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return "", value.strip()
    if kind.lower() != "basic":
        return "", ""
    try:
        return base64.b64decode(value, validate=True).decode(), ""
    except ValueError:
        return "", ""


def _loaded(text: str) -> Any:
    """JSON as its value; what is none stays text, which no method takes for a list or an object."""
    try:
        return json.loads(text)
    except ValueError:
        return text
