"""A whole desk with Slack: the real app, and a little Slack beside it whose people act and whose Web API is really served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import select
from starlette.types import ASGIApp, Receive, Scope, Send

from authz import Subject
from deskgate import simulator_mount
from deskgate.http_client import http_client
from simulator.slack import SAMPLE, App, Cast, Member, Message, View, Workspace, posting
from simulator.slack.sample import AGENT_CHANNEL
from simulator.slack.web_api import router as web_api
from store import tables
from store.codes import one_time_codes
from store.slack import installations
from tests.desk import Desk, Served
from tests.ivr.conftest import ACCOUNT
from tests.serving import serving

AGENTS = AGENT_CHANNEL
APP = {
    "slack_signing_secret": "a secret of the tests",
    "slack_bot_token": "xoxb-of-the-tests",
    "slack_agent_channel": AGENT_CHANNEL,
}


class Stage:
    """Where Slack's Web API is served for the tests of one process: for one workspace after the other."""

    http: httpx2.Client

    def __init__(self) -> None:
        self.base = ""
        self.app: ASGIApp = FastAPI()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@contextmanager
def stage() -> Iterator[Stage]:
    made = Stage()
    with serving(made) as server:
        made.base = server.url
        with http_client(f"{server.url}/simulator/slack/api/") as made.http:
            yield made


class SlackDesk(Desk):
    """`be("U0MIA")` is somebody's hand; whatever anybody does, the worker does what is owed after `work()`."""

    def __init__(self, url: str, on: Stage, *, cast: Cast = SAMPLE, **settings: str) -> None:
        set_up = {
            **ACCOUNT,
            **APP,
            **settings,
        }  # as an operator has it: quicker to make than with the simulator's pages
        self.slack_api = on.http
        super().__init__(url, **set_up)
        self.secret, token = APP["slack_signing_secret"], APP["slack_bot_token"]
        self.workspace = Workspace(
            posting(self.client), self.secret, cast, App(token), public_url=on.base, now=lambda: self.now / 1000
        )
        on.app = Served(lambda: web_api(self.workspace))
        assert self.container.slack is not None
        self.context = self.container.slack.context
        self.install()

    def install(self) -> None:
        """What the worker finds out at the start: whose token it is."""
        with self.store.transaction("test") as tx:
            installations.put(tx, simulator_mount.INSTALLATION, anew=True)
        self.context.look(anew=True)

    def pass_time(self, seconds: float) -> None:
        """Not while an event of the app's own is on its way: what was signed before is too old afterwards."""
        self.workspace.settle()
        super().pass_time(seconds)

    def be(self, user: str) -> Member:
        return self.workspace.as_(user)

    def link(self, user: str, username: str) -> None:
        """Ties a member to a person as a verified caller would: with a code, by direct message."""
        code = self.code(username)
        self.be(user).dm(f"link {code}")
        self.work()

    def code(self, username: str) -> str:
        with self.store.transaction("test") as tx:
            person = tx.connection.execute(select(tables.people.c.id).where(tables.people.c.username == username))
            return one_time_codes.issue(tx, "link", Subject.of_person(person.scalar_one()))

    # --- what people see

    def read(self, user: str, channel: str = "") -> list[str]:
        """Everything somebody sees in a channel, or in their direct messages, as it would be read out, in its order."""
        seen = self.workspace.seen_by(user)
        rooms = (
            [seen["dm"]]
            if not channel
            else [room for room in seen["channels"] if channel in (room["id"], room["name"])]
        )
        return [one["words"] for room in rooms if room for one in _flat(room["messages"])]

    def said(self, user: str, channel: str = "") -> str:
        return "\n".join(self.read(user, channel))

    def last(self, user: str, channel: str = "", holding: str = "") -> Message:
        """The newest message somebody sees there, of those with these words."""
        seen = self.workspace.seen_by(user)
        rooms = (
            [seen["dm"]]
            if not channel
            else [room for room in seen["channels"] if channel in (room["id"], room["name"])]
        )
        found = [one for room in rooms if room for one in _flat(room["messages"]) if holding in one["words"]]
        assert found, f"nothing like {holding!r} in\n{self.said(user, channel)}"
        newest = max(found, key=lambda one: one["ts"])
        message = self.workspace.message(newest["channel"], newest["ts"], user)
        assert message is not None
        return message

    def click(self, user: str, action: str, channel: str = "", holding: str = "", value: Any = None) -> None:
        """Clicks a button on the newest message that has it, and lets the worker work."""
        seen = self.workspace.seen_by(user)
        rooms = (
            [seen["dm"]]
            if not channel
            else [room for room in seen["channels"] if channel in (room["id"], room["name"])]
        )
        found = [
            one
            for room in rooms
            if room
            for one in _flat(room["messages"])
            if holding in one["words"] and f'"action_id": "{action}"' in _json(one.get("blocks"))
        ]
        assert found, f"no {action} in\n{self.said(user, channel)}"
        newest = max(found, key=lambda one: one["ts"])
        message = self.workspace.message(newest["channel"], newest["ts"], user)
        assert message is not None
        self.be(user).click(message, action, value=value)
        self.work()

    def form(self, user: str) -> View:
        view = self.be(user).view
        assert view is not None, f"no form is open; {self.be(user).errors}"
        return view

    def submit(self, user: str, **values: Any) -> View | None:
        left = self.be(user).submit(values)
        self.work()
        return left

    def text_of(self, view: View | None) -> str:
        assert view is not None
        return self.workspace.text_of(view)


def _flat(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for message in messages for one in (message, *message.get("replies", ()))]


def _json(blocks: Any) -> str:
    return json.dumps(blocks)
