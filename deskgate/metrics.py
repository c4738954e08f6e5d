"""What an operator's monitoring sees at /metrics: requests by route and status, jobs, how old they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk import faults
from store import Store

REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "deskgate_request_seconds",
    "Time to answer, by route and status",
    ["route", "status"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
PENDING = Gauge("deskgate_jobs_pending", "Jobs not done yet", registry=REGISTRY)
FAILING = Gauge("deskgate_jobs_failing", "Jobs not done yet that have failed at least once", registry=REGISTRY)
OLDEST = Gauge("deskgate_jobs_oldest_seconds", "Age of the oldest job not done yet", registry=REGISTRY)
GIVEN_UP = Gauge(
    "deskgate_jobs_given_up", "Jobs given up, neither retried nor dropped, of the last 30 days", registry=REGISTRY
)
SLACK_PENDING = Gauge("deskgate_slack_jobs_pending", "Jobs for Slack not done yet", registry=REGISTRY)
SLACK_FAILING = Gauge(
    "deskgate_slack_jobs_failing", "Jobs for Slack not done yet that have failed at least once", registry=REGISTRY
)
SLACK_GIVEN_UP = Gauge(
    "deskgate_slack_jobs_given_up",
    "Jobs for Slack given up, neither retried nor dropped, of the last 30 days",
    registry=REGISTRY,
)


class Faults(Collector):
    """Mistakes of ours in this process, by where they came up (desk/faults.py)."""

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily("deskgate_faults", "Mistakes of ours, by channel", labels=["channel"])
        for channel in faults.CHANNELS:
            family.add_metric([channel], faults.counted().get(channel, 0))
        yield family


REGISTRY.register(Faults())


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


def gather(store: Store) -> CollectorRegistry:
    jobs, slack = store.backlog(), store.backlog("slack.%")
    GIVEN_UP.set(jobs.given_up)
    SLACK_PENDING.set(slack.pending)
    SLACK_FAILING.set(slack.failing)
    SLACK_GIVEN_UP.set(slack.given_up)
    PENDING.set(jobs.pending)
    FAILING.set(jobs.failing)
    OLDEST.set(jobs.oldest / 1000)
    return REGISTRY
