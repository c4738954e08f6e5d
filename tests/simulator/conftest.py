"""An exchange connected to the toy desk, and a workspace connected to the one for Slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from simulator.exchange import Exchange, posting
from simulator.slack import SAMPLE, App, Workspace, web_api
from tests.simulator.slack_desk import SECRET, TOKEN, Api, SlackDesk
from tests.simulator.slack_served import Served, served
from tests.simulator.toy_desk import NUMBER, PUBLIC, SID, ToyDesk
from tests.simulator.toy_desk import TOKEN as TWILIO_TOKEN

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def desk() -> ToyDesk:
    return ToyDesk()


@pytest.fixture
def exchange(desk: ToyDesk) -> Iterator[Exchange]:
    with TestClient(desk.app()) as client:
        yield Exchange(posting(client), SID, TWILIO_TOKEN, PUBLIC, NUMBER, now=lambda: 1_800_000_000.0)


@dataclass
class Clock:
    """Slack's clock: it stands still until a test moves it."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack_desk(clock: Clock) -> SlackDesk:
    return SlackDesk(now=clock)


@pytest.fixture
def slack(slack_desk: SlackDesk, clock: Clock) -> Workspace:
    """The sample cast before the toy desk."""
    return Workspace(
        slack_desk, SECRET, SAMPLE, App(token=TOKEN, client_secret="of-the-app"), public_url=HERE, now=clock
    )


@pytest.fixture
def web(slack: Workspace) -> Iterator[TestClient]:
    """The Web API over HTTP, asked from this machine, without a token."""
    app = FastAPI()
    app.include_router(web_api.router(slack))
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.fixture
def api(web: TestClient) -> Api:
    return Api(web)


@pytest.fixture(scope="module")
def _served() -> Iterator[Served]:
    with served() as service:
        yield service


@pytest.fixture
def slack_service(_served: Served) -> Served:
    """The page with both doors, served once for a module, with nothing said and nothing open."""
    return _served.forget()


@pytest.fixture
def slack_page(page: Page, slack_service: Served) -> Iterator[Page]:
    """That page at desktop size, as Mia in #help. Whatever its security policy blocks fails the test."""
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Security Policy" in said.text else None)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(slack_service.url + "/simulator")
    expect(page.locator("#slack-title")).to_have_text("# help")
    yield page
    assert blocked == []
