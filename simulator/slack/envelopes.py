"""What Slack writes into each kind of request: events with their envelopes, interactions, commands.

Shapes are those of bolt-python's captured samples. Where an organisation other than the
installation's is involved they differ in ways that matter, and every such place says so.
"""

from __future__ import annotations

from simulator.slack.cast import Person
from simulator.slack.event import VERIFICATION_TOKEN, Event
from simulator.slack.message import Json, Message
from simulator.slack.room import Room
from simulator.slack.state import State
from simulator.slack.view import View

SUBSCRIPTION = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}


def said(ws: State, room: Room, message: Message) -> Event:
    """A `message`. From another organisation its outer team and `team` are the sender's."""
    body = ws.shown(message, metadata=True) | {
        "channel": room.id,
        "event_ts": message.ts,
        "channel_type": room.kind,
    }
    return Event(SUBSCRIPTION[room.kind], body, message.team, room.is_shared, ws.name_of(message.user))


def mentioned(ws: State, room: Room, message: Message) -> Event:
    """An `app_mention`: unlike the `message` of the same words it has the installation's team, inside and outside.

    Who spoke is told by `user_team` alone.
    """
    body = ws.shown(message) | {"type": "app_mention", "channel": room.id, "event_ts": message.ts}
    body |= {"team": ws.app.team}
    body.pop("subtype", None)
    return Event("app_mention", body, ws.app.team, room.is_shared, ws.name_of(message.user))


def changed(ws: State, room: Room, message: Message, before: Json) -> Event:
    """A `message_changed`, of an edit and of a deleted message that had replies alike."""
    at = ws.ts()
    body = {
        "type": "message",
        "subtype": "message_changed",
        "message": ws.shown(message, metadata=True) | room.thread_of(message),
        "previous_message": before,
        "channel": room.id,
        "hidden": True,
        "ts": at,
        "event_ts": at,
        "channel_type": room.kind,
    }
    return Event(SUBSCRIPTION[room.kind], body, message.team, room.is_shared, ws.name_of(message.user))


def deleted(ws: State, room: Room, message: Message) -> Event:
    at = ws.ts()
    body = {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": ws.shown(message),
        "deleted_ts": message.ts,
        "channel": room.id,
        "hidden": True,
        "ts": at,
        "event_ts": at,
        "channel_type": room.kind,
    }
    return Event(SUBSCRIPTION[room.kind], body, message.team, room.is_shared, ws.name_of(message.user))


def joined(ws: State, room: Room, inviter: Person) -> Event:
    """The app's bot has come into a channel."""
    body = {
        "type": "member_joined_channel",
        "user": ws.app.user,
        "channel": room.id,
        "channel_type": "G" if room.private else "C",
        "team": ws.app.team,
        "inviter": inviter.id,
        "event_ts": ws.ts(),
    }
    return Event("member_joined_channel", body, ws.app.team, room.is_shared, inviter.name)


def opened(ws: State, person: Person, room: Room, tab: str, view: View | None) -> Event:
    """An `app_home_opened`. There is no team in it: only the envelope's outer one is the person's own."""
    body: Json = {"type": "app_home_opened", "user": person.id, "channel": room.id, "tab": tab, "event_ts": ws.ts()}
    if view is not None:
        body["view"] = view.shown(ws.app)
    return Event("app_home_opened", body, person.team, room.is_shared, person.name)


def revoked(ws: State) -> Event:
    body = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [ws.app.user]}, "event_ts": ws.ts()}
    return Event("tokens_revoked", body, ws.app.team, False, "Slack")


def profile(person: Person) -> Json:
    """`user_profile`, which comes with what people of other organisations say."""
    return {
        "avatar_hash": "",
        "image_72": "",
        "first_name": person.real_name.partition(" ")[0],
        "real_name": person.real_name,
        "display_name": person.name,
        "team": person.team,
        "name": person.handle,
        "is_restricted": False,
        "is_ultra_restricted": False,
    }


# --- interactions


def _interaction(ws: State, kind: str, person: Person, team: str) -> Json:
    """What all have. `user.team_id` is who acts; `team` depends on the place, so each caller says which."""
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": person.team},
        "api_app_id": ws.app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": team, "domain": ws.teams[team].domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _place(room: Room) -> Json:
    name = "directmessage" if room.person else "privategroup" if room.private else room.name
    return {"id": room.id, "name": name}


def on_message(ws: State, kind: str, person: Person, room: Room, message: Message) -> Json:
    """A click or a search in a message. `team` is where the app is installed, whoever clicks (java-slack-sdk 1041).

    Of an ephemeral there is no `message`: whoever needs its words keeps them in the button's value.
    """
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": room.id,
        "is_ephemeral": bool(message.only_to),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _interaction(ws, kind, person, ws.app.team)
    payload |= {"container": container, "channel": _place(room)}
    if not message.only_to:
        payload["message"] = ws.shown(message) | room.thread_of(message)
    return payload


def in_view(ws: State, kind: str, person: Person, view: View) -> Json:
    """What happens in a modal or a home tab. `team` is the actor's; the installation is in `app_installed_team_id`."""
    payload = _interaction(ws, kind, person, person.team) | {"view": view.shown(ws.app)}
    if kind in ("block_actions", "block_suggestion"):
        payload["container"] = {"type": "view", "view_id": view.id}
    else:
        payload["response_urls"] = []
    return payload


def shortcut(ws: State, person: Person, callback_id: str, place: tuple[Room, Message] | None) -> Json:
    """A shortcut, from a message or from anywhere. Nobody of another organisation has them."""
    payload = _interaction(ws, "message_action" if place else "shortcut", person, person.team)
    payload |= {"callback_id": callback_id, "action_ts": ws.ts()}
    if place:
        room, message = place
        payload |= {
            "message_ts": message.ts,
            "channel": _place(room),
            "message": ws.shown(message) | room.thread_of(message),
        }
    return payload


def command(
    ws: State, person: Person, name: str, text: str, room: Room, response_url: str, trigger_id: str
) -> list[tuple[str, str]]:
    """A slash command's form. A private channel has no name here, and a mention stays as it was typed."""
    return [
        ("token", VERIFICATION_TOKEN),
        ("team_id", person.team),
        ("team_domain", ws.teams[person.team].domain),
        ("channel_id", room.id),
        ("channel_name", _place(room)["name"]),
        ("user_id", person.id),
        ("user_name", person.handle),
        ("command", name),
        ("text", text),
        ("api_app_id", ws.app.id),
        ("is_enterprise_install", "false"),
        ("response_url", response_url),
        ("trigger_id", trigger_id),
    ]
