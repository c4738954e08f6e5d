"""Requests to Slack by hand: what no well-behaved Slack would send, and what Slack sends twice."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode

from httpx2 import Response
from sqlalchemy import CompoundSelect, func, literal_column, select, union_all

from simulator.slack.delivery import sign
from simulator.slack.sample import BOT, DESK
from store import tables
from store.tables import Base
from tests.bot.slack_desk import SlackDesk

Json = dict[str, Any]
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
HELP = "C0HELP"
_COUNTS: CompoundSelect[str, int] = union_all(
    *(select(literal_column(f"'{name}'"), func.count()).select_from(one) for name, one in Base.metadata.tables.items())
)
_ids = itertools.count(1)


def signed(desk: SlackDesk, body: bytes, content_type: str = JSON, **headers: str) -> Response:
    """Posts a body as Slack signs it. Headers (`x_slack_signature="…"`) stand in for those it would have."""
    stamp = headers.pop("x_slack_request_timestamp", str(int(desk.now / 1000)))
    made = {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": headers.pop("x_slack_signature", sign(desk.secret, stamp, body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    raw = [(name.encode(), value.encode()) for name, value in made.items() if value]
    return desk.client.post("/slack/events", content=body, headers=raw)


def send(desk: SlackDesk, body: Json, **headers: str) -> Response:
    """As Slack packs it: events are JSON, commands a form, and what people click a form with `payload`."""
    if "command" in body:
        return signed(desk, urlencode(body).encode(), FORM, **headers)
    if body.get("type") in ("event_callback", "url_verification"):
        return signed(desk, json.dumps(body).encode(), JSON, **headers)
    return signed(desk, urlencode({"payload": json.dumps(body)}).encode(), FORM, **headers)


def new(kind: str) -> str:
    return f"{kind}{next(_ids):08d}"


def ts(desk: SlackDesk) -> str:
    return f"{desk.now // 1000}.{next(_ids):06d}"


def event(desk: SlackDesk, **said: Any) -> Json:
    """An event in its envelope. `user` is of the desk's own workspace unless it says otherwise."""
    return {
        "type": "event_callback",
        "token": "t",
        "team_id": DESK,
        "context_team_id": DESK,
        "api_app_id": "A0",
        "event_id": new("Ev"),
        "event_time": desk.now // 1000,
        "authorizations": [{"enterprise_id": None, "team_id": DESK, "user_id": BOT, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event": said,
    }


def message(desk: SlackDesk, text: str, user: str = "U0DEV", channel: str = HELP, **more: Any) -> Json:
    kind = "im" if channel.startswith("D") else "channel"
    said = {"type": "message", "user": user, "team": DESK, "channel": channel, "channel_type": kind, "text": text}
    return event(desk, **{**said, "ts": ts(desk), **more})


def mention(body: Json) -> Json:
    """The `app_mention` that comes beside a message: another event, and the installation's team in it, whoever spoke."""
    said = body["event"]
    team = {"team": DESK, "user_team": said["team"]}
    return {**body, "event_id": new("Ev"), "team_id": DESK, "event": {**said, **team, "type": "app_mention"}}


def command(name: str, text: str = "", user: str = "U0DEV") -> Json:
    return {
        "token": "t",
        "team_id": DESK,
        "user_id": user,
        "command": name,
        "text": text,
        "channel_id": HELP,
        "api_app_id": "A0",
        "trigger_id": new("trigger"),
    }


def acted(kind: str, user: str = "U0DEV", **more: Any) -> Json:
    """What all interactions have."""
    who = {"id": user, "username": "dev", "team_id": DESK}
    return {"type": kind, "user": who, "team": {"id": DESK}, "api_app_id": "A0", "trigger_id": new("trigger"), **more}


def click(action: str, value: str = "", user: str = "U0DEV", channel: str = HELP, **more: Any) -> Json:
    """A button of a message, pressed."""
    at = f"1795348000.{next(_ids):06d}"
    there = {
        "container": {"type": "message", "message_ts": at, "channel_id": channel, "is_ephemeral": False},
        "channel": {"id": channel, "name": "help"},
        "message": {"ts": at, "text": "press", "blocks": [{"type": "divider", "block_id": "d"}]},
    }
    pressed = {"action_id": action, "block_id": "b", "type": "button", "value": value, "action_ts": at}
    return acted("block_actions", user, **{**there, "actions": [pressed], **more})


def view(callback: str, metadata: str = "", **values: Json) -> Json:
    """A form as it comes back: `words={"value": "…"}`, by block and action of the same name."""
    state = {"values": {name: {name: said} for name, said in values.items()}}
    blocks = [{"type": "input", "block_id": name} for name in values]
    id = new("V")
    return {"id": id, "type": "modal", "callback_id": callback, "private_metadata": metadata} | {
        "blocks": blocks,
        "state": state,
        "app_installed_team_id": DESK,
        "hash": "h",
    }


def submission(callback: str, metadata: str = "", user: str = "U0DEV", **values: Json) -> Json:
    return acted("view_submission", user, view=view(callback, metadata, **values))


def shortcut(text: str = "it is broken", user: str = "U0DEV", **more: Any) -> Json:
    said = {"type": "message", "user": "U0LEO", "ts": "1795348000.000001", "text": text}
    return acted(
        "message_action", user, **{"callback_id": "open_ticket", "channel": {"id": HELP}, "message": said, **more}
    )


def rows(desk: SlackDesk) -> dict[str, int]:
    """How much there is in every table: what has no effect changes none of it."""
    with desk.store.transaction("test") as tx:
        return {str(name): int(count) for name, count in tx.connection.execute(_COUNTS)}


def bodies(desk: SlackDesk) -> list[str]:
    """What the tickets there are say, oldest first."""
    with desk.store.transaction("test") as tx:
        found = tx.connection.execute(select(tables.messages.c.body).order_by(tables.messages.c.id)).scalars()
        return list(found)
