"""Slack's routes: who may use them, and what the page can do through them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from simulator.event_stream import stream
from simulator.slack import Workspace, web_api
from simulator.slack import web as slack_web
from tests.simulator.conftest import HERE
from tests.simulator.slack_desk import TOKEN, WORDS, Json, SlackDesk, modal, option
from tests.simulator.test_slack_members import posted
from tests.simulator.test_slack_views import EXTERNAL

PATHS = [
    ("GET", "/simulator/slack/state"),
    ("GET", "/simulator/slack/seen/U0MIA"),
    ("GET", "/simulator/slack/seen/U0MIA/files/F0"),
    ("GET", "/simulator/slack/events"),
    ("POST", "/simulator/slack/acts"),
    ("GET", "/simulator/slack/api/auth.test"),
    ("POST", "/simulator/slack/api/auth.test"),
    ("POST", "/simulator/slack/upload/F0"),
    ("POST", "/simulator/slack/response/x"),
    ("GET", "/simulator/slack/files/F0/x"),
]


@pytest.fixture
def app(slack: Workspace) -> FastAPI:
    app = FastAPI()
    app.include_router(slack_web.router(slack))
    app.include_router(web_api.router(slack))
    return app


@pytest.fixture
def page(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000)) as client:
        yield client


def test_every_route_is_among_those_tried(slack: Workspace) -> None:
    routes = [*slack_web.router(slack).routes, *web_api.router(slack).routes]
    assert len({(method, route.path) for route in routes for method in route.methods}) == len(PATHS)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.7", {}),
        ("127.0.0.1", {"Host": "evil.example:8000"}),
        ("127.0.0.1", {"Origin": "http://evil.example"}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
    ],
)
def test_nobody_else_gets_in(app: FastAPI, method: str, path: str, peer: str, headers: dict[str, str]) -> None:
    with TestClient(app, base_url=HERE, client=(peer, 50000)) as client:
        answer = client.request(
            method,
            path,
            headers={"Authorization": f"Bearer {TOKEN}", **headers},
            json={"user": "U0MIA", "act": "open home"},
        )
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def act(page: TestClient, user: str, what: str, /, **rest: Any) -> Json:
    answer = page.post("/simulator/slack/acts", json={"user": user, "act": what, **rest})
    assert answer.status_code in (200, 422)
    told: Json = answer.json()
    return told


def test_what_does_not_change(page: TestClient, slack: Workspace) -> None:
    state = page.get("/simulator/slack/state")
    assert state.headers["cache-control"] == "no-store"
    body = state.json()
    assert [one["external"] for one in body["people"]].count(True) == 3
    assert [one["name"] for one in body["commands"]] == ["/ticket", "/tickets", "/account", "/link", "/verify"]
    assert TOKEN not in state.text


def test_everything_a_person_does_on_the_page(page: TestClient, slack: Workspace, slack_desk: SlackDesk) -> None:
    ts = act(page, "U0MIA", "say", channel="C0HELP", text="look", files=[{"name": "a.log", "text": "x"}])["ts"]
    act(page, "U0RAJ", "say", channel="C0HELP", text="a reply", thread=ts)
    act(page, "U0MIA", "edit", channel="C0HELP", ts=ts, text="look here")
    act(page, "U0MIA", "command", channel="C0HELP", name="/ticket", text="help")
    act(page, "U0MIA", "shortcut", channel="C0HELP", ts=ts, name="open_ticket")
    act(page, "U0MIA", "open home")
    act(page, "U0MIA", "open messages")
    act(page, "U0MIA", "invite", channel="C0RANDOM")
    act(page, "U0MIA", "click", channel="C0HELP", ts=posted(slack).ts, action_id="answer")
    trigger = slack_desk.of("block_actions")[-1].body["trigger_id"]
    slack.api("views.open", {"trigger_id": trigger, "view": modal(WORDS, EXTERNAL)})
    view = page.get("/simulator/slack/seen/U0MIA").json()["views"][0]
    slack_desk.on("block_suggestion", {"options": [option("One", "1")]})
    found = act(page, "U0MIA", "suggest", view=view["id"], action_id="find", block_id="service", text="o")
    assert found == {"options": [option("One", "1")]}
    act(page, "U0MIA", "submit", values={"words": "help", "service": "1"})
    act(page, "U0MIA", "delete", channel="C0HELP", ts=ts)
    assert slack_desk.kinds == [
        *("message", "message", "message", "/ticket", "message_action", "app_home_opened", "app_home_opened"),
        *("member_joined_channel", "message", "block_actions", "block_suggestion", "view_submission", "message"),
    ]
    assert page.get("/simulator/slack/seen/U0MIA").json() == json.loads(json.dumps(slack.seen_by("U0MIA")))


@pytest.mark.parametrize(
    ("user", "what", "rest"),
    [
        ("U0NOBODY", "open home", {}),
        ("U0MIA", "dance", {}),
        ("U0MIA", "say", {"channel": "C0AGENTS", "text": "x"}),
        ("U0MIA", "say", {"channel": "C0HELP", "text": " "}),
        ("U0OLIVIA", "command", {"channel": "C0HARBOUR", "name": "/ticket"}),
        ("U0MIA", "click", {"channel": "C0HELP", "ts": "1.1", "action_id": "a"}),
        ("U0MIA", "click", {"view": "V0", "action_id": "a"}),
        ("U0MIA", "submit", {"values": {}}),
    ],
)
def test_what_nobody_can_do(page: TestClient, user: str, what: str, rest: Json) -> None:
    assert act(page, user, what, **rest)["error"]


def test_a_file_is_for_those_who_see_it(page: TestClient, slack: Workspace) -> None:
    (file,) = slack.as_("U0MIA").says("help", "look", files=[("page.html", "<script>1</script>")]).files
    answer = page.get(f"/simulator/slack/seen/U0RAJ/files/{file.id}")
    assert answer.content == b"<script>1</script>"
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (
        "application/octet-stream",
        "attachment",
    )
    assert page.get(f"/simulator/slack/seen/U0OLIVIA/files/{file.id}").status_code == 404
    assert page.get("/simulator/slack/seen/U0NOBODY").status_code == 404


def test_while_a_page_looks_what_is_due_goes_out(
    slack: Workspace, slack_desk: SlackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.event_stream._LOOK_UP", 0.01)
    slack_desk.on("message", (500, "text/plain", ""))
    slack.as_("U0MIA").says("help", "hello")
    slack_desk.on("message", "")

    async def look() -> Json:
        told = stream(slack.listen, lambda: False, slack.redeliver_due)
        assert await anext(told) == "retry: 500\n\n"
        event: Json = json.loads((await anext(told)).removeprefix("data: "))
        await told.aclose()
        return event

    assert asyncio.run(look())["kind"] == "webhook"
    assert len(slack_desk.asked) == 2
    assert slack._listeners == []
