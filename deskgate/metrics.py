"""What an operator's monitoring sees at /metrics: how the service stands, and what it has done. No name and no number of anybody, no word of a stranger's."""

from __future__ import annotations

import os
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from importlib.metadata import version
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from authz import Reason
from desk import faults
from store import ConnectionLostError, Store
from store.reports import service_figures
from store.reports.service_figures import LOOKED_INTO, ServiceFigures
from store.security import alerts

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # where several processes add up what they have done: serve.py
disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, which nobody asks for
REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "deskgate_request_seconds",
    "Time to answer, by route and status",
    ["route", "status"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DECISIONS = Counter(
    "deskgate_decisions",
    "What was asked of authz, by channel and reason code",
    ["channel", "reason"],
    registry=REGISTRY,
)
TICKETS = Counter("deskgate_tickets_opened", "Tickets opened, by channel", ["channel"], registry=REGISTRY)
JOBS = Counter(
    "deskgate_jobs_tried",
    "Tries of background jobs, by who is waited for and what came of it",
    ["company", "outcome"],
    registry=REGISTRY,
)
EVENTS = Counter("deskgate_log_events", "Lines of the log, by code and level", ["event", "level"], registry=REGISTRY)
ALERTS = Counter(
    "deskgate_alerts",
    "What the desk was warned of, by kind; all that is for supervisors alone is one",
    ["alert"],
    registry=REGISTRY,
)
FAULTS = Counter("deskgate_faults", "Mistakes of ours, by where they came up", ["channel"], registry=REGISTRY)
ProcessCollector(registry=REGISTRY)


WATCHED: Final = {  # events that alarms are set on: there at 0 before the first of them, or its increase would not be seen
    **dict.fromkeys(
        ("alarm_raised", "clock_jumped", "database_restored", "ledger_alarm", "new_ledger_key", "slack_tokens_lost"),
        "critical",
    ),
    "internal_error": "error",
    **dict.fromkeys(
        (
            *("job_failed", "job_given_up", "database_unavailable", "connection_limit_reached", "request_pool_full"),
            *("mail_not_kept", "slack_identity_unknown", "slack_socket_unavailable", "help_desk_unreachable"),
        ),
        "warning",
    ),
}
SUPERVISORS: Final = "supervisors"  # which alert it was is theirs to read: one of them says that a caller is threatened
COMPANIES: Final = ("slack", "mail", "twilio", "webhook", "help_desk", "none")
_REASONS: Final = frozenset(Reason)
for _event, _level in WATCHED.items():
    EVENTS.labels(_event, _level)
for _kind in (*(kind for kind, audience in alerts.KINDS.items() if audience == alerts.DESK), SUPERVISORS):
    ALERTS.labels(_kind)
for _channel in faults.CHANNELS:
    FAULTS.labels(_channel)
faults.tell(lambda channel: FAULTS.labels(channel).inc())


class RequestTimer:
    """Times every request, under its first path segment: never one made up by a stranger, never its query."""

    KNOWN: Final = frozenset(
        (
            *("ivr", "slack", "simulator", "healthz", "readyz", "metrics"),
            *("desk", "enrol", "pin", "", "sign-in", "sign-out", "join", "static", "api", "mcp"),
        )
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        ended = 0.0

        async def watched(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                ended = time.perf_counter() if scope.get("endless") else 0.0
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            first = scope["path"].split("/", 2)[1:2]
            route = f"/{first[0]}" if first and first[0] in self.KNOWN else "other"
            REQUESTS.labels(route, status).observe((ended or time.perf_counter()) - began)


def count_committed(channel: str, decisions: Iterable[str], opened: int) -> None:
    """What a transaction has written down: the decisions of its entries, of which those of the judge count, and how many tickets it opened."""
    for reason, times in Tally(word for word in decisions if word in _REASONS).items():
        DECISIONS.labels(channel, reason).inc(times)
    if opened:
        TICKETS.labels(channel).inc(opened)


def count_events(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog. Every event is a code of ours (docs/log-events.md); its fields are not looked at, but for the kind of an alert that the log has as well."""
    EVENTS.labels(said["event"], said["level"]).inc()
    if said["event"] == "alert_raised":
        ALERTS.labels(said.get("kind", SUPERVISORS)).inc()
    return said


def gather(store: Store, company: Callable[[str], str], *, threat: bool = False) -> CollectorRegistry:
    """All there is to scrape. `company` says of a kind of job who is waited for, in COMPANIES; `threat`: the settings have switched it on. A database that is away is one
    of the figures, and hides none of what this process knows."""
    gathered = CollectorRegistry()
    if SHARED in os.environ:
        MultiProcessCollector(gathered)  # type: ignore[no-untyped-call]
    else:
        gathered.register(REGISTRY)
    gathered.register(_Standing(store, company, threat))
    return gathered


class _Standing(Collector):
    def __init__(self, store: Store, company: Callable[[str], str], threat: bool) -> None:
        self._store, self._company, self._threat = store, company, threat

    def collect(self) -> Iterator[Metric]:
        kind = self._store.engine.dialect.name
        yield InfoMetricFamily("deskgate", "What runs here", {"version": version("deskgate"), "database": kind})
        began = time.perf_counter()
        try:
            figures = service_figures.read(self._store)
        except ConnectionLostError:
            yield _gauge("deskgate_database_up", "Whether the database answered this scrape", 0)
            return
        yield _gauge("deskgate_database_up", "Whether the database answered this scrape", 1)
        yield _gauge(
            "deskgate_database_read_seconds",
            "How long the figures of this scrape took to read",
            time.perf_counter() - began,
        )
        yield from self._of_the_desk(figures)
        yield from self._of_jobs(figures)

    def _of_the_desk(self, figures: ServiceFigures) -> Iterator[Metric]:
        if figures.size is not None:
            yield _gauge("deskgate_database_bytes", "Size of the database", figures.size)
        yield _gauge(
            "deskgate_ledger_unsealed_seconds",
            "Age of the oldest entry of the ledger that no checkpoint has",
            figures.without_checkpoint / 1000,
        )
        yield _gauge("deskgate_tickets_open", "Tickets that are open, counted up to 1000", figures.tickets_open)
        yield _gauge(
            "deskgate_tickets_late", "Of these, how many should have been answered by now", figures.tickets_late
        )
        yield _gauge("deskgate_pins_locked", "PINs that are locked now, counted up to 1000", figures.pins_locked)
        yield _gauge(
            "deskgate_threat_mode", "Whether calls are taken as messages alone", figures.threat or self._threat
        )
        yield _gauge(
            "deskgate_reconciling",
            "Whether every account is locked against changes after a restore",
            figures.reconciling,
        )
        calls = GaugeMetricFamily("deskgate_calls", "Callers with the desk, by state", labels=["state"])
        calls.add_metric(["waiting"], figures.calls_waiting)
        calls.add_metric(["talking"], figures.calls_talking)
        yield calls
        unlooked = GaugeMetricFamily(
            "deskgate_not_looked_into", "Whether it waits for a supervisor's Mark as checked", labels=["alert"]
        )
        for alert in LOOKED_INTO:
            unlooked.add_metric([alert], alert in figures.unlooked)
        yield unlooked

    def _of_jobs(self, figures: ServiceFigures) -> Iterator[Metric]:
        every, gone = figures.jobs.values(), figures.given_up
        yield _gauge("deskgate_jobs_pending", "Jobs not done yet", sum(one.pending for one in every))
        yield _gauge(
            "deskgate_jobs_failing",
            "Jobs not done yet that have failed at least once",
            sum(one.failing for one in every),
        )
        yield _gauge(
            "deskgate_jobs_oldest_seconds",
            "Age of the oldest job not done yet",
            max((one.oldest for one in every), default=0) / 1000,
        )
        yield _gauge(
            "deskgate_jobs_given_up",
            "Jobs given up, neither retried nor dropped, of the last 30 days",
            sum(gone.values()),
        )
        jobs = GaugeMetricFamily(
            "deskgate_company_jobs", "Jobs by who is waited for and how they stand", labels=["company", "state"]
        )
        oldest = GaugeMetricFamily(
            "deskgate_company_oldest_failing_seconds",
            "Age of the oldest job not done yet that has failed at least once",
            labels=["company"],
        )
        for company in COMPANIES:
            theirs = [one for kind, one in figures.jobs.items() if self._company(kind) == company]
            jobs.add_metric([company, "pending"], sum(one.pending for one in theirs))
            jobs.add_metric([company, "failing"], sum(one.failing for one in theirs))
            jobs.add_metric([company, "given_up"], sum(n for kind, n in gone.items() if self._company(kind) == company))
            oldest.add_metric([company], max((one.oldest_failing for one in theirs), default=0) / 1000)
        yield jobs
        yield oldest


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value)
