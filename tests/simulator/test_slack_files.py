"""The Web API's other half: files both ways, the agent view, and trouble that a test orders."""

from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from simulator.slack import Trouble, Workspace
from tests.simulator.conftest import Clock
from tests.simulator.slack_desk import TOKEN, Api, Json, SlackDesk

AUTH = {"Authorization": f"Bearer {TOKEN}"}


def test_a_file_goes_in(api: Api, web: TestClient, slack: Workspace, slack_desk: SlackDesk) -> None:
    content = b"der Bericht\n"
    asked = api.form("files.getUploadURLExternal", filename="report.txt", length=str(len(content)))
    path = asked["upload_url"].removeprefix(slack.public_url)
    complete = {"files": [{"id": asked["file_id"], "title": "The report"}], "channel_id": "C0HELP"}
    assert api.error("files.completeUploadExternal", **complete) == "file_not_found"
    assert web.post(path, content=b"short").status_code == 404
    assert web.post(path, content=content).text == f"OK - {len(content)}"
    told = api("files.completeUploadExternal", **complete, initial_comment="Here it is")
    assert told["files"] == [{"id": asked["file_id"], "title": "The report"}]
    event = slack_desk.asked[-1].event
    assert (event["text"], event["files"][0]["name"]) == ("Here it is", "report.txt")
    assert slack.seen_by("U0MIA")["channels"][0]["messages"][0]["files"][0]["preview"] == content.decode()


def test_a_file_comes_out_with_a_token_alone(api: Api, web: TestClient, slack: Workspace) -> None:
    (file,) = slack.as_("U0MIA").says("help", "look", files=[("café.txt", b"\x00 12")]).files
    told = api("files.info", file=file.id)["file"]
    path = told["url_private"].removeprefix(slack.public_url)
    assert web.get(path, headers=AUTH).content == b"\x00 12"
    assert web.get(told["url_private_download"].removeprefix(slack.public_url), headers=AUTH).content == b"\x00 12"
    outside = web.get(path)
    assert (outside.status_code, outside.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Sign in" in outside.text
    assert api.error("files.info", file="F0") == "file_not_found"
    (hidden,) = slack.as_("U0MIA").says("random", "not yours", files=[("x.txt", "x")]).files
    assert api.error("files.info", file=hidden.id) == "file_not_found"


# --- the agent view


def test_status_prompts_and_titles(api: Api, slack: Workspace, clock: Clock) -> None:
    said = slack.as_("U0MIA").dm("what do we owe?")
    place = {"channel_id": "D0MIA", "thread_ts": said.ts}
    assert api("assistant.threads.setStatus", **place, status="is looking…", loading_messages=["One", "Two"])["ok"]
    assert slack.seen_by("U0MIA")["dm"]["statuses"] == {said.ts: "is looking…"}
    clock.passes(121)
    assert slack.seen_by("U0MIA")["dm"]["statuses"] == {}
    api("assistant.threads.setStatus", **place, status="is looking…")
    api("chat.postMessage", channel="D0MIA", text="Nothing.", thread_ts=said.ts)
    assert slack.seen_by("U0MIA")["dm"]["statuses"] == {}
    prompts = [{"title": "What do we owe?", "message": "What do we owe?"}]
    assert api("assistant.threads.setSuggestedPrompts", **place, prompts=prompts)["ok"]
    assert slack.seen_by("U0MIA")["dm"]["prompts"] is None  # with a thread_ts nothing happens, and nothing says so
    assert api("assistant.threads.setSuggestedPrompts", channel_id="D0MIA", title="Ask", prompts=prompts)["ok"]
    assert slack.as_("U0MIA").open_messages_tab() == {"title": "Ask", "prompts": prompts}
    many = {"channel_id": "D0MIA", "prompts": prompts * 5}
    assert api.error("assistant.threads.setSuggestedPrompts", **many) == "invalid_arguments"
    assert api("assistant.threads.setTitle", **place, title="Bills")["ok"]


# --- trouble


def test_trouble(web: TestClient, slack: Workspace, slack_desk: SlackDesk) -> None:
    orders: list[Trouble | None] = []
    asked: list[tuple[str, Json]] = []

    def trouble(method: str, args: Json) -> Trouble | None:
        asked.append((method, args))
        return orders.pop(0)

    slack.trouble = trouble

    def post() -> tuple[int, str, str]:
        answer = web.post(
            "/simulator/slack/api/chat.postMessage", json={"channel": "C0HELP", "text": "x"}, headers=AUTH
        )
        return answer.status_code, answer.text, answer.headers.get("retry-after", "")

    orders[:] = [Trouble(error="internal_error"), Trouble(status=503, body="upstream"), Trouble(retry_after=7), None]
    assert post()[1] == '{"ok": false, "error": "internal_error"}'
    assert post()[:2] == (503, "upstream")
    assert post() == (429, '{"ok": false, "error": "ratelimited"}', "7")
    assert slack.rooms["C0HELP"].messages == {}
    assert post()[0] == 200
    assert asked[0] == ("chat.postMessage", {"channel": "C0HELP", "text": "x"})
    orders[:] = [Trouble(hang=0.05)]
    began = time.monotonic()
    assert post()[0] == 200
    assert time.monotonic() - began >= 0.05
    orders[:] = [Trouble(lost_response=True)]
    with pytest.raises(ConnectionResetError):
        post()
    assert len(slack.rooms["C0HELP"].messages) == 3
    assert len(slack_desk.of("message")) == 3  # the effect has happened, and is told
    assert orders == []


def test_trouble_with_files_and_response_urls(web: TestClient, slack: Workspace) -> None:
    slack.trouble = lambda method, args: (
        Trouble(status=500) if method in ("upload", "download", "response_url") else None
    )
    assert web.post("/simulator/slack/upload/F1", content=b"x").status_code == 500
    assert web.get("/simulator/slack/files/F1/x", headers=AUTH).status_code == 500
    assert web.post("/simulator/slack/response/x", json={}).status_code == 500
    slack.trouble = lambda method, args: None
    assert web.post("/simulator/slack/response/x", json={}).json()["error"] == "expired_url"


def test_the_same_without_http(slack: Workspace) -> None:
    slack.trouble = lambda method, args: Trouble(lost_response=True)
    with pytest.raises(ConnectionResetError):
        slack.api("chat.postMessage", {"channel": "C0HELP", "text": "x"})
    assert len(slack.rooms["C0HELP"].messages) == 1
    slack.trouble = lambda method, args: None
    assert slack.api("auth.test", {}, "xoxb-other").body == {"ok": False, "error": "invalid_auth"}
