"""What the desk's response to a command, a click, a search or a form does; and what the person sees when there is none."""

from __future__ import annotations

import json
from typing import Any

from simulator.forms import Response
from simulator.slack import effects, modals
from simulator.slack.cast import Person
from simulator.slack.element_limits import check_options
from simulator.slack.event import Event
from simulator.slack.leases import ResponseUrl
from simulator.slack.limits import check_blocks
from simulator.slack.message import Json
from simulator.slack.problems import Problems
from simulator.slack.refusals import RefusedError, refuse_blocks
from simulator.slack.room import Room
from simulator.slack.state import State
from simulator.slack.view import View


def to_command(ws: State, person: Person, room: Room, name: str, response: Response | None) -> None:
    """Nothing, words or blocks, for the person alone or for the channel."""
    if response is None:
        ws.complain(person.id, name)
        return
    body = read(response)
    if body is None or body == {}:
        return
    try:
        respond(ws, ResponseUrl(person.id, room.id, "", True, ws.now()), body)
    except RefusedError as refused:
        ws.complain(person.id, name, f"because of its response: {told(refused)}")


def to_click(ws: State, person: Person, what: str, response: Response | None) -> None:
    """A response to a click says nothing but that it arrived."""
    if response is None:
        ws.complain(person.id, what)


def to_suggestion(ws: State, person: Person, response: Response | None) -> Json:
    """The options for what somebody typed into an external select."""
    found = Problems()
    offered = read(response) if response else None
    if not isinstance(offered, dict):
        ws.complain(person.id, "the list of choices")
        return {"options": []}
    if offered.get("options") != [] and offered.get("option_groups") != []:  # nothing fits: that may be said
        check_options(offered, "", found)
    if found:
        ws.complain(person.id, "the list of choices", f"because of its response: {'; '.join(found)}")
        return {"options": []}
    return offered


def to_submission(ws: State, person: Person, view: View, response: Response | None) -> None:
    """An empty response closes the form; errors, update, push and clear do what they say (2.3)."""
    what = f"“{view.title}”"
    if response is None:
        ws.complain(person.id, what)
        return
    body = read(response)
    try:
        with ws.acting():
            _submitted(ws, person, view, body)
    except RefusedError as refused:
        ws.complain(person.id, what, f"because of its response: {told(refused)}")


def _submitted(ws: State, person: Person, view: View, body: Any) -> None:
    stack = ws.stacks[person.id]
    if not isinstance(body, dict | None):
        raise RefusedError("not an object")
    match (body or {}).get("response_action"):
        case None:
            if view in stack:
                stack.remove(view)
        case "clear":
            stack.clear()
        case "errors":
            errors = (body or {}).get("errors")
            if not isinstance(errors, dict) or not errors:
                raise RefusedError("errors are missing")
            if unknown := sorted(set(errors) - set(view.input_blocks())):
                raise RefusedError(f"errors for what is no input block: {unknown}")
            view.errors = {block_id: str(words) for block_id, words in errors.items()}
        case "update":
            modals.update_view(ws, view, (body or {}).get("view") or {})
        case "push":
            modals.push_on_response(ws, person.id, (body or {}).get("view") or {})
        case other:
            raise RefusedError(f"unknown response_action {other}")


def respond(ws: State, lease: ResponseUrl, body: Any) -> None:
    """What is posted to a response URL, or answered to a command: a new message or another one for the old.

    Refused when Slack would not take it.
    """
    said: Json = {"text": body} if isinstance(body, str) else body
    if not isinstance(said, dict):
        raise RefusedError("invalid_payload")
    text, blocks = str(said.get("text") or ""), said.get("blocks") or []
    refuse_blocks(check_blocks(blocks, "message"))
    with ws.acting():
        events = _respond(ws, lease, said, text, blocks)
    ws.later(events)


def _respond(ws: State, lease: ResponseUrl, said: Json, text: str, blocks: list[Json]) -> list[Event]:
    room = ws.rooms[lease.room]
    old = ws.message(lease.room, lease.ts, lease.user) if lease.ts else None
    if old is not None and said.get("delete_original"):
        return effects.delete(ws, room, old)
    if not text and not blocks:
        raise RefusedError("no_text")
    if old is not None and said.get("replace_original"):
        return effects.app_edits(ws, room, old, text, blocks, None)
    thread_ts = str(said.get("thread_ts") or "") or lease.thread_ts
    if said.get("response_type") == "in_channel":
        return effects.app_says(ws, room, text, blocks, thread_ts=thread_ts)[1]
    effects.whisper(ws, room, lease.user, text, blocks, thread_ts)
    return []


def read(response: Response) -> Any:
    """The body of a response: JSON as its value, other words as text, nothing as None."""
    _, content_type, body = response
    if not body.strip():
        return None
    if "json" in content_type or body.lstrip().startswith("{"):
        try:
            return json.loads(body)
        except ValueError:
            return body
    return body


def told(refused: RefusedError) -> str:
    """A refusal in one line."""
    details = refused.more.get("errors") or refused.more.get("response_metadata", {}).get("messages") or []
    return ": ".join([refused.error, *(["; ".join(details)] if details else [])])
