"""The Web API's chat methods, pins and reactions: what the app says."""

from __future__ import annotations

from simulator.slack import effects
from simulator.slack.arguments import blocks_of, flag, message_in, needed, room_known, room_to_speak_in, thread_ts
from simulator.slack.arguments import room_inside as inside
from simulator.slack.limits import LONGEST_MESSAGE, check_blocks
from simulator.slack.message import Json, Message
from simulator.slack.refusals import RefusedError, refuse_blocks
from simulator.slack.state import State


def post_message(ws: State, args: Json) -> Json:
    room = room_to_speak_in(ws, args)
    text, blocks = _words(args)
    message, events = effects.app_says(
        ws,
        room,
        text or "",
        blocks or [],
        thread_ts=thread_ts(room, args),
        broadcast=flag(args, "reply_broadcast"),
        metadata=_metadata(args),
    )
    ws.later(events)
    return {"channel": room.id, "ts": message.ts, "message": ws.shown(message, metadata=True)}


def post_ephemeral(ws: State, args: Json) -> Json:
    room = room_to_speak_in(ws, args)
    user = needed(args, "user")
    if user not in room.members:
        raise RefusedError("user_not_in_channel")
    text, blocks = _words(args)
    message = effects.whisper(ws, room, user, text or "", blocks or [], thread_ts(room, args))
    return {"message_ts": message.ts}


def update(ws: State, args: Json) -> Json:
    """Blocks that are not given stay as they were; an empty list takes them away."""
    room = room_known(ws, args)
    message = _own(ws, message_in(room, needed(args, "ts")), "cant_update_message")
    text, blocks = _words(args)
    ws.later(effects.app_edits(ws, room, message, text, blocks, _metadata(args)))
    return {"channel": room.id, "ts": message.ts, "text": message.text, "message": ws.shown(message, metadata=True)}


def delete(ws: State, args: Json) -> Json:
    room = room_known(ws, args)
    message = _own(ws, message_in(room, needed(args, "ts")), "cant_delete_message")
    ws.later(effects.delete(ws, room, message))
    return {"channel": room.id, "ts": message.ts}


def get_permalink(ws: State, args: Json) -> Json:
    room = room_known(ws, args)
    return {"channel": room.id, "permalink": ws.permalink(message_in(room, needed(args, "message_ts")))}


def pin(ws: State, args: Json) -> Json:
    message = message_in(inside(ws, args), needed(args, "timestamp"))
    if message.pinned:
        raise RefusedError("already_pinned")
    message.pinned = True
    return {}


def react(ws: State, args: Json) -> Json:
    message = message_in(inside(ws, args), needed(args, "timestamp"))
    name = needed(args, "name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise RefusedError("invalid_name")
    users = message.reactions.setdefault(name, [])
    if ws.app.user in users:
        raise RefusedError("already_reacted")
    users.append(ws.app.user)
    return {}


def _words(args: Json) -> tuple[str | None, list[Json] | None]:
    """Text and blocks, checked: one of them has to be there, neither may be too much."""
    text = args.get("text")
    if text is None and args.get("markdown_text"):
        text = args["markdown_text"]
    blocks = blocks_of(args)
    if not blocks and not (isinstance(text, str) and text.strip()):
        raise RefusedError("no_text")
    if len(text or "") > LONGEST_MESSAGE:
        raise RefusedError("msg_too_long")
    if blocks:
        refuse_blocks(check_blocks(blocks, "message"))
    return text, blocks


def _metadata(args: Json) -> Json | None:
    metadata = args.get("metadata")
    if metadata in (None, "", {}):
        return None
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise RefusedError("invalid_metadata_format")
    return metadata


def _own(ws: State, message: Message, error: str) -> Message:
    if message.user != ws.app.user or message.subtype == "channel_join":
        raise RefusedError(error)
    return message


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
    "pins.add": pin,
    "reactions.add": react,
}
