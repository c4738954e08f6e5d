"""Connections that say nothing, half of something, or too much: cut by the clock, and in nobody's way meanwhile. Real sockets. T34"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import cast

import httpx2
import pytest
from fastapi import FastAPI, Request

from deskgate.connections import TimedConnection
from tests.serving import Serving, serving

HALF = b"POST /echo HTTP/1.1\r\nHost: desk\r\nX-Never-"
LONG = 20.0  # seconds until a test gives up


class Impatient(TimedConnection):
    PATIENCE = 0.3
    MOST = 4


class Unhurried(TimedConnection):
    """Nothing here ends by the clock within a test."""

    PATIENCE = 600.0
    MOST = 4


class Slow(FastAPI):
    """`GET /slow` has begun, and is answered when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let_go = threading.Event(), threading.Event()


@pytest.fixture
def app() -> Iterator[Slow]:
    made = Slow()

    @made.get("/")
    def root() -> str:
        return "here"

    @made.get("/big")
    def big() -> str:
        return "x" * 3_000_000

    @made.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @made.get("/slow")
    def slow() -> str:
        made.begun.set()
        assert made.let_go.wait(LONG)
        return "at last"

    yield made
    made.let_go.set()


def connect(server: Serving, said: bytes) -> socket.socket:
    made = socket.create_connection(server.address, LONG)
    made.sendall(said)
    return made


def rest(of: socket.socket) -> bytes:
    """What still comes until they hang up."""
    heard = b""
    try:
        while more := of.recv(65_536):
            heard += more
    except ConnectionResetError:
        pass
    return heard


def deaf(server: Serving) -> socket.socket:
    """Asks for a hundred answers and reads none."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.connect(server.address)
    made.sendall(b"GET /big HTTP/1.1\r\nHost: desk\r\n\r\n" * 100)
    return made


def all_are_deaf(server: Serving, newest: socket.socket) -> None:
    """As long as one of them is still being answered and does not keep us waiting, whoever comes next is the one to go. The newest
    may not have been let in yet."""
    until, look = time.monotonic() + LONG, threading.Event()
    while not (
        (there := [cast(TimedConnection, one) for one in list(server.server_state.connections)])
        and newest.getsockname() in [one.client for one in there]
        and all(one.flow.write_paused for one in there)
    ):
        assert time.monotonic() < until
        look.wait(0.01)


@pytest.mark.parametrize(
    "said", [b"", HALF, b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n" + HALF], ids=["none", "half", "next"]
)
def test_a6_whoever_does_not_finish_a_head_is_hung_up_on(app: Slow, said: bytes) -> None:
    with serving(app, http=Impatient) as server, connect(server, said) as stranger:
        heard = rest(stranger)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 200")


def test_a6_a_body_that_drips_in_after_the_answer_is_no_way_to_stay(app: Slow) -> None:
    """Each byte put uvicorn's own limit off."""
    post = b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 100000\r\n\r\n"
    with serving(app, http=Impatient) as server, connect(server, post) as stranger:
        assert stranger.recv(65_536).startswith(b"HTTP/1.1 405")
        stranger.settimeout(0.01)
        for _ in range(int(LONG * 100)):
            try:
                stranger.sendall(b"x")
                if not stranger.recv(65_536):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
        pytest.fail("still there")


def test_a6_half_open_connections_keep_nobody_out(app: Slow) -> None:
    """Three times as many as there may be: those who ask get an answer, and who is being answered is not cut."""
    with serving(app, http=Unhurried) as server, connect(server, b"GET /slow HTTP/1.1\r\nHost: desk\r\n\r\n") as asked:
        assert app.begun.wait(LONG)
        with ExitStack() as held:
            half = [held.enter_context(connect(server, HALF)) for _ in range(3 * Unhurried.MOST)]
            for _ in range(3):
                assert httpx2.get(server.url, timeout=LONG).json() == "here"
            app.let_go.set()
            assert b"at last" in asked.recv(65_536)
            assert rest(half[0]) == b"", "the one that has waited longest went first"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 1_000_000,
        b"GET / HTTP/1.1\r\n" + b"X-Many: of them\r\n" * 100_000,
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-After: " + b"a" * 1_000_000,
        b"GET / HTTP/1.1\r\nHost: desk\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
    ids=["one", "many", "trailer", "at once"],
)
def test_a6_a_head_without_an_end_or_too_long_is_not_taken(app: Slow, said: bytes) -> None:
    with serving(app, http=Unhurried) as server, socket.create_connection(server.address, LONG) as stranger:
        try:
            stranger.sendall(said)
        except ConnectionError:
            return
        assert b"200" not in rest(stranger)


def test_a6_a_body_in_crumbs_is_not_read_to_its_end(app: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A MiB in pieces of one byte was a million calls, and the phone stood still for twenty seconds. Larger pieces are taken."""
    pieces: list[int] = []
    reads = TimedConnection.on_body

    def counted(connection: TimedConnection, body: bytes) -> None:
        pieces.append(len(body))
        reads(connection, body)

    monkeypatch.setattr(TimedConnection, "on_body", counted)
    chunked = b"POST /length HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(app, http=Unhurried) as server:
        with connect(server, chunked) as stranger, suppress(ConnectionError):
            stranger.sendall(b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
            assert rest(stranger) == b""
        assert 0 < len(pieces) < 1_000
        with connect(server, chunked + (b"100\r\n" + b"x" * 256 + b"\r\n") * 1_000 + b"0\r\n\r\n") as somebody:
            assert rest(somebody).endswith(b"256000")


def test_t34_whoever_asks_and_never_reads_keeps_nobody_out(app: Slow, caplog: pytest.LogCaptureFixture) -> None:
    """They go for whoever comes, and nothing is written to a connection that has been cut."""
    with serving(app, http=Unhurried, log_level="warning") as server, ExitStack() as held:
        for _ in range(3 * Unhurried.MOST):
            all_are_deaf(server, held.enter_context(deaf(server)))
        for _ in range(3):
            assert httpx2.get(server.url, timeout=LONG).json() == "here"
    assert [record.message for record in caplog.records if record.name.startswith(("uvicorn", "asyncio"))] == []


def test_t34_whoever_never_reads_is_cut_by_the_clock(app: Slow) -> None:
    with serving(app, http=Impatient) as server:
        until = time.monotonic() + LONG
        with ExitStack() as held, httpx2.Client(timeout=LONG) as somebody:
            for _ in range(Impatient.MOST - 1):
                held.enter_context(deaf(server))
            while len(server.server_state.connections) > 1:
                assert somebody.get(server.url).json() == "here"
                assert time.monotonic() < until


def test_t34_of_requests_sent_in_advance_the_first_is_answered(app: Slow) -> None:
    both = b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 1\r\n\r\nx" * 2 + b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n"
    with serving(app, http=Unhurried) as server, connect(server, both) as stranger:
        heard = rest(stranger)
    assert heard.count(b"HTTP/1.1") == 1
    assert b"connection: close" in heard
