"""What one person can see of the workspace, as plain data for the page and for tests."""

from __future__ import annotations

from simulator.slack.cast import Person
from simulator.slack.message import Json, Message
from simulator.slack.room import STATUS_LASTS, Room
from simulator.slack.state import State
from simulator.slack.view import View


def seen_by(ws: State, person: Person) -> Json:
    """Channels the person is in, with messages, threads and what only they see; their direct messages; views; home."""
    channels = [room for room in ws.rooms.values() if person.id in room.members and not room.person]
    home = ws.homes.get(person.id)
    return {
        "user": person.id,
        "external": ws.is_external(person),
        "channels": [_room(ws, room, person) for room in channels],
        "dm": _room(ws, ws.dm(person), person) if ws.is_met(person) else None,
        "views": [_view(ws, view) for view in ws.stacks.get(person.id, [])],
        "home": _view(ws, home) if home else None,
        "errors": list(ws.complaints.get(person.id, ())),
    }


def _room(ws: State, room: Room, person: Person) -> Json:
    roots = [message for message in room.messages.values() if not message.is_reply or message.broadcast]
    whispers = [message for message in room.ephemerals if message.only_to == person.id]
    alone = [message for message in whispers if not message.thread_ts]
    return {
        "id": room.id,
        "name": room.name,
        "private": room.private,
        "archived": room.archived,
        "topic": room.topic,
        "shared_with": [ws.teams[team].name for team in room.teams if team != person.team] if room.is_shared else [],
        "members": [ws.name_of(member) for member in room.members],
        "has_app": ws.app.user in room.members,
        "messages": [
            _message(ws, room, message, person, whispers)
            for message in sorted([*roots, *alone], key=lambda message: message.ts)
        ],
        "prompts": room.prompts,
        "statuses": {
            thread: status.text
            for thread, status in room.statuses.items()
            if status.text and ws.now() - status.at <= STATUS_LASTS
        },
        "titles": dict(room.titles),
    }


def _message(ws: State, room: Room, message: Message, person: Person, whispers: list[Message]) -> Json:
    shown = _shown(ws, message, person)
    if not message.is_reply:
        thread = [*room.replies(message.ts), *(one for one in whispers if one.thread_ts == message.ts)]
        shown["replies"] = [_shown(ws, reply, person) for reply in sorted(thread, key=lambda reply: reply.ts)]
    return shown


def _shown(ws: State, message: Message, person: Person) -> Json:
    """One message as its reader gets it; `words` is how it is read out."""
    author = ws.people.get(message.user)
    return {
        **ws.shown(message),
        "channel": message.channel,
        "author": author.name if author else ws.name_of(message.user),
        "organisation": ws.teams[author.team].name if author and author.team != person.team else "",
        "by_app": message.bot is not None,
        "mine": message.user == person.id,
        "only_you": bool(message.only_to),
        "choices": ws.choices.get((message.channel, message.ts, person.id), {}),
        "files": [
            {"id": file.id, "name": file.name, "size": len(file.content), "preview": file.preview}
            for file in message.files
        ],
        "words": ws.text_of(message),
    }


def _view(ws: State, view: View) -> Json:
    return {**view.shown(ws.app), "errors": dict(view.errors), "words": ws.text_of(view)}
