"""Slack's half of the page: who one may be, what that person sees, what they do, and a live stream of changes.

app.include_router(simulator.slack.web.router(workspace))     # beside simulator.web.router(exchange, people)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from simulator.event_stream import stream, uvicorn_stops
from simulator.guard import loopback_only
from simulator.slack.delivery import hook_shown
from simulator.slack.elements import NoSuchElementError
from simulator.slack.member import Member
from simulator.slack.message import Json, Message
from simulator.slack.refusals import NotAvailableError
from simulator.slack.view import View
from simulator.slack.workspace import Workspace
from simulator.web import HEADERS

_SHOWN = 200  # requests a page starts with


class Attached(BaseModel):
    """A small text file."""

    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=200_000)


class Act(BaseModel):
    """What somebody does: one of the names in `_do`, with what it needs. A message is meant by `channel` and `ts`."""

    user: str
    act: str
    channel: str = ""
    ts: str = ""
    thread: str = ""
    view: str = ""
    text: str = Field("", max_length=12_000)
    name: str = ""
    action_id: str = ""
    block_id: str | None = None
    value: Any = None
    values: dict[str, Any] = {}
    everything: bool = False
    files: list[Attached] = Field([], max_length=10)


def router(workspace: Workspace, *, closing: Callable[[], bool] | None = None) -> APIRouter:
    """Routes below /simulator/slack: `state`, `seen/…`, `acts` and `events`. Loopback only.

    While a page is open, events that failed are sent again when they are due. Acts run in the thread pool, for they
    post to this very service and wait for its response.
    """
    started = secrets.token_hex(8)
    routes = APIRouter(prefix="/simulator/slack", dependencies=[Depends(loopback_only)], include_in_schema=False)

    @routes.get("/state")
    def state() -> Response:
        """What does not change while somebody looks, and the last requests."""
        app = workspace.app
        body = {
            "started": started,
            "app": {"name": app.name, "user": app.user, "team": app.team},
            "teams": [asdict(team) for team in workspace.cast.teams],
            "people": [
                {
                    **asdict(person),
                    "organisation": workspace.teams[person.team].name,
                    "external": person.team != app.team,
                }
                for person in workspace.cast.people
            ],
            "commands": [asdict(command) for command in app.commands],
            "shortcuts": [asdict(shortcut) for shortcut in app.shortcuts],
            "webhooks": [hook_shown(hook) for hook in list(workspace.deliveries.journal)[-_SHOWN:]],
        }
        return JSONResponse(body, headers=HEADERS)

    @routes.get("/seen/{user}")
    def seen(user: str) -> Response:
        if user not in workspace.people:
            raise HTTPException(404)
        return JSONResponse(workspace.seen_by(user), headers=HEADERS)

    @routes.get("/seen/{user}/files/{file}")
    def seen_file(user: str, file: str) -> Response:
        """A file, to keep: nothing that somebody attached is ever shown as a page of ours."""
        found = workspace.files.get(file)
        rooms = [workspace.rooms[room] for room in found.channels] if found else []
        if found is None or not any(user in room.members for room in rooms):
            raise HTTPException(404)
        headers = {**HEADERS, "Content-Disposition": "attachment", "Content-Type": "application/octet-stream"}
        return Response(found.content, headers=headers)

    @routes.get("/events")
    async def events() -> StreamingResponse:
        live = stream(workspace.listen, closing or uvicorn_stops, workspace.redeliver_due)
        return StreamingResponse(live, media_type="text/event-stream", headers=HEADERS)

    @routes.post("/acts")
    def act(body: Act) -> Response:
        try:
            return JSONResponse(_do(workspace, body) or {})
        except (NotAvailableError, NoSuchElementError) as error:
            return JSONResponse({"error": str(error)}, 422)

    return routes


def _do(workspace: Workspace, body: Act) -> Json | None:
    member = workspace.as_(body.user)
    match body.act:
        case "say":
            files = [(one.name, one.text) for one in body.files]
            return {"ts": member.says(body.channel, body.text, body.thread, files).ts}
        case "command":
            member.command(body.name, body.text, body.channel)
        case "shortcut":
            member.shortcut(body.name, _message(member, body) if body.ts else None)
        case "edit":
            member.edit(_message(member, body), body.text)
        case "delete":
            member.delete(_message(member, body))
        case "click":
            member.click(_where(member, body), body.action_id, body.block_id, body.value)
        case "suggest":
            return {"options": member.suggestions(_where(member, body), body.action_id, body.text, body.block_id)}
        case "submit":
            member.submit(body.values)
        case "close":
            member.close(everything=body.everything)
        case "open home":
            member.open_home()
        case "open messages":
            member.open_messages_tab()
        case "invite":
            member.invite_bot(body.channel)
        case _:
            raise NotAvailableError("nobody can do that in Slack")
    return None


def _message(member: Member, body: Act) -> Message:
    message = member.workspace.message(body.channel, body.ts, member.person.id)
    if message is None:
        raise NotAvailableError("this message is gone")
    return message


def _where(member: Member, body: Act) -> Message | View:
    """A modal or the home tab by its id, or a message."""
    if not body.view:
        return _message(member, body)
    open_now = [*member.workspace.stacks.get(member.person.id, []), *([member.home] if member.home else [])]
    for view in open_now:
        if view.id == body.view:
            return view
    raise NotAvailableError("this form is not open any more")
