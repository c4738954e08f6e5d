"""Socket Mode before a small Slack with real sockets: what is written down is acknowledged, and it always connects again."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from bot.platform import socket_mode
from bot.platform.socket_mode import Socket
from deskgate.http_client import http_client
from store.jobs.job_queue import RetryLaterError
from tests.serving import serving

TOKEN = "xapp-of-the-desk"
SOON = 15.0  # seconds in which what is waited for has happened, on a busy machine too
Json = dict[str, Any]


class Slack:
    """`opened` holds each connection as it is made, `acks` what came back; `refusals` are answered before any address."""

    def __init__(self) -> None:
        self.opened: queue.Queue[WebSocket] = queue.Queue()
        self.acks: queue.Queue[Json] = queue.Queue()
        self.refusals: list[JSONResponse] = []
        self.asked: queue.Queue[str] = queue.Queue()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.app = FastAPI()
        self.app.add_api_route("/api/apps.connections.open", self._open, methods=["POST"], response_model=None)
        self.app.add_api_websocket_route("/link", self._link)

    async def _open(self, request: Request) -> JSONResponse:
        self.asked.put(request.headers["authorization"])
        if self.refusals:
            return self.refusals.pop(0)
        host = request.headers["host"]
        return JSONResponse({"ok": True, "url": f"ws://{host}/link?ticket=t"})

    async def _link(self, link: WebSocket) -> None:
        self.loop = asyncio.get_running_loop()
        await link.accept()
        await link.send_json({"type": "hello"})
        self.opened.put(link)
        try:
            while True:
                self.acks.put(await link.receive_json())
        except WebSocketDisconnect:
            return

    def on(self, coroutine: Any) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SOON)

    def send(self, link: WebSocket, number: int, kind: str = "events_api", **payload: Any) -> None:
        made = {"type": kind, "envelope_id": f"E{number}", "payload": payload, "accepts_response_payload": True}
        self.on(link.send_text(json.dumps(made)))

    def vanish(self, link: WebSocket) -> None:
        """The connection ends, and nobody says so."""

        async def end() -> None:
            transport: Any = link._receive.__self__.transport  # type: ignore[attr-defined]
            transport.close()

        self.on(end())


class Answering:
    """The desk's answers: what a test says, in the thread that asks."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Json] = queue.Queue()
        self.answer: Callable[[Json], tuple[int, Any]] = lambda _payload: (200, "")

    def __call__(self, payload: Json) -> tuple[int, Any]:
        self.heard.put(payload)
        return self.answer(payload)


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def url(slack: Slack) -> Iterator[str]:
    with serving(slack.app) as server:
        yield server.url


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[structlog.typing.EventDict]]:
    """By us; neither we nor Slack's library say what people said."""
    caplog.set_level("DEBUG")
    with structlog.testing.capture_logs() as events:
        yield events
    assert not any(secret in str(events) + caplog.text for secret in (TOKEN, "hush", "sorry"))


@pytest.fixture
def desk() -> Answering:
    return Answering()


@pytest.fixture
def context(url: str, desk: Answering, logged: list[structlog.typing.EventDict]) -> Iterator[Socket]:
    """Not yet started."""
    with http_client(f"{url}/api/") as http:
        yield (made := socket_of(http, desk))
        made.stop()


def socket_of(http: httpx2.Client, desk: Answering) -> Socket:
    return Socket(TOKEN, http, desk, log=structlog.get_logger("slack"), back_off=(0.01, 0.02))


@pytest.fixture
def link(slack: Slack, context: Socket) -> WebSocket:
    """Slack's end of the first connection."""
    context.start()
    return slack.opened.get(timeout=SOON)


# --- what comes is answered


