"""A body that does not come to its end, or whose sender goes away, is refused in the way of its channel, and so is a place that is none. T34"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog.testing
from starlette.types import Message

from deskgate import request_bodies
from tests.desk import PUBLIC, Desk

SIGNED = [(b"x-twilio-signature", b"A" * 27 + b"=")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded"), (b"origin", PUBLIC.encode())]
FORM += [(b"cookie", b"deskgate_visitor=anything; __Host-deskgate_visitor=anything")]
WAYS = {"/ivr/voice": (SIGNED, b"<Response>"), "/desk/sign-in": (FORM, b"<!doctype html>")}


def answer(desk: Desk, path: str, *came: Message) -> tuple[int, bytes]:
    """To a request of which this comes, and no more."""
    coming, said = list(came), list[Message]()

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9)}
    scope |= {"http_version": "1.1", "root_path": "", "headers": WAYS[path][0] if path in WAYS else []}
    with structlog.testing.capture_logs():
        asyncio.run(desk.app(scope, receive, send))
    return said[0]["status"], said[1]["body"]


@pytest.mark.parametrize("path", WAYS)
def test_a_body_that_does_not_end_in_time(sample_sqlite: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    at_once = request_bodies.PAGES._replace(seconds=0.0)
    monkeypatch.setattr(request_bodies, "PAGES", at_once)
    monkeypatch.setattr(request_bodies, "BOUNDS", {"ivr": at_once})
    desk = Desk(sample_sqlite)
    status, body = answer(desk, path)
    assert status == 408
    assert WAYS[path][1] in body
    desk.close()


@pytest.mark.parametrize("path", WAYS)
def test_whoever_sends_it_goes_away(sample_sqlite: str, path: str) -> None:
    desk = Desk(sample_sqlite)
    half: Message = {"type": "http.request", "body": b"a=", "more_body": True}
    assert answer(desk, path, half, {"type": "http.disconnect"})[0] == 400
    desk.close()


def test_a_place_that_is_none(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    assert answer(desk, "*")[0] == 404
    desk.close()
