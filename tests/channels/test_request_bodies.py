"""A body that does not come to its end, or whose sender goes away, is refused in the way of its channel, and so is a place that is none; with
every method there is a bound. T34, T52"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
import structlog.testing
from starlette.types import Message, Receive

from api.v1.router import AT, ROUTES
from deskgate import request_bodies
from tests.api.asking import RAJ, TIDEWORKS, customers, operators
from tests.desk import PUBLIC, Desk

SIGNED = [(b"x-twilio-signature", b"A" * 27 + b"=")]
FORM = [(b"content-type", b"application/x-www-form-urlencoded"), (b"origin", PUBLIC.encode())]
FORM += [(b"cookie", b"deskgate_visitor=anything; __Host-deskgate_visitor=anything")]
TYPE = (b"content-type", b"application/json")
PIECE = 4096
WAYS = {"/ivr/voice": (SIGNED, b"<Response>"), "/desk/sign-in": (FORM, b"<!doctype html>")}


Head = Sequence[tuple[bytes, bytes]]


class Sending(NamedTuple):
    """So many pieces, and then no end."""

    head: Head
    piece: bytes
    pieces: int
    client: str = "127.0.0.1"


def answer(desk: Desk, path: str, *came: Message, method: str = "POST", head: Head = ()) -> tuple[int, bytes]:
    """To a request of which this comes, and no more."""
    coming = iter(came)

    async def receive() -> Message:
        message = next(coming, None)
        if message is None:
            await asyncio.Event().wait()
        return message or {}

    return asked(desk, path, receive, method, head or (WAYS[path][0] if path in WAYS else []))


def asked(desk: Desk, path: str, receive: Receive, method: str, head: Head) -> tuple[int, bytes]:
    with structlog.testing.capture_logs():
        return asyncio.run(asyncio.wait_for(asks(desk, path, receive, method, head), 20))


async def asks(
    desk: Desk, path: str, receive: Receive, method: str, head: Head, client: str = "127.0.0.1"
) -> tuple[int, bytes]:
    said = list[Message]()

    async def send(message: Message) -> None:
        said.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8000), "client": (client, 9)}
    scope |= {"http_version": "1.1", "root_path": "", "headers": list(head)}
    await desk.app(scope, receive, send)
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


def endless(desk: Desk, method: str, path: str, *head: tuple[bytes, bytes]) -> tuple[int, int]:
    """The status, and how many bytes were read of a body without an end."""
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += PIECE
        assert read < 1024 * PIECE, "read without a bound"
        return {"type": "http.request", "body": b" " * PIECE, "more_body": True}

    return asked(desk, path, receive, method, head)[0], read


READ = [(method, AT + re.sub("{.*?}", "1", path)) for method, path in ROUTES if method not in ("POST", "PUT", "PATCH")]


@pytest.mark.parametrize("known", [True, False])
def test_a_body_has_a_bound_whatever_the_method(sample_sqlite: str, known: bool) -> None:
    """Three hundred MiB sent with a GET were read to their end, and in memory, before the key was looked at."""
    desk = Desk(sample_sqlite)
    program = operators(desk)
    key = (b"authorization", f"Bearer {program.key}".encode())
    for method, path in READ:
        if known:
            program.read("/key")
        status, read = endless(desk, method, path, key, (b"transfer-encoding", b"chunked"))
        assert (status, read) == (413, request_bodies.UNASKED + PIECE), (method, path)
        assert endless(desk, method, path, key, (b"content-length", b"314572800")) == (413, 0), "nothing is read"
        whole: Message = {"type": "http.request", "body": b"{}"}
        assert answer(desk, path, whole, method=method, head=[key, (b"content-length", b"2")])[0] not in (400, 413)
    assert {method for method, _ in READ} == {"GET", "DELETE"}
    desk.close()


def test_a_body_that_comes_with_a_get_has_its_time(sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = request_bodies.PAGES._replace(seconds=0.0)
    monkeypatch.setattr(request_bodies, "BOUNDS", {"api": at_once})
    desk = Desk(sample_sqlite)
    key = (b"authorization", f"Bearer {operators(desk).key}".encode())
    assert answer(desk, "/api/v1/key", method="GET", head=[key, (b"content-length", b"2")])[0] == 408
    desk.close()


def thrown_out(desk: Desk, path: str, one: Sending, many: Sequence[Sending]) -> tuple[int, Counter[int]]:
    """What `one` is answered who began first, and the `many` who do not end theirs; then all that are left do."""
    all_end = asyncio.Event()

    async def sends(sending: Sending) -> int:
        pieces = iter([sending.piece] * sending.pieces)

        async def receive() -> Message:
            piece = next(pieces, None)
            if piece is None:
                await all_end.wait()
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        return (await asks(desk, path, receive, "POST", sending.head, sending.client))[0]

    async def all_at_once() -> tuple[int, Counter[int]]:
        first = asyncio.ensure_future(sends(one))
        await passes()
        others = [asyncio.ensure_future(sends(other)) for other in many]
        await passes()
        all_end.set()
        return await first, Counter(await asyncio.gather(*others))

    async def passes() -> None:
        for _ in range(200):
            await asyncio.sleep(0)

    with structlog.testing.capture_logs():
        return asyncio.run(all_at_once())


def test_a_key_that_ends_none_of_its_uploads_throws_out_no_other_s(sample_sqlite: str) -> None:
    """T52. Nine of 8 MiB, and what an operator had begun to bring before was refused: what began first went."""
    desk = Desk(sample_sqlite)
    ours, theirs = operators(desk), customers(desk, RAJ, TIDEWORKS)
    for program in (ours, theirs):
        program.read("/key")
    heads = [[(b"authorization", f"Bearer {program.key}".encode()), TYPE] for program in (ours, theirs)]
    mib = b" " * 1024 * 1024
    one, many = thrown_out(desk, "/api/v1/tickets", Sending(heads[0], mib, 5), [Sending(heads[1], mib, 8)] * 9)
    assert (one, many) == (422, Counter({422: 7, 503: 2}))
    desk.close()


def test_an_address_that_ends_none_of_its_bodies_throws_out_no_other_s(
    sample_sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T34. Nor does a network, however many addresses it asks from."""
    small = request_bodies.BOUNDS["ivr"]._replace(together=64 * 1024)
    monkeypatch.setattr(request_bodies, "BOUNDS", {"ivr": small})
    desk = Desk(sample_sqlite)
    kib = b" " * 1024
    twilio = Sending(SIGNED, kib, 12, "203.0.113.7")
    for each in ("198.51.100.1", "198.51.100.{}"):
        many = [Sending(SIGNED, kib, 10, each.format(n)) for n in range(9)]
        assert thrown_out(desk, "/ivr/voice", twilio, many) == (403, Counter({503: 4, 403: 5}))
    desk.close()
