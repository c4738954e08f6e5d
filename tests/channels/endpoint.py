"""A machine of somebody else's that webhooks go to: a real socket; what came is kept as it came."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Came:
    headers: dict[str, str]
    body: bytes

    def read(self, secret: str) -> Any:
        """What it says, once the package of the specification has found the signature right."""
        return Webhook(secret).verify(self.body, self.headers)


class Endpoint:
    """`answers`: the statuses it answers with, the last for all that follow. `drips`: it never ends its answer, and sends some of it every
    twentieth of a second until the other side hangs up."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.answers = [204]
        self.drips = False
        there = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                there.came.append(Came(dict(self.headers.items()), body))
                if there.drips:
                    self._drip()
                    return
                status = there.answers.pop(0) if len(there.answers) > 1 else there.answers[0]
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{there.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _drip(self) -> None:
                hung_up = threading.Event()
                while not hung_up.wait(0.05):
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        hung_up.set()
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
