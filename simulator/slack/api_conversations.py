"""The Web API's conversations methods: where the app can be, and what was said there."""

from __future__ import annotations

from math import inf

from simulator.slack.arguments import flag, needed, number, page, person_met, room_inside, room_known
from simulator.slack.message import Json, Message
from simulator.slack.refusals import RefusedError
from simulator.slack.room import Room
from simulator.slack.state import State


def open_(ws: State, args: Json) -> Json:
    """Direct messages with one person, by their id, or a room that is open already."""
    if args.get("channel"):
        return {"channel": {"id": room_known(ws, args).id}, "no_op": True, "already_open": True}
    given = args.get("users") or ""
    users = (
        [str(user) for user in given] if isinstance(given, list) else [user for user in str(given).split(",") if user]
    )
    if not users:
        raise RefusedError("users_list_not_supplied")
    if len(users) > 1:
        raise RefusedError("not_implemented_by_the_simulator")  # group messages are not played
    person = person_met(ws, users[0])
    if person.deactivated:
        raise RefusedError("user_disabled")
    before = set(ws.rooms)
    room = ws.dm(person)
    again = {"no_op": True, "already_open": True} if room.id in before else {}
    return {"channel": ws.shown_room(room) if flag(args, "return_im") else {"id": room.id}, **again}


def info(ws: State, args: Json) -> Json:
    room = room_known(ws, args)
    more = {"num_members": len(room.members)} if flag(args, "include_num_members") else {}
    return {"channel": ws.shown_room(room) | more}


def list_(ws: State, args: Json) -> Json:
    kinds = str(args.get("types") or "public_channel").split(",")
    rooms = [
        ws.shown_room(room)
        for room in ws.rooms.values()
        if _kind(room) in kinds
        and (ws.app.user in room.members or not (room.private or ws.app.team not in room.teams))
        and not (room.archived and flag(args, "exclude_archived"))
    ]
    some, cursor = page(rooms, args)
    return {"channels": some, "response_metadata": {"next_cursor": cursor}}


def _kind(room: Room) -> str:
    if room.person:
        return "im"
    return "private_channel" if room.private else "public_channel"


def members(ws: State, args: Json) -> Json:
    some, cursor = page(room_known(ws, args).members, args)
    return {"members": some, "response_metadata": {"next_cursor": cursor}}


def history(ws: State, args: Json) -> Json:
    """What was said, the newest first, without replies."""
    room = room_inside(ws, args)
    messages = [message for message in room.messages.values() if not message.is_reply or message.broadcast]
    return _told(ws, room, messages[::-1], args)


def replies(ws: State, args: Json) -> Json:
    """A thread from its beginning; of a reply's ts, that reply alone."""
    room = room_inside(ws, args)
    root = room.messages.get(needed(args, "ts"))
    if root is None:
        raise RefusedError("thread_not_found")
    return _told(ws, room, [root, *([] if root.is_reply else room.replies(root.ts))], args)


def _told(ws: State, room: Room, messages: list[Message], args: Json) -> Json:
    oldest, latest = number(args, "oldest", 0), number(args, "latest", inf)
    inclusive = flag(args, "inclusive")

    def within(message: Message) -> bool:
        ts = float(message.ts)
        return oldest < ts < latest or (inclusive and ts in (oldest, latest))

    some, cursor = page([message for message in messages if within(message)], args)
    metadata = flag(args, "include_all_metadata")
    told: Json = {
        "messages": [ws.shown(message, metadata=metadata) | room.thread_of(message) for message in some],
        "has_more": bool(cursor),
    }
    return told | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


METHODS = {
    "conversations.open": open_,
    "conversations.info": info,
    "conversations.list": list_,
    "conversations.members": members,
    "conversations.history": history,
    "conversations.replies": replies,
}
