"""A body of a key that is new to this process: as large as any other of a good key, and nothing of it is read where the key is none. T52"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest
from starlette.types import Message

from tests.api.asking import operators
from tests.api.test_keys import refused
from tests.desk import Desk

LINES: Final = b'{"number":"F-1","name":"x"}\n' * 700  # 19,600 bytes
BULK: Final = "/api/v1/accounts/bulk"


@pytest.mark.parametrize("in_pieces", [False, True])
def test_the_first_request_of_a_key_may_be_a_nights_work(one_desk: Desk, in_pieces: bool) -> None:
    program = operators(one_desk, "accounts:write")
    head = {"Authorization": f"Bearer {program.key}", "Content-Type": "application/jsonl"}
    pieces = iter([LINES[:1000], LINES[1000:]])
    answer = one_desk.client.post(BULK, content=pieces if in_pieces else LINES, headers=head)
    assert (answer.status_code, answer.json()["lines"]) == (200, 700)
    assert answer.headers["ratelimit"] == '"key";r=599;t=0', "it is one request"


def test_a_key_that_is_none_is_told_so_and_nothing_is_read(one_desk: Desk) -> None:
    told = []
    for program in refused(one_desk).values():
        for promised in ((b"content-length", b"19600"), (b"transfer-encoding", b"chunked")):
            told.append(unread(one_desk, program.key, promised))
    assert [status for status, _ in told] == [401] * 6
    assert len({json.dumps(said, sort_keys=True) for _, said in told}) == 1
    assert told[0][1]["type"].endswith("/problems/no-key")
    good = operators(one_desk, "accounts:write").key
    assert unread(one_desk, good, (b"content-length", b"8388609"))[0] == 413


def unread(desk: Desk, key: str, promised: tuple[bytes, bytes]) -> tuple[int, Any]:
    """The answer to a request of which only the head comes."""
    said = list[Message]()

    async def receive() -> Message:
        raise AssertionError("read")

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": BULK, "raw_path": BULK.encode()}
    scope |= {"query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9)}
    scope |= {
        "http_version": "1.1",
        "root_path": "",
        "headers": [(b"authorization", b"Bearer " + key.encode()), promised],
    }
    asyncio.run(desk.app(scope, receive, send))
    return said[0]["status"], json.loads(said[1]["body"])
