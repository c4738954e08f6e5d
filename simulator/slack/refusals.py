"""A refusal of Slack's: `ok: false` with an error name, and what else it says; and what people cannot do at all."""

from __future__ import annotations

from simulator.slack.message import Json
from simulator.slack.problems import Problems


class RefusedError(Exception):
    """The Web API's `ok: false`."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more: Json = dict(more)

    @property
    def response(self) -> Json:
        return {"ok": False, "error": self.error, **self.more}


class NotAvailableError(Exception):
    """Somebody tried what Slack does not offer to them: a command from another organisation, a room they are not in."""


def refuse_blocks(problems: Problems) -> None:
    """Raise Slack's refusal of a message's blocks, unless there is nothing wrong with them."""
    if problems:
        raise RefusedError("invalid_blocks", errors=list(problems), response_metadata=_told(problems))


def refuse_view(problems: Problems) -> None:
    """Raise Slack's refusal of a view, unless there is nothing wrong with it."""
    if problems:
        raise RefusedError("invalid_arguments", response_metadata=_told(problems))


def _told(problems: Problems) -> Json:
    return {"messages": [f"[ERROR] {problem}" for problem in problems]}
