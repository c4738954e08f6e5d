"""Signed requests as Slack sends them, for what the simulated Slack's people cannot do."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode

from httpx2 import Response

from simulator.slack.delivery import sign
from tests.bot.slack_desk import SlackDesk

_ids = itertools.count(1)


def event(inner: dict[str, Any], *, team: str = "T0DESK", shared: bool = False, **outer: Any) -> dict[str, Any]:
    """An event in its envelope, with an id of its own."""
    return {
        "type": "event_callback",
        "team_id": team,
        "context_team_id": "T0DESK",
        "api_app_id": "A0DESKGATE",
        "event": inner,
        "event_id": f"EvTEST{next(_ids)}",
        "event_time": 1,
        "authorizations": [{"team_id": "T0DESK", "enterprise_id": None, "user_id": "U0DESKGATE", "is_bot": True}],
        "is_ext_shared_channel": shared,
        **outer,
    }


def send(desk: SlackDesk, body: dict[str, Any], **headers: str) -> Response:
    return post(desk, json.dumps(body).encode(), "application/json", **headers)


def interact(desk: SlackDesk, payload: dict[str, Any]) -> Response:
    return post(desk, urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded")


def post(desk: SlackDesk, raw: bytes, content_type: str, **headers: str) -> Response:
    stamp = str(desk.now // 1000)
    signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(desk.secret, stamp, raw)}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: Response = desk.client.post(
        "/slack/events", content=raw, headers={"Content-Type": content_type, **signed, **given}
    )
    return answer
