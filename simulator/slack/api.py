"""The Web API below HTTP: a method's name, its arguments and a token in; a status, headers and JSON out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.slack import api_assistant, api_chat, api_conversations, api_files, api_people, api_views
from simulator.slack.delivery import without_secrets
from simulator.slack.injected_faults import Trouble
from simulator.slack.message import Json
from simulator.slack.refusals import RefusedError
from simulator.slack.state import State

Method = Callable[[State, Json], Json]

METHODS: dict[str, Method] = {
    **api_assistant.METHODS,
    **api_chat.METHODS,
    **api_conversations.METHODS,
    **api_files.METHODS,
    **api_people.METHODS,
    **api_views.METHODS,
}
NO_TOKEN = frozenset({"oauth.v2.access", "api.test"})
NEEDS: dict[str, tuple[str, ...]] = {
    "assistant.threads.setStatus": ("assistant:write", "chat:write"),
    "assistant.threads.setSuggestedPrompts": ("assistant:write",),
    "assistant.threads.setTitle": ("assistant:write",),
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "conversations.open": ("im:write",),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.list": ("channels:read", "groups:read", "im:read"),
    "conversations.members": ("channels:read", "groups:read", "im:read"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "users.info": ("users:read",),
    "bots.info": ("users:read",),
    "team.info": ("team:read",),
    "pins.add": ("pins:write",),
    "reactions.add": ("reactions:write",),
    "files.delete": ("files:write",),
    "files.info": ("files:read",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
}
"""Any one of these scopes is enough."""


@dataclass(frozen=True)
class Reply:
    """A response over HTTP. `breaks`: the connection ends before it."""

    status: int
    body: Json | str
    headers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


def handle(ws: State, method: str, args: Json, token: str, trouble: Trouble | None = None) -> Reply:
    """What Slack responds to a method, with the trouble that was ordered but for its waiting, which is the caller's.

    What it causes at the desk waits for `ws.deliver()`.
    """
    began = time.monotonic()
    reply = failing(trouble) or _handle(ws, method, args, token)
    if trouble is not None and trouble.lost_response:
        reply = Reply(0, "", breaks=True)
    shown = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in args.items()]
    ws.deliveries.note(
        "to Slack", ws.app.name, "POST", f"/api/{method}", shown, (reply.status, "", _noted(reply)), began
    )
    return reply


def failing(trouble: Trouble | None) -> Reply | None:
    """The response that was ordered instead of the real one."""
    if trouble is None:
        return None
    if trouble.retry_after is not None:
        return Reply(429, {"ok": False, "error": "ratelimited"}, {"retry-after": str(trouble.retry_after)})
    if trouble.status:
        return Reply(trouble.status, trouble.body)
    return Reply(200, {"ok": False, "error": trouble.error}) if trouble.error else None


def _handle(ws: State, method: str, args: Json, token: str) -> Reply:
    scopes = {"x-oauth-scopes": ",".join(ws.app.scopes)}
    try:
        with ws.acting():
            if method not in METHODS:
                raise RefusedError("unknown_method", req_method=method)
            if method not in NO_TOKEN:
                ws.tokens.check(token)
                _check_scopes(ws, method)
            return Reply(200, {"ok": True, **METHODS[method](ws, args)}, scopes)
    except RefusedError as refused:
        return Reply(200, refused.response, scopes)


def _check_scopes(ws: State, method: str) -> None:
    needed = NEEDS.get(method, ())
    if needed and not set(needed) & set(ws.app.scopes):
        raise RefusedError("missing_scope", needed=",".join(needed), provided=",".join(ws.app.scopes))


def _noted(reply: Reply) -> str:
    if isinstance(reply.body, dict):
        return json.dumps(without_secrets(reply.body), ensure_ascii=False)
    return reply.body
