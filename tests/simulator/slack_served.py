"""The page with both doors, served on loopback by uvicorn: the toy desks behind it, Slack's Web API beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from playwright.sync_api import Locator, Page, expect

import simulator.slack.web
import simulator.slack.web_api
from simulator import web
from simulator.exchange import Exchange, posting
from simulator.slack import SAMPLE, App, Cast, Workspace
from simulator.slack import posting as slack_posting
from tests.serving import serving
from tests.simulator.served import PEOPLE, answers
from tests.simulator.slack_desk import SECRET, TOKEN, Json, SlackDesk
from tests.simulator.toy_desk import NUMBER, SID, ToyDesk
from tests.simulator.toy_desk import TOKEN as TWILIO_TOKEN


@dataclass
class Served:
    """A running service: its base URL, the toy desk for Slack, the workspace, and a client as the app has one."""

    url: str
    desk: SlackDesk
    workspace: Workspace
    client: httpx2.Client

    def api(self, method: str, **args: Any) -> Json:
        """The Web API over HTTP, as the app uses it."""
        answer = self.client.post(
            f"/simulator/slack/api/{method}", json=args, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        told: Json = answer.json()
        assert told["ok"], told
        return told

    def forget(self) -> Served:
        """As new: nothing said, nothing open, nothing asked, nothing answered."""
        with self.workspace.lock:
            for room in self.workspace.rooms.values():
                room.messages.clear()
                room.ephemerals.clear()
                room.statuses.clear()
                room.prompts = None
            self.workspace.stacks.clear()
            self.workspace.homes.clear()
            self.workspace.complaints.clear()
            self.workspace.deliveries.journal.clear()
        self.desk.asked.clear()
        self.desk.answers.clear()
        return self


@contextmanager
def served(cast: Cast = SAMPLE) -> Iterator[Served]:
    app = FastAPI()
    with serving(app) as server, httpx2.Client(base_url=server.url, timeout=15) as client:
        phone_desk, desk = ToyDesk(public=server.url), SlackDesk()
        exchange = Exchange(posting(client), SID, TWILIO_TOKEN, server.url, NUMBER)
        answers(phone_desk, exchange, server.url)
        workspace = Workspace(slack_posting(client), SECRET, cast, App(token=TOKEN), public_url=server.url)
        app.include_router(web.router(exchange, PEOPLE, closing=server.closing))
        app.include_router(simulator.slack.web.router(workspace, closing=server.closing))
        app.include_router(simulator.slack.web_api.router(workspace))
        app.include_router(desk.routes())
        app.mount("/", phone_desk.app())
        yield Served(server.url, desk, workspace, client)


# --- what one does on the page


def be(page: Page, name: str) -> None:
    page.locator(".who summary").click()
    page.locator("#slack-people").get_by_role("button", name=name).click()
    expect(page.locator("#slack-who")).to_contain_text(name.partition(" owner")[0].partition(" says")[0])


def go(page: Page, name: str) -> None:
    page.locator("#slack-places").get_by_role("button", name=name).click()


def write(page: Page, words: str, where: str = "#slack-main") -> None:
    box = page.locator(f"{where} .composer-box")
    box.fill(words)
    box.press("Enter")


def messages(page: Page, where: str = "#slack-main") -> Locator:
    return page.locator(f"{where} .message")


def post(service: Served, channel: str = "C0HELP", **args: Any) -> str:
    return str(service.api("chat.postMessage", channel=channel, **{"text": "x", **args})["ts"])
