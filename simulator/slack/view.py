"""A view: a modal or somebody's home tab, with what has been filled in, and how Slack writes it in payloads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.slack.elements import initial_state, inputs
from simulator.slack.message import Json

DEEPEST = 3
"""How many modals may lie on top of each other (2.3)."""


@dataclass
class View:
    """`team` is the organisation of whoever looks at it. `values` are by block_id and action_id, as in view.state."""

    id: str
    hash: str
    user: str
    team: str
    body: Json
    root: str
    previous: str | None = None
    values: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body.get("blocks", [])
        return blocks

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))

    @property
    def external_id(self) -> str:
        return str(self.body.get("external_id", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.body.get("private_metadata", ""))

    @property
    def title(self) -> str:
        return str(self.body.get("title", {}).get("text", ""))

    def becomes(self, body: Json, hash_: str) -> None:
        """Another content: what was filled in stays where a block and its action have kept their ids."""
        before = self.values
        self.body, self.hash, self.errors = body, hash_, {}
        self.values = initial_state(self.blocks)
        for block_id, block in before.items():
            for action_id, value in block.items():
                kept = self.values.get(block_id, {})
                if kept.get(action_id, {}).get("type") == value["type"]:
                    kept[action_id] = value

    def input_blocks(self) -> dict[str, Json]:
        """The input blocks, by block_id."""
        return {block["block_id"]: block for block in inputs(self.blocks)}

    def shown(self, app: Any) -> Json:
        """As payloads and responses write it. `app` is the App; a view tells two teams apart: whose it is, and whose app."""
        body: Json = {
            "id": self.id,
            "team_id": self.team,
            "type": self.body["type"],
            "blocks": self.blocks,
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": self.values},
            "hash": self.hash,
            "clear_on_close": bool(self.body.get("clear_on_close")),
            "notify_on_close": bool(self.body.get("notify_on_close")),
            "previous_view_id": self.previous,
            "root_view_id": self.root,
            "app_id": app.id,
            "external_id": self.external_id,
            "app_installed_team_id": app.team,
            "bot_id": app.bot,
        }
        if self.body["type"] == "modal":
            body |= {
                "title": self.body["title"],
                "submit": self.body.get("submit"),
                "close": self.body.get("close"),
            }
        return body
