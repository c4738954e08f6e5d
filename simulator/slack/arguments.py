"""What the methods of the Web API have in common: reading arguments, finding rooms and messages, cutting lists in pages."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from simulator.slack.cast import Person
from simulator.slack.message import Json, Message
from simulator.slack.refusals import RefusedError
from simulator.slack.room import Room
from simulator.slack.state import State


def needed(args: Json, name: str) -> str:
    """An argument that has to be there."""
    value = args.get(name)
    if value in (None, ""):
        raise RefusedError(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
        )
    return str(value)


def number(args: Json, name: str, default: float) -> float:
    try:
        return float(args.get(name) or default)
    except (TypeError, ValueError):
        raise RefusedError(f"invalid_{name}") from None


def flag(args: Json, name: str, default: bool = False) -> bool:
    """slack_sdk writes truth as true, "1" or "true"."""
    value = args.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() in ("1", "true")


def blocks_of(args: Json, name: str = "blocks") -> list[Json] | None:
    """A list of blocks, or None when there is none; text that is no list of objects is refused before it is looked at."""
    value = args.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RefusedError(f"invalid_{name}_format")
    return value


def room_known(ws: State, args: Json, name: str = "channel") -> Room:
    """A room that the app can know of: public channels at home, and those it is in."""
    value = str(args.get(name) or "")
    room = ws.rooms.get(value)
    if room is None or (ws.app.user not in room.members and (room.private or ws.app.team not in room.teams)):
        raise RefusedError("channel_not_found")
    return room


def room_to_speak_in(ws: State, args: Json) -> Room:
    """Where a message goes: a room by id, a public channel by #name, or a person's direct messages by their id."""
    value = str(args.get("channel") or "")
    if value in ws.people:
        return ws.dm(person_met(ws, value, "channel_not_found"))
    named = ws.room_of(value)
    room = room_known(ws, {"channel": named.id if named else value})
    if room.archived:
        raise RefusedError("is_archived")
    if ws.app.user not in room.members and "chat:write.public" not in ws.app.scopes:
        raise RefusedError("not_in_channel")
    return room


def room_inside(ws: State, args: Json) -> Room:
    """A room that the app is in."""
    room = room_known(ws, args)
    if ws.app.user not in room.members:
        raise RefusedError("not_in_channel")
    return room


def message_in(room: Room, ts: str, error: str = "message_not_found") -> Message:
    message = room.messages.get(ts)
    if message is None or message.subtype == "tombstone":
        raise RefusedError(error)
    return message


def thread_ts(room: Room, args: Json) -> str:
    """The thread to reply in, named by its first message; a reply's own ts makes no thread."""
    ts = str(args.get("thread_ts") or "")
    if not ts:
        return ""
    message = room.messages.get(ts)
    if message is None:
        raise RefusedError("thread_not_found")
    if message.is_reply:
        raise RefusedError("cannot_reply_to_message")
    return ts


def person_met(ws: State, user_id: str, error: str = "user_not_found") -> Person:
    """A person that the app can know of."""
    person = ws.people.get(user_id)
    if person is None or not ws.is_met(person):
        raise RefusedError(error)
    return person


def page(items: list[Any], args: Json, most: int = 1000) -> tuple[list[Any], str]:
    """Some of the items, from the cursor on, and the cursor for those after them ("" at the end)."""
    limit = max(1, min(int(number(args, "limit", 100)), most))
    start = 0
    if cursor := str(args.get("cursor") or ""):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except (ValueError, binascii.Error):
            raise RefusedError("invalid_cursor") from None
    end = start + limit
    return items[start:end], base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
