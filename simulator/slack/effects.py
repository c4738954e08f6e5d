"""What changes when somebody speaks, edits or deletes: the room afterwards, and the events that Slack would send.

Called under the workspace's lock (`acting()`); sending the events is the caller's matter, after it.
"""

from __future__ import annotations

import copy
import secrets
import uuid

from simulator.slack import envelopes
from simulator.slack.cast import Person
from simulator.slack.event import Event
from simulator.slack.markup import typed
from simulator.slack.message import TOMBSTONE, File, Json, Message
from simulator.slack.refusals import NotAvailableError
from simulator.slack.room import Room
from simulator.slack.state import State


def person_says(
    ws: State, person: Person, room: Room, text: str, thread_ts: str, files: list[File]
) -> tuple[Message, list[Event]]:
    """A person's message. A mention of the app comes twice: as `app_mention` and as `message`, with one ts."""
    words, rich = _typed(ws, text)
    message = Message(room.id, ws.ts(), person.id, person.team, words, thread_ts=thread_ts, files=files)
    message.client_msg_id = str(uuid.uuid4())
    message.subtype = "file_share" if files else ""
    message.abroad = _abroad(ws, person)
    if text:
        message.blocks = with_ids([{"type": "rich_text", "elements": rich}])
    for file in files:
        file.channels.append(room.id)
    room.said(message)
    if ws.app.user not in room.members:
        return message, []
    events = [envelopes.said(ws, room, message)]
    if f"<@{ws.app.user}>" in words and not room.person:
        events.insert(0, envelopes.mentioned(ws, room, message))
    return message, events


def app_says(
    ws: State,
    room: Room,
    text: str,
    blocks: list[Json],
    *,
    thread_ts: str = "",
    broadcast: bool = False,
    metadata: Json | None = None,
    files: list[File] | None = None,
) -> tuple[Message, list[Event]]:
    """The app's message. It comes back to the app as an event with `bot_id`, and it ends the app's status there."""
    message = app_message(ws, room, text, blocks, thread_ts)
    message.broadcast, message.metadata, message.files = broadcast, metadata, files or []
    for file in message.files:
        file.channels.append(room.id)
    room.said(message)
    room.statuses.pop(thread_ts, None)
    if ws.app.user not in room.members:
        return message, []  # answers in_channel to a command appear where the app itself is not
    return message, [envelopes.said(ws, room, message)]


def whisper(ws: State, room: Room, user: str, text: str, blocks: list[Json], thread_ts: str = "") -> Message:
    """An ephemeral: one person sees it, nobody is told, and nothing keeps it."""
    message = app_message(ws, room, text, blocks, thread_ts)
    message.only_to = user
    room.ephemerals.append(message)
    return message


def app_message(ws: State, room: Room, text: str, blocks: list[Json], thread_ts: str) -> Message:
    bot = {
        "id": ws.app.bot,
        "deleted": False,
        "name": ws.app.name,
        "app_id": ws.app.id,
        "team_id": ws.app.team,
        "icons": {},
        "updated": 0,
    }
    return Message(room.id, ws.ts(), ws.app.user, ws.app.team, text, with_ids(blocks), thread_ts, bot)


def edit(ws: State, room: Room, message: Message, editor: str, text: str) -> list[Event]:
    """A person's message gets other words; a mention that comes in this way is no `app_mention`."""
    before = ws.shown(message)
    message.text, rich = _typed(ws, text)
    message.blocks = with_ids([{"type": "rich_text", "elements": rich}])
    message.edited = {"user": editor, "ts": ws.ts()}
    return [envelopes.changed(ws, room, message, before)] if ws.app.user in room.members else []


def app_edits(
    ws: State, room: Room, message: Message, text: str | None, blocks: list[Json] | None, metadata: Json | None
) -> list[Event]:
    """The app's message becomes another; blocks that are not given stay, whatever the text says (python-slack-sdk 523)."""
    before = ws.shown(message)
    if text is not None:
        message.text = text
    if blocks is not None:
        message.blocks = with_ids(blocks)
    if metadata is not None:
        message.metadata = metadata
    message.edited = {"user": ws.app.bot, "ts": ws.ts()}
    if message.only_to:
        return []
    return [envelopes.changed(ws, room, message, before)] if ws.app.user in room.members else []


def delete(ws: State, room: Room, message: Message) -> list[Event]:
    """A message goes. One that has replies leaves a tombstone, and the event is a change and no deletion."""
    if message.only_to:
        room.ephemerals.remove(message)
        return []
    there = ws.app.user in room.members
    if room.replies(message.ts):
        before = ws.shown(message)
        message.subtype, message.text, message.blocks, message.files = "tombstone", TOMBSTONE, [], []
        message.user, message.bot, message.metadata = "USLACKBOT", None, None
        return [envelopes.changed(ws, room, message, before)] if there else []
    del room.messages[message.ts]
    return [envelopes.deleted(ws, room, message)] if there else []


def join(ws: State, room: Room, inviter: Person) -> list[Event]:
    """Somebody invites the app into a channel."""
    if ws.app.user in room.members:
        return []
    room.members.append(ws.app.user)
    message = Message(room.id, ws.ts(), ws.app.user, ws.app.team, f"<@{ws.app.user}> has joined the channel")
    message.subtype, message.inviter = "channel_join", inviter.id
    room.said(message)
    return [envelopes.joined(ws, room, inviter), envelopes.said(ws, room, message)]


def file_of(ws: State, person: Person, name: str, content: str | bytes) -> File:
    """Something a person attaches."""
    data = content.encode() if isinstance(content, str) else content
    file = File(ws.new_id("F"), name, data, person.id, person.team, int(ws.now()))
    ws.files[file.id] = file
    return file


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which each has an id, and each element as well: Slack gives what the app has not given."""
    made = copy.deepcopy(blocks)
    for block in made:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        if block["type"] in ("section", "actions", "input", "context_actions"):
            for element in (block.get("accessory"), block.get("element"), *(block.get("elements") or ())):
                if isinstance(element, dict) and element["type"] != "image":
                    element.setdefault("action_id", secrets.token_urlsafe(4))
    return made


def _typed(ws: State, text: str) -> tuple[str, list[Json]]:
    names = {person.name.lower(): person.id for person in reversed(ws.cast.people)} | {ws.app.name.lower(): ws.app.user}
    channels = {room.name: room.id for room in ws.rooms.values() if not room.person and not room.private}
    return typed(text, names, channels)


def _abroad(ws: State, person: Person) -> Json:
    """What comes with the words of somebody from another organisation."""
    if not ws.is_external(person):
        return {}
    return {"user_team": person.team, "source_team": person.team, "user_profile": envelopes.profile(person)}


def own(ws: State, message: Message, person: Person) -> Room:
    """The room of a message that this person may edit or delete: their own."""
    if message.user != person.id or message.only_to:
        raise NotAvailableError("people edit and delete what they said themselves")
    return ws.rooms[message.channel]
