"""Schemathesis over the whole of /api/v1, with a customer's key and with an operator's for every verb: no fault, no violation of what the API says of itself.

A few examples of each operation at every change; a hundred with `--everything`, on both databases; as many as `make soak` says.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.v1.router import ROUTES
from tests.api.asking import RAJ, TIDEWORKS, Program, customers, operators
from tests.api.fuzzing import PHASES, Door, fuzzed
from tests.desk import Desk
from tests.sizes import is_everything, size

MANY: Final = int(os.environ.get("SOAK_REQUESTS", "0"))
EXAMPLES: Final = MANY or size(100, quick=2)  # of each operation
QUICK: Final = ("fuzzing", "stateful")
KEYS: Final[dict[str, Callable[[Desk], Program]]] = {
    "customer": lambda desk: customers(desk, RAJ, TIDEWORKS, days=365),
    "operator": lambda desk: operators(desk, days=366),
}


@pytest.mark.begins_first
@pytest.mark.parametrize("kind", KEYS)
def test_the_api_is_as_it_says(desk: Desk, kind: str) -> None:
    door = Door(desk)
    phases = PHASES if is_everything() or MANY else QUICK
    found, asked = fuzzed(
        desk, KEYS[kind](desk), door, examples=EXAMPLES, phases=phases, seed=random.getrandbits(32) if MANY else 0
    )
    assert not found, "\n\n".join(found)
    assert asked == {f"{method} {path}" for method, path in ROUTES}
    assert door.answers.keys() >= {401, 403, 404, 422}
    assert door.answers.keys() & {200, 201}


class Wrong(Door):
    """The app, but for something about its answers."""

    def __init__(self, desk: Desk, wrong: Callable[[Message], Message], key: str = "") -> None:
        super().__init__(desk)
        self._wrong, self._key = wrong, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(self._wrong(message) if status == 200 else message)

        if self._key and scope["type"] == "http":
            headers = [one for one in scope["headers"] if one[0] != b"authorization"]
            scope = {**scope, "headers": [*headers, (b"authorization", f"Bearer {self._key}".encode())]}
        await super().__call__(scope, receive, sent)


def _headers(change: Callable[[dict[bytes, bytes]], object]) -> Callable[[Message], Message]:
    def wrong(message: Message) -> Message:
        if message["type"] != "http.response.start":
            return message
        headers = dict(message["headers"])
        change(headers)
        return {**message, "headers": list(headers.items())}

    return wrong


def _status(status: int) -> Callable[[Message], Message]:
    return lambda message: {**message, "status": status} if message["type"] == "http.response.start" else message


def _body(body: bytes) -> Callable[[Message], Message]:
    def wrong(message: Message) -> Message:
        if message["type"] == "http.response.body":
            return {**message, "body": body}
        return _headers(lambda headers: headers.update({b"content-length": b"%d" % len(body)}))(message)

    return wrong


WRONG: Final[dict[str, Any]] = {
    "not_a_server_error": _status(500),
    "status_code_conformance": _status(418),
    "content_type_conformance": _headers(lambda headers: headers.update({b"content-type": b"text/html"})),
    "response_headers_conformance": _headers(lambda headers: headers.pop(b"etag", None)),
    "response_schema_conformance": _body(b'{"id":"one"}'),
    "ignored_auth": lambda message: message,
}


@pytest.mark.parametrize("check", WRONG)
def test_what_is_wrong_is_seen(one_desk: Desk, check: str) -> None:
    """So many, as only what is answered 200 is wrong: which examples there are hangs on what modules the process has read."""
    program = operators(one_desk)
    door = Wrong(one_desk, WRONG[check], program.key if check == "ignored_auth" else "")
    found, asked = fuzzed(one_desk, program, door, examples=40, phases=["fuzzing"], only="GET /key")
    assert asked == {"GET /key"}
    assert check in {one.partition(":")[0] for one in found}
