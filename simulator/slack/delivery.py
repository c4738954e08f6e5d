"""How the desk is told: signed requests, the journal of them, and events again and again until they are answered (2.2)."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx2

from simulator.exchange import UnreachableError
from simulator.forms import Response
from simulator.journal import Webhook
from simulator.slack.message import Json

PATIENCE = 3.0
"""Seconds the desk has to answer."""
AGAIN_AFTER = (0.0, 60.0, 300.0)
"""When an event that failed is sent again, counted from the failure."""
_KEPT = 20_000  # events that can be sent again
_NOTED = 2000  # requests in the journal
_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


class TimedOutError(UnreachableError):
    """There was a connection, and no response in time."""


class Post(Protocol):
    """How the workspace reaches the desk: posts a raw body to a path on it. Raises Unreachable, or TimedOut."""

    def __call__(self, path: str, body: bytes, headers: dict[str, str]) -> Response: ...


def posting(client: httpx2.Client) -> Post:
    """A Post over an HTTP client whose base URL is the desk's; give it a time-out of PATIENCE. TestClient is one."""

    def post(path: str, body: bytes, headers: dict[str, str]) -> Response:
        try:
            response = client.post(path, content=body, headers=headers, follow_redirects=False)
        except httpx2.TimeoutException as error:
            raise TimedOutError(str(error) or type(error).__name__) from error
        except httpx2.TransportError as error:
            raise UnreachableError(str(error) or type(error).__name__) from error
        return response.status_code, response.headers.get("content-type", ""), response.text

    return post


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """X-Slack-Signature (2.1)."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


@dataclass
class Sent:
    """An event on its way: what was sent, how often it failed, and when it is sent again, if it is."""

    id: str
    kind: str
    who: str
    body: bytes
    failures: int = 0
    due: float | None = None
    reason: str = ""


class Told(Protocol):
    """What it needs of the workspace: its lock, its clock, and telling the pages."""

    lock: threading.RLock
    now: Callable[[], float]

    def tell(self, event: Json) -> None: ...


class Deliveries:
    """Everything that goes to the desk. Nothing here holds the workspace's lock while it posts."""

    def __init__(self, workspace: Told, post: Post, secret: str, path: str) -> None:
        self.path = path
        self.journal: deque[Webhook] = deque(maxlen=_NOTED)
        self._workspace = workspace
        self._post = post
        self._secret = secret
        self._known: OrderedDict[str, Sent] = OrderedDict()
        self._count = itertools.count(1)

    # Events

    def event(self, envelope: Json, who: str) -> None:
        """Send an event for the first time."""
        sent = Sent(envelope["event_id"], envelope["event"]["type"], who, json.dumps(envelope).encode())
        with self._workspace.lock:
            self._known[sent.id] = sent
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._attempt(sent, {})

    def redeliver_due(self) -> int:
        """Send again what is due by now; how many that were."""
        with self._workspace.lock:
            now = self._workspace.now()
            due = [sent for sent in self._known.values() if sent.due is not None and sent.due <= now]
            for sent in due:
                sent.due = None
        for sent in due:
            self._attempt(sent, {"x-slack-retry-num": str(sent.failures), "x-slack-retry-reason": sent.reason})
        return len(due)

    def again(self, event_id: str) -> None:
        """Send a known event once more, as if its response had not arrived; whatever is due of it stays due."""
        with self._workspace.lock:
            sent = self._known[event_id]
        headers = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        self._request(sent.body, "application/json", headers, sent.kind, sent.who)

    def waiting(self) -> list[Sent]:
        """The events that will be sent again."""
        with self._workspace.lock:
            return [sent for sent in self._known.values() if sent.due is not None]

    def _attempt(self, sent: Sent, headers: dict[str, str]) -> None:
        _, reason = self._request(sent.body, "application/json", headers, sent.kind, sent.who)
        with self._workspace.lock:
            if reason and sent.failures < len(AGAIN_AFTER):
                sent.due = self._workspace.now() + AGAIN_AFTER[sent.failures]
                sent.failures += 1
                sent.reason = reason

    # Commands and interactions: once, whatever comes of it

    def command(self, form: list[tuple[str, str]], who: str) -> Response | None:
        """Send a slash command. None when the app did not respond."""
        return self._form(urlencode(form).encode(), dict(form)["command"], who)

    def interaction(self, payload: Json, who: str) -> Response | None:
        """Send what somebody clicked, chose or submitted. None when the app did not respond."""
        return self._form(urlencode({"payload": json.dumps(payload)}).encode(), payload["type"], who)

    def _form(self, body: bytes, kind: str, who: str) -> Response | None:
        response, reason = self._request(body, "application/x-www-form-urlencoded", {}, kind, who)
        return None if reason else response

    # Requests

    def _request(
        self, body: bytes, content_type: str, headers: dict[str, str], kind: str, who: str
    ) -> tuple[Response, str]:
        """One signed request: the response, and why it counts as failed ("" when it does not)."""
        timestamp = str(int(self._workspace.now()))
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self._secret, timestamp, body),
            "User-Agent": _AGENT,
            "Accept": "*/*",
            **headers,
        }
        began = time.monotonic()
        response: Response = (0, "", "")
        try:
            response = self._post(self.path, body, signed)
            reason = "" if 200 <= response[0] < 300 else "http_error"
        except TimedOutError as error:
            reason, response = "http_timeout", (0, "", str(error))
        except UnreachableError as error:
            reason, response = "connection_failed", (0, "", str(error))
        if time.monotonic() - began > PATIENCE:
            reason = "http_timeout"
        shown = [("kind", kind), *((name, value) for name, value in headers.items()), ("body", _readable(body))]
        self.note("to the desk", who, "POST", self.path, shown, response, began)
        return response, reason

    def note(
        self,
        direction: str,
        who: str,
        method: str,
        path: str,
        params: list[tuple[str, str]],
        response: Response,
        began: float,
    ) -> None:
        """Write a request of either direction into the journal, and tell the pages."""
        hook = Webhook(
            number=next(self._count),
            at=self._workspace.now(),
            direction=direction,
            leg=who,
            call="",
            method=method,
            path=path,
            params=tuple(params),
            status=response[0],
            size=len(response[2].encode()),
            milliseconds=round((time.monotonic() - began) * 1000),
            response=response[2],
        )
        with self._workspace.lock:
            self.journal.append(hook)
        self._workspace.tell({"kind": "webhook", **hook_shown(hook)})


def hook_shown(hook: Webhook) -> Json:
    """A journal entry as JSON for the page, which keeps Slack's numbers apart from Twilio's by `door`."""
    return {**hook.shown(), "door": "slack"}


def _readable(body: bytes) -> str:
    """A body as the journal shows it: decoded, and without what opens something."""
    text = body.decode()
    if not text.startswith("{"):
        fields = httpx2.QueryParams(text)
        text = fields["payload"] if "payload" in fields else json.dumps(dict(fields))
    return json.dumps(without_secrets(json.loads(text)), ensure_ascii=False)


def without_secrets(value: Any) -> Any:
    """JSON fit to be shown: tokens, triggers and response URLs as …"""
    hidden = ("token", "response_url", "trigger_id", "access_token", "refresh_token")
    if isinstance(value, dict):
        return {key: "…" if key in hidden and one else without_secrets(one) for key, one in value.items()}
    return [without_secrets(one) for one in value] if isinstance(value, list) else value
