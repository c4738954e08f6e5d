"""`POST /slack/events`: verified and read by us, dispatched by Bolt where the store does requests, acknowledged when it is written down."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request, Response
from slack_bolt import App
from starlette.exceptions import HTTPException

from bot.inbound.bolt_app import dispatch, make_bolt
from bot.platform.context import SlackContext
from bot.platform.payloads import parse
from bot.platform.request import may_be_signed, read, verify
from desk import faults
from store.text.cleaning import clean

log = structlog.get_logger("slack")
THREADS: Final = 8
PATIENCE: Final = 2.5  # seconds; Slack's own is three
Acknowledgement = tuple[int, str | Mapping[str, Any]]


def router(context: SlackContext, *, clock: Callable[[], float] = time.time) -> APIRouter:
    """Slack over HTTP. `clock` gives seconds since 1970."""
    routes = APIRouter()
    bolt = make_bolt(context)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="slack")

    async def receive(request: Request) -> Response:
        try:
            stamp = request.headers.get("X-Slack-Request-Timestamp", "")
            signature = request.headers.get("X-Slack-Signature", "")
            may_be_signed(stamp, signature, clock())
            raw = await request.body()
            verify(context.secrets, stamp, signature, raw, clock())
            body = read(raw, request.headers.get("Content-Type", ""))
        except HTTPException as bad:
            log.warning("request_refused", why=bad.detail)
            return Response(status_code=bad.status_code)
        if body.get("type") == "url_verification":
            return Response(str(body.get("challenge", ""))[:200], media_type="text/plain")
        if body.get("ssl_check"):
            return Response()
        return _response(*await _in_time(context, bolt, threads, body))

    routes.add_route("/slack/events", receive, methods=["POST"], include_in_schema=False)
    return routes


async def _in_time(
    context: SlackContext, bolt: App, threads: ThreadPoolExecutor, body: dict[str, Any]
) -> Acknowledgement:
    """What came too late was still written down, or it will be when it comes again: nothing is done twice."""
    doing = asyncio.ensure_future(context.store.do(lambda: respond(context, bolt, body), threads))
    try:
        return await asyncio.wait_for(asyncio.shield(doing), PATIENCE)
    except TimeoutError:
        doing.cancel()
        log.warning("deadline_exceeded", kind=kind_of(body))
        return _fault(context, body, 503)


def respond(context: SlackContext, bolt: App, body: dict[str, Any]) -> Acknowledgement:
    """One request, in the thread it is called in: (HTTP status, body). Never raises."""
    clean(body)
    payload = parse(body)
    if payload is None:
        log.warning("invalid_payload", kind=kind_of(body))
        return 200, ""  # again it would be no better
    try:
        context.look()
        if context.home is None:
            log.warning("slack_identity_unknown", why="not asked yet")
            return _fault(context, body, 503)
        if context.via(payload) is None:
            context.look(anew=True)  # another process may have installed it just now
        done = dispatch(bolt, body, payload)
    except Exception as fault:
        return _fault(context, body, 500, faults.note(fault, "slack", kind=kind_of(body)))
    if done is None:
        log.warning("invalid_payload", kind=kind_of(body))
        return 200, ""
    if done.status == 500:
        return _fault(context, body, 500, done.body or "")
    if done.status != 200:
        log.info("unhandled_request", kind=kind_of(body))
        return 200, ""
    return 200, done.body or ""


def _fault(context: SlackContext, body: Mapping[str, Any], status: int, number: str = "") -> Acknowledgement:
    """Events come again when they are not acknowledged. What people click and type does not, so they are told: by us where there is
    room for words, otherwise by Slack, which shows a failure for whatever is not 200."""
    says = "sorry_fault" if number else "sorry"
    if "command" in body:
        return 200, {"response_type": "ephemeral", "text": context.phrases.say(says, number=number)}
    if body.get("type") == "view_submission":
        blocks = (body.get("view") or {}).get("blocks") or []
        inputs = [str(block.get("block_id")) for block in blocks if block.get("type") == "input"]
        if inputs:
            return 200, {
                "response_action": "errors",
                "errors": {inputs[-1]: context.phrases.plain(says, number=number)},
            }
    return status, ""


def kind_of(body: Mapping[str, Any]) -> str:
    """For the log: what kind of request, nothing that anybody wrote."""
    event = body.get("event")
    kind = event.get("type") if isinstance(event, dict) else body.get("type") or body.get("command")
    return str(kind)[:40] if kind else "unknown"


def _response(status: int, body: str | Mapping[str, Any]) -> Response:
    if isinstance(body, str) and not body.startswith("{"):
        return Response(body, status, media_type="text/plain")
    return Response(body if isinstance(body, str) else json.dumps(body), status, media_type="application/json")
