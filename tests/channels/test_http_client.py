"""The way out to Slack and Twilio: connections are kept, cookies are not, no redirect is followed, and no proxy stands before this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fastapi import FastAPI, Request, Response

from bot.platform.web_api import WebApi
from deskgate.http_client import http_client
from store.text.this_machine import is_here, is_loopback
from tests.bot.serving import TOKEN, slack, way_to
from tests.serving import serving


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    """What is asked there answers with the port it was asked from, and gives a cookie."""
    app = FastAPI()

    @app.get("/onward")
    def onward() -> Response:
        return Response("", 302, {"Location": "/"})

    @app.get("/")
    def here(request: Request) -> Response:
        assert request.client is not None
        return Response(f"{request.client.port} {request.headers.get('cookie', '')}", headers={"Set-Cookie": "a=b"})

    with serving(app, timeout_keep_alive=300) as server:
        yield server.url


@pytest.fixture
def http(there: str) -> Iterator[httpx2.Client]:
    with http_client(there) as made:
        yield made


def test_one_after_the_other_share_a_connection_and_no_cookie(http: httpx2.Client) -> None:
    first, second = (http.get("/").text for _ in range(2))
    assert first == second
    assert first.split() == [first.strip()]


def answer_and_close(listener: socket.socket) -> None:
    asked, _ = listener.accept()
    with asked:
        asked.recv(65_536)
        asked.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_a_connection_that_the_other_side_has_closed_is_not_used_again() -> None:
    """Or what is posted after a pause would fail, and nobody know whether it stands."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as other:
        http = http_client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        for _ in range(2):
            answering = other.submit(answer_and_close, listener)
            assert http.post("/").status_code == 204
            answering.result(60)
        http.close()


def test_no_redirect_is_followed(http: httpx2.Client) -> None:
    assert http.get("/onward").status_code == 302


def test_no_proxy_stands_on_the_way_to_this_machine(there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with http_client(there) as http:
        assert http.get("/").status_code == 200
    with http_client("http://desk.example") as away, pytest.raises(httpx2.ConnectError):
        away.get("/")
    with slack() as (workspace, base):
        api = WebApi(way_to(base), lambda _team: TOKEN)
        file = api.upload("T0DESK", "C0HELP", None, "a.txt", b"x")
        assert api.download("T0DESK", workspace.files[file].shown(workspace.public_url)["url_private"], 9) == b"x"


def test_what_this_machine_is() -> None:
    assert all(map(is_here, ["http://127.0.0.1:8000/api/", "http://localhost/", "ws://[::1]:9/x", "//LOCALHOST:1"]))
    assert not any(map(is_here, ["https://slack.com/api/", "https://127.0.0.1.example/", "https://10.0.0.1/", ""]))
    assert not is_here("http://[::1")
    assert is_loopback("[::1]")
