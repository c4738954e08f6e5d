"""What is sent to the desk's page is read within bounds and off the event loop, where the phone would wait for it. T34"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.types import Message

import portal.web.visit
from deskgate.request_bodies import PAGES
from portal.web.visit import MOST_BY_STRANGERS
from tests.desk import PUBLIC, Desk
from tests.portal.browsing import Agent, Browser, invitation

FORM = [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"127.0.0.1")]
OURS = [(b"origin", PUBLIC.encode()), (b"cookie", b"deskgate_visitor=anything; __Host-deskgate_visitor=anything")]
EMOJI = b"%F0%9F%98%80"


def post(desk: Desk, path: str, headers: list[tuple[bytes, bytes]], chunks: Iterator[bytes]) -> tuple[int, int]:
    """Straight at the app: the status, and how many chunks of the body were asked for."""
    said: list[Message] = []
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9)}
    scope |= {"http_version": "1.1", "root_path": "", "headers": headers}
    asyncio.run(desk.app(scope, receive, send))
    return said[0]["status"], asked


def endless() -> Iterator[bytes]:
    while True:
        yield EMOJI * 100


def test_t34_what_the_head_says_is_none_of_ours_or_too_much_is_not_read_at_all(one_desk: Desk) -> None:
    large = [(b"content-length", str(PAGES.most - 1).encode())]
    for path in ("/desk/sign-in", "/desk/sign-out", "/desk/tickets/1/answer", "/desk/join/x", "/pin/x", "/enrol/x"):
        assert post(one_desk, path, FORM, endless()) == (403, 0), "from nowhere"
        assert post(one_desk, path, [*FORM, OURS[0]], endless()) == (403, 0), "without a cookie"
        assert post(one_desk, path, [*FORM, *OURS, *large], endless()) == (413, 0), path
        status, asked = post(one_desk, path, FORM + OURS, endless())
        assert status == 413
        assert asked <= MOST_BY_STRANGERS // len(EMOJI * 100) + 1


def test_t34_nothing_is_parsed_on_the_event_loop(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kim, where = Agent(one_desk), list[str]()

    def watch(*given: Any, **named: Any) -> Any:
        where.append(threading.current_thread().name)
        return parse_qsl(*given, **named)

    monkeypatch.setattr(portal.web.visit, "parse_qsl", watch)
    kim.sign_in()
    Browser(one_desk).get("/desk/sign-in?to=/desk")
    assert where
    assert [name for name in where if not name.startswith("portal-")] == []
    assert Browser(one_desk).get("/desk/sign-in?to=" + "x" * 3000).status_code == 414


def test_t34_the_longest_form_of_a_one_time_page_is_taken(one_desk: Desk) -> None:
    """Two passwords of 200 letters, each escaped as nine bytes."""
    browser, link = Browser(one_desk), f"/desk/join/{invitation(one_desk, 'lead.ana')}"
    browser.get(link)
    answer = browser.send(link, password="\u9999" * 200, again="\u9998" * 200, code="123456")
    assert answer.status_code == 422
