"""Slack's side of the Slack measurements: what people do there as signed requests, a Web API that answers or hangs, and the
desk they are sent to, with Mia Chen linked, in a process that can be killed.

The bodies are those of the little Slack (simulator/slack). The time stamp and the signature are made when a request is sent.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import os
import re
import socket
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import parse_qsl

from sqlalchemy import select

from authz import load_schemes
from benchmarks.turns import settings
from simulator.slack import SAMPLE, App, Workspace
from simulator.slack.sample import AGENT_CHANNEL, BOT, DESK
from store import Keys, Store, open_store, tables
from store.slack import installations
from store.slack.installations import Installation
from store.verification import slack_members
from tests.desk import SECRET, load_samples

SIGNING, TOKEN = "0123456789abcdef0123456789abcdef", "xoxb-of-the-desk"
MIA, MIA_IN_SLACK = "mia.chen", "U0MIA"
DIRECT = "D0MIA"  # where Mia and the app write to each other
IDLE: float = 2.0  # seconds a connection may rest before another is opened: uvicorn closes them after five


# --- what people do


class Asked(NamedTuple):
    """A request of Slack's without what depends on the time."""

    body: bytes
    content_type: str = "application/json"

    def signed(self, host: str = "desk") -> bytes:
        stamp = str(int(time.time())).encode()
        digest = hmac.digest(SIGNING.encode(), b"v0:" + stamp + b":" + self.body, "sha256").hex()
        head = (
            f"POST /slack/events HTTP/1.1\r\nHost: {host}\r\nContent-Type: {self.content_type}\r\n"
            f"X-Slack-Request-Timestamp: {stamp.decode()}\r\nX-Slack-Signature: v0={digest}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


class Hands:
    """People in the little Slack; `heard()` gives the requests of what was done since it was last called."""

    def __init__(self) -> None:
        self._heard: list[Asked] = []
        self.workspace = Workspace(self._keep, SIGNING, SAMPLE, App(TOKEN))
        self.mia = self.workspace.as_(MIA_IN_SLACK)

    def _keep(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        self._heard.append(Asked(body, headers["Content-Type"]))
        return 200, "text/plain", ""

    def heard(self) -> list[Asked]:
        heard, self._heard = self._heard, []
        return heard

    def click(self, action: str, value: str) -> None:
        """Mia clicks a button of ours, in her direct messages."""
        button = {"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": "x"}}
        blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
        channel = self.mia.messages().id
        said: Any = self.workspace.api("chat.postMessage", {"channel": channel, "text": "x", "blocks": blocks}).body
        before = self.heard()
        self.workspace.deliver()  # what the app itself says is an event, too, and not asked for here
        self._heard = before
        message = self.workspace.message(channel, said["ts"])
        assert message is not None
        self.mia.click(message, action)


# --- one connection


class Line:
    """One connection to the desk, opened anew when it has broken; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port, self._used = port, 0.0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: Asked) -> tuple[int, bytes] | None:
        """Status and body. None: no answer came, whether it was heard or not."""
        try:
            if self._writer is None or time.monotonic() - self._used > IDLE:
                self.close()
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            assert self._reader is not None
            self._writer.write(request.signed())
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
            body = await self._reader.readexactly(int(length[1]) if length else 0)
            self._used = time.monotonic()
            return int(head[9:12]), body
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


# --- Slack's Web API


class WebApi:
    """Stands in for Slack's Web API on loopback: `ok` at once, or, with `hang`, only after so many seconds."""

    def __init__(self, hang: float = 0.0) -> None:
        self.hang, self.asked = hang, 0
        self._count = itertools.count(int(time.time()) * 1_000_000)

    async def open(self) -> str:
        """Starts it; its address."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/api/"

    def close(self) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open as Slack's are."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                await asyncio.sleep(self.hang)
                method = head.partition(b" HTTP/")[0].rpartition(b"/")[2].partition(b"?")[0].decode()
                said = json.dumps({"ok": True, **self._said(method, _arguments(head, body))}).encode()
                lead = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
                writer.write(lead.encode() + said)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # whoever asked has gone, or the measurement is over
        finally:
            writer.close()

    def _said(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        if method == "auth.test":
            return {"team_id": DESK, "team": "Deskgate Hosting", "user_id": BOT, "bot_id": "B0DESKGATE"}
        if method == "conversations.open":
            return {"channel": {"id": DIRECT}}
        if method == "chat.postMessage":
            at = next(self._count)
            return {"channel": args["channel"], "ts": f"{at // 1_000_000}.{at % 1_000_000:06d}"}
        return {"messages": []}


def _arguments(head: bytes, body: bytes) -> dict[str, Any]:
    if body and b"application/json" in head.lower():
        return dict(json.loads(body))
    return dict(parse_qsl(body.decode()))


# --- the desk


def opened(url: str) -> Store:
    return open_store(url, Keys.parse(SECRET), load_schemes())


def furnished(url: str) -> None:
    """The sample accounts, the app installed, and Mia Chen linked: she has one thing to open a ticket about."""
    load_samples(url)
    store, p = opened(url), tables.people.c
    with store.transaction("test") as tx:
        installations.put(tx, Installation(DESK, "Deskgate Hosting", BOT, "B0DESKGATE"))
        mia = tx.connection.execute(select(p.id).where(p.username == MIA)).scalar_one()
        assert slack_members.link(tx, mia, DESK, MIA_IN_SLACK)
    store.close()


def desk_settings(url: str, api: str) -> dict[str, str]:
    slack = {"SLACK_SIGNING_SECRET": SIGNING, "SLACK_BOT_TOKEN": TOKEN, "SLACK_AGENT_CHANNEL": AGENT_CHANNEL}
    return {**settings(url), **slack, "SLACK_API_URL": api, "SECRET_KEYS": SECRET}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


_FORKS = get_context(cast(Literal["forkserver"], os.environ.get("BENCH_START", "forkserver")))
_FORKS.set_forkserver_preload([__name__, "deskgate.serve", "deskgate.app", "uvicorn", "httptools"])


class Service:
    """The service, as `deskgate serve` runs it, in a process of its own. `factory` is `module:name` of what makes the app.

    Forked from a process that has imported everything and opened nothing, so that a start takes no three seconds.
    """

    def __init__(self, factory: str, environment: dict[str, str], log: Path) -> None:
        self.port, self.log, self._factory, self.listens = free_port(), log, factory, False
        self._environment = {**environment, "PUBLIC_URL": f"http://127.0.0.1:{self.port}"}

    def start(self) -> None:
        given = (self._factory, self.port, self._environment, str(self.log))
        self._process = _FORKS.Process(target=_serve, args=given, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """SIGKILL: nothing in it is finished or told."""
        self.listens = False
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(60)

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    async def ready(self) -> None:
        """Waits until it listens."""
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                if not self.is_alive:
                    raise RuntimeError(f"the service ended by itself: {self.log}") from None
                await asyncio.sleep(0.02)
            else:
                writer.close()
                self.listens = True
                return

    def faults(self) -> int:
        """Lines of its log that tell of a mistake of ours."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return sum("[error" in line or line.startswith("Failed to run listener") for line in lines)


def _serve(factory: str, port: int, environment: dict[str, str], log: str) -> None:
    """In the process that may be killed."""
    import uvicorn

    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), sys.stderr.fileno())
    os.environ.update(environment)
    options: dict[str, Any] = {"access_log": False, "log_level": "warning", "server_header": False}
    uvicorn.run(factory, factory=True, port=port, proxy_headers=False, timeout_graceful_shutdown=10, **options)
