"""Socket Mode: what Slack would post to us comes over a socket that we open, so that no public address is needed.

Slack's own client speaks; when to connect, and what to do when that fails, is decided here. An envelope is acknowledged when
its response is 200, that is when it is written down: an event that is not comes again.
"""

from __future__ import annotations

import json
import logging
import select
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.platform.web_api import ask
from desk import faults
from store.jobs.job_queue import PermanentError, RetryLaterError
from store.text.this_machine import is_here

BACK_OFF: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # seconds between tries to connect
LOOK: Final = 0.5  # seconds between looks whether it is still there
ANSWERING, STOPPING = 2.5, 5.0  # seconds: for what is being answered at a stop, and for the whole of it
THREADS: Final = 8
PING: Final = 3.0  # seconds; four times that without a response, and it is given up
CHUNK: Final = 64 * 1024  # the client reads by recursion: its own 1 KiB makes a large message too deep for Python
Responder = Callable[[dict[str, Any]], tuple[int, Any]]
_SILENT: Final = logging.Logger(
    "bot.platform.socket_mode", logging.CRITICAL + 1
)  # the client would log what is answered


class Socket:
    """`respond` takes a payload and gives (status, body), as over HTTP. `log` is structlog's."""

    def __init__(
        self,
        app_token: str,
        http: httpx2.Client,
        respond: Responder,
        *,
        log: Any,
        back_off: tuple[float, ...] = BACK_OFF,
    ) -> None:
        self._app_token, self._http, self._respond, self.log = app_token, http, respond, log
        self._back_off = back_off
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="slack-socket")
        self._thread = threading.Thread(target=self._run, name="slack-socket", daemon=True)

    def start(self) -> None:
        """Returns at once: neither a bad token nor a network that is away keeps the desk from starting."""
        self._thread.start()

    def stop(self) -> None:
        """What is being answered is answered; what waits is not acknowledged, so that Slack brings it again."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._thread.is_alive():
            self._thread.join(STOPPING)

    def _run(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            wait = self._back_off[min(failed, len(self._back_off) - 1)]
            try:
                client = self._connect()
            except (RetryLaterError, PermanentError) as why:
                # Slack names a time when we ask too often. Where it is the token, waiting for longer than ever is no use.
                wait = max(wait, min(getattr(why, "seconds", None) or 0.0, self._back_off[-1]))
                self.log.warning("slack_socket_unavailable", why=str(why), again_in=wait)
                failed += 1
            except Exception as fault:
                self.log.warning("slack_socket_unavailable", why=type(fault).__name__, again_in=wait)
                failed += 1
            else:
                failed = 0
                self._stay(client)
            self._stopping.wait(wait)

    def _connect(self) -> SocketModeClient:
        address = _address(self._http, self._app_token)
        client = _Client(self._app_token, self._http)
        client.wss_uri = address
        client.socket_mode_request_listeners.append(self._take)
        client.on_error_listeners.append(self._complain)
        client.connect()  # what goes wrong here the client keeps to itself
        if client.is_connected():
            return client
        _close_aside(client)
        raise RetryLaterError("the connection was refused")

    def _stay(self, client: SocketModeClient) -> None:
        """Until it is lost or we stop. While the client changes connections, as Slack asks about hourly, it is not lost."""
        self.log.info("slack_socket_opened")
        while not self._stopping.wait(LOOK):
            with client.connect_operation_lock:
                if not client.is_connected() or _hung_up(client.current_session):
                    client.closed = True
                    self.log.warning("slack_socket_lost")
                    break
        if self._stopping.is_set():
            _within(ANSWERING, self._pool.shutdown)
        _close_aside(client)

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        if not self._stopping.is_set():
            self._pool.submit(self._deal, client, request)

    def _deal(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            status, body = self._respond(request.payload)
        except Exception as fault:
            faults.note(fault, "slack", kind=request.type)
            return
        if status != 200:
            self.log.warning("slack_request_unacknowledged", kind=request.type, status=status)
            return
        try:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, _payload(body)))
        except Exception as fault:
            self.log.warning("slack_request_unacknowledged", kind=request.type, why=type(fault).__name__)

    def _complain(self, fault: Exception) -> None:
        if not self._stopping.is_set():
            self.log.warning("slack_socket_error", why=type(fault).__name__)


class _Client(SocketModeClient):
    """Slack's client, which asks for an address through our Web API: it would sleep when Slack lets it wait, and would
    connect without TLS to any port but 443."""

    def __init__(self, app_token: str, http: httpx2.Client) -> None:
        self._http = http
        super().__init__(
            app_token,
            logger=_SILENT,
            auto_reconnect_enabled=False,
            ping_interval=PING,
            receive_buffer_size=CHUNK,
            concurrency=1,
        )
        if is_here(str(http.base_url)):
            self.proxy = None

    def issue_new_wss_url(self) -> str:
        if self.closed:  # or one that is given up would, if Slack had asked it to, open a connection that nobody reads
            raise RetryLaterError("this client is done")
        return _address(self._http, self.app_token)


def _address(http: httpx2.Client, app_token: str) -> str:
    url = ask(http, "apps.connections.open", {}, token=app_token).get("url")
    parts = urlsplit(url if isinstance(url, str) else "")
    safe = parts.scheme == "wss" and parts.port in (None, 443)
    if not isinstance(url, str) or not (safe or (is_here(str(http.base_url)) and is_here(url))):
        raise RetryLaterError("Slack named no safe address to connect to")
    return url


def _payload(body: Any) -> dict[str, Any] | str | None:
    """Over HTTP a response is text that may be JSON; here it goes as what it says."""
    if isinstance(body, str) and body.startswith("{"):
        with suppress(ValueError):
            body = json.loads(body)
    return body if isinstance(body, dict | str) and body else None


def _hung_up(session: Connection | None) -> bool:
    """Whether the other side has gone without a word: Slack's client reads nothing, again and again, and takes half a minute
    to notice."""
    sock = session.sock if session is not None else None
    if sock is None or sock.fileno() < 0:
        return True
    look = select.poll()
    try:
        look.register(sock, select.POLLRDHUP)
    except (OSError, ValueError):
        return True  # closed just now
    return bool(look.poll(0))


def _close_aside(client: SocketModeClient) -> None:
    """It waits for threads of its own, for seconds. It is gone whatever goes wrong with that."""

    def close() -> None:
        with suppress(Exception):
            client.close()

    threading.Thread(target=close, name="slack-socket-close", daemon=True).start()


def _within(seconds: float, do: Callable[[], object]) -> None:
    done = threading.Thread(target=do, daemon=True)
    done.start()
    done.join(seconds)
