"""An event, and what Slack puts around it on its way to the app."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from simulator.slack.cast import App
from simulator.slack.message import Json

VERIFICATION_TOKEN = "simulated-and-deprecated"  # noqa: S105, Slack's old token, which nobody should check


@dataclass(frozen=True)
class Event:
    """An event to send: its subscription, its body, the envelope's outer team, and who caused it.

    `shared` says whether it comes from a place that several organisations share.
    """

    subscription: str
    body: Json
    team: str
    shared: bool
    who: str


def envelope(app: App, event: Event, event_id: str, at: float) -> Json:
    """The outer JSON. `team_id` may be the sender's; where the app is installed stands in `authorizations` (2.8)."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": event.team,
        "context_team_id": app.team,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event.body,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": app.team,
                "user_id": app.user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": event.shared,
        "event_context": f"4-{secrets.token_urlsafe(40)}",
    }


# --- events
