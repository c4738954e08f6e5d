"""What strangers can cause is one line of the log a minute, with how often it was. T34"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import structlog

from deskgate.log_limits import EVERY, Seldom, not_http


def test_t34_a_thousand_refusals_are_two_lines_and_nothing_else_is_held_back() -> None:
    now = [0.0]
    seldom, said = Seldom(lambda: now[0]), list[Any]()

    def say(**line: Any) -> None:
        with suppress(structlog.DropEvent):
            said.append(seldom(None, "warning", line))

    for _ in range(1000):
        say(event="request_refused", route="/ivr/turn", why="unsigned")
        say(event="internal_error", route="/ivr/turn")
        say(event="slack_install_refused", why="Slack refused: invalid_code")
    say(event="request_refused", route="/ivr/turn", why="too large")
    now[0] += EVERY
    say(event="request_refused", route="/ivr/turn", why="unsigned")
    refused = [line for line in said if line["event"] == "request_refused"]
    assert [(line["why"], line.get("times", 1)) for line in refused] == [
        ("unsigned", 1),
        ("too large", 1),
        ("unsigned", 1000),
    ]
    assert len(said) == 1004


def test_t34_what_is_no_request_at_all_is_counted_with_them() -> None:
    uvicorns = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "Invalid HTTP request received.", None, None)
    with structlog.testing.capture_logs() as logged:
        assert not not_http(uvicorns)
    assert [(line["event"], line["why"]) for line in logged] == [("request_refused", "not HTTP")]
