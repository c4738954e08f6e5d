"""TRACES_URL: spans of ours, sent to a collector by OTLP over HTTP. Nothing is instrumented by itself: what a library would write down has one-time tokens in it.

A span is one of `NAMES`, with words of ours alone. Whatever else comes here by mistake is hidden. Where the collector is away spans are lost, and nothing waits.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread
import structlog
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deskgate import __version__
from store.db import spans
from store.text.this_machine import is_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from store import Store

NAMES: Final = ("request", "turn", "job", "call")
# What may stand in a span: words, a route's template, a method of another company's. Nobody's number has so few digits.
WORDS: Final = re.compile(r"[A-Za-z_./{}:, -]*(?:[0-9]{1,3}[A-Za-z_./{}:, -]+)*(?:[0-9]{1,3})?")
HIDDEN: Final = "hidden"
WAITING: Final = 2048  # spans in memory, at most: some 2 MiB
BATCH: Final = 512
EVERY: Final = 2000  # ms between two batches
TIMEOUT: Final = 3.0  # seconds for one batch, its tries included
STOPPING: Final = 4.0  # seconds that a stop waits for the last
METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
log = structlog.get_logger("deskgate")


class Requests:
    """A span for each request, by its method and the template of its route: `/pin/{link}`, and never the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._templates: dict[Any, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                spans.say(status=message["status"])
            await send(message)

        if not self._templates:
            self._templates = dict(templates(scope["app"].routes))
        method = scope["method"]
        with spans.span("request", method=method if method in METHODS else "other"):
            try:
                await self._app(scope, receive, seen)
            finally:
                spans.say(route=self._templates.get(scope.get("endpoint"), "other"))


def templates(routes: Iterable[Any], above: str = "") -> Iterator[tuple[Any, str]]:
    """What answers, and under which path: of each route, those of included routers and of what is mounted too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from templates(included.routes, above)
        elif isinstance(route, Mount):
            yield from templates(route.routes, above + route.path)
        elif isinstance(route, Route):
            yield route.endpoint, above + route.path


@asynccontextmanager
async def opened(url: str, store: Store) -> AsyncIterator[None]:
    """Traces go there as long as it lasts. Empty: none do, and nothing of OpenTelemetry's is imported."""
    if not url:
        yield
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # it would name the address again and again
    # A provider of our own, which no library finds: FastAPI, Starlette and others ask for the one of the process.
    provider = TracerProvider(
        ALWAYS_ON,
        Resource({"service.name": "deskgate", "service.version": __version__}),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=16, max_events=0, max_links=0),
    )
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter(url),
            max_queue_size=WAITING,
            schedule_delay_millis=EVERY,
            max_export_batch_size=BATCH,
            export_timeout_millis=TIMEOUT * 1000,
        )
    )
    spans.record(Recording(provider))
    spans.count_statements(store.engine)
    try:
        yield
    finally:
        spans.record(None)
        last = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
        last.start()
        await anyio.to_thread.run_sync(last.join, STOPPING)


class Recording:
    """`spans.Recorder` over OpenTelemetry's tracer. What a caller says of its own trace (`traceparent`) is not believed."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import context, trace

        self._tracer, self._trace, self._nowhere = provider.get_tracer("deskgate"), trace, context.Context()

    def begin(self, name: str, span: spans.Span, parent: spans.Span | None) -> None:
        above = self._nowhere
        if parent is not None:
            above = self._trace.set_span_in_context(parent.opened, self._nowhere)
        span.opened = self._tracer.start_span(name if name in NAMES else HIDDEN, above)

    def end(self, span: spans.Span, failed: BaseException | None) -> None:
        if not span.about:
            return  # a look for work that found none: it is nowhere
        about: dict[str, Any] = {f"deskgate.{name}": safe(value) for name, value in span.about.items()}
        about |= {"deskgate.db.statements": span.statements, "deskgate.db.ms": round(span.seconds * 1000, 1)}
        if failed is not None:
            about["deskgate.failed"] = type(failed).__name__
            span.opened.set_status(self._trace.StatusCode.ERROR)
        span.opened.set_attributes(about)
        span.opened.end()


def safe(value: object) -> str | int:
    """What may leave: a small number, or few words. A second look, for those who make spans have given words of ours already."""
    if isinstance(value, int):
        return value if 0 <= value < 1000 else HIDDEN
    return value if isinstance(value, str) and len(value) <= 80 and WORDS.fullmatch(value) else HIDDEN


def exporter(url: str) -> SpanExporter:
    """Asks the collector and nobody else: no redirect, and no proxy on the way to this machine."""
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    class Exporter(OTLPSpanExporter):
        """Says once that the collector is away, and once that it is back."""

        away = False

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            result = super().export(spans)
            away = result is not SpanExportResult.SUCCESS
            if away and not self.away:
                log.warning("traces_not_sent")
            elif self.away and not away:
                log.info("traces_sent_again")
            self.away = away
            return result

    session = requests.Session()
    session.trust_env, session.max_redirects = not is_here(url), 0
    return Exporter(f"{url}/v1/traces", timeout=TIMEOUT, session=session, headers={}, max_request_size=4 * 2**20)
