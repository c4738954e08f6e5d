"""A toy desk for Slack: it checks every signature, records what arrives, and answers what the test says."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient

SECRET = "a-signing-secret"
TOKEN = "xoxb-simulated"

Json = dict[str, Any]
Says = Any
"""An answer: JSON, text, (status, content type, body), or a function of the body that gives one of these."""


@dataclass
class Asked:
    """One request. `kind` is an event's type, an interaction's type, or a command's name."""

    kind: str
    body: Json
    headers: dict[str, str]

    @property
    def event(self) -> Json:
        event: Json = self.body["event"]
        return event


@dataclass
class SlackDesk:
    """`answers` maps a kind to what is answered; everything else gets an empty 200. Usable as a workspace's `post`."""

    answers: dict[str, Says] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    now: Callable[[], float] | None = None
    news: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def on(self, kind: str, answer: Says) -> None:
        self.answers[kind] = answer

    def of(self, kind: str) -> list[Asked]:
        return [one for one in self.asked if one.kind == kind]

    def heard(self, kind: str, count: int = 1) -> list[Asked]:
        """All of a kind, once there are so many: a page shows what somebody did before the desk has been told of it."""
        with self.news:
            came = self.news.wait_for(lambda: len(self.of(kind)) >= count, 10)
        assert came, f"{count} of {kind} were to come; there are {self.kinds}"
        return self.of(kind)

    def one(self, kind: str) -> Json:
        (asked,) = self.of(kind)
        return asked.body

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.asked]

    def __call__(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        assert path == "/slack/events"
        timestamp = headers["X-Slack-Request-Timestamp"]
        if self.now is not None:
            assert timestamp == str(int(self.now()))
        base = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
        if headers["X-Slack-Signature"] != expected:
            return 401, "text/plain", "bad signature"
        asked = read(body, headers)
        with self.news:
            self.asked.append(asked)
            self.news.notify_all()
        answer = self.answers.get(asked.kind, "")
        if callable(answer):
            answer = answer(asked.body)
        if isinstance(answer, tuple):
            status, kind, text = answer
            return status, kind, text
        if isinstance(answer, str) or answer is None:
            return 200, "text/plain", answer or ""
        return 200, "application/json", json.dumps(answer)

    def routes(self) -> APIRouter:
        """The same over HTTP."""
        routes = APIRouter()

        @routes.post("/slack/events")
        async def events(request: Request) -> Response:
            body = await request.body()
            headers = {name.title(): value for name, value in request.headers.items()}
            status, kind, text = await run_in_threadpool(self, "/slack/events", body, headers)
            return Response(text, status, headers={"content-type": kind})

        return routes


def read(body: bytes, headers: dict[str, str]) -> Asked:
    """By its content type, which has to be the right one for what is inside."""
    text = body.decode()
    if headers["Content-Type"] == "application/json":
        event = json.loads(text)
        return Asked(event["event"]["type"], event, headers)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    form = dict(parse_qsl(text, keep_blank_values=True))
    if set(form) == {"payload"}:
        payload = json.loads(form["payload"])
        return Asked(payload["type"], payload, headers)
    assert all(len(values) == 1 for values in parse_qs(text, keep_blank_values=True).values())
    return Asked(form["command"], form, headers)


# --- the app's side


class Api:
    """Calls methods as slack_sdk does: JSON, or a form whose values are text."""

    def __init__(self, client: TestClient, token: str = TOKEN) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, **args: Any) -> Json:
        answer = self.client.post(f"/simulator/slack/api/{method}", json=args, headers=self.headers)
        assert answer.status_code == 200
        told: Json = answer.json()
        return told

    def form(self, method: str, **args: str) -> Json:
        told: Json = self.client.post(f"/simulator/slack/api/{method}", data=args, headers=self.headers).json()
        return told

    def error(self, method: str, **args: Any) -> str:
        told = self(method, **args)
        assert told["ok"] is False, told
        return str(told["error"])


# --- a few blocks to post


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def press(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


def field_of(block_id: str, label: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "ticket",
        "title": plain("Open a ticket"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


WORDS = field_of("words", "What is wrong?", {"type": "plain_text_input", "action_id": "text", "multiline": True})
TOPIC = field_of(
    "topic",
    "About",
    {
        "type": "static_select",
        "action_id": "pick",
        "placeholder": plain("Choose a topic"),
        "options": [option("Technical", "technical"), option("Billing", "billing")],
    },
)