def test_what_is_written_down_is_acknowledged_with_the_answer(slack: Slack, desk: Answering, link: WebSocket) -> None:
    answers: list[tuple[str, Any, Json]] = [
        ("interactive", {"options": [1]}, {"payload": {"options": [1]}}),
        ("interactive", '{"response_action": "clear"}', {"payload": {"response_action": "clear"}}),  # as over HTTP
        ("slash_commands", "ü Thank you", {"payload": {"text": "ü Thank you"}}),
        ("slash_commands", "{no JSON", {"payload": {"text": "{no JSON"}}),
        ("events_api", "", {}),
        ("events_api", None, {}),
        ("interactive", {}, {}),
    ]
    desk.answer = lambda payload: (200, answers[payload["n"]][1])
    for n, (kind, _, expected) in enumerate(answers):
        slack.send(link, n, kind, n=n)
        assert desk.heard.get(timeout=SOON) == {"n": n}
        assert slack.acks.get(timeout=SOON) == {"envelope_id": f"E{n}", **expected}
    assert slack.asked.get(timeout=SOON) == f"Bearer {TOKEN}"


def test_it_is_not_acknowledged_before_it_is_written_down(slack: Slack, desk: Answering, link: WebSocket) -> None:
    written: Future[None] = Future()

    def slowly(payload: Json) -> tuple[int, Any]:
        if payload["n"] == 1:
            written.result(SOON)
        return 200, ""

    desk.answer = slowly
    slack.send(link, 1, n=1)
    desk.heard.get(timeout=SOON)
    slack.send(link, 2, n=2)
    assert slack.acks.get(timeout=SOON) == {"envelope_id": "E2"}
    assert slack.acks.empty()
    written.set_result(None)
    assert slack.acks.get(timeout=SOON) == {"envelope_id": "E1"}


def test_what_is_not_written_down_is_not_acknowledged(
    slack: Slack, context: Socket, desk: Answering, link: WebSocket, logged: list[structlog.typing.EventDict]
) -> None:
    def answer(payload: Json) -> tuple[int, Any]:
        if payload["n"] == 2:
            raise ConnectionError
        return (503 if payload["n"] == 1 else 200), "sorry"

    desk.answer = answer
    for number in (1, 2):
        slack.send(link, number, n=number, text="hush")
        desk.heard.get(timeout=SOON)
    slack.send(link, 3, n=3)
    assert slack.acks.get(timeout=SOON) == {"envelope_id": "E3", "payload": {"text": "sorry"}}
    assert slack.acks.empty()
    context.stop()  # waits for the thread that logs the fault
    assert {event["event"] for event in logged} >= {"slack_request_unacknowledged", "internal_error"}


def test_eight_are_answered_at_once(slack: Slack, desk: Answering, link: WebSocket) -> None:
    together = threading.Barrier(8)

    def answer(_payload: Json) -> tuple[int, Any]:
        together.wait(SOON)
        return 200, ""

    desk.answer = answer
    for number in range(8):
        slack.send(link, number)
    assert {slack.acks.get(timeout=SOON)["envelope_id"] for _ in range(8)} == {f"E{number}" for number in range(8)}


def test_a_large_message_arrives(slack: Slack, desk: Answering, link: WebSocket) -> None:
    slack.send(link, 1, text="ü" * 400_000)  # 2.4 MB, as it is escaped
    assert len(desk.heard.get(timeout=SOON)["text"]) == 400_000
    assert slack.acks.get(timeout=SOON) == {"envelope_id": "E1"}


# --- it connects again


def works(slack: Slack, link: WebSocket) -> bool:
    slack.send(link, 99)
    return slack.acks.get(timeout=SOON) == {"envelope_id": "E99"}


def test_what_keeps_it_from_connecting_is_logged_and_tried_again(
    slack: Slack, context: Socket, logged: list[structlog.typing.EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    slack.refusals += [
        JSONResponse({"ok": False, "error": "invalid_auth"}),
        JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "3000"}),
        JSONResponse({"ok": False, "error": "not_allowed_token_type"}),
        JSONResponse({"ok": False, "error": "forbidden_team"}),
        JSONResponse({}, 500),
        JSONResponse({"ok": True}),
        JSONResponse({"ok": True, "url": "ws://127.0.0.1:9/link"}),
        JSONResponse({"ok": True, "url": "wss://127.0.0.1:x/"}),
    ]
    context.start()
    assert works(slack, slack.opened.get(timeout=SOON))
    said = [event["why"] for event in logged if event["event"] == "slack_socket_unavailable"]
    assert len(said) == 8
    assert "invalid_auth" in said[0]
    assert "forbidden_team" in said[3]
    assert {event["again_in"] for event in logged if "again_in" in event} == {0.02}, (
        "of its own, however long Slack says"
    )


