"""A collector of traces: real HTTP, OTLP as its own package reads it; what it got, as bytes and as words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LONG: Final = 30.0  # seconds: who waits for a collector so long is found out by that


class Collector:
    """`url` is a TRACES_URL. While it is not `open`, it takes requests and answers none; `status` is what it answers."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Event()
        self.status = 200
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.came.set()
                collector.open.wait(LONG)
                if collector.status == 200:
                    collector.raw.append(body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_said: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.raw]

    @property
    def text(self) -> str:
        """All that came, as it was sent and as it reads."""
        return "\n".join(
            [body.decode("latin-1") for body in self.raw] + [MessageToJson(request) for request in self.requests]
        )

    def spans(self) -> list[tuple[str, dict[str, Any]]]:
        """The name of each, and its attributes without what they all begin with."""
        return [
            (span.name, {one.key.removeprefix("deskgate."): _value(one.value) for one in span.attributes})
            for request in self.requests
            for of in request.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]


def _value(of: Any) -> Any:
    return getattr(of, of.WhichOneof("value"))


@contextmanager
def collecting() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.open.set()
        made.server.shutdown()
        made.server.server_close()
        thread.join()