def test_nobody_there(desk: Answering, logged: list[structlog.typing.EventDict]) -> None:
    """The desk starts and stops all the same."""
    context = socket_of(http_client("http://127.0.0.1:9/api/"), desk)
    context.start()
    context.stop()


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("wss://wss-primary.slack.com/link/?ticket=t", True),
        ("wss://wss-primary.slack.com:443/link", True),
        ("ws://wss-primary.slack.com/link", False),
        ("wss://wss-primary.slack.com:8443/link", False),
        ("ws://127.0.0.1/link", False),
    ],
)
def test_no_connection_without_tls(address: str, safe: bool) -> None:
    """Slack's client would speak in the clear to any port but 443."""
    answer = httpx2.Response(200, json={"ok": True, "url": address})
    http = httpx2.Client(base_url="https://slack.com/api/", transport=httpx2.MockTransport(lambda _: answer))
    with nullcontext() if safe else pytest.raises(RetryLaterError, match="no safe address"):
        assert socket_mode._address(http, TOKEN) == address


def test_a_connection_that_slack_closes_is_made_again(slack: Slack, link: WebSocket) -> None:
    assert works(slack, link)
    slack.on(link.close())
    assert works(slack, slack.opened.get(timeout=SOON))


def test_a_connection_that_ends_without_a_word_is_made_again(slack: Slack, link: WebSocket) -> None:
    began = time.monotonic()
    slack.vanish(link)
    assert works(slack, slack.opened.get(timeout=SOON))
    assert time.monotonic() - began < 8, "the library alone would take half a minute"


def test_slack_asks_for_another_connection(slack: Slack, link: WebSocket) -> None:
    slack.on(link.send_json({"type": "disconnect", "reason": "refresh_requested"}))
    other = slack.opened.get(timeout=SOON)
    assert works(slack, other)
    # Slack's client would sleep for as long as Slack says, and do nothing else.
    slack.refusals.append(JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "3000"}))
    slack.on(other.send_json({"type": "disconnect", "reason": "warning"}))
    slack.on(other.close())
    assert works(slack, slack.opened.get(timeout=SOON))


# --- the end


def stopped(context: Socket) -> float:
    """Seconds."""
    began = time.monotonic()
    context.stop()
    return time.monotonic() - began


def test_it_stops_at_once(slack: Slack, context: Socket, link: WebSocket) -> None:
    assert works(slack, link)
    assert stopped(context) < 3
    assert not context._thread.is_alive()
    assert stopped(context) < 1


def test_what_is_being_answered_is_acknowledged_before_the_end(
    slack: Slack, desk: Answering, context: Socket, link: WebSocket
) -> None:
    stopping = context._stopping

    def answer(_payload: Json) -> tuple[int, Any]:
        assert stopping.wait(SOON)
        return 200, ""

    desk.answer = answer
    slack.send(link, 1)
    desk.heard.get(timeout=SOON)
    assert stopped(context) < 5
    assert slack.acks.get(timeout=SOON) == {"envelope_id": "E1"}


def test_an_answer_that_does_not_come_keeps_nobody(
    slack: Slack, desk: Answering, context: Socket, link: WebSocket
) -> None:
    never = threading.Event()

    def answer(_payload: Json) -> tuple[int, Any]:
        never.wait(60)
        return 200, ""

    desk.answer = answer
    for number in range(10):
        slack.send(link, number)
    for _ in range(8):
        desk.heard.get(timeout=SOON)
    until = time.monotonic() + SOON
    while context._pool._work_queue.qsize() < 2:
        assert time.monotonic() < until
    assert stopped(context) < 4.5
    never.set()
    context._pool.shutdown()  # when all that it still does is done
    assert desk.heard.empty(), "those that waited for a thread are Slack's to bring again"
    assert slack.acks.empty()
